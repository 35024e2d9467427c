"""Monte Carlo in C beside its numpy reference: the same samples, counts and sums, to the bit."""

from __future__ import annotations

import importlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Model, Output, level_axis, spline_axis
from sna_edge.errors import InputError
from sna_export.monte_carlo import sweep
from sna_export.monte_carlo.drawing import samples
from sna_export.monte_carlo.found import document
from sna_export.monte_carlo.job import BLOCK, Job
from sna_export.monte_carlo.native_route import NativeRoute
from sna_export.monte_carlo.partition import opened
from sna_export.monte_carlo.run import _job, looked
from sna_export.monte_carlo.tally import Tally, count

from ..c_library import HOST, SOURCE
from ..model_kinds import KINDS

GIVEN = {
    "a": "normal(0, 1)", "b": "uniform(-3, 4.5)", "c": "triangular(-3, 0, 5)",
    "d": "truncated(0, 1, -1, 2)", "e": "truncated(0, 1, 6.5, 7.5)",
    "f": "truncated(0, 1, -7.5, -6.5)", "g": "levels(1: 1, 2.5: 2, -3: 3)", "h": "uniform",
    "i": "triangular(-3, 5, 5)", "gas": "levels(Ar: 1, He: 2)", "j": 0.3,
}  # fmt: skip
FIELDS = ("counts", "statuses", "beyond", "inside", "extremes", "at")


def model() -> Model:
    """Two outputs of eleven inputs; `a` leaves its domain now and then."""
    rng = np.random.default_rng(1)
    axes = [
        level_axis(name, ("Ar", "N2", "He")) if name == "gas"
        else spline_axis(name, "", *((-3, 3) if name == "a" else (-8, 8)), spans=5)
        for name in GIVEN
    ]  # fmt: skip
    tables = [rng.uniform(0.5, 1.2, (axis.basis.n_rows, 20)) for axis in axes]
    return Model(axes, CP.full(tables, rng.normal(size=(20, 2))), [Output("y"), Output("z")])


@pytest.fixture(scope="session")
def library(compiled: Any) -> ModuleType:
    """The sources of sweeps behind the ctypes face."""
    made = compiled("sweep", "host/sna_host.c", *HOST, "-DSNA_SHA256", SWEEP, "-lm")
    folder = made.parent / "sna_sweep_under_test"
    folder.mkdir(exist_ok=True)
    for name in ("library.py", "fallback.py", "sweep.py"):
        shutil.copy(SOURCE / "sna_edge_native" / name, folder / name)
    shutil.copy(made, folder / "libsna.so")
    text = "from .fallback import Model, use\nfrom .sweep import Sweep\n"
    (folder / "__init__.py").write_text(text)
    sys.path.insert(0, str(folder.parent))
    try:
        return importlib.import_module(folder.name)
    finally:
        sys.path.remove(str(folder.parent))


SWEEP = str(SOURCE / "host" / "sweep" / "sna_host_sweep.c")


