"""The measured tables of ../shared/data as arrays with their splits, and what peers reach on the
same rows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
ABSENT = "no measured tables at ../shared/data: docs/data.md says what to fetch and where to put it"


@dataclass(frozen=True)
class MeasuredSet:
    """load() -> x, y, test rows of each split; metric r2 (pooled over the splits) or rmse (mean
    over the splits)."""

    name: str
    load: Callable[[], tuple[Floats, Floats, list[Ints]]]
    metric: str
    target: float
    peers: str


def columns(path: str, inputs: list[str], target: str) -> tuple[Floats, Floats]:
    with open(DATA / path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    x = np.array([[float(r[name]) for name in inputs] for r in rows])
    return x, np.array([float(r[target]) for r in rows])


def k_folds(count: int, seed: int = 0, folds: int = 5) -> list[Ints]:
    order = np.random.default_rng(seed).permutation(count)
    return [np.sort(order[i::folds]) for i in range(folds)]


def hofmann(target: str) -> Callable[[], tuple[Floats, Floats, list[Ints]]]:
    def load() -> tuple[Floats, Floats, list[Ints]]:
        names = ["power_W", "speed_mm_s", "spot_mm", "powder_layer_um"]
        x, y = columns("hofmann2026_316l_singletracks/hofmann2026_316l_677.csv", names, target)
        return x, y, k_folds(len(y))

    return load


def chen() -> tuple[Floats, Floats, list[Ints]]:
    names = ["power_W", "speed_mm_s", "spot_um", "preheat_C"]
    x, y = columns("in718_lpbf_tables/chen2020_in718_preheat_80.csv", names, "depth_um")
    return x, y, k_folds(len(y))


def uci(folder: str, table: str) -> Callable[[], tuple[Floats, Floats, list[Ints]]]:
    def load() -> tuple[Floats, Floats, list[Ints]]:
        data = np.loadtxt(DATA / folder / f"{table}.csv", delimiter=",", skiprows=1)
        test = np.load(DATA / folder / f"{table}_splits.npz")["test_index"]
        return data[:, :-1], data[:, -1], [t[t >= 0] for t in test]

    return load


def ded() -> tuple[Floats, Floats, list[Ints]]:
    path = "xie2021_in718_ded/in718_ded_binned_thermal_and_properties.csv"
    with open(DATA / path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    bins = [name for name in rows[0] if name.startswith("bin_")]
    x = np.array([[float(r[name]) for name in bins] for r in rows])
    wall = np.array([int(r["wall"]) for r in rows])
    return (
        x,
        np.array([float(r["UTS_MPa"]) for r in rows]),
        [np.flatnonzero(wall == w) for w in np.unique(wall)],
    )


SETS = (
    MeasuredSet(
        "Hofmann 316L width",
        hofmann("weld_width_um"),
        "r2",
        0.89,
        "Gaussian process 0.880, boosted trees 0.859",
    ),
    MeasuredSet(
        "Hofmann 316L depth", hofmann("penetration_depth_um"), "r2", 0.885, "Gaussian process 0.873"
    ),
    MeasuredSet("Chen IN718 depth", chen, "r2", 0.99, "quadratic 0.990"),
    MeasuredSet(
        "concrete",
        uci("uci_concrete", "concrete"),
        "rmse",
        4.3,
        "boosted trees 4.42, MC-dropout network 4.82",
    ),
    MeasuredSet("IN718 DED strength", ded, "r2", 0.57, "extra trees 0.575"),
    MeasuredSet(
        "power plant", uci("uci_power_plant", "power_plant"), "rmse", 3.9, "MC-dropout network 4.01"
    ),
)


def splits(chosen: MeasuredSet, most: int) -> Iterator[tuple[Floats, Floats, Floats, Floats]]:
    """Training and test rows (x, y, x', y') of the first `most` splits."""
    x, y, tests = chosen.load()
    for test in tests[:most]:
        train = np.setdiff1d(np.arange(len(y)), test)
        yield x[train], y[train], x[test], y[test]
