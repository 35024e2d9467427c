"""How often the curves of a fit turn, beside an ARD Gaussian process (scikit-learn) of the same
rows, and what both err by on rows that took no part.

    python tools/accuracy/turning_points.py [--only WORD] [--splits N] [--write]

`--write` puts the table into docs/tables/turning_points.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np  # noqa: E402
from measured import ABSENT, DATA, columns  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

Floats = NDArray[np.float64]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "turning_points.md"
MOST_ROWS = 500
"""Training rows of a table at most: those of a plant, and what a Gaussian process fits in a
minute."""
HELD = 0.25
"""Share of the rows that take no part, at most 2,000."""


@dataclass(frozen=True)
class Table:
    """path below ../shared/data, inputs (none: all columns but the last) and target."""

    name: str
    path: str
    inputs: tuple[str, ...]
    target: str

    @property
    def there(self) -> bool:
        return (DATA / self.path).is_file()

    def rows(self) -> tuple[Floats, Floats]:
        x, y = columns(self.path, list(self.inputs), self.target)
        known = np.isfinite(x).all(axis=1) & np.isfinite(y)
        return x[known], y[known]


HOFMANN = "hofmann2026_316l_singletracks/hofmann2026_316l_677.csv"
CHEN = "in718_lpbf_tables/chen2020_in718_preheat_80.csv"
TRACKS = ("power_W", "speed_mm_s", "spot_mm", "powder_layer_um")
PREHEATED = ("power_W", "speed_mm_s", "spot_um", "preheat_C")
SENSORS = ("AT", "AP", "AH", "AFDP", "GTEP", "TIT", "TAT", "CDP", "TEY")
MOULDING = (
    "melt_temp_C", "mold_temp_C", "fill_time_s", "plasticizing_time_s", "cycle_time_s",
    "closing_force_asreported", "clamping_force_peak_asreported", "torque_peak_Nm",
    "torque_mean_Nm", "back_pressure_peak_bar", "injection_pressure_peak_bar",
    "screw_pos_end_hold_cm", "shot_volume_cm3",
)  # fmt: skip
MIX = (
    "cement_kg_m3", "slag_kg_m3", "flyash_kg_m3", "water_kg_m3", "superplasticizer_kg_m3",
    "coarse_agg_kg_m3", "fine_agg_kg_m3", "age_day",
)  # fmt: skip
TABLES = (
    Table("Hofmann width", HOFMANN, TRACKS, "weld_width_um"),
    Table("Hofmann depth", HOFMANN, TRACKS, "penetration_depth_um"),
    Table("Chen width", CHEN, PREHEATED, "width_um"),
    Table("Chen depth", CHEN, PREHEATED, "depth_um"),
    Table("concrete", "uci_concrete/concrete.csv", MIX, "strength_MPa"),
    Table("power plant", "uci_power_plant/power_plant.csv",
          ("AT_C", "V_cmHg", "AP_mbar", "RH_pct"), "PE_MW"),
    Table("gas turbine CO", "gas_turbine/gas_turbine_2011.csv", SENSORS, "CO"),
    Table("injection moulding", "injection_moulding_polenta2022/injection_moulding_1451.csv",
          MOULDING, "quality_class"),
)  # fmt: skip


def split(table: Table, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """Training and held-out rows (x, y, x', y') drawn with `seed`; rows with equal inputs stay
    together."""
    x, y = table.rows()
    _, setting = np.unique(x, axis=0, return_inverse=True)
    order = np.random.default_rng(seed).permutation(setting.max() + 1)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    held = rank[setting.reshape(-1)] < HELD * len(order)
    rest, out = np.flatnonzero(~held), np.flatnonzero(held)
    rest = np.random.default_rng(seed).permutation(rest)[:MOST_ROWS]
    return x[rest], y[rest], x[out][:2000], y[out][:2000]


Predict = Callable[[Floats], Floats]


def gaussian_process(x: Floats, y: Floats) -> Predict:
    """scikit-learn's, one length an input and noise, on inputs and output of unit spread."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    centre, spread = x.mean(axis=0), np.where(np.ptp(x, axis=0) > 0, x.std(axis=0), 1.0)
    lengths = RBF(np.ones(x.shape[1]), (1e-2, 1e3))
    kernel = ConstantKernel(1.0, (1e-3, 1e5)) * lengths + WhiteKernel(0.1, (1e-6, 1e1))
    process = GaussianProcessRegressor(kernel, normalize_y=True, n_restarts_optimizer=1,
                                       random_state=0)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process.fit((x - centre) / spread, y)
    return lambda at: np.asarray(process.predict((at - centre) / spread))


def ours(x: Floats, y: Floats) -> Predict:
    """The model that `fit_arrays` delivers."""
    from sna_export.fit import fit_arrays

    model = fit_arrays(x, y, plain=True).model
    return lambda at: model.evaluate(at, extrapolate=True, level_index=True).value[:, 0]


@dataclass(frozen=True)
class Figures:
    """Error over the spread of the held-out rows, and turning points a slice: ours, the
    process's."""

    error: float
    turns: float
    error_of_process: float
    turns_of_process: float


def measured(table: Table, seed: int) -> Figures:
    from sna_export.fit.validation.turning_points import turning_points

    x, y, fresh, truth = split(table, seed)
    found: list[float] = []
    for method in (ours, gaussian_process):
        predict = method(x, y)

        def values(at: Floats, predict: Predict = predict) -> Floats:
            return predict(at)[:, None]

        found.append(float(np.sqrt(np.mean((predict(fresh) - truth) ** 2)) / truth.std()))
        found.append(float(turning_points(values, x, y[:, None], range(x.shape[1])).mean()))
    return Figures(*found)


def line(table: Table, splits: int) -> list[str]:
    each = [measured(table, seed) for seed in range(splits)]
    e, t, e_gp, t_gp = np.mean(
        [[f.error, f.turns, f.error_of_process, f.turns_of_process] for f in each], axis=0
    )
    rows = len(split(table, 0)[0])
    return [table.name, str(rows), f"{e:.3f}", f"{e_gp:.3f}", f"{t:.2f}", f"{t_gp:.2f}",
            f"{t / t_gp:.2f}" if t_gp > 0 else "-"]  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--splits", type=int, default=2, metavar="N")
    parser.add_argument("--only", default="", metavar="WORD", help="tables whose name has WORD")
    parser.add_argument("--write", action="store_true", help="into docs/tables/turning_points.md")
    args = parser.parse_args()
    if not DATA.is_dir():
        print(ABSENT, file=sys.stderr)
        return 0
    rows = [["table", "rows", "error", "error, process", "turns", "turns, process", "ratio"]]
    for table in TABLES:
        if table.there and args.only in table.name:
            rows.append(line(table, args.splits))
            print(" | ".join(rows[-1]), file=sys.stderr)
    lines = [rows[0], ["---"] * 2 + ["--:"] * 5, *rows[1:]]
    text = "\n".join("| " + " | ".join(row) + " |" for row in lines)
    text = f"{args.splits} splits a table, at most {MOST_ROWS} training rows.\n\n{text}\n"
    print(text)
    if args.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
