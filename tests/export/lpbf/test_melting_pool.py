"""The melting problem as one to solve: at one setting on a coarse mesh against the finite elements,
its moving coordinate, its formula."""

import json
from pathlib import Path

import numpy as np
import pytest

from sna_export.lpbf.melting import IN718, RANGES
from sna_export.lpbf.melting_pool import DEGREES, NEAR, REACH, UM, Moving, melting
from sna_export.solve.computed import formulas_of
from sna_export.solve.direct.newton import Direct, settled
from sna_export.solve.weak_form.restated import restated

FILE = Path(__file__).parents[3] / "tools" / "physics" / "lpbf_nonlinear_reference.json"


def test_inputs_and_places_are_of_each_other_and_the_slope_is_a_difference():
    pool, x = Moving(IN718), np.linspace(-300e-6, 100e-6, 401)
    for power, speed, radius, preheat in ((100.0, 1.6, 80e-6, 293.0), (250.0, 0.4, 40e-6, 673.0)):
        at = (speed, radius, preheat, power)
        given = {"power": power, "speed": speed, "radius": radius, "preheat": preheat}
        reach, across, down = pool.inputs(x, 2 * x, 3 * x, **given)
        assert np.abs(pool.place(reach, *at) - x).max() <= 1e-15
        assert np.allclose(pool.size("across", *at) * across, 2 * x)
        assert np.allclose(pool.size("down", *at) * down, 3 * x)
        assert REACH[0] < reach[0] < reach[-1] < REACH[1]
        ahead, back = (pool.place(reach + s, *at) for s in (1e-9, -1e-9))
        assert np.allclose((ahead - back) / 2e-9, pool.slope(reach, *at), rtol=1e-3)


def test_the_formulas_of_the_model_are_those_of_the_problem():
    at = {"power": 130.0, "speed": 0.7, "radius": 5e-5, "preheat": 400.0}
    place = {"x": -1.7e-4, "y": 3e-5, "z": 2e-5}
    wanted = Moving(IN718).inputs(*(np.array(p) for p in place.values()), **at)
    for stated, value in zip(formulas_of(melting(refine=0.3)), wanted, strict=True):
        words = {"sqrt": np.sqrt, "min": min, "max": max}
        assert eval(stated.text, words, {**place, **at}) == pytest.approx(float(value), rel=1e-6)


def test_pools_of_the_references_have_the_sizes_that_lengths_are_measured_in():
    """The powers are fitted at other settings."""
    kept = json.loads(FILE.read_text(encoding="utf-8"))["settings"]
    pool = Moving(IN718)
    for name, size, less in (
        ("reach", "length_um", NEAR / UM), ("across", "width_um", 0.0), ("down", "depth_um", 0.0)
    ):  # fmt: skip
        sizes = [s[size] - less for s in kept]
        scales = [float(pool.size(name, *(np.array(s[n]) for n in DEGREES))) for s in kept]
        ratio = np.array(sizes) / scales
        assert np.std(ratio) <= 0.05 * ratio.mean(), name


def test_enthalpy_is_the_integral_of_the_apparent_heat():
    t = np.linspace(300.0, 2000.0, 200001)
    steps = np.diff(t) * (IN718.apparent_heat(t)[1:] + IN718.apparent_heat(t)[:-1]) / 2
    gained = IN718.enthalpy(t[-1]) - IN718.enthalpy(t[0])
    assert gained == pytest.approx(steps.sum(), rel=1e-6)
    slope = np.diff(IN718.conductivity(t)) / np.diff(t)
    assert np.abs(slope - IN718.conductivity_slope((t[1:] + t[:-1]) / 2)).max() < 1e-4


def test_one_setting_on_a_coarse_mesh_is_near_the_finite_elements():
    kept = json.loads(FILE.read_text(encoding="utf-8"))
    at = kept["settings"][19]
    problem = restated(melting(refine=0.5), {n: at[n] for n in RANGES})
    direct = Direct(problem)
    rows = settled(problem, 1e-3, lambda: None).found
    points = np.array(kept["points_um"]) * 1e-6
    inputs = Moving(IN718).inputs(*points.T, **{n: at[n] for n in RANGES})
    lines = []
    for d, (axis, free) in enumerate(zip(problem.axes, direct.system.maps, strict=True)):
        rows = np.moveaxis(np.tensordot(free.toarray(), rows, ([1], [d])), 0, d)
        lines.append(axis.sparse_design(0, inputs[d]).toarray())
    found = np.einsum("na,nb,nc,abc->n", *lines, rows, optimize=True)
    wanted = np.array(at["temperature"]) - at["preheat"]
    assert np.linalg.norm(found - wanted) <= 0.02 * np.linalg.norm(wanted)
