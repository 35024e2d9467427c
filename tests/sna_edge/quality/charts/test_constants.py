"""Factors of control charts against printed tables and another package's limits."""

from __future__ import annotations

from math import sqrt

import matplotlib
import numpy as np
import pytest

from sna_edge.quality.charts import Cusum, Shares, XbarR, XbarS
from sna_edge.quality.charts.constants import c4, d2, d3

matplotlib.use("Agg")
pyshewhart = pytest.importorskip("pyshewhart", reason="pyshewhart is not installed")

from .published import FLOW_WIDTH, FLOW_WIDTH_LATER, ORANGE_JUICE, PISTON_RINGS  # noqa: E402

MADE = {
    "A2": lambda n: 3 / (d2(n) * sqrt(n)),
    "A3": lambda n: 3 / (c4(n) * sqrt(n)),
    "d2": d2,
    "d3": d3,
    "D3": lambda n: max(0.0, 1 - 3 * d3(n) / d2(n)),
    "D4": lambda n: 1 + 3 * d3(n) / d2(n),
    "c4": c4,
    "B3": lambda n: max(0.0, 1 - 3 * sqrt(1 - c4(n) ** 2) / c4(n)),
    "B4": lambda n: 1 + 3 * sqrt(1 - c4(n) ** 2) / c4(n),
}


@pytest.mark.parametrize("name", MADE)
def test_factors_are_those_of_the_printed_table(name: str) -> None:
    """Montgomery (2005), appendix VI, as pyshewhart has it: three decimals, c4 four. Its D4, B4, D3
    and d3 were made of rounded ones and are off by 0.0012 at most."""
    table = getattr(pyshewhart.constants, name)
    for n in range(2, 26):
        assert MADE[name](n) == pytest.approx(table[n], abs=0.0015 if name != "c4" else 6e-5)


def test_ranges_of_many_numbers_have_the_mean_and_scatter_of_drawn_ones() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 7, 40, 100):
        drawn = np.ptp(rng.normal(size=(20_000, n)), axis=1)
        assert d2(n) == pytest.approx(drawn.mean(), abs=5 * d3(n) / sqrt(20_000))
        assert d3(n) == pytest.approx(drawn.std(), rel=0.03)
    assert d2(2) == pytest.approx(2 / sqrt(np.pi), rel=1e-12)
    assert d3(2) == pytest.approx(sqrt(2 - 4 / np.pi), rel=1e-12)


def lines(axes: object) -> tuple[float, float, float]:
    """Lower limit, centre and upper limit of another package's panel: its level lines."""
    at = sorted(
        {
            float(np.ravel(line.get_ydata())[0])
            for line in axes.get_lines()  # type: ignore[attr-defined]
            if len(np.ravel(line.get_xdata())) == 2 and list(line.get_xdata()) == [0, 1]
        }
    )
    return at[0], at[len(at) // 2], at[-1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("data", [PISTON_RINGS, FLOW_WIDTH], ids=["rings", "widths"])
@pytest.mark.parametrize("kind", ["xbar-r", "xbar-s"])
def test_limits_are_those_of_pyshewhart(data: np.ndarray, kind: str) -> None:
    chart, other = {
        "xbar-r": (XbarR, pyshewhart.XbarRControlChart),
        "xbar-s": (XbarS, pyshewhart.XbarSControlChart),
    }[kind]
    found = chart.of(data).add(data[0])
    shown = other(list(data.ravel()), sample_size=5)
    for point, axes in zip(found, (shown.ax1, shown.ax2), strict=True):
        width = found[1].upper or 0.0
        for own, their in zip((point.lower, point.center, point.upper), lines(axes), strict=True):
            assert own == pytest.approx(their, abs=1e-3 * width)  # factors of three decimals
    assert shown.in_control


@pytest.mark.filterwarnings("ignore")
def test_signals_and_sums_are_those_of_pyshewhart() -> None:
    data = np.vstack([FLOW_WIDTH, FLOW_WIDTH_LATER])
    shown = pyshewhart.CUSUMControlChart(list(data.ravel()), sample_size=5, cusum_target=1.5)
    sigma = float(np.mean(data.std(axis=1, ddof=1))) * pyshewhart.constants.A3[5] / 3.0
    chart = Cusum(center=1.5, sigma=sigma, slack=0.5, reach=4.0)
    sums = np.array([[p.value for p in chart.add(group.mean())] for group in data])
    theirs = [np.array(line.get_ydata()) for line in shown.ax3.get_lines()]
    theirs = [y for y in theirs if len(y) == len(data)]
    np.testing.assert_allclose(sums[:, 0], theirs[0], atol=1e-12)
    np.testing.assert_allclose(-sums[:, 1], theirs[1], atol=1e-12)
    assert chart.signalled and not shown.in_control


@pytest.mark.filterwarnings("ignore")
def test_shares_are_those_of_pyshewhart() -> None:
    cans = [i < bad for bad in ORANGE_JUICE for i in range(50)]
    record = pyshewhart.data_types.import_times_values(cans, sample_size=50, is_attribute=True)
    shown = pyshewhart.PAttributeControlChart(record=record)
    point = Shares.of([(bad, 50) for bad in ORANGE_JUICE]).add((1, 50))[0]
    theirs = [np.array(line.get_ydata()) for line in shown.ax1.get_lines()]
    ends = sorted({round(float(y[0]), 9) for y in theirs if len(y) == 30 and np.ptp(y) < 1e-12})
    assert ends == [pytest.approx(point.lower), pytest.approx(point.upper)]
