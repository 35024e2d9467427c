"""How far means and probabilities of `sna-edge sweep` are off by random samples and by Sobol'
points, as many of both.

    python tools/accuracy/sweep_designs.py [--seeds 32] [--write]

Models of three functions, fitted to 1,000 rows; inputs uniform, and normal about the middle of
their domains, cut off at their ends. Root mean squares over the seeds of the distance to the
results of 2^21 Sobol' points in 16 replicates. `--write` writes docs/tables/sweep_designs.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from functions import FUNCTIONS
from numpy.typing import NDArray

import sna_edge
from sna_edge import Model
from sna_export.fit import fit_arrays
from sna_export.monte_carlo import sweep

Floats = NDArray[np.float64]
TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "sweep_designs.md"
NAMES = ("borehole", "otl circuit", "piston")
ROWS, SIZES, DESIGNS = 1000, (2**10, 2**13, 2**16), ("random", "sobol")
REFERENCE = {"samples": 2**21, "design": "sobol", "replicates": 16, "seed": 10**6}
HEADS = [
    "model", "inputs", "drawn", "samples", "mean, random", "Sobol'", "ratio", "probability, random",
    "Sobol'", "ratio", "least to see",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=32)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    lines = [
        f"Root mean square over {args.seeds} seeds of the error of the mean, in standard deviations"
        " of the output, and of the probability to be above its 90 % quantile. Least to see: the"
        " standard errors of what they are compared with.",
        "",
        "| " + " | ".join(HEADS) + " |",
        "|---" * len(HEADS) + "|",
    ]
    for name in NAMES:
        model = fitted(name)
        for word, given in drawn(model).items():
            lines += rows(name, word, model, given, args.seeds)
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")


def fitted(name: str) -> Model:
    """A model of a function on the unit cube."""
    f = next(f for f in FUNCTIONS if f.name == name)
    x, y = f.rows(ROWS, 0)
    unit = (x - f.bounds[:, 0]) / np.ptp(f.bounds, axis=1)
    return sna_edge.from_bytes(fit_arrays(unit, y).model.to_bytes(), "numpy")


def drawn(model: Model) -> dict[str, dict[str, object]]:
    """What inputs are drawn from, by a word for it."""
    normal = {
        a.name: f"truncated({a.lower + a.width / 2}, {a.width / 6}, {a.lower}, {a.upper})"
        for a in model.axes
    }
    return {"uniform": dict.fromkeys(model.input_names, "uniform"), "normal": dict(normal)}


def rows(name: str, word: str, model: Model, given: dict[str, object], seeds: int) -> list[str]:
    """A line for each number of samples."""
    first = sweep(model, given, 2**16, design="sobol", probabilities=[0.9]).outputs[0]
    how: Any = {"specs": [(first.name, -np.inf, first.quantiles[0].value)], "backend": "numpy"}
    reference = sweep(model, given, **REFERENCE, **how)
    (out,), (spec,) = reference.outputs, reference.specs
    least = f"{(out.mean_se or 0) / out.sd:.0e}, {spec.above.se:.0e}"
    lines = []
    for size in SIZES:
        cells = [name, str(len(given)), word, f"{size:,}"]
        errors = [
            np.array([told(model, given, size, d, s, how) for s in range(seeds)]) for d in DESIGNS
        ]
        errors = [e - [out.mean, spec.above.p] for e in errors]
        random, sobol = (np.sqrt((e**2).mean(axis=0)) / [out.sd, 1.0] for e in errors)
        for a, b in zip(random, sobol, strict=True):
            cells += [f"{a:.1e}", f"{b:.1e}", f"{a / b:.3g}"]
        lines.append("| " + " | ".join([*cells, least]) + " |")
    return lines


def told(
    model: Model, given: dict[str, object], size: int, design: str, seed: int, how: Any
) -> Floats:
    """Mean and probability."""
    found = sweep(model, given, size, design=design, seed=seed, **how)
    return np.array([found.outputs[0].mean, found.specs[0].above.p])


if __name__ == "__main__":
    main()
