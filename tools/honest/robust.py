"""What gross errors do to a fit, and to a robust one: 3 % of the rows spoilt in three ways.

    python tools/honest/robust.py [--only WORD] [--rows N] [--write]

Errors on clean rows that took no part, over those of a fit without the spoilt rows; of a robust fit
to rows without gross errors over a plain one. `--write` puts the table into docs/tables/robust.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from tables import TABLES, Split, drawn  # noqa: E402

from sna_export.fit import FitResult, fit_arrays  # noqa: E402

Floats = NDArray[np.float64]
TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "robust.md"
SHARE, SEED, TEST = 0.03, 1, 2000
FUNCTIONS: dict[str, tuple[Callable[[Floats], Floats], float]] = {
    "plane": (lambda x: x @ [1.0, 2.0, -1.0, 0.5] + 3.0, 0.2),
    "wave": (lambda x: np.sin(6 * x[:, 0]) * x[:, 1] + x[:, 2] + 3.0, 0.1),
    "peak": (lambda x: 1 + 3 * np.exp(-60 * ((x[:, :2] - 0.5) ** 2).sum(axis=1)), 0.03),
    "nearly exact": (lambda x: np.exp(x[:, 0] * x[:, 1]) + x[:, 2] ** 2, 0.002),
}
MEASURED = ("concrete strength", "power plant", "moulding torque", "track depth",
            "turbine yield by weather", "diabetes")  # fmt: skip
KINDS: dict[str, Callable[[Floats, Floats, np.random.Generator], Floats]] = {
    "added": lambda y, all_y, rng: (
        y + rng.choice([-1, 1], len(y)) * rng.uniform(4, 15, len(y)) * all_y.std()
    ),
    "ten times": lambda y, all_y, rng: 10.0 * y,
    "all too large": lambda y, all_y, rng: y + 8.0 * all_y.std(),
}


def splits(n: int) -> dict[str, Split]:
    found = {}
    for name, (f, noise) in FUNCTIONS.items():
        rng = np.random.default_rng(0)
        x = rng.random((n + TEST, 4))
        y = f(x)
        y = y + noise * y.std() * rng.normal(size=len(y))
        found[name] = Split(x[:n], y[:n], x[n:], y[n:])
    for table in (t for t in TABLES if t.name in MEASURED and t.there):
        split = drawn(table, n, 0)
        if split is not None:
            found[table.name] = split
    return found


def error(found: FitResult, split: Split) -> float:
    """On the test rows, moved to the nearer end of the domain where they leave it."""
    names = found.model.input_names
    assert len(names) == split.x.shape[1]
    ends = [a.lower for a in found.model.axes], [a.upper for a in found.model.axes]
    values = found.model.evaluate(np.clip(split.x_test, *ends)).value[:, 0]
    return float(np.sqrt(np.mean((values - split.y_test) ** 2)))


def measured(name: str, split: Split) -> tuple[list[str], list[float], float]:
    """Cells of the table's row, ratios of the robust fits, and that without gross errors."""
    rng = np.random.default_rng(SEED)
    rows = rng.choice(len(split.y), round(SHARE * len(split.y)), replace=False)
    rest = np.setdiff1d(np.arange(len(split.y)), rows)
    again = fit_arrays(split.x, split.y, robust=True)
    left = again.report["robust"]["left_out"]
    # where nothing is left out it is the plain fit, to the bit
    same = error(again, split) / error(fit_arrays(split.x, split.y), split) if left else 1.0
    begin = time.perf_counter()
    without = error(fit_arrays(split.x[rest], split.y[rest]), split)
    seconds = time.perf_counter() - begin
    cells, ratios, times = [], [], []
    for kind in KINDS.values():
        y = split.y.copy()
        y[rows] = kind(y[rows], split.y, rng)
        plain = error(fit_arrays(split.x, y), split) / without
        begin = time.perf_counter()
        found = fit_arrays(split.x, y, robust=True)
        times.append((time.perf_counter() - begin) / seconds)
        out = {s["row"] - 1 for s in found.report.get("suspects", []) if s["left_out"]}
        ratios.append(error(found, split) / without)
        cells.append(
            f"{plain:.2f} / {ratios[-1]:.3f} ({len(out & set(rows))} of {len(rows)} found,"
            f" {len(out - set(rows))} more)"
        )
    return [name, f"{same:.3f} ({left} left out)", *cells, f"{max(times):.1f}"], ratios, same


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", default="", metavar="WORD", help="tables whose name has WORD")
    parser.add_argument("--rows", type=int, default=150, metavar="N")
    parser.add_argument("--write", action="store_true", help="into docs/tables/robust.md")
    args = parser.parse_args()
    lines, ratios, same = [], [], []
    for name, split in splits(args.rows).items():
        if args.only in name:
            cells, found, alike = measured(name, split)
            lines.append("| " + " | ".join(cells) + " |")
            print(lines[-1], file=sys.stderr, flush=True)
            ratios += found
            same.append(alike)
            if args.write:
                TABLE.write_text(page(args.rows, lines, ratios, same), encoding="utf-8")
    print(page(args.rows, lines, ratios, same))
    return 0


def page(n: int, lines: list[str], ratios: list[float], same: list[float]) -> str:
    return "\n".join(
        [
            f"{n} rows, {100 * SHARE:.0f} % of them spoilt; errors on clean rows over those"
            " of a fit without the spoilt rows: plain / robust.\n",
            "| table | robust without gross errors, target 1.03 | " + " | ".join(KINDS)
            + " | longest robust fit / plain |",
            "|---" * (len(KINDS) + 3) + "|",
            *lines,
            "",
            f"Robust with gross errors: {np.exp(np.mean(np.log(ratios))):.3f} in the geometric"
            f" mean, {sum(r <= 1.1 for r in ratios)} of {len(ratios)} at most 1.1; without:"
            f" {np.exp(np.mean(np.log(same))):.3f}, {sum(s <= 1.03 for s in same)} of {len(same)}"
            " at most 1.03.\n",
        ]
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
