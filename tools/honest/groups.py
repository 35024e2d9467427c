"""How honest `fit --groups` is on batches that nobody has seen: synthetic tables with offsets of
batches, and the walls of the measured DED table, each left out in turn.

    python tools/honest/groups.py [--tables N] [--seconds S] [--write]

`--write` puts the result into docs/tables/groups.md.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from dataclasses import dataclass
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from sna_export.fit import FitResult, fit_arrays  # noqa: E402

Floats = NDArray[np.float64]
ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "groups.md"
DED = ROOT.parent / "shared/data/xie2021_in718_ded/in718_ded_binned_thermal_and_properties.csv"
NEW_BATCHES, NEW_ROWS, DRAWS, LEVEL = 60, 10, 2000, 0.9
FUNCTIONS = (
    lambda x: 2.0 * x[:, 0] + x[:, 1],
    lambda x: np.sin(4.0 * x[:, 0]) + x[:, 1] * x[:, 2],
    lambda x: np.exp(1.5 * x[:, 0] - x[:, 2]),
    lambda x: 3.0 * (x[:, 0] - 0.5) ** 2 + np.abs(x[:, 1] - x[:, 2]),
)


@dataclass(frozen=True)
class Batches:
    """batches of about `rows` rows, offsets `between` times the noise of 0.1; every batch has
    settings of its own in one input where `own`."""

    function: int
    batches: int
    rows: int
    between: float
    own: bool
    seed: int

    def drawn(self) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
        """x, y, batch to fit and of new batches."""
        rng = np.random.default_rng([self.seed, 31])
        return self._some(rng, self.batches, self.rows), self._some(rng, NEW_BATCHES, NEW_ROWS)

    def _some(self, rng: np.random.Generator, batches: int, rows: int) -> tuple[Floats, ...]:
        size = np.maximum(rng.poisson(rows, batches), 2)
        batch = np.repeat(np.arange(batches), size)
        x = rng.random((len(batch), 3))
        if self.own:
            x[:, 1] = np.clip(rng.random(batches)[batch] + 0.02 * rng.normal(size=len(x)), 0, 1)
        offset = 0.1 * self.between * rng.normal(size=batches)
        y = FUNCTIONS[self.function](x) + offset[batch] + 0.1 * rng.normal(size=len(x))
        return x, y, batch


def tables(count: int) -> list[Batches]:
    """`count` of all mixtures of function, number and size of batches, and spread between them."""
    rng = np.random.default_rng(7)
    return [
        Batches(
            s % len(FUNCTIONS),
            int(rng.choice([6, 8, 12, 20, 30])),
            int(rng.choice([5, 10, 20])),
            float(rng.choice([0.0, 0.5, 1.0, 2.0, 4.0])),
            bool(s // len(FUNCTIONS) % 2),
            s,
        )
        for s in range(count)
    ]


def inside(found: FitResult, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Of rows (moved to the nearer end of the domain where they leave it): whether the interval
    holds them, and errors."""
    axes = found.model.axes
    x = np.clip(x, [a.lower for a in axes], [a.upper for a in axes])
    answer = found.model.evaluate(x, level=LEVEL) if found.model.calibration else None
    answer = answer or found.model.evaluate(x)
    held = (answer.lower[:, 0] <= y) & (y <= answer.upper[:, 0])
    return held.astype(float), y - answer.value[:, 0]


def synthetic(asked: Batches, seconds: float) -> list[tuple[float, float]]:
    """(coverage of new batches, reported RMSE over theirs) with groups and without."""
    (x, y, batch), (x_new, y_new, _) = asked.drawn()
    out = []
    for groups in (batch, None):
        found = fit_arrays(x, y, groups=groups, time_limit=seconds)
        held, error = inside(found, x_new, y_new)
        rmse = found.report["outputs"]["y"]["rmse"]
        out.append((float(held.mean()), rmse / float(np.sqrt(np.mean(error**2)))))
    return out


