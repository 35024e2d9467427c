"""No fit worse than the best of mean, linear and quadratic on rows that took no part: a table of 16
tables.

    python tools/accuracy/fit_floor.py [--seed 0] [--time-limit 60] [NAME ...]

Every table is parted into rows to fit and rows to test, rows with equal inputs together. The three
references are written here anew (numpy, ridge by five folds), so that nothing of the fit judges
itself. Test rows lie within the range of the rows seen: a model refuses others. Measured tables are
skipped where they are absent.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from measured import ABSENT, DATA, columns, uci
from numpy.typing import NDArray

from sna_export.fit import fit_arrays
from sna_export.fit.data.folds import fold_of_rows

Floats = NDArray[np.float64]
Load = Callable[[int], tuple[Floats, Floats]]
"""Rows x [N, D] and y [N] of a seed."""
Answer = Callable[[Floats, Floats, np.random.Generator], Floats]
"""y of sensors, hidden causes and a stream of noise."""
FLOOR = 1.05
FEW = 40
MOST_ROWS, MOST_PAIRS = 1500, 24
"""Rows of a measured table that are used (evenly spaced), and inputs up to which the quadratic has
all products."""


@dataclass(frozen=True)
class Table:
    name: str
    load: Load
    path: str = ""
    fitted: int = 0
    """The first rows, which are fitted; 0: three quarters, rows with equal inputs together."""

    @property
    def present(self) -> bool:
        return not self.path or (DATA / self.path).exists()


def hidden(y: Answer, rows: int = 700, noise: float = 0.01) -> Load:
    """Twelve sensors of three hidden causes, a constant, a copy, a copy in other units and a near
    copy."""

    def load(seed: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng([seed, 5])
        causes = rng.standard_normal((rows, 3))
        sensors = causes @ rng.standard_normal((3, 12)) + noise * rng.standard_normal((rows, 12))
        near = sensors[:, 2] + 1e-3 * rng.standard_normal(rows)
        x = np.c_[sensors, np.full(rows, 15.0), sensors[:, 0], 1.8 * sensors[:, 1] + 32.0, near]
        return x, y(x, causes, rng)

    return load


def _noise(size: float, rng: np.random.Generator, count: int) -> Floats:
    return size * rng.standard_normal(count)


def heavy(seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([seed, 6])
    x = rng.standard_normal((400, 4))
    return x, np.exp(1.5 * x[:, 0] + x[:, 1] + 0.3 * rng.standard_normal(400))


def outliers(seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([seed, 7])
    x = rng.uniform(-1, 1, (300, 5))
    return x, x[:, 0] + x[:, 1] * x[:, 2] + 0.05 * rng.standard_t(1.5, 300)


def passed(seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([seed, 8])
    x = rng.uniform(-1, 1, (400, 4))
    return x, (x[:, 0] + 0.5 * x[:, 1] ** 2 + 0.3 * rng.standard_normal(400) > 0.2).astype(float)


def nothing(seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([seed, 9])
    return rng.random((300, 6)), rng.standard_normal(300)


def few(seed: int) -> tuple[Floats, Floats]:
    """Of which FEW are fitted: tested on eight rows, chance is worth a half, even of the function
    that made them."""
    rng = np.random.default_rng([seed, 10])
    x = rng.random((40 * FEW, 3))
    return x, 2.0 * x[:, 0] - x[:, 1] + 0.05 * rng.standard_normal(len(x))


def hofmann() -> tuple[Floats, Floats]:
    names = ["power_W", "speed_mm_s", "spot_mm", "powder_layer_um"]
    return columns(
        "hofmann2026_316l_singletracks/hofmann2026_316l_677.csv", names, "penetration_depth_um"
    )


def chen() -> tuple[Floats, Floats]:
    names = ["power_W", "speed_mm_s", "spot_um", "preheat_C"]
    return columns("in718_lpbf_tables/chen2020_in718_preheat_80.csv", names, "depth_um")


def plain(path: str, target: int) -> tuple[Floats, Floats]:
    """A table of numbers alone; `target` is the place of its column."""
    with open(DATA / path, newline="", encoding="utf-8") as file:
        rows = np.array([[float(c) for c in row] for row in list(csv.reader(file))[1:]])
    return np.delete(rows, target, axis=1), rows[:, target]


def ded() -> tuple[Floats, Floats]:
    path = "xie2021_in718_ded/in718_ded_binned_thermal_and_properties.csv"
    with open(DATA / path, newline="", encoding="utf-8") as file:
        bins = [name for name in next(csv.reader(file)) if name.startswith("bin_")]
    return columns(path, bins, "UTS_MPa")


def measured(load: Callable[[], tuple[Floats, Floats]]) -> Load:
    def some(seed: int) -> tuple[Floats, Floats]:
        x, y = load()
        every = np.arange(0, len(y), max(1, len(y) // MOST_ROWS))
        return x[every], y[every]

    return some


def _uci(folder: str, table: str) -> Callable[[], tuple[Floats, Floats]]:
    return lambda: uci(folder, table)()[:2]


MOULDING = "injection_moulding_polenta2022"
TABLES = (
    Table("hidden causes, product",
        hidden(lambda x, h, r: h[:, 0] + 0.5 * h[:, 1] * h[:, 2] + _noise(1e-3, r, len(x)))),
    Table("hidden causes, squares",
        hidden(lambda x, h, r: h[:, 0] + 0.3 * h[:, 0] ** 2 - 0.2 * h[:, 0] * h[:, 1])),
    Table("small difference",
        hidden(lambda x, h, r: 500.0 * (x[:, 15] - x[:, 2]) + _noise(0.01, r, len(x)))),
    Table("difference of sensors",
        hidden(lambda x, h, r: 30.0 * (x[:, 0] - x[:, 3]) + x[:, 5] ** 2 + _noise(0.01, r, len(x)),
        noise=0.1)),
    Table("sensor noise",
        hidden(lambda x, h, r: x[:, 4] + np.sin(x[:, 6]) + _noise(0.3, r, len(x)), noise=0.3)),
    Table("exp, heavy tail", heavy),
    Table("outliers", outliers),
    Table("pass or fail", passed),
    Table("nothing to learn", nothing),
    Table("40 rows", few, fitted=FEW),
    Table("concrete", measured(_uci("uci_concrete", "concrete")), "uci_concrete"),
    Table("power plant", measured(_uci("uci_power_plant", "power_plant")), "uci_power_plant"),
    Table("Hofmann depth", measured(hofmann), "hofmann2026_316l_singletracks"),
    Table("Chen depth", measured(chen), "in718_lpbf_tables"),
    Table("injection moulding",
        measured(lambda: plain(f"{MOULDING}/injection_moulding_1451.csv", -1)), MOULDING),
    Table("gas turbine", measured(lambda: plain("gas_turbine/gas_turbine_2011.csv", -1)),
        "gas_turbine"),
    Table("IN718 DED strength", measured(ded), "xie2021_in718_ded"),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """RMSE on the test rows over that of their mean: the fit and the references."""

    name: str
    rows: int
    inputs: int
    fit: float
    mean: float
    linear: float
    quadratic: float
    chosen: str
    seconds: float

    @property
    def ratio(self) -> float:
        """Error of the fit over that of the best reference; a table met to rounding by both counts
        as one."""
        best = min(self.mean, self.linear, self.quadratic)
        return max(self.fit, 1e-6) / max(best, 1e-6)


def measure(table: Table, seed: int, limit: float | None) -> Line:
    x, y = table.load(seed)
    several = np.arange(len(y)) >= table.fitted
    test = several if table.fitted else fold_of_rows(x, 4, seed + 77) == 0
    seen = np.flatnonzero(~test)
    fresh = np.flatnonzero(
        test & np.all((x >= x[seen].min(axis=0)) & (x <= x[seen].max(axis=0)), axis=1)
    )
    scale = float(np.sqrt(np.mean((y[fresh] - y[fresh].mean()) ** 2)))

    def error(answer: Floats) -> float:
        return float(np.sqrt(np.mean((answer - y[fresh]) ** 2))) / scale

    begin = time.perf_counter()
    found = fit_arrays(x[seen], y[seen], seed=seed, time_limit=limit)
    seconds = time.perf_counter() - begin
    answer = found.model.evaluate(x[fresh], extrapolate=True, level_index=True).value[:, 0]
    return Line(
        table.name, len(y), x.shape[1], error(answer), error(np.full(len(fresh), y[seen].mean())),
        error(ridge(x[seen], y[seen], x[fresh])),
        error(ridge(*squares(x[seen], x[fresh], y[seen]))), found.report["chosen"][:44], seconds,
    )  # fmt: skip


def squares(x: Floats, fresh: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Standardised columns, their squares and products (squares alone in many columns), for both
    sets of rows."""
    centre, spread = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    i, j = np.triu_indices(x.shape[1])
    if x.shape[1] > MOST_PAIRS:
        i = j = np.arange(x.shape[1])
    first, second = ((part - centre) / spread for part in (x, fresh))
    return np.c_[first, first[:, i] * first[:, j]], y, np.c_[second, second[:, i] * second[:, j]]


