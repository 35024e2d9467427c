"""The laser powder bed fusion model: error, artifacts, melt pool, a million samples, moments, and
measured tracks."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
from numpy.typing import NDArray
from physics_rows import Section
from scipy.optimize import brentq

from sna_edge import Model, Normal, from_bytes
from sna_export.lpbf.meltpool import MeltPool
from sna_export.lpbf.moving_beam import STEEL, Material, lpbf, semi_analytic
from sna_export.lpbf.sweep import Robust, robust_depth
from sna_export.quantize import quantize
from sna_export.report import Plot, ends
from sna_export.solve import Solution, solve
from sna_export.solve.accuracy import measured_error, random_points

Floats = NDArray[np.float64]
WINDOW = {"x": (-300e-6, 100e-6), "y": (0.0, 100e-6), "z": (0.0, 60e-6)}
NOMINAL = {"power": 200.0, "speed": 0.8, "radius": 50e-6, "ring": 0.0}
TARGET = 60e-6  # m, the depth a robust design aims at
TRACKS = (
    Path(__file__).resolve().parents[3]
    / "shared/data/in625_316l_ti64_tracks/lane2020_in625_amb2018_02_tracks_23.csv"
)
COLUMNS = {
    "power": "power_W",
    "speed": "speed_mm_s",
    "spot": "d4sigma_um",
    "width": "width_mean_um",
    "depth": "depth_mean_um",
    "length": "length_mean_um",
}
# Nickel alloy 625 between 1100 C and the solidus, 1290 C: rounded from published property tables.
IN625 = Material(
    conductivity=27.0,
    density=8000.0,
    heat_capacity=690.0,
    absorptivity=0.4,
    melting_rise=1290.0 - 25.0,
)


@cache
def solved() -> Solution:
    return solve(lpbf())


@cache
def stored(dtype: str) -> Model:
    """The model as its artifact serves it."""
    plain = from_bytes(solved().model.replace(dtypes=["float32"] * 7).to_bytes())
    return (
        plain
        if dtype == "float32"
        else from_bytes(quantize(plain.with_backend("numpy"), dtype).to_bytes())
    )


def laser() -> Section:
    section = Section("Laser powder bed fusion, seven axes")
    solution, problem = solved(), solved().problem
    section.add("solve", "time", solution.seconds, most=120, unit="s")
    near, everywhere = (
        measured_error(solution.model, problem, 2000, window=w) for w in (WINDOW, None)
    )
    section.add("solve", "relative L2 error, 2,000 points of the window", near, most=0.005)
    section.add("solve", "relative L2 error, 2,000 points of the whole domain", everywhere)
    exact = semi_analytic(points := random_points(problem, 2000, 0, WINDOW))
    error = {
        d: float(np.linalg.norm(stored(d)(points)[:, 0] - exact) / np.linalg.norm(exact))
        for d in ("float32", "int16")
    }
    section.add(
        "float32 artifact", "size", len(stored("float32").to_bytes()) / 1e3, most=400, unit="kB"
    )
    section.add("float32 artifact", "relative L2 error", error["float32"], most=0.005)
    section.add("int16 artifact", "size", len(stored("int16").to_bytes()) / 1e3, unit="kB")
    section.add(
        "int16 artifact", "error added to float32", error["int16"] - error["float32"], most=0.0005
    )
    section.plots.append(_pool_plot(stored("float32")))
    for dtype in ("float32", "int16"):
        _million(section, dtype)
    _moments(section, stored("float32"))
    return section


def _million(section: Section, dtype: str) -> None:
    """A million point temperatures, then a million depths of 500 designs under 2,000 draws."""
    model, name = stored(dtype), f"{dtype} artifact"
    points = random_points(solved().problem, 1_000_000, 1)
    model(points[:1000])
    began = process_time()
    model(points)
    section.add(
        name,
        f"1,000,000 temperatures, {model.backend.name} backend, one core",
        process_time() - began,
        most=0.5,
        unit="s",
    )
    pool = MeltPool(model, STEEL.melting_rise).prepare()
    began = perf_counter()
    robust = robust_depth(pool, np.linspace(130, 310, 25), np.linspace(0.5, 1.4, 20), TARGET)
    section.add(
        name,
        f"{robust.depth.size:,} melt-pool depths, two cores",
        perf_counter() - began,
        most=20,
        unit="s",
    )
    section.add(name, "depths without an answer", float(np.isnan(robust.depth).sum()), most=0)
    power, speed = robust.designs[robust.best]
    section.add(name, "robust design for 60 um: power", power, unit="W")
    section.add(name, "robust design for 60 um: speed", speed, unit="m/s")
    section.add(name, "its root mean square miss", 1e6 * robust.miss[robust.best], unit="um")
    for query in ("depth", "width", "length"):
        section.add(
            name,
            f"melt-pool {query} at 200 W, 0.8 m/s, 50 um",
            1e6 * float(getattr(pool, query)(NOMINAL)[0]),
            unit="um",
        )
    if dtype == "float32":
        section.plots.append(_histogram(robust))


def _histogram(robust: Robust) -> str:
    depth = 1e6 * robust.depth[robust.best]
    count, edges = np.histogram(depth, bins=40)
    title = (
        f"{robust.designs[robust.best][0]:.0f} W, {robust.designs[robust.best][1]:.2f} m/s: depth"
        f" of {len(depth):,} draws"
    )
    plot = Plot(
        (edges[0], edges[-1]),
        (0, 1.05 * count.max()),
        title=title,
        xlabel="melt-pool depth [um]",
        ylabel="draws",
        width=420,
    )
    return plot.bars((edges[1:] + edges[:-1]) / 2, count, 0.9 * (edges[1] - edges[0])).render()


def _pool_plot(model: Model) -> str:
    """The isotherm under the beam on y = 0 for three powers."""
    x, z = np.linspace(-700e-6, 100e-6, 401), np.linspace(0, 150e-6, 301)
    plot = Plot(
        (-700, 100),
        (-100, 5),
        title="melt pool on y = 0, 0.8 m/s, 50 um",
        xlabel="x [um]",
        ylabel="-z [um]",
        width=560,
    )
    for s, power in enumerate((150.0, 250.0, 350.0)):
        field = model.grid({"x": x, "z": z}, at={**NOMINAL, "y": 0.0, "power": power})[..., 0]
        last = (field > STEEL.melting_rise).sum(axis=1)
        inside = last > 0
        plot.line(
            1e6 * x[inside], -1e6 * z[np.maximum(last[inside] - 1, 0)], s, name=f"{power:.0f} W"
        )
    return plot.render()


def _moments(section: Section, model: Model) -> None:
    """Exact moments of the temperature 60 um behind and 30 um under the beam against 1,000,000
    samples."""
    point = model.at(x=-60e-6, y=0.0, z=30e-6)
    over = {
        "power": Normal(250.0, 12.5),
        "speed": Normal(0.9, 0.03),
        "radius": Normal(60e-6, 2e-6),
        "ring": Normal(0.5, 0.05),
    }
    rng, count = np.random.default_rng(3), 1_000_000
    values = point({n: rng.normal(o.mean, o.deviation, count) for n, o in over.items()})[:, 0]
    mean, variance, sobol = (
        float(point.mean(over)[0]),
        float(point.variance(over)[0]),
        point.sobol(over),
    )
    fourth = np.mean((values - values.mean()) ** 4)
    errors = {
        "mean": values.std() / np.sqrt(count),
        "variance": np.sqrt((fourth - values.var() ** 2) / count),
    }
    case = "temperature at a point"
    section.add(case, "exact mean", mean, unit="K")
    section.add(
        case,
        "Monte Carlo mean off by, standard errors",
        abs(values.mean() - mean) / errors["mean"],
        most=3,
    )
    section.add(case, "exact standard deviation", np.sqrt(variance), unit="K")
    section.add(
        case,
        "Monte Carlo variance off by, standard errors",
        abs(values.var() - variance) / errors["variance"],
        most=3,
    )
    for name, first, total in zip(sobol.names, sobol.first[:, 0], sobol.total[:, 0], strict=True):
        section.add(case, f"Sobol index of {name} alone (with others {total:.4f})", first)


def tracks() -> Section:
    """Measured single tracks of nickel alloy 625: absorptivity from one case's width, the other
    cases predicted."""
    section = Section("Measured tracks (NIST AM-Bench 2018-02, alloy 625)")
    if not TRACKS.is_file():
        section.notes.append("Not compared: no tracks at ../shared/data (docs/data.md).")
        return section
    pool = MeltPool(
        solve(lpbf(IN625, power=(40.0, 500.0), speed=(0.35, 1.3), radius=(45e-6, 90e-6))).model,
        IN625.melting_rise,
    )
    cases = measured_tracks()
    absorptivity = calibrated(pool, cases["AMMT B"])
    section.add("AMMT B", "absorptivity fitted to its width", absorptivity)
    found = {name: predicted(pool, case, absorptivity) for name, case in cases.items()}
    for name, case in cases.items():
        for what in ("width", "depth", "length"):
            section.add(
                name,
                f"{what}: predicted (measured {case[what]:.0f} um)",
                found[name][what],
                unit="um",
            )
    for what in ("width", "depth", "length"):
        miss = [found[n][what] / c[what] - 1 for n, c in cases.items() if n != "AMMT B"]
        section.add(
            "cases not fitted",
            f"{what}: mean absolute miss",
            100 * float(np.mean(np.abs(miss))),
            unit="%",
        )
    section.notes.append(
        "A conduction model with constant properties and one absorptivity. All CBM cases are deeper"
        " than half their width: keyholes, which conduction under a surface flux cannot follow; it"
        " also misses the long tail that flow and latent heat give a pool."
    )
    section.plots.append(_tracks_plot(cases, found))
    return section


def measured_tracks() -> dict[str, dict[str, float]]:
    """Mean power, speed, spot, width, depth, length of every machine and case; power in W, lengths
    in um."""
    with open(TRACKS, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    groups: dict[str, list[dict[str, str]]] = {}
    for row in sorted(rows, key=lambda r: (r["machine"], r["case"])):
        groups.setdefault(f"{row['machine']} {row['case']}", []).append(row)
    return {
        name: {n: float(np.mean([float(r[c]) for r in group])) for n, c in COLUMNS.items()}
        for name, group in groups.items()
    }


def _query(case: dict[str, float], absorptivity: float) -> dict[str, float]:
    power = case["power"] * absorptivity / IN625.absorptivity
    return {"power": power, "speed": case["speed"] / 1e3, "radius": case["spot"] / 2e6, "ring": 0.0}


def calibrated(pool: MeltPool, case: dict[str, float]) -> float:
    """The absorptivity whose melt pool is as wide as measured."""
    return float(
        brentq(
            lambda a: 1e6 * pool.width(_query(case, a))[0] - case["width"], 0.25, 0.95, xtol=1e-4
        )
    )


def predicted(pool: MeltPool, case: dict[str, float], absorptivity: float) -> dict[str, float]:
    query = _query(case, absorptivity)
    return {
        what: 1e6 * float(getattr(pool, what)(query)[0]) for what in ("width", "depth", "length")
    }


def _tracks_plot(cases: dict[str, dict[str, float]], found: dict[str, dict[str, float]]) -> str:
    room = ends([0.0, 200.0])
    plot = Plot(
        room,
        room,
        title="width and depth of tracks",
        xlabel="measured [um]",
        ylabel="predicted [um]",
        width=420,
        height=380,
    )
    plot.line(room, room, 5, dashed=True)
    for s, what in enumerate(("width", "depth")):
        plot.dots(
            [c[what] for c in cases.values()],
            [found[n][what] for n in cases],
            s,
            name=what,
            radius=4,
        )
    return plot.render()
