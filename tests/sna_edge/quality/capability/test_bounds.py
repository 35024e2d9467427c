"""Intervals of indices: published examples, exact distributions, how often they hold; normality and
indices by percentiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.stats import binom, weibull_min

from sna_edge.cli.charting.indices import of_stream
from sna_edge.quality.capability.bounds import (
    MOST_EXACT,
    Z95,
    moving_range_freedom,
    of_nearest,
    of_one_limit,
    of_spread,
)
from sna_edge.quality.capability.by_percentiles import MISSED, by_percentiles, ranks
from sna_edge.quality.capability.figures import of_shares, of_values
from sna_edge.quality.capability.normality import anderson_darling, normality, p_of, percentiles

from ..charts.published import FLOW_WIDTH


def exactly(n: int, mean: float, s: float) -> np.ndarray:
    """n values of just this mean and standard deviation."""
    y = np.random.default_rng(n).normal(size=n)
    return mean + s * (y - y.mean()) / y.std(ddof=1)


def test_published_indices() -> None:
    """NIST/SEMATECH e-Handbook, section 6.1.6: USL 20, LSL 8, mean 16, s 2: Cp 1.0, Cpk 0.6667 (the
    sides 0.6667 and 1.3333)."""
    found = of_values(exactly(50, 16.0, 2.0), 8.0, 20.0, 14.0)
    assert found["Pp"] == pytest.approx(1.0) and f"{found['Ppk']:.4f}" == "0.6667"
    assert of_values(exactly(50, 16.0, 2.0), 8.0, np.inf)["Ppk"] == pytest.approx(4 / 3)
    assert found["Cpm"] == pytest.approx(12 / (6 * np.sqrt(4 + 4)))
    assert "Cpm" not in of_values(exactly(50, 16.0, 2.0), 8.0, np.inf, 14.0)


def test_published_intervals() -> None:
    """Montgomery, Introduction to Statistical Quality Control (2009), example 8.4: Cp 2.29 of 20
    values lies between 1.57 and 3.01."""
    low, high = of_spread(2.29, 19.0)
    assert f"{low:.2f}" == "1.57" and f"{high:.2f}" == "3.01"
    low, high = of_nearest(1.33, 20, 19.0)
    half = 1.33 * Z95 * np.sqrt(1 / (9 * 20 * 1.33**2) + 1 / (2 * 19))
    assert (low, high) == (pytest.approx(1.33 - half), pytest.approx(1.33 + half))


def test_flow_width_has_the_published_capability() -> None:
    """Montgomery (2009), section 6.2: 1.00 to 2.00 um, sigma 0.1398 by ranges, Cp 1.192. Pooled
    deviations of the same subgroups give 0.1390."""
    found = of_values(FLOW_WIDTH.ravel(), 1.0, 2.0, 1.5, list(FLOW_WIDTH))
    assert found["deviation_within"] == pytest.approx(0.1398, rel=0.01)
    assert found["Cp"] == pytest.approx(1.192, rel=0.01)
    assert found["Cp_95"] == of_spread(found["Cp"], 100.0)


@pytest.mark.parametrize("n", [10, 40, 400])
def test_one_limit_is_exact(n: int) -> None:
    (low, high), by = of_one_limit(1.1, n, n - 1.0)
    scale, t = 3 * np.sqrt(n), 3 * np.sqrt(n) * 1.1
    assert by == "noncentral t"
    assert stats.nct.sf(t, n - 1, low * scale) == pytest.approx(0.025, abs=1e-6)
    assert stats.nct.cdf(t, n - 1, high * scale) == pytest.approx(0.025, abs=1e-6)


def test_many_values_with_one_limit_go_by_the_shorter_formula() -> None:
    ends = [of_one_limit(1.2, n, n - 1.0)[0] for n in (MOST_EXACT, MOST_EXACT + 1)]
    np.testing.assert_allclose(ends[0], ends[1], atol=2e-4)


def test_a_moving_range_is_worth_so_many_degrees_of_freedom() -> None:
    """Cryer and Ryan, J. Qual. Technol. 22 (1990): variance (0.8264 n - 1.082) / (n - 1)^2."""
    for n in (5, 30, 500):
        expected = (n - 1) ** 2 / (2 * (0.8264 * n - 1.082))
        assert moving_range_freedom(n) == pytest.approx(expected, rel=1e-3)


CASES: dict[str, tuple[str, float, float, float | None, float]] = {
    "spread": ("Pp", -3.0, 3.0, None, 1.0),
    "nearest": ("Ppk", -3.0, 4.0, None, 1.0),
    "one limit": ("Ppk", -np.inf, 3.0, None, 1.0),
    "moving range": ("Cp", -3.0, 3.0, None, 1.0),
    "nearest, moving range": ("Cpk", -3.0, 4.0, None, 1.0),
    "target": ("Cpm", -3.0, 3.0, 0.5, 1 / np.sqrt(1.25)),
}


@pytest.mark.parametrize("case", CASES)
def test_intervals_hold_the_truth_in_19_of_20(case: str) -> None:
    name, lsl, usl, target, true = CASES[case]
    rng, inside = np.random.default_rng(2), 0
    for _ in range(400):
        low, high = of_values(rng.normal(size=50), lsl, usl, target)[f"{name}_95"]
        inside += low <= true <= high
    assert 0.95 - 3 * 0.011 <= inside / 400 <= 0.95 + 3 * 0.011


def test_a_share_among_few_rows_leaves_ppk_open() -> None:
    few, many = of_shares(0.01, 0.02, 100), of_shares(0.01, 0.02, 10_000)
    assert few["Ppk_95"][0] < many["Ppk_95"][0] < many["Ppk"] < many["Ppk_95"][1]
    assert many["rows"] == 10_000 and "Ppk_95" not in of_shares(0.01, 0.02)


def test_normality_is_that_of_scipy_and_as_rare_as_p_says() -> None:
    rng, p = np.random.default_rng(0), []
    for n in (8, 30, 500):
        y = rng.normal(size=n)
        with np.errstate(all="ignore"):
            assert anderson_darling(y) == pytest.approx(stats.anderson(y).statistic, abs=1e-8)
    for _ in range(600):
        y = rng.normal(size=40)
        p.append(p_of(anderson_darling(y), 40))
    assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.03)
    assert np.mean(np.array(p) < 0.5) == pytest.approx(0.5, abs=0.07)
    assert normality(rng.normal(size=200))["normal"]
    skewed = normality(rng.lognormal(size=200))
    assert not skewed["normal"] and "do not look normal" in skewed["says"]
    assert normality(np.arange(5.0)) == {}


@pytest.mark.parametrize(
    ("n", "by"), [(300, "a power transform"), (20_000, "percentiles of 20000")]
)
def test_skewed_values_go_by_percentiles(n: int, by: str) -> None:
    """Lognormal values: the true percentiles are exp(0.4 z)."""
    y = np.exp(0.4 * np.random.default_rng(4).normal(size=n))
    found = percentiles(y)
    assert found is not None and found[1].startswith(by)
    # the normal ones would be -0.2, 1.1 and 2.4
    np.testing.assert_allclose(found[0], np.exp([-1.2, 0.0, 1.2]), atol=0.15)
    told = of_values(y, 0.2, 4.0)
    low, middle, high = found[0]
    assert told["by_percentiles"]["Pp"] == pytest.approx(3.8 / (high - low))
    assert told["by_percentiles"]["Ppk"] == pytest.approx(
        min((4.0 - middle) / (high - middle), (middle - 0.2) / (middle - low))
    )
    assert abs(told["Ppk"] - told["by_percentiles"]["Ppk"]) > 0.05
    one = of_values(y, -np.inf, 4.0)["by_percentiles"]
    assert "Pp" not in one and one["Ppk"] == pytest.approx((4.0 - middle) / (high - middle))


def test_two_levels_have_no_percentiles() -> None:
    rng = np.random.default_rng(5)
    y = np.r_[rng.normal(size=60), 20 + rng.normal(size=60)]
    assert of_values(y, -10.0, 40.0)["by_percentiles"] == {}


def test_ranks_hold_a_percentile_as_often_as_they_say() -> None:
    for n, p in ((50, 0.5), (1000, 0.00135), (5000, 0.99865), (20_000, 0.00135)):
        a, b = ranks(n, p)
        missed = (binom.cdf(a - 1, n, p) if a else 0.0, binom.sf(b - 1, n, p) if b <= n else 0.0)
        assert max(missed) <= MISSED / 2.0
        closer = (binom.cdf(a, n, p), binom.sf(b - 2, n, p))
        assert min(closer) > MISSED / 2.0
    assert ranks(3543, 0.00135)[0] == 0 and ranks(3544, 0.00135)[0] == 1


@pytest.mark.parametrize("n", [200, 1500, 5000])
def test_intervals_by_percentiles_hold_what_is_true(n: int) -> None:
    """Of Weibull values, whose tails no power transform has."""
    law = weibull_min(1.5)
    low, middle, high = law.ppf([0.00135, 0.5, 0.99865])
    lsl, usl = middle - 1.3 * (middle - low), middle + 1.2 * (high - middle)
    true = {"Pp": (usl - lsl) / (high - low), "Ppk": 1.2}
    rng, held, count = np.random.default_rng(1), 0, 0
    for _ in range(40):
        told = by_percentiles(law.ppf(rng.random(n)), lsl, usl)
        for name, value in true.items() if told else ():
            least, most = told[f"{name}_95"]
            held, count = held + (least <= value <= most), count + 1
            assert least <= told[name] <= most or n < 1000
            assert (least == 0.0) == (n < 3544)
    assert count >= 40 and held >= 0.95 * count


def test_an_interval_that_is_open_below_is_said_so() -> None:
    y = np.exp(0.4 * np.random.default_rng(4).normal(size=1500))
    told = {"y": of_values(y, 0.2, 4.0)}
    (line,) = [t for t in of_stream({"outputs": told, "parts": 0}) if "by percentiles" in t]
    assert "(95 %: at most " in line
