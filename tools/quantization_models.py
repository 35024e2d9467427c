"""The models of the quantization table: smooth functions of many inputs and measured tables, fitted once into a folder."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from sna_export.fit import fit_arrays

Floats = NDArray[np.float64]
DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
ROWS = 1000
SECONDS = 60.0
"""Time limit of a fit: good fits are wanted here, not the best ones."""


def borehole(x: Floats) -> Floats:
    """Water flow through a borehole, m^3/yr. Source: Harper and Gupta (1983)."""
    rw, r, tu, hu, tl, hl, length, kw = x.T
    log = np.log(r / rw)
    return np.asarray(2 * np.pi * tu * (hu - hl) / (log * (1 + 2 * length * tu / (log * rw**2 * kw) + tu / tl)))


def otl(x: Floats) -> Floats:
    """Midpoint voltage of an output transformerless push-pull circuit. Source: Ben-Ari and Steinberg (2007)."""
    b1, b2, f, c1, c2, beta = x.T
    base, gain = 12 * b2 / (b1 + b2), beta * (c2 + 9)
    return np.asarray((base + 0.74) * gain / (gain + f) + 11.35 * f / (gain + f) + 0.74 * f * gain / ((gain + f) * c1))


def piston(x: Floats) -> Floats:
    """Cycle time of a piston, s. Source: Kenett and Zacks (1998)."""
    mass, area, v0, k, p0, ta, t0 = x.T
    a = p0 * area + 19.62 * mass - k * v0 / area
    v = area / (2 * k) * (np.sqrt(a**2 + 4 * k * p0 * v0 / t0 * ta) - a)
    return np.asarray(2 * np.pi * np.sqrt(mass / (k + area**2 * p0 * v0 / t0 * ta / v**2)))


def wing(x: Floats) -> Floats:
    """Weight of a light aircraft wing, lb. Source: Forrester, Sobester and Keane (2008)."""
    sw, fuel, aspect, sweep, q, taper, thick, load, gross, paint = x.T
    c = np.cos(np.deg2rad(sweep))
    first = 0.036 * sw**0.758 * fuel**0.0035 * (aspect / c**2) ** 0.6 * q**0.006
    return np.asarray(first * taper**0.04 * (100 * thick / c) ** -0.3 * (load * gross) ** 0.49 + sw * paint)


FUNCTIONS: dict[str, tuple[Callable[[Floats], Floats], list[tuple[float, float]]]] = {
    "borehole": (borehole, [(0.05, 0.15), (100, 5e4), (63070, 115600), (990, 1110), (63.1, 116), (700, 820), (1120, 1680), (9855, 12045)]),
    "OTL circuit": (otl, [(50, 150), (25, 70), (0.5, 3), (1.2, 2.5), (0.25, 1.2), (50, 300)]),
    "piston": (piston, [(30, 60), (0.005, 0.02), (0.002, 0.01), (1000, 5000), (9e4, 11e4), (290, 296), (340, 360)]),
    "wing weight": (
        wing, [(150, 200), (220, 300), (6, 10), (-10, 10), (16, 45), (0.5, 1), (0.08, 0.18), (2.5, 6), (1700, 2500), (0.025, 0.08)]),
}  # fmt: skip
HOFMANN = ("hofmann2026_316l_singletracks/hofmann2026_316l_677.csv", ["power_W", "speed_mm_s", "spot_mm", "powder_layer_um"])
TABLES: dict[str, tuple[str, list[str], str]] = {
    "Hofmann 316L width": (*HOFMANN, "weld_width_um"),
    "Hofmann 316L depth": (*HOFMANN, "penetration_depth_um"),
    "Chen IN718 depth": (
        "in718_lpbf_tables/chen2020_in718_preheat_80.csv", ["power_W", "speed_mm_s", "spot_um", "preheat_C"], "depth_um"),
    "concrete": ("uci_concrete/concrete.csv", [], ""),
    "power plant": ("uci_power_plant/power_plant.csv", [], ""),
}  # fmt: skip


def cases() -> Iterator[tuple[str, Floats, Floats]]:
    """(name, x [N, D], y [N]); measured tables only where the data are."""
    for name, (function, ranges) in FUNCTIONS.items():
        low, high = np.array(ranges).T
        x = low + (high - low) * qmc.LatinHypercube(len(ranges), seed=1).random(ROWS)
        yield name, x, function(x)
    for name, (file, inputs, target) in TABLES.items():
        if (DATA / file).exists():
            yield name, *_read(DATA / file, inputs, target)


def _read(path: Path, inputs: list[str], target: str) -> tuple[Floats, Floats]:
    """Columns of a table (all but the last and the last by default); rows with an empty cell are left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = list(rows[0])
    chosen = [*(inputs or names[:-1]), target or names[-1]]
    cells = np.array([[float(r[n]) if r[n].strip() else np.nan for n in chosen] for r in rows])
    cells = cells[np.isfinite(cells).all(axis=1)]
    return cells[:, :-1], cells[:, -1]


def fitted(folder: Path) -> list[Path]:
    """Artifacts of all cases in `folder`; those that are missing are fitted."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, x, y in cases():
        path = folder / f"{name}.sna"
        if not path.exists():
            print(f"fitting {name} ({len(x)} rows)", flush=True)
            fit_arrays(x, y, seed=0, time_limit=SECONDS).model.save(path)
        paths.append(path)
    return paths