def ridge(x: Floats, y: Floats, fresh: Floats) -> Floats:
    """Ridge regression on columns of unit spread; its strength by five folds."""
    centre, spread = x.mean(axis=0), np.where(x.std(axis=0) > 0, x.std(axis=0), 1.0)
    a, b = (x - centre) / spread, (fresh - centre) / spread
    folds = np.random.default_rng(0).permutation(len(y)) % 5
    strengths = 10.0 ** np.arange(-10, 4)
    parts = [(folds != f, folds == f) for f in range(5)]
    losses = np.sum(
        [((_ridged(a[s], y[s], strengths)(a[h]) - y[h, None]) ** 2).sum(axis=0) for s, h in parts],
        axis=0,
    )
    return np.asarray(_ridged(a, y, strengths[[int(np.argmin(losses))]])(b)[:, 0])


def _ridged(a: Floats, y: Floats, strengths: Floats) -> Callable[[Floats], Floats]:
    u, s, vt = np.linalg.svd(a - a.mean(axis=0), full_matrices=False)
    beta = vt.T @ (
        s[:, None] / (s[:, None] ** 2 + strengths * len(y)) * (u.T @ (y - y.mean()))[:, None]
    )
    return lambda b: y.mean() + (b - a.mean(axis=0)) @ beta


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="these tables alone")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time-limit", type=float, metavar="S")
    args = parser.parse_args()
    print(
        f"{'table':24s} {'rows':>5s} {'inputs':>6s} {'fit':>9s} {'mean':>9s} {'linear':>9s}"
        f" {'quadratic':>9s} {'ratio':>6s}   s  chosen"
    )
    worst = 0.0
    for table in TABLES:
        if args.names and table.name not in args.names:
            continue
        if not table.present:
            print(f"{table.name:24s} skipped: {ABSENT}")
            continue
        line = measure(table, args.seed, args.time_limit)
        worst = max(worst, line.ratio)
        errors = " ".join(f"{e:9.3g}" for e in (line.fit, line.mean, line.linear, line.quadratic))
        print(
            f"{line.name:24s} {line.rows:5d} {line.inputs:6d} {errors} {line.ratio:6.3f}"
            f" {line.seconds:4.0f} {line.chosen}",
            flush=True,
        )
    print(f"worst ratio {worst:.3f} (floor {FLOOR})")
    raise SystemExit(worst > FLOOR)


if __name__ == "__main__":
    main()
