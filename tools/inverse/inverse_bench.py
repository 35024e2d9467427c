"""Inverse queries measured against their targets: speed, completeness, agreement with peers and
between backends.

python tools/inverse/inverse_bench.py                       # everything in short form, printed
python tools/inverse/inverse_bench.py --cases 1000 --write  # as many as the targets name
python tools/inverse/inverse_bench.py --only calibration --calibration 3000 --write
python tools/inverse/inverse_bench.py --only deadline,watch --write    # these rows alone
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from inverse_backends import backend_rows  # noqa: E402
from inverse_deadline import deadline_rows  # noqa: E402
from inverse_estimate import (  # noqa: E402
    calibration_rows,
    estimate_rows,
    mode_rows,
    posterior_rows,
)
from inverse_problems import Row  # noqa: E402
from inverse_roots import root_rows, scan_rows  # noqa: E402
from inverse_search import batch_rows, level_set_rows, watch_rows  # noqa: E402

TABLES = Path(__file__).resolve().parents[2] / "docs" / "tables"
APART = "calibration"  # long: has a table of its own
HEAD = "| what | measured | target |\n|---|---|---|\n"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=60, help="random cases per row")
    parser.add_argument(
        "--calibration", type=int, default=200, help="cases of simulation-based calibration"
    )
    parser.add_argument("--only", default="", help="comma-separated parts")
    parser.add_argument("--write", action="store_true", help="also write docs/tables/")
    args = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "roots": lambda: root_rows(args.cases),
        "scan": lambda: scan_rows(10 * args.cases),
        "level_set": level_set_rows,
        "batch": batch_rows,
        "estimate": lambda: estimate_rows(args.cases),
        "modes": lambda: mode_rows(max(args.cases // 3, 10)),
        "posterior": lambda: posterior_rows(max(args.cases // 3, 10)),
        "backends": lambda: backend_rows(max(args.cases // 10, 5)),
        "deadline": deadline_rows,
        "watch": watch_rows,
        APART: lambda: calibration_rows(args.calibration),
    }
    chosen = args.only.split(",") if args.only else [name for name in parts if name != APART]
    lines = []
    print(HEAD, end="")
    for name in chosen:
        for row in parts[name]():
            lines.append(f"| {row.what} | {row.measured} | {row.target} |\n")
            print(lines[-1], end="", flush=True)
    if args.write:
        TABLES.mkdir(parents=True, exist_ok=True)
        path = TABLES / f"{APART if chosen == [APART] else 'inverse'}.md"
        path.write_text(
            HEAD + "".join(merged(path, lines) if args.only else lines), encoding="utf-8"
        )


def merged(path: Path, fresh: list[str]) -> list[str]:
    """The rows of a table with the fresh ones in place of those of the same name (numbers in it
    aside), new ones at the end."""
    old = (
        path.read_text(encoding="utf-8").removeprefix(HEAD).splitlines(keepends=True)
        if path.exists()
        else []
    )
    rows = {**named(old), **named(fresh)}
    return list(rows.values())


def named(lines: list[str]) -> dict[tuple[str, int], str]:
    """Rows by their name without its numbers and which row of that name they are."""
    names = [re.sub(r"[\d,.]+", "#", line.split("|")[1]) for line in lines]
    return {
        (name, names[:i].count(name)): line
        for i, (name, line) in enumerate(zip(names, lines, strict=True))
    }


if __name__ == "__main__":
    main()
