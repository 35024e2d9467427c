"""Standard errors of random samples: they cover, or are not told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from sna_edge import CP, Model, Output, spline_axis
from sna_edge.errors import InputError
from sna_export.monte_carlo import sweep

SHARES = (0.001, 0.01, 0.5, 0.99, 0.999)


def straight(link: str = "identity") -> Model:
    """y = x, or exp(x), on [-100, 100]."""
    axis = spline_axis("x", "", -100.0, 100.0, spans=1, degree=1)
    line = CP.full([np.array([[-100.0], [100.0]])], [[1.0]])
    return Model([axis], line, [Output("y", link=link)])


@pytest.mark.parametrize(
    ("link", "given", "truth"),
    [
        ("identity", "normal(0, 1)", stats.norm()),
        ("identity", "uniform(0, 1)", stats.uniform()),
        ("identity", "truncated(0, 1, 0.5, 9)", stats.truncnorm(0.5, 9)),
        ("exp", "normal(0, 1)", stats.lognorm(1)),
    ],
)
def test_errors_of_quantiles_are_as_large_as_told(link: str, given: str, truth: Any) -> None:
    """Deviation / standard error over 100 seeds has deviation 1, within 4 / sqrt(200); in tails it
    had 0.5 to 55, for densities were taken over a hundredth of the samples."""
    model, off = straight(link), []
    for seed in range(100):
        (one,) = sweep(
            model, {"x": given}, 20_000, seed=seed, probabilities=SHARES, backend="numpy"
        ).outputs
        off.append([(q.value - truth.ppf(q.p)) / q.se for q in one.quantiles if q.se])
    assert np.all(np.abs(np.std(off, axis=0) - 1.0) < 0.3)
    assert np.all(np.abs(np.mean(off, axis=0)) < 0.5)


def test_a_quantile_between_two_values_moves_by_half_of_their_distance() -> None:
    found = sweep(
        straight(), {"x": "levels(0: 1, 1: 1)"}, 10_000, probabilities=[0.5], backend="numpy"
    )
    se = found.outputs[0].quantiles[0].se
    assert se is not None and 0.4 < se < 0.6


def test_too_few_samples_tell_no_error() -> None:
    """Of 2 samples the standard deviation was told to be known exactly, that of 1 to be 0."""
    for n, deviation in ((1, False), (2, True), (4, True)):
        (one,) = sweep(straight(), {"x": "uniform"}, n, backend="numpy").outputs
        assert (one.sd > 0) == deviation and (one.mean_se is not None) == deviation
        assert one.sd_se is None and all(q.se is None for q in one.quantiles)
    (one,) = sweep(straight(), {"x": "uniform"}, 1000, backend="numpy").outputs
    assert [q.p for q in one.quantiles if q.se is None] == [0.001, 0.999] and one.sd_se


def test_probabilities_seen_never_or_always_are_bounds() -> None:
    """p = 1 was told with the error 0."""
    (spec,) = sweep(straight(), {"x": "uniform(0, 1)"}, 1000, specs=[("y", -1.0, 2.0)]).specs
    assert (spec.below.se, spec.below.at_most, spec.below.at_least) == (None, 3e-3, None)
    assert (spec.inside.se, spec.inside.at_most, spec.inside.at_least) == (None, None, 1 - 3e-3)


def test_moments_of_a_grid_are_those_of_its_points() -> None:
    (one,) = sweep(straight(), {"x": "grid(0, 1, 2)"}, backend="numpy").outputs
    assert one.sd == pytest.approx(0.5, rel=1e-12)


def test_an_output_too_large_for_a_number_has_no_moments() -> None:
    """It was told as 'mean inf +- nan, sd nan +- 0' by the library (float32)."""
    pytest.importorskip("sna_edge_native")
    found = sweep(straight("exp"), {"x": "normal(0, 22)"}, 200_000, backend="native")
    (one,) = found.outputs
    assert one.highest[0][0] == np.inf and np.isnan([one.mean, one.sd, one.kurtosis]).all()
    assert one.mean_se is None and one.sd_se is None


def test_quantiles_are_refused_before_anything_is_drawn() -> None:
    told: list[int] = []
    with pytest.raises(InputError, match="between 0 and 1"):
        sweep(
            straight(), {"x": "uniform"}, 1000, probabilities=[50.0],
            progress=lambda done, of: told.append(done),
        )  # fmt: skip
    assert told == []


def test_a_constant_has_no_deviation_and_no_shape() -> None:
    """One in eight had a kurtosis near 1e14, of its rounding."""
    for n in range(5, 200):
        (one,) = sweep(straight(), {"x": n / 7.0 - 10.0}, 37 * n, backend="numpy").outputs
        assert (one.sd, one.sd_se) == (0.0, 0.0) and np.isnan([one.skewness, one.kurtosis]).all()


def test_replicates_of_one_point_tell_no_error_of_the_deviation() -> None:
    """It was told to be known exactly."""
    (one,) = sweep(
        straight(), {"x": "uniform"}, 4, design="sobol", replicates=4, backend="numpy"
    ).outputs
    assert one.mean_se is not None and one.sd_se is None
