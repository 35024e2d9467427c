"""Worked examples of the NIST/SEMATECH e-Handbook of Statistical Methods and of Montgomery,
Introduction to Statistical Quality Control, 6th edition (2009), to the digits that they print.

Books take their factors from tables of three or four digits. Where that shows, an example is
followed with the printed factor, to all printed digits, and with the exact one to the digits that
the table leaves right.
"""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.quality.charts import Cusum, Ewma, Hotelling, Individuals, Shares, XbarR, XbarS
from sna_edge.quality.charts.constants import c4, d2
from sna_edge.quality.charts.hotelling import limits

from .published import (
    CHEMICAL,
    CHEMICAL_ABOVE,
    CHEMICAL_BELOW,
    CHEMICAL_EWMA,
    CUSUM_ABOVE,
    CUSUM_BELOW,
    CUSUM_MEANS,
    EWMA_DATA,
    EWMA_SAID,
    FIBRE,
    FLOW_RATE,
    FLOW_WIDTH,
    FLOW_WIDTH_LATER,
    LOAN_COSTS,
    ORANGE_JUICE,
    PISTON_RINGS,
)


def printed(value: float | None, text: str) -> bool:
    """Whether a number is printed so."""
    assert value is not None
    return f"{value:.{len(text.partition('.')[2])}f}".removeprefix("-") == text.removeprefix("-")


def test_individuals_of_the_handbook() -> None:
    """Section 6.3.2.2: mean 50.81, mean moving range 1.8778, limits 55.8041 and 45.8159 by
    d2 = 1.128 (exactly 1.128379, which moves them in the third decimal)."""
    chart = Individuals.of(FLOW_RATE)
    assert printed(chart.center, "50.81") and printed(chart.sigma * d2(2), "1.8778")
    table = Individuals(center=chart.center, sigma=1.8778 / 1.128)
    value, _ = table.add(FLOW_RATE[0])
    assert printed(value.upper, "55.8041") and printed(value.lower, "45.8159")
    exact, _ = chart.add(FLOW_RATE[0])
    assert exact.upper == pytest.approx(55.8041, abs=0.002)
    assert not any(p.signals for y in FLOW_RATE[1:] for p in chart.add(y))


def test_individuals_of_loan_costs() -> None:
    """Example 6.5: 300.5, mean moving range 7.79; limits 321.22 and 279.78 of values, 25.45 of the
    moving range (by 3.267; exactly 3.2665)."""
    chart = Individuals.of(LOAN_COSTS)
    value, moved = chart.add(LOAN_COSTS[0])
    assert printed(value.center, "300.5") and printed(moved.center, "7.79")
    assert printed(value.upper, "321.21") and printed(value.lower, "279.79")
    assert moved.upper == pytest.approx(25.45, abs=0.01) and moved.lower == 0.0
    table = Individuals(center=300.5, sigma=7.79 / 1.128)
    value, _ = table.add(300.0)
    assert printed(value.upper, "321.22") and printed(value.lower, "279.78")


def test_means_and_ranges_of_flow_width() -> None:
    """Example 6.1: mean 1.5056, mean range 0.32521; limits 1.69325 and 1.31795 by A2 = 0.577,
    0.68749 by D4 = 2.114. Table 6.2 goes on: the mean of sample 43 is above the limit."""
    chart = XbarR.of(FLOW_WIDTH)
    mean, spread = chart.add(FLOW_WIDTH[0])
    assert printed(mean.center, "1.5056") and printed(spread.center, "0.32521")
    a2, d4 = 3 / (d2(5) * np.sqrt(5)), spread.upper / spread.center
    assert printed(a2, "0.577") and printed(d4, "2.114")
    assert printed(1.5056 + 0.577 * 0.32521, "1.69325")
    assert mean.upper == pytest.approx(1.69325, abs=1e-4)
    assert mean.lower == pytest.approx(1.31795, abs=1e-4)
    assert spread.upper == pytest.approx(0.68749, abs=2e-4) and spread.lower == 0.0
    assert printed(chart.sigma, "0.1398")
    later = XbarR.of(FLOW_WIDTH, rules="limits")
    assert not any(p.signals for group in FLOW_WIDTH for p in later.add(group))
    found = [26 + i for i, g in enumerate(FLOW_WIDTH_LATER) if later.add(g)[0].signals]
    assert found == [43, 45]


def test_means_and_deviations_of_piston_rings() -> None:
    """Example 6.3: 74.001, mean deviation 0.0094; limits 74.014 and 73.988 by these (without
    rounding 74.0146 and 73.9878), deviations to 0.0196. By ranges: mean 0.023, ranges to 0.049."""
    mean, spread = XbarS.of(PISTON_RINGS).add(PISTON_RINGS[0])
    ranges = XbarR.of(PISTON_RINGS).add(PISTON_RINGS[0])
    for point in (mean, ranges[0]):
        assert printed(point.center, "74.001") and not point.signals
        assert point.upper == pytest.approx(74.014, abs=1e-3)
    table = XbarS(center=74.001, sigma=0.0094 / 0.94, size=5).add(PISTON_RINGS[0])[0]
    assert printed(table.upper, "74.014") and printed(table.lower, "73.988")
    assert printed(spread.center, "0.0094") and printed(spread.upper, "0.0196")
    assert printed(spread.upper / spread.center, "2.089") and printed(c4(5), "0.9400")
    assert printed(ranges[1].center, "0.023") and printed(ranges[1].upper, "0.049")


