"""Quick fits against normal ones: errors on fresh rows and processor seconds, a line per table.

    python tools/accuracy/effort.py [--effort quick] [--only WORD] [--write]

The functions of functions.py at 1,000 rows without noise, two noisy ones and the first split of the
measured tables of measured.py. Errors are RMSE on fresh rows over their spread (of measured tables
that of all rows: nine rows of one wall are alike), those below 1e-6 count as 1e-6; floor: the best
of mean, linear and quadratic function, out of fold.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from fit_times import eight, nine
from functions import FUNCTIONS
from measured import DATA, SETS, splits

from sna_export.fit import fit_arrays

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "effort.md"
ROWS, FRESH, LEAST = 1000, 5000, 1e-6
LONG = ("power plant",)
"""Measured tables that are left out: a normal fit takes minutes."""


def tables() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Name and what makes x, y, fresh x and its values."""
    for f in FUNCTIONS:
        yield f.name, lambda f=f: (*f.rows(ROWS, 0), *f.uniform(FRESH, 1))
    yield "no low rank, 1,000 x 8", lambda: noisy(eight, 1000, 8, 0.0)
    yield "noise 10 %, 400 x 8", lambda: noisy(eight, 400, 8, 0.1)
    yield "noise 5 %, 1,500 x 9", lambda: noisy(nine, 1500, 9, 0.05)
    for s in SETS if DATA.is_dir() else ():
        if s.name not in LONG:
            yield s.name, lambda s=s: next(iter(splits(s, 1)))


def noisy(value: Callable[[Any], Any], rows: int, inputs: int, noise: float) -> tuple[Any, ...]:
    """Uniform rows with noise in spreads, and fresh ones without."""
    rng = np.random.default_rng(0)
    x, fresh = rng.random((rows, inputs)), rng.random((FRESH, inputs))
    y, truth = value(x), value(fresh)
    return x, y + noise * truth.std() * rng.normal(size=rows), fresh, truth


def fitted(x: Any, y: Any, fresh: Any, truth: Any, effort: str) -> tuple[float, float, float]:
    """Error, processor seconds, and the floor out of fold."""
    begin = time.process_time()
    found = fit_arrays(x, y, effort=effort)
    seconds = time.process_time() - begin
    value = found.model.evaluate(fresh, extrapolate=True, level_index=True).value[:, 0]
    spread = truth.std() if len(truth) == FRESH else np.r_[y, truth].std()
    error = float(np.sqrt(np.mean((value - truth) ** 2)) / spread)
    return error, seconds, found.report["candidates"][0]["error"]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--effort", default="quick", choices=("quick", "thorough"))
    parser.add_argument("--only", default="", metavar="WORD", help="tables with this in their name")
    parser.add_argument("--write", action="store_true", help="write docs/tables/effort.md")
    args = parser.parse_args()
    lines = [
        f"| table | error, normal | {args.effort} | ratio | floor | processor s, normal |"
        f" {args.effort} | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    print("\n".join(lines))
    ratios = []
    for name, make in tables():
        if args.only not in name:
            continue
        rows = make()
        (usual, long, floor), (other, short, _) = (
            fitted(*rows, effort) for effort in ("normal", args.effort)
        )
        ratios.append((max(other, LEAST) / max(usual, LEAST), short / long))
        lines.append(
            f"| {name} | {usual:.2e} | {other:.2e} | {ratios[-1][0]:.2f} | {floor:.2e} |"
            f" {long:.1f} | {short:.1f} | {ratios[-1][1]:.2f} |"
        )
        print(lines[-1], flush=True)
    mean = [math.exp(float(np.mean(np.log(column)))) for column in zip(*ratios, strict=True)]
    lines.append(f"| geometric mean | | | {mean[0]:.2f} | | | | {mean[1]:.2f} |")
    print(lines[-1])
    if args.write and not args.only:
        TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