def walls(seconds: float) -> list[str]:
    """Coverage and errors of every wall by a fit to the others, with its wall-bootstrap interval,
    beside a fit that does not know of walls."""
    with open(DED, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    bins = [name for name in rows[0] if name.startswith("bin_")]
    x = np.array([[float(r[name]) for name in bins] for r in rows])
    y, wall = np.array([float(r["UTS_MPa"]) for r in rows]), np.array([r["wall"] for r in rows])
    lines = []
    for name, known in (("--groups wall", True), ("without", False)):
        held, error, reported = np.zeros(len(y)), np.zeros(len(y)), []
        for w in np.unique(wall):
            new = wall == w
            groups = wall[~new] if known else None
            found = fit_arrays(x[~new], y[~new], groups=groups, time_limit=seconds)
            used = [int(n[1:]) for n in found.model.input_names]
            held[new], error[new] = inside(found, x[new][:, used], y[new])
            reported.append(found.report["outputs"]["y"]["rmse"])
        low, high = np.percentile(bootstrap(held, wall), [2.5, 97.5])
        rmse = float(np.sqrt(np.mean(error**2)))
        lines.append(
            f"| {name} | {len(y)} of {len(np.unique(wall))} walls | {100 * held.mean():.1f} %"
            f" ({100 * low:.0f}..{100 * high:.0f} %) | {rmse:.1f} MPa | {np.median(reported):.1f}"
            " MPa |"
        )
        print(lines[-1], file=sys.stderr)
    return lines


def bootstrap(held: Floats, wall: NDArray[np.str_]) -> Floats:
    """Coverage of DRAWS tables of as many walls drawn with repetition."""
    rng, names = np.random.default_rng(0), np.unique(wall)
    sums = np.array([[held[wall == w].sum(), (wall == w).sum()] for w in names])
    drawn = sums[rng.integers(0, len(names), (DRAWS, len(names)))].sum(axis=1)
    return np.asarray(drawn[:, 0] / drawn[:, 1])


def synthetic_lines(count: int, seconds: float) -> list[str]:
    asked = tables(count)
    found = []
    for number, one in enumerate(asked):
        found.append(synthetic(one, seconds))
        print(number, one, np.round(found[-1], 3).tolist(), file=sys.stderr)
    results = np.array(found)
    lines = [
        f"{count} synthetic tables of 6 to 30 batches; {NEW_BATCHES} new batches of {NEW_ROWS} rows"
        " each.\n",
        "| fit | new batches covered at 90 %, pooled | target | worst tenth of the tables |"
        " reported RMSE / held-out, median | target |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for place, name in enumerate(("--groups batch", "without")):
        cover, ratio = results[:, place, 0], results[:, place, 1]
        lines.append(
            f"| {name} | {100 * cover.mean():.1f} % | 87..93 % |"
            f" {100 * np.quantile(cover, 0.1):.1f} % | {np.median(ratio):.2f} | 0.80..1.20 |"
        )
    lines += ["", "| spread between batches / noise | tables | covered | covered without |",
              "|--:|--:|--:|--:|"]  # fmt: skip
    for between in sorted({a.between for a in asked}):
        here = results[[a.between == between for a in asked]]
        lines.append(
            f"| {between:g} | {len(here)} | {100 * here[:, 0, 0].mean():.1f} % |"
            f" {100 * here[:, 1, 0].mean():.1f} % |"
        )
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--tables", type=int, default=60, metavar="N")
    parser.add_argument("--seconds", type=float, default=8.0, metavar="S", help="of one fit")
    parser.add_argument("--write", action="store_true", help="into docs/tables/groups.md")
    args = parser.parse_args()
    lines = synthetic_lines(args.tables, args.seconds) if args.tables else []
    if DED.exists():
        lines += [
            "",
            "Strength of the DED table, every wall predicted by a fit to the others (wall-bootstrap"
            " interval of 95 %):\n",
            "| fit | rows | covered at 90 % | RMSE of new walls | reported, median |",
            "|---|--:|--:|--:|--:|",
            *walls(args.seconds),
        ]
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
