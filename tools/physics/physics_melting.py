"""Melting under a moving beam, seven axes with k(T), c(T) and latent heat, against Newton finite
elements at 20 random settings (lpbf_nonlinear_reference.json), as the model is stored in int16."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time
from typing import Any

import numpy as np
from lpbf_pool import pool_sizes
from numpy.typing import NDArray
from physics_rows import Section

import sna_edge
from sna_edge import CP, Model, Output
from sna_export.lpbf.melting import IN718, RANGES
from sna_export.lpbf.melting_pool import Moving
from sna_export.lpbf.melting_pool import melting as stated
from sna_export.lpbf.moving_beam import MODES, lpbf
from sna_export.quantize import quantize
from sna_export.solve import solve

Floats = NDArray[np.float64]
REFERENCE = Path(__file__).with_name("lpbf_nonlinear_reference.json")
QUERIES = 20_000
CASE = "lpbf-nonlinear, 7 axes"


def melting() -> Section:
    """Errors at the settings, processor time, bytes, and the time of a query."""
    section = Section("Melting with latent heat")
    began = process_time()
    solution = solve(stated(), listener=_tell)
    section.add(CASE, "processor time with the estimate", process_time() - began, unit="s")
    section.add(CASE, "wall time", solution.seconds, most=600, unit="s")
    section.add(CASE, "points solved", len(solution.history))
    if solution.estimate is not None:
        section.add(CASE, "estimated relative error", solution.estimate.relative)
        section.add(CASE, "estimated at the worst point", solution.estimate.worst)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "melting.sna"
        quantize(solution.model, "int16").save(path)
        section.add(CASE, "bytes, int16", path.stat().st_size, most=400_000)
        model = sna_edge.load(path)
    kept = json.loads(REFERENCE.read_text(encoding="utf-8"))
    points = np.array(kept["points_um"]) * 1e-6
    found = [compared(model, at, points) for at in kept["settings"]]
    for what, most in (("field", 0.01), ("length", 0.02), ("width", 0.02), ("depth", 0.02)):
        values = [f[what] for f in found]
        section.add(CASE, f"{what}, worst of {len(found)} settings", max(values), most=most)
        section.add(CASE, f"{what}, mean", np.mean(values))
    section.add(CASE, f"a query over one of {MODES} products", _queries(model), most=1.0)
    return section


def compared(model: Model, at: dict[str, Any], points: Floats) -> dict[str, float]:
    """Relative errors at one setting: of the temperature rise at the points in the L2 norm, of the
    length, width and depth of the pool."""
    given = {n: at[n] for n in RANGES}
    readings = {n: points[:, d] for d, n in enumerate("xyz")}
    wanted = np.array(at["temperature"]) - at["preheat"]
    miss = model.value({**readings, **given})[:, 0] - at["preheat"] - wanted
    sizes = pool_sizes(lambda x, y, z: field(model, x, y, z, given))
    return {
        "field": float(np.linalg.norm(miss) / np.linalg.norm(wanted)),
        **{n: abs(sizes[f"{n}_um"] / at[f"{n}_um"] - 1) for n in ("length", "width", "depth")},
    }


def field(model: Model, x: Floats, y: Floats, z: Floats, at: dict[str, float]) -> Floats:
    """T on a tensor grid of x, y, z at one setting; what lies outside the box is at its border."""
    inputs = zip(("reach", "across", "down"), Moving(IN718).inputs(x, y, z, **at), strict=True)
    ends = {a.name: (a.lower, a.upper) for a in model.axes}
    grid = {n: np.clip(q, *ends[n]) for n, q in inputs}
    return np.asarray(model.at(at).grid(grid)[..., 0])


def _queries(model: Model) -> float:
    """Time of queries of the model over those of as many products as the shipped lpbf has."""
    problem, rng = lpbf(), np.random.default_rng(0)
    axes = [a.exported() for a in problem.axes]
    tables = [rng.standard_normal((a.basis.n_rows, MODES)) for a in axes]
    plain = Model(axes, CP.full(tables), [Output("T", "K")], backend="auto")
    return float(np.median([_timed(model, rng) / _timed(plain, rng) for _ in range(5)]))


def _timed(model: Model, rng: np.random.Generator) -> float:
    points = np.stack([rng.uniform(a.lower, a.upper, QUERIES) for a in model.axes], axis=1)
    began = perf_counter()
    model.value(points)
    return perf_counter() - began


def _tell(step: Any, left: float | None) -> None:
    if step.point is not None and step.sweep % 25 == 0:
        print(f"  point {step.sweep}: about {step.point.missing:.1e} missing", flush=True)
