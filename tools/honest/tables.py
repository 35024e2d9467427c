"""The measured tables that intervals are judged on, by name, and rows drawn from them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ABSENT = "no measured tables at ../shared/data: docs/data.md says what to fetch and where to put it"
MOST_TEST = 3000
LAGS = 4


@dataclass(frozen=True)
class Measured:
    """x [N, D], y [N]; `logarithm`: y is above 0 and modelled under the link exp. `folder`: where
    it is under DATA."""

    name: str
    folder: str
    rows: Callable[[], tuple[Floats, Floats]]
    logarithm: bool = False

    @property
    def there(self) -> bool:
        """Whether its folder is there."""
        return (DATA / self.folder).is_dir()


@dataclass(frozen=True)
class Split:
    """Rows to fit x [N, D], y [N] and other rows to judge by."""

    x: Floats
    y: Floats
    x_test: Floats
    y_test: Floats


def drawn(table: Measured, n: int, seed: int) -> Split | None:
    """n rows at random and at most MOST_TEST of the others; None where the table has too few."""
    x, y = table.rows()
    if len(y) < 1.25 * n:
        return None
    order = np.random.default_rng(1000 + seed).permutation(len(y))
    fit, test = order[:n], order[n : n + MOST_TEST]
    return Split(x[fit], y[fit], x[test], y[test])


def _columns(path: str, inputs: list[str], target: str) -> Callable[[], tuple[Floats, Floats]]:
    def rows() -> tuple[Floats, Floats]:
        with open(DATA / path, newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        x = np.array([[float(r[name]) for name in inputs] for r in found])
        return x, np.array([float(r[target]) for r in found])

    return rows


def _all(path: str, target: str, leave: tuple[str, ...] = ()) -> Callable[..., tuple[Floats, ...]]:
    def rows() -> tuple[Floats, Floats]:
        with open(DATA / path, newline="", encoding="utf-8") as file:
            names = next(csv.reader(file))
        return _columns(path, [n for n in names if n not in (target, *leave)], target)()

    return rows


def _next(path: str) -> Callable[[], tuple[Floats, Floats]]:
    """The next reading of a sensor from the last LAGS and the hour of the day."""

    def rows() -> tuple[Floats, Floats]:
        with open(DATA / path, newline="", encoding="utf-8") as file:
            found = list(csv.DictReader(file))
        v = np.array([float(r["value"]) for r in found])
        hour = np.array([int(r["timestamp"][11:13]) for r in found], dtype=float)
        past = [v[LAGS - 1 - i : len(v) - 1 - i] for i in range(LAGS)]
        return np.column_stack([*past, hour[LAGS:]]), v[LAGS:]

    return rows


def _diabetes() -> tuple[Floats, Floats]:
    from sklearn.datasets import load_diabetes

    x, y = load_diabetes(return_X_y=True, scaled=False)
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)


TRACKS = "hofmann2026_316l_singletracks"
TRACK = ["power_W", "speed_mm_s", "spot_mm", "powder_layer_um"]
MOULDING = "injection_moulding_polenta2022"
SENSORS = "nab_machine_temperature"


def _track(target: str) -> Callable[[], tuple[Floats, Floats]]:
    return _columns(f"{TRACKS}/hofmann2026_316l_677.csv", TRACK, target)


def _turbine(year: int, target: str, leave: tuple[str, ...] = ()) -> Callable[..., tuple]:
    return _all(f"gas_turbine/gas_turbine_{year}.csv", target, leave)


def _moulding(target: str) -> Callable[..., tuple]:
    path = f"{MOULDING}/injection_moulding_1451.csv"
    return _all(path, target, ("quality_class",))


WITHOUT_LOAD = ("CO", "CDP", "GTEP", "TIT", "TAT")
TABLES = (
    Measured("track width", TRACKS, _track("weld_width_um"), True),
    Measured("track depth", TRACKS, _track("penetration_depth_um"), True),
    Measured("track area", TRACKS, _track("melt_area_um2"), True),
    Measured(
        "concrete strength", "uci_concrete", _all("uci_concrete/concrete.csv", "strength_MPa")
    ),
    Measured("power plant", "uci_power_plant", _all("uci_power_plant/power_plant.csv", "PE_MW")),
    Measured("turbine CO 2011", "gas_turbine", _turbine(2011, "CO"), True),
    Measured("turbine CO 2012", "gas_turbine", _turbine(2012, "CO"), True),
    Measured("turbine CO 2013", "gas_turbine", _turbine(2013, "CO"), True),
    Measured("turbine yield by weather", "gas_turbine", _turbine(2011, "TEY", WITHOUT_LOAD)),
    Measured("turbine exhaust heat", "gas_turbine", _turbine(2012, "TAT", ("CO",))),
    Measured("moulding torque", MOULDING, _moulding("torque_mean_Nm")),
    Measured("moulding pressure", MOULDING, _moulding("injection_pressure_peak_bar")),
    Measured("moulding screw", MOULDING, _moulding("screw_pos_end_hold_cm")),
    Measured(
        "machine temperature", SENSORS, _next(f"{SENSORS}/machine_temperature_system_failure.csv")
    ),
    Measured(
        "hall temperature", SENSORS, _next(f"{SENSORS}/ambient_temperature_system_failure.csv")
    ),
    Measured("diabetes", ".", _diabetes),
)