@pytest.fixture(params=["avx512", "avx2", "baseline"])
def native(library: Any, request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The library in place of the installed one, with one set of instructions."""
    if not library.use(request.param):
        pytest.skip(f"no {request.param} here")
    monkeypatch.setitem(sys.modules, "sna_edge_native", library)
    opened.cache_clear()
    yield library
    library.use("avx512") or library.use("avx2")
    opened.cache_clear()


def route_and_job() -> tuple[NativeRoute, Job]:
    specs = [("y", -0.5, 0.5), ("z", -np.inf, 0.1), ("y", 0.0, 3.0)]
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    job = looked(_job(served, GIVEN, 10**6, 2**40 + 5, None, specs, "native"), served)
    return NativeRoute(served, job), job


ON_GRID = {
    **GIVEN,
    "b": "grid(-3, 4.5, 7)",
    "gas": "grid",
    "h": "grid(1000)",
    "j": "grid(0, 1, 90)",
}


def test_points_of_a_grid_are_those_of_numpy_to_the_bit(native: Any) -> None:
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    job = looked(_job(served, ON_GRID, None, 5, None, (), "native"), served)
    route = NativeRoute(served, job)
    assert job.samples == 7 * 3 * 1000 * 90
    for first in (0, 89_990, job.samples - 20_011):
        found, expected = route.draw(first, 20_011), samples(job.draws, 5, first, 20_011)
        assert (found.view(np.uint32) == expected.view(np.uint32)).all()


@pytest.mark.parametrize("first", [0, 2**32 - 700])
def test_samples_are_those_of_numpy_to_the_bit(native: Any, first: int) -> None:
    route, job = route_and_job()
    found, expected = route.draw(first, 20_011), samples(job.draws, job.seed, first, 20_011)
    for d, name in enumerate(GIVEN):
        assert (found[:, d].view(np.uint32) == expected[:, d].view(np.uint32)).all(), name


def test_counts_and_sums_are_those_of_numpy_to_the_bit(native: Any) -> None:
    route, job = route_and_job()
    found, expected = Tally.empty(2, 3), Tally.empty(2, 3)
    for first, n in ((0, BLOCK), (5 * BLOCK, 777), (9 * BLOCK, 1)):
        sums = route.count(found, first, n)
        y, status = route.values(first, n)
        assert (sums == count(expected, y, status, first, job.scales, job.specs)).all()
    for name in FIELDS:
        assert (getattr(found, name) == getattr(expected, name)).all(), name
    assert 0 < found.statuses[15] < 0.01 * BLOCK  # -1: out of the domain


def test_a_sweep_has_the_same_digits_for_any_partitions(native: Any) -> None:
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    size = 4 * BLOCK + 99
    first = document(sweep(served, GIVEN, size, specs=[("y", -0.5, 0.5)], partitions=1))
    for partitions in (2, 5):
        again = sweep(served, GIVEN, size, specs=[("y", -0.5, 0.5)], partitions=partitions)
        assert repr(document(again)) == repr(first)
    assert first["backend"].startswith("native")
    numpy = sweep(served, GIVEN, size, specs=[("y", -0.5, 0.5)], backend="numpy")
    assert numpy.statuses == first["statuses"]
    for one, other in zip(numpy.outputs, first["outputs"]):
        assert abs(one.mean - other["mean"]) < 1e-5 * one.sd  # float32 sums of the library
        assert np.isclose(one.sd, other["sd"], rtol=1e-5)
        assert [i for _, i in one.lowest] == [i for _, i in other["lowest"]]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_agrees_with_numpy(
    kind: str, library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sna_edge_native", library)
    served = sna_edge.from_bytes(KINDS[kind]().to_bytes(), "native")
    given = {
        a.name: f"normal({(a.lower + a.upper) / 2}, {a.width / 5})"
        for a in served.axes
        if a.kind != "categorical"
    }
    one, other = (sweep(served, given, 5000, rest="uniform", backend=b) for b in ROUTES)
    assert one.backend.startswith("native") and other.backend == "numpy"
    assert one.statuses == other.statuses and len(one.statuses) > 1
    for a, b in zip(one.outputs, other.outputs):
        assert abs(a.mean - b.mean) < 1e-5 * b.sd  # float32 sums of the library


ROUTES = ("native", "numpy")


def test_outputs_beyond_float32_are_refused(library: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sna_edge_native", library)
    axis = spline_axis("a", "", 0.0, 1.0, spans=1, degree=1)
    cp = CP.full([np.array([[0.0], [150.0]])], np.ones((1, 1)))
    made = Model([axis], cp, [Output("y", link="exp")])
    served = sna_edge.from_bytes(made.to_bytes(), "native")
    with pytest.raises(InputError, match="too large for a number"):
        sweep(served, {"a": "uniform"}, 1000, backend="native")


@pytest.mark.parametrize("replicates", [1, 8])
def test_sobol_points_are_those_of_numpy_to_the_bit(native: Any, replicates: int) -> None:
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    made = _job(served, GIVEN, 2**15, 2**40 + 5, None, (), "native", "sobol", replicates)
    route = NativeRoute(served, made)
    for first, many in ((0, 2**15), (4097, 5), (2**15 - 600, 600)):
        found = route.draw(first, many)
        expected = samples(made.draws, made.seed, first, many, made.sobol)
        assert (found.view(np.uint32) == expected.view(np.uint32)).all()


def test_a_sweep_of_sobol_points_is_that_of_numpy(native: Any) -> None:
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    how: Any = {"design": "sobol", "replicates": 4, "specs": [("y", -0.5, 0.5)]}
    one, other = (sweep(served, GIVEN, 2**17, backend=b, **how) for b in ROUTES)
    assert one.statuses == other.statuses
    for a, b in zip(one.outputs, other.outputs):
        assert abs(a.mean - b.mean) < 1e-5 * b.sd  # float32 sums of the library
        assert np.isclose(a.mean_se, b.mean_se, rtol=1e-2)


def test_direction_numbers_that_do_not_fit_are_refused(native: Any) -> None:
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    made = _job(served, GIVEN, 2**15, 0, None, (), "native", "sobol", 1)
    with pytest.raises(ValueError, match="direction numbers"):
        NativeRoute(served, replace(made, directions=made.directions[1:]))


def test_a_grid_without_a_stride_is_refused(native: Any) -> None:
    served = sna_edge.from_bytes(model().to_bytes(), "native")
    job = _job(served, ON_GRID, None, 5, None, (), "native")
    draws = tuple(replace(draw, numbers=(0.5,) * 5) for draw in job.draws)
    with pytest.raises(ValueError, match="do not fit"):
        NativeRoute(served, replace(job, draws=draws))


def test_arrays_that_do_not_fit_are_refused(native: Any) -> None:
    route, _ = route_and_job()
    with pytest.raises(ValueError, match="x needs"):
        route._sweep.draw(0, np.empty((5, 3), np.float32))
    with pytest.raises(ValueError, match="do not fit"):
        route.count(Tally.empty(1, 3), 0, 5)
    with pytest.raises(ValueError, match="do not fit"):
        route.count(Tally.empty(2, 2), 0, 5)