def test_shares_of_orange_juice_cans() -> None:
    """Example 7.1 and handbook 6.3.3.2: 0.2313, limits 0.4102 and 0.0524; without samples 15 and
    23, which lie above: 0.2150, 0.3893 and 0.0407."""
    samples = [(bad, 50) for bad in ORANGE_JUICE]
    chart = Shares.of(samples, rules="limits")
    points = [chart.add(sample)[0] for sample in samples]
    assert printed(chart.center, "0.2313") and printed(points[0].lower, "0.0524")
    assert points[0].upper == pytest.approx(0.4102, abs=1e-4)
    assert [i + 1 for i, p in enumerate(points) if p.signals] == [15, 23]
    point = Shares.of([s for i, s in enumerate(samples) if i not in (14, 22)]).add((10, 50))[0]
    assert printed(point.center, "0.2150") and printed(point.upper, "0.3893")
    assert printed(point.lower, "0.0407")


def test_ewma_of_the_handbook() -> None:
    """Section 6.3.2.4: weight 0.3, limits 52.5884 and 47.4115 (of a factor 0.4202), none beyond."""
    said = EWMA_SAID.split()
    chart = Ewma(center=50.0, sigma=2.0539, weight=0.3, reach=3.0, settled=True)
    points = [chart.add(y)[0] for y in EWMA_DATA]
    for point, text in zip(points, said, strict=True):
        assert point.value == pytest.approx(float(text), abs=0.0051)  # the book rounds as it goes
        assert not point.signals
    assert printed(points[0].upper, "52.5884")
    assert points[0].lower == pytest.approx(47.4115, abs=1.01e-4)


def test_ewma_of_the_chemical_process() -> None:
    """Example 9.2: weight 0.1, L = 2.7; limits 10.27 and 9.73, .. 10.62 and 9.38."""
    said = CHEMICAL_EWMA.split()
    chart = Ewma(center=10.0, sigma=1.0, weight=0.1, reach=2.7)
    points = [chart.add(y)[0] for y in CHEMICAL]
    assert all(printed(p.value, text) for p, text in zip(points, said, strict=True))
    for i, upper, lower in ((0, "10.27", "9.73"), (1, "10.36", "9.64"), (29, "10.62", "9.38")):
        assert printed(points[i].upper, upper) and printed(points[i].lower, lower)
    assert [i + 1 for i, p in enumerate(points) if p.signals] == [29, 30]


def test_cusum_of_the_handbook() -> None:
    """Section 6.3.2.3.1: target 325, k = 0.3175, h = 4.1959; sums of both sides, signals from
    group 14 on."""
    above = CUSUM_ABOVE.split()
    below = CUSUM_BELOW.split()
    chart = Cusum(center=325.0, sigma=1.0, slack=0.3175, reach=4.1959)
    for i, (y, up, down) in enumerate(zip(CUSUM_MEANS, above, below, strict=True), start=1):
        upper, lower = chart.add(y)
        assert upper.value == pytest.approx(float(up), abs=0.0101)
        assert lower.value == pytest.approx(float(down), abs=0.0101)
        assert bool(upper.signals) == (i >= 14) and not lower.signals


def test_cusum_of_the_chemical_process() -> None:
    """Example 9.1: both sums and how long they are not 0; it signals at 29, where the mean is
    thought to be 11.25."""
    above = CHEMICAL_ABOVE.split()
    below = CHEMICAL_BELOW.split()
    since = [0, 0, 0, 1, 2, 3, 4, 5, 0, 0, 0, 1, 2, 0, 0, 0, 1, 0, 0, 1, 2, 0, *range(1, 9)]
    chart, signals = Cusum(center=10.0, sigma=1.0, slack=0.5, reach=5.0), {}
    for i, (y, up, down, n) in enumerate(zip(CHEMICAL, above, below, since, strict=True), start=1):
        points = chart.add(y)
        for point, text in zip(points, (up, down), strict=True):
            assert point.value == pytest.approx(float(text), abs=0.0051)
        assert chart.since_above == n
        signals.update((i, p.signals[0].says) for p in points if p.signals)
    assert list(signals) == [29, 30] and "about 11.2543 for 7 points" in signals[29]


def test_t2_of_a_textile_fibre() -> None:
    """Example 11.1: 20 samples of 10; T2 of all, first limit 13.72 at alpha 0.001."""
    chart = Hotelling.stated(
        [115.59, 1.06], [[1.23, 0.79], [0.79, 0.83]], 20, 10, ["strength", "diameter"], 0.001
    )
    assert printed(chart.upper_reference, "13.72")
    for row in FIBRE:
        (point,) = chart.add_reference(np.tile(row[:2], (10, 1)))
        assert point.value == pytest.approx(row[2], abs=0.0051) and not point.signals
        assert point.upper == chart.upper_reference < chart.upper


def test_limits_of_t2_of_three_characteristics() -> None:
    """Montgomery (2009), exercise 11.2 (p = 3, m = 30, n = 10): 17.4251 for new points at alpha
    0.001; known parameters have the limit of chi-square, 16.266."""
    assert printed(limits(30, 10, 3, 0.001)[1], "17.4251")
    assert all(printed(one, "16.27") for one in limits(10**6, 1, 3, 0.001))
