"""Torch training against the fit to rows: from its result, and from a cold start of the same
structure; and a million rows.

    python tools/accuracy/training.py [--splits 1] [--million] [--only NAME]

The fit chooses order, rank, spans and penalties (alternating least squares and Gauss-Newton steps,
no teacher). Training goes on from its numbers, and starts anew on its structure. Prints the test
RMSE of the fit, and those of training as ratios to it, on the tables and functions of `make
accuracy`. Writes docs/tables/training.md (not with --only). Needs ../shared/data for the measured
tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from functions import FUNCTIONS, TestFunction
from measured import ABSENT, DATA, SETS, MeasuredSet

from sna_edge import Model
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit.candidates.direct.direct import direct_candidate
from sna_export.fit.data.folds import Folds, fold_of_rows
from sna_export.fit.data.samples import Samples
from sna_export.fit.data.scope import Scope
from sna_export.fit.pipeline.assemble import assemble
from sna_export.fit.pipeline.search import most_parameters
from sna_export.fit.pipeline.searches import FOLDS
from sna_export.torch_side import SeparableModule, Training, train

ROOT = Path(__file__).resolve().parents[2]
PRIOR = 0.02
"""Penalty on second differences of the tables beside the sum over rows of squared errors in
spreads."""
ROWS, FRESH = 2000, 20_000
"""Rows of a function that are trained on and asked."""
HEAD = [
    (
        "| rows | structure | test RMSE of the fit | warm / fit | cold / fit | seconds: fit, warm,"
        " cold |"
    ),
    "| --- | --- | --- | --- | --- | --- |",
]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument(
        "--million",
        action="store_true",
        help="also 1,000,000 x 6 made rows (up to ten minutes); with --only, these alone",
    )
    parser.add_argument("--only", default="", help="the tables and functions whose name holds this")
    args = parser.parse_args()
    lines = list(HEAD)
    if not DATA.is_dir():
        print(f"{ABSENT}; functions only", file=sys.stderr)
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
    return compare(
        f"{table.name}, split {split}",
        plan(len(kept), split),
        (x[kept], y[kept]),
        (x[test], y[test]),
    )


def made(function: TestFunction) -> str:
    """Rows of a test function without noise."""
    return compare(
        f"{function.name}, {ROWS} rows",
        plan(ROWS, 0),
        function.rows(ROWS, seed=0),
        function.uniform(FRESH, seed=1),
    )


def plan(rows: int, seed: int) -> Training:
    return Training(smooth=PRIOR / rows, batch=256, seed=seed)


def million() -> str:
    """1,000,000 x 6 rows of a smooth law with 2 % noise."""
    rng = np.random.default_rng(0)
    x, fresh = rng.random((1_000_000, 6)), rng.random((50_000, 6))
    y = law(x)
    y = y + 0.02 * y.std() * rng.normal(size=len(x))
    how = Training(smooth=PRIOR / 1e6, epochs=0, polish=60, time_limit=570.0)
    return compare("1,000,000 x 6", how, (x, y), (fresh, law(fresh)), single=True)


def law(x: np.ndarray) -> np.ndarray:
    a, b, c, d, e, f = x.T
    return (
        np.sin(2 * np.pi * a * b)
        + 2 * (c - 0.5) ** 2 * (1 + d)
        + np.exp(-3 * e) * f
        + 0.5 * np.cos(4 * a + 3 * e)
    )


def fitted(x: np.ndarray, y: np.ndarray, seed: int) -> tuple[str, Model]:
    """Name and model of the best fit to the rows themselves."""
    samples = Samples.of(x, y)
    scope = Scope(samples, Folds(fold_of_rows(x, FOLDS, seed)), seed, TimeBudget())
    best = direct_candidate(scope, "identity", most_parameters(len(x)), search=scope.budget)
    assert best is not None
    return best.name, assemble(samples, np.arange(x.shape[1]), best, best.outputs, {})


def compare(name: str, how: Training, known: tuple, asked: tuple, *, single: bool = False) -> str:
    """A row of the table: the fit, training from it, training from a cold start; `single`: float32
    in the cold one."""
    start = time.perf_counter()
    chosen, model = fitted(*known, how.seed)
    seconds, base, ratios = [time.perf_counter() - start], rmse(model, asked), []
    warm, cold = SeparableModule.from_model(model), SeparableModule.from_model(model, seed=how.seed)
    for module, steps in (
        (warm, replace(how, epochs=min(how.epochs, 20), rate=1e-3, polish=60)),
        (cold.float() if single else cold, how),
    ):
        start = time.perf_counter()
        train(module, *known, steps)
        seconds.append(time.perf_counter() - start)
        ratios.append(rmse(module.double().model(), asked) / base)
    shape = f"{chosen.replace(', Gauss-Newton finish', '')}, {model.parameters} numbers"
    return (
        f"| {name} | {shape} | {base:.4g} | {ratios[0]:.3f} | {ratios[1]:.3f} |"
        f" {', '.join(f'{s:.0f}' for s in seconds)} |"
    )


def rmse(model: Model, asked: tuple) -> float:
    inside = np.clip(asked[0], [a.lower for a in model.axes], [a.upper for a in model.axes])
    return float(np.sqrt(np.mean((model.value(inside)[:, 0] - asked[1]) ** 2)))


if __name__ == "__main__":
    sys.exit(main())
