"""Black boxes of 8 inputs made separable models by `adopt.distil`: error on points of their own,
calls, processor seconds, bytes.

    python tools/accuracy/distil.py [--only WORD] [--calls N] [--write]

Boosted trees and a Gaussian process, both of scikit-learn, fitted to 1,000 rows of the borehole
function and of a product of sines with a kink. `--write` writes docs/tables/distil.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
from functions import FUNCTIONS, latin_hypercube  # noqa: E402
from numpy.typing import NDArray  # noqa: E402
from sklearn.ensemble import GradientBoostingRegressor  # noqa: E402
from sklearn.gaussian_process import GaussianProcessRegressor  # noqa: E402
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel  # noqa: E402

from sna_export.adopt import distil  # noqa: E402
from sna_export.quantize import quantize  # noqa: E402

Floats = NDArray[np.float64]
TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "distil.md"
ROWS, FRESH = 1000, 5000
HEAD = ["black box", "of", "error", "calls", "processor seconds", "found by", "int16 bytes"]


def sines(x: Floats) -> Floats:
    """On the unit cube of 8 inputs."""
    waves = np.sin(3.0 * x[:, 0]) * np.cos(2.0 * x[:, 1]) + np.abs(x[:, 2] - 0.4) * x[:, 3]
    return np.asarray(waves + np.exp(x[:, 4] * x[:, 5]) + x[:, 6] ** 2 - 0.5 * x[:, 7])


def borehole(x: Floats) -> Floats:
    f = next(f for f in FUNCTIONS if f.name == "borehole")
    return f.value(f.bounds[:, 0] + x * np.ptp(f.bounds, axis=1))


def boosted_trees(x: Floats, y: Floats) -> Any:
    return GradientBoostingRegressor(n_estimators=200, max_depth=3, random_state=0).fit(x, y)


def gaussian_process(x: Floats, y: Floats) -> Any:
    kernel = ConstantKernel(1.0, (1e-2, 1e6)) * RBF(np.ones(8), (0.05, 100.0)) + WhiteKernel(
        1e-6, (1e-10, 1e-2)
    )
    some = np.arange(0, len(x), 3)
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    return process.fit(x[some], y[some])


FUNCTION_NAMES: dict[str, Callable[[Floats], Floats]] = {"borehole": borehole, "sines": sines}
BOXES = {"boosted trees": boosted_trees, "Gaussian process": gaussian_process}


def line(box: str, function: str, calls: int) -> list[str]:
    x = latin_hypercube(ROWS, 8, np.random.default_rng(0))
    asked = BOXES[box](x, FUNCTION_NAMES[function](x))
    begin = time.process_time()
    found = distil(asked, {f"x{d}": (0.0, 1.0) for d in range(8)}, calls=calls)
    seconds = time.process_time() - begin
    fresh = np.random.default_rng(1).random((FRESH, 8))
    truth = asked.predict(fresh)
    gap = found.model.backend.value(fresh)[:, 0] - truth
    name = min(found.tried, key=lambda t: t[2])[0]
    return [
        box,
        function,
        f"{100 * np.sqrt(np.mean(gap**2)) / np.ptp(truth):.2f} %",
        f"{found.calls:,}",
        f"{seconds:.0f}",
        name,
        f"{len(quantize(found.model, 'int16').to_bytes()):,}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="boxes whose name has WORD")
    parser.add_argument("--calls", type=int, default=20_000, metavar="N")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    args = parser.parse_args()
    lines = [HEAD, ["---"] * len(HEAD)]
    for box in BOXES:
        for function in FUNCTION_NAMES:
            if args.only in f"{box} {function}":
                lines.append(line(box, function, args.calls))
                print(" | ".join(lines[-1]), flush=True)
    if args.write and not args.only:
        TABLE.write_text("".join(f"| {' | '.join(cells)} |\n" for cells in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
