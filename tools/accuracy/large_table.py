"""Seconds, peak memory and error of a fit to a table of many rows x 6 inputs with 2 % noise.

    python tools/accuracy/large_table.py [--rows 1000000] [--time-limit SECONDS] [--write]

`--write` keeps a line per number of rows in docs/tables/large.md. Peak memory is that of the
process: rows, libraries and all.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np

from sna_export.fit import fit_arrays

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "large.md"
HEAD = (
    "| rows x 6 | time limit, s | seconds | peak memory, MB | of that the rows, MB | rmse over that"
    " of the noise | model |\n|---|---|---|---|---|---|---|\n"
)
NOISE = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument(
        "--time-limit", type=float, help="seconds given to the fit (none by default)"
    )
    parser.add_argument(
        "--write", action="store_true", help="keep the line in docs/tables/large.md"
    )
    args = parser.parse_args()
    line = measured(args.rows, args.time_limit)
    print(HEAD + line, end="")
    if args.write:
        old = (
            TABLE.read_text(encoding="utf-8").removeprefix(HEAD).splitlines(keepends=True)
            if TABLE.exists()
            else []
        )
        kept = [row for row in old if row.split("|")[1] != line.split("|")[1]]
        TABLE.write_text(HEAD + "".join([*kept, line]), encoding="utf-8")


def measured(rows: int, limit: float | None) -> str:
    rng = np.random.default_rng(0)
    x = rng.random((rows, 6))
    y = law(x)
    spread = NOISE * y.std()
    y += spread * rng.normal(size=rows)
    begin = time.perf_counter()
    found = fit_arrays(x, y, time_limit=limit)
    seconds = time.perf_counter() - begin
    fresh = rng.random((50_000, 6))
    error = float(
        np.sqrt(
            np.mean((found.model.evaluate(fresh, extrapolate=True).value[:, 0] - law(fresh)) ** 2)
        )
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    held, chosen = (x.nbytes + y.nbytes) / 2**20, found.report["chosen"]
    return (
        f"| {rows:,} | {limit or 'none'} | {seconds:.0f} | {peak:.0f} | {held:.0f} |"
        f" {error / spread:.3f} | {chosen} |\n"
    )


def law(x: np.ndarray) -> np.ndarray:
    """A smooth function without a low rank; in blocks, so that its own arrays do not count."""
    out = np.empty(len(x))
    for part in (slice(i, i + 65_536) for i in range(0, len(x), 65_536)):
        a, b, c, d, e, f = x[part].T
        out[part] = (
            np.sin(2 * np.pi * a * b)
            + 2 * (c - 0.5) ** 2 * (1 + d)
            + np.exp(-3 * e) * f
            + 0.5 * np.cos(4 * a + 3 * e)
        )
    return out


if __name__ == "__main__":
    main()
