"""Torch training against alternating least squares on the same structure: warm start, cold start, and a million rows.

    python tools/training.py [--splits 3] [--million]

Prints test RMSE of least squares, and those of training from its result and from a seeded cold start as ratios to it.
Writes docs/tables/training.md. Needs ../shared/data for the measured tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from sna_edge import Output
from sna_export.adopt import Domain
from sna_export.torch_side import SeparableModule, Training, train, warm_start

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
TABLES = {"uci_power_plant": (6, 6), "uci_concrete": (4, 4)}
"""Modes and spans per axis."""
HEAD = [
    "| rows | test RMSE, least squares | warm / it | cold / it | seconds: least squares, warm, cold |",
    "| --- | --- | --- | --- | --- |",
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="also 1,000,000 x 6 made rows: up to ten minutes for the cold start")
    args = parser.parse_args()
    lines = list(HEAD)
    for name in TABLES if DATA.is_dir() else ():
        for split in range(args.splits):
            lines.append(measured(name, split))
            print(lines[-1], file=sys.stderr, flush=True)
    if args.million:
        lines.append(million())
    print("\n".join(lines))
    target = ROOT / "docs" / "tables" / "training.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


def measured(name: str, split: int) -> str:
    """One fixed split of a measured table."""
    rows = np.genfromtxt(next((DATA / name).glob("*.csv")), delimiter=",", skip_header=1)
    with np.load(next((DATA / name).glob("*.npz"))) as file:
        test = file["test_index"][split]
    test = test[test >= 0]
    kept = np.setdiff1d(np.arange(len(rows)), test)
    x, y = rows[:, :-1], rows[:, -1]
    box = [Domain(f"x{d}", "", *map(float, (x[:, d].min(), x[:, d].max()))) for d in range(x.shape[1])]
    modes, spans = TABLES[name]
    how = Training(smooth=1e-5, batch=256, seed=split)
    return compare(f"{name} split {split}", box, modes, spans, (x[kept], y[kept]), (x[test], y[test]), how)


def million() -> str:
    """1,000,000 x 6 rows of a smooth law with 2 % noise."""
    rng = np.random.default_rng(0)
    x, fresh = rng.random((1_000_000, 6)), rng.random((50_000, 6))
    y = law(x)
    y = y + 0.02 * y.std() * rng.normal(size=len(x))
    box = [Domain(f"x{d}", "", 0.0, 1.0) for d in range(6)]
    how = Training(smooth=1e-7, epochs=20, polish=100, time_limit=570.0)
    return compare("1,000,000 x 6", box, 12, 8, (x, y), (fresh, law(fresh)), how, single=True)


def law(x: np.ndarray) -> np.ndarray:
    a, b, c, d, e, f = x.T
    return np.sin(2 * np.pi * a * b) + 2 * (c - 0.5) ** 2 * (1 + d) + np.exp(-3 * e) * f + 0.5 * np.cos(4 * a + 3 * e)


def compare(
    name: str, box: list[Domain], modes: int, spans: int, taught: tuple, asked: tuple, how: Training, *, single: bool = False
) -> str:
    """A row of the table: least squares, training from it, training from a cold start; `single`: float32 in the cold one."""
    fresh = lambda: SeparableModule(box, (Output("y"),), modes=modes, size=spans, seed=how.seed)  # noqa: E731
    start = time.perf_counter()
    solved = warm_start(fresh(), *taught, sweeps=60, rows=200_000)
    seconds = [time.perf_counter() - start]
    base, ratios = rmse(solved, asked), []
    cold = fresh().float() if single else fresh()
    for module, plan in ((solved, replace(how, epochs=20, rate=1e-3, polish=60)), (cold, how)):
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
