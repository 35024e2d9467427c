"""Torch training against alternating least squares on the same structure: warm start, cold start, and a million rows.

    python tools/training.py [--splits 1] [--million] [--only NAME]

Prints test RMSE of least squares, and those of training from its result and from a seeded cold start as ratios to it, on the tables and
functions of `make accuracy`. Writes docs/tables/training.md (not with --only). Needs ../shared/data for the measured tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from functions import FUNCTIONS, TestFunction
from measured import DATA, SETS, MeasuredSet

from sna_edge import Output
from sna_export.adopt import Domain
from sna_export.torch_side import SeparableModule, Training, train, warm_start

ROOT = Path(__file__).resolve().parent.parent
FEW, SMALL, LARGE = 400, (2, 2), (6, 6)
"""Modes and spans per axis: of tables of fewer rows, and of the others."""
PRIOR = 0.02
"""Penalty on second differences of the tables beside the sum over rows of squared errors in spreads."""
ROWS, FRESH = 2000, 20_000
"""Rows of a function that are taught and asked."""
HEAD = [
    "| rows | test RMSE, least squares | warm / it | cold / it | seconds: least squares, warm, cold |",
    "| --- | --- | --- | --- | --- |",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--million", action="store_true", help="also 1,000,000 x 6 made rows (up to ten minutes); with --only, these alone")
    parser.add_argument("--only", default="", help="the tables and functions whose name holds this")
    args = parser.parse_args()
    lines = list(HEAD)
    for job in [*(SETS if DATA.is_dir() else ()), *FUNCTIONS]:
        if args.only in job.name and not (args.million and args.only):
            for split in range(args.splits if isinstance(job, MeasuredSet) else 1):
                lines.append(measured(job, split) if isinstance(job, MeasuredSet) else made(job))
                print(lines[-1], file=sys.stderr, flush=True)
    if args.million:
        lines.append(million())
    print("\n".join(lines))
    target = ROOT / "docs" / "tables" / "training.md"
    if not args.only:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def measured(table: MeasuredSet, split: int) -> str:
    """One fixed split of a measured table."""
    x, y, tests = table.load()
    x = x[:, np.ptp(x, axis=0) > 0]
    test = tests[split]
    kept = np.setdiff1d(np.arange(len(y)), test)
    return compare(f"{table.name}, split {split}", *_plan(x, len(kept), split), (x[kept], y[kept]), (x[test], y[test]))


def made(function: TestFunction) -> str:
    """Rows of a test function without noise."""
    x, y = function.rows(ROWS, seed=0)
    asked = function.uniform(FRESH, seed=1)
    return compare(f"{function.name}, {ROWS} rows", *_plan(function.bounds.T, ROWS, 0), (x, y), asked)


def _plan(x: np.ndarray, rows: int, seed: int) -> tuple[list[Domain], tuple[int, int], Training]:
    box = [Domain(f"x{d}", "", float(low), float(high)) for d, (low, high) in enumerate(zip(x.min(axis=0), x.max(axis=0), strict=True))]
    return box, SMALL if rows < FEW else LARGE, Training(smooth=PRIOR / rows, batch=256, seed=seed)


def million() -> str:
    """1,000,000 x 6 rows of a smooth law with 2 % noise; a sweep of least squares over 200,000 of them takes seconds."""
    rng = np.random.default_rng(0)
    x, fresh = rng.random((1_000_000, 6)), rng.random((50_000, 6))
    y = law(x)
    y = y + 0.02 * y.std() * rng.normal(size=len(x))
    box = [Domain(f"x{d}", "", 0.0, 1.0) for d in range(6)]
    how = Training(smooth=PRIOR / 1e6, epochs=0, polish=60, time_limit=570.0)
    return compare("1,000,000 x 6", box, (12, 8), how, (x, y), (fresh, law(fresh)), sweeps=20, single=True)


def law(x: np.ndarray) -> np.ndarray:
    a, b, c, d, e, f = x.T
    return np.sin(2 * np.pi * a * b) + 2 * (c - 0.5) ** 2 * (1 + d) + np.exp(-3 * e) * f + 0.5 * np.cos(4 * a + 3 * e)


def compare(
    name: str, box: list[Domain], size: tuple[int, int], how: Training, taught: tuple, asked: tuple, *,
    sweeps: int = 60, single: bool = False,
) -> str:  # fmt: skip
    """A row of the table: least squares, training from it, training from a cold start; `single`: float32 in the cold one."""
    fresh = lambda: SeparableModule(box, (Output("y"),), modes=size[0], size=size[1], seed=how.seed)  # noqa: E731
    start = time.perf_counter()
    solved = warm_start(fresh(), *taught, sweeps=sweeps, rows=200_000)
    seconds = [time.perf_counter() - start]
    base, ratios = rmse(solved, asked), []
    cold = fresh().float() if single else fresh()
    for module, plan in ((solved, replace(how, epochs=min(how.epochs, 20), rate=1e-3, polish=60)), (cold, how)):
        start = time.perf_counter()
        train(module, *taught, plan)
        seconds.append(time.perf_counter() - start)
        ratios.append(rmse(module.double(), asked) / base)
    return f"| {name} | {base:.4g} | {ratios[0]:.3f} | {ratios[1]:.3f} | {', '.join(f'{s:.0f}' for s in seconds)} |"


def rmse(module: SeparableModule, asked: tuple) -> float:
    model = module.model()
    inside = np.clip(asked[0], [a.lower for a in model.axes], [a.upper for a in model.axes])
    return float(np.sqrt(np.mean((model.value(inside)[:, 0] - asked[1]) ** 2)))


if __name__ == "__main__":
    sys.exit(main())
