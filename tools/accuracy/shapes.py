"""What a shape costs: error of fits whose shape is asked for over that of free fits, where the
truth has the shape.

    python tools/accuracy/shapes.py [--splits N] [--only WORD] [--write]

Functions with noise are scored against the truth plus noise of fresh rows, measured tables on rows
held out. `--write` puts the table into docs/tables/shapes.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

import measured_peers as curves  # noqa: E402
import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from sna_export.fit import AxisSpec, fit_arrays  # noqa: E402

Floats = NDArray[np.float64]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "shapes.md"
ROWS, NOISE, FRESH = 250, 0.1, 2000


@dataclass(frozen=True)
class Monotone:
    """value(x) [N] of x [N, D] in the unit box, and its shape by number of the input."""

    name: str
    axes: int
    value: Callable[[Floats], Floats]
    shape: dict[str, list[int]]


FUNCTIONS = (
    Monotone(
        "energy density", 4,
        lambda x: (0.3 + x[:, 0]) / ((0.4 + x[:, 1]) * (0.5 + x[:, 2])) + 0.3 * x[:, 3] ** 2,
        {"increasing": [0, 3], "decreasing": [1, 2], "convex": [1, 2, 3]},
    ),
    Monotone(
        "saturation", 3,
        lambda x: (1.0 - np.exp(-4.0 * x[:, 0])) * (0.5 + x[:, 1]) - 0.5 * np.sqrt(0.05 + x[:, 2]),
        {"increasing": [0, 1], "decreasing": [2], "concave": [0]},
    ),
    Monotone(
        "threshold", 3,
        lambda x: 1.0 / (1.0 + np.exp(-14.0 * (x[:, 0] + 0.4 * x[:, 1] - 0.7))) + x[:, 2],
        {"increasing": [0, 1, 2]},
    ),
    Monotone(
        "growth in a season", 5,
        lambda x: np.exp(1.5 * x[:, 0]) * (1.2 - x[:, 1])
        + np.sin(5.0 * x[:, 2]) * (0.5 + x[:, 3]) + x[:, 4],
        {"increasing": [0, 4], "decreasing": [1], "convex": [0]},
    ),
    Monotone(
        "weakest link", 4,
        lambda x: np.minimum(x[:, 0], 0.3 + 0.7 * x[:, 1]) + 0.5 * x[:, 2] * x[:, 3],
        {"increasing": [0, 1, 2, 3], "concave": [0, 1]},
    ),
)  # fmt: skip
MEASURED = (
    ("preheated depth", {"increasing": [0], "decreasing": [1]}),
    ("track width", {"increasing": [0], "decreasing": [1]}),
    ("concrete strength", {"increasing": [0, 7], "decreasing": [3]}),
)
"""Depth and width rise with power and fall with speed; strength rises with cement and age and falls
with water."""


def drawn(function: Monotone, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    x, fresh = rng.random((ROWS, function.axes)), rng.random((FRESH, function.axes))
    size = NOISE * function.value(fresh).std()
    y, truth = (function.value(at) + size * rng.standard_normal(len(at)) for at in (x, fresh))
    return x, y, np.clip(fresh, x.min(axis=0), x.max(axis=0)), truth


def error(rows: tuple[Floats, Floats, Floats, Floats], shape: dict[str, list[int]] | None) -> float:
    """Over the spread of the rows that are predicted."""
    x, y, fresh, truth = rows
    axes = [AxisSpec(f"x{d}") for d in range(x.shape[1])]
    names: dict[str, Any] | None = shape and {k: [f"x{d}" for d in v] for k, v in shape.items()}
    model = fit_arrays(x, y, axes, shape=names, plain=True).model
    found = model.evaluate(fresh, extrapolate=True).value[:, 0]
    return float(np.sqrt(np.mean((found - truth) ** 2)) / truth.std())


def line(name: str, rows: list[Any], shape: dict[str, list[int]]) -> list[str]:
    free, asked = (np.array([error(r, s) for r in rows]) for s in (None, shape))
    said = "; ".join(f"{kind} {len(inputs)}" for kind, inputs in shape.items())
    return [name, said, f"{free.mean():.3f}", f"{asked.mean():.3f}",
            f"{np.exp(np.log(asked / free).mean()):.2f}"]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--splits", type=int, default=2, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="truths whose name has WORD")
    parser.add_argument("--write", action="store_true", help="into docs/tables/shapes.md")
    args = parser.parse_args()
    rows = [["truth", "inputs asked for", "error, free", "error, shape", "ratio"]]
    seeds = range(args.splits)
    for function in (f for f in FUNCTIONS if args.only in f.name):
        rows.append(line(function.name, [drawn(function, s) for s in seeds], function.shape))
        print(" | ".join(rows[-1]), file=sys.stderr)
    tables = {t.name: t for t in curves.TABLES if t.there}
    for name, shape in MEASURED:
        if name in tables and args.only in name:
            rows.append(line(name, [curves.split(tables[name], s) for s in seeds], shape))
            print(" | ".join(rows[-1]), file=sys.stderr)
    lines = [rows[0], ["---"] * 2 + ["--:"] * 3, *rows[1:]]
    text = "\n".join("| " + " | ".join(row) + " |" for row in lines)
    text = f"{args.splits} draws or splits each, noise {NOISE:g} of the spread.\n\n{text}\n"
    print(text)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
