"""Inputs and outputs that lie closer together than float32 tells."""

from __future__ import annotations

import importlib.util
from math import inf

import numpy as np
import pytest
from scipy.stats import norm

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.errors import InputError
from sna_export.monte_carlo import sweep

NATIVE = pytest.mark.skipif(
    importlib.util.find_spec("sna_edge_native") is None, reason="no compiled library"
)


def straight(offset: float = 0.0, low: float = 0.0, high: float = 200_000.0) -> Model:
    """y = offset + x on [low, high]."""
    axis = spline_axis("x", "", low, high, spans=1, degree=1)
    line = CP.full([np.array([[low], [high]])], [[1.0]])
    return Model([axis], line, [Output("y", offset=offset)])


@pytest.mark.parametrize("given", ["normal(101325, 0.001)", "truncated(101325, 0.001, 1e5, 2e5)"])
def test_a_narrow_input_is_not_drawn_in_steps(given: str) -> None:
    """In float32, of steps of 0.0078, all samples were 101325 and the deviation 0."""
    found = sweep(straight(), {"x": given}, 20_000, specs=[("y", -inf, 101325.001)])
    one = found.outputs[0]
    assert one.sd_se is not None and one.mean_se is not None
    assert abs(one.sd - 0.001) < 4 * one.sd_se and abs(one.mean - 101325.0) < 4 * one.mean_se
    above = found.specs[0].above
    assert above.se is not None and abs(above.p - norm.sf(1)) < 4 * above.se
    assert found.backend == "numpy"


def test_points_of_a_narrow_grid_are_apart() -> None:
    found = sweep(straight(), {"x": "grid(101325, 101325.001, 11)"})
    (one,) = found.outputs
    assert one.highest[0][0] - one.lowest[0][0] == pytest.approx(0.001, rel=1e-6)
    assert one.sd == pytest.approx(0.001 * 10**0.5 / 10, rel=1e-6)


@NATIVE
def test_an_output_far_from_0_is_not_counted_in_steps() -> None:
    """Of answers in steps of 0.0625 the share above 1000005 was off by four standard errors."""
    model = straight(1e6, -10.0, 10.0)
    found = sweep(model, {"x": "normal(0, 3)"}, 200_000, specs=[("y", -inf, 1000005.0)])
    above = found.specs[0].above
    inside = norm.cdf(10 / 3) - norm.cdf(-10 / 3)
    assert above.se is not None
    assert abs(above.p - (norm.cdf(10 / 3) - norm.cdf(5 / 3)) / inside) < 3 * above.se
    assert found.backend == "numpy"
    for at, what in (
        ({"x": "normal(0, 3)"}, "output 'y'"),
        ({"x": "uniform(5, 5.000001)"}, "input 'x'"),
    ):
        with pytest.raises(InputError, match=f"{what} lie so close.*leave --backend native out"):
            sweep(model, at, 1000, backend="native")


@NATIVE
def test_the_library_serves_all_others() -> None:
    """More samples tell finer steps."""
    model = straight()
    for given, n, backend in (
        ("uniform", 10**6, "native"),
        ("normal(200, 0.1)", 10**6, "native"),
        ("normal(200, 0.001)", 10**6, "numpy"),
        ("levels(1: 1, 2: 1)", 1000, "native"),
    ):
        assert sweep(model, {"x": given}, n).backend.split()[0] == backend, given


def test_no_probability_is_told_beyond_a_limit_that_is_not_there() -> None:
    model = straight(0.0, -10.0, 10.0)
    for more in ({}, {"design": "sobol", "replicates": 2}):
        (spec,) = sweep(model, {"x": "uniform"}, 2048, specs=[("y", 1.0, inf)], **more).specs
        assert (spec.above.p, spec.above.se, spec.above.at_most) == (0.0, None, None)
        assert spec.below.se is not None
