"""Distributions in plain Python against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from sna_edge.numerics.distributions import (
    beta_below,
    beta_quantile,
    chi_square_below,
    chi_square_quantile,
    f_above,
    f_quantile,
    gamma_below,
    noncentral_t_below,
    noncentrality,
)

TAILS = (1e-6, 0.00135, 0.025, 0.3, 0.5, 0.9, 0.999, 1 - 1e-6)


@pytest.mark.parametrize("a", [0.5, 1.0, 3.7, 40.0, 2500.0])
def test_the_incomplete_gamma_function(a: float) -> None:
    for x in a * np.array([1e-3, 0.3, 0.9, 1.0, 1.1, 2.0, 6.0]):
        assert gamma_below(a, x) == pytest.approx(special.gammainc(a, x), rel=1e-10, abs=1e-14)
    assert gamma_below(a, 0.0) == 0.0 and gamma_below(a, np.inf) == 1.0


@pytest.mark.parametrize("freedom", [1.0, 2.5, 9.0, 99.0, 4999.0])
def test_chi_square_quantiles(freedom: float) -> None:
    for p in TAILS:
        found = chi_square_quantile(p, freedom)
        assert found == pytest.approx(stats.chi2.ppf(p, freedom), rel=1e-9)
        assert chi_square_below(found, freedom) == pytest.approx(p, rel=1e-9)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (1.0, 8.5), (30.0, 2.0), (400.0, 900.0)])
def test_beta_and_f(a: float, b: float) -> None:
    for p in TAILS:
        x = beta_quantile(p, a, b)
        assert x == pytest.approx(stats.beta.ppf(p, a, b), rel=1e-8)
        assert beta_below(x, a, b) == pytest.approx(p, rel=1e-8)
        assert f_quantile(p, 2 * a, 2 * b) == pytest.approx(stats.f.ppf(p, 2 * a, 2 * b), rel=1e-7)
    for x in (1e-3, 0.4, 1.0, 2.7, 30.0):
        assert f_above(x, a, b) == pytest.approx(stats.f.sf(x, a, b), rel=1e-9, abs=1e-14)
    assert f_above(0.0, a, b) == 1.0 and beta_below(1.0, a, b) == 1.0


@pytest.mark.parametrize("freedom", [2.0, 9.0, 49.0, 2000.0])
def test_noncentral_t(freedom: float) -> None:
    for delta in (-2.0, 0.0, 1.0, 7.0):
        for t in (delta - 3.0, delta, delta + 0.5, delta + 4.0):
            expected = stats.nct.cdf(t, freedom, delta) if delta else stats.t.cdf(t, freedom)
            assert noncentral_t_below(t, freedom, delta) == pytest.approx(expected, abs=1e-9)
    delta = noncentrality(4.0, freedom, 0.05)
    assert noncentral_t_below(4.0, freedom, delta) == pytest.approx(0.05, abs=1e-12)
