"""Average run lengths against tabulated ones, and charts that run."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.quality.charts import Cusum, Ewma
from sna_edge.quality.charts.run_length import (
    cusum_run_length,
    ewma_run_length,
    one_sided_run_length,
)

SHIFTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
EWMA = {
    (0.40, 3.054): "500 224 71.2 28.4 14.3 5.9 3.5 2.5 2.0 1.4",
    (0.25, 2.998): "500 170 48.2 20.1 11.1 5.5 3.6 2.7 2.3 1.7",
    (0.20, 2.962): "500 150 41.8 18.2 10.5 5.5 3.7 2.9 2.4 1.9",
    (0.10, 2.814): "500 106 31.3 15.9 10.3 6.1 4.4 3.4 2.9 2.2",
    (0.05, 2.615): "500 84.1 28.8 16.4 11.4 7.1 5.2 4.2 3.5 2.7",
}
"""Lucas and Saccucci, Technometrics 32 (1990), table 3, as in Montgomery (2009), table 9.11."""
CUSUM = {
    4.0: "168 74.2 26.6 13.3 8.38 4.75 3.34 2.62 2.19 1.71",
    5.0: "465 139 38.0 17.0 10.4 5.75 4.01 3.11 2.57 2.01",
}
"""k = 1/2: Montgomery (2009), table 9.3."""
DESIGNS = ((0.25, 8.01), (0.5, 4.77), (0.75, 3.34), (1.0, 2.52), (1.25, 1.99), (1.5, 1.61))
"""Pairs k, h with a run length of 370 in control: Hawkins, J. Qual. Technol. 25 (1993), as in
Montgomery (2009), table 9.4."""


def as_tabulated(found: float, text: str) -> bool:
    """Within 1 % or half of the last printed digit, whichever is wider."""
    half = 0.5 * 10.0 ** -len(text.partition(".")[2])
    return abs(found - float(text)) <= max(0.01 * float(text), half)


@pytest.mark.parametrize("design", EWMA)
def test_ewma_run_lengths(design: tuple[float, float]) -> None:
    for shift, text in zip(SHIFTS, EWMA[design].split(), strict=True):
        assert as_tabulated(ewma_run_length(shift, *design), text), (shift, text)
        assert ewma_run_length(-shift, *design) == pytest.approx(ewma_run_length(shift, *design))


@pytest.mark.parametrize("reach", CUSUM)
def test_cusum_run_lengths(reach: float) -> None:
    for shift, text in zip(SHIFTS, CUSUM[reach].split(), strict=True):
        assert as_tabulated(cusum_run_length(shift, 0.5, reach), text), (shift, text)


def test_cusum_designs_of_hawkins() -> None:
    """h has two decimals, which is worth up to 1 % of the run length by itself."""
    for slack, reach in DESIGNS:
        ends = [cusum_run_length(0.0, slack, reach + e) for e in (-0.005, 0.005)]
        assert ends[0] * 0.997 <= 370.4 <= ends[1] * 1.003


def test_a_head_start_is_tabulated() -> None:
    """k = 1/2, head start h / 2: Lucas and Crosier, Technometrics 24 (1982), table 3."""
    shifts = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
    for reach, texts in (
        (4.0, "149 62.7 20.1 8.97 5.29 2.86 2.01"),
        (5.0, "430 122 28.7 11.2 6.35 3.37 2.36"),
    ):
        for shift, text in zip(shifts, texts.split(), strict=True):
            assert as_tabulated(cusum_run_length(shift, 0.5, reach, 0.5 * reach), text)
    assert one_sided_run_length(1.0, 0.5, 5.0, 0.0)[1] == one_sided_run_length(1.0, 0.5, 5.0)[0]


@pytest.mark.parametrize("kind", ["ewma", "cusum"])
def test_charts_that_run_signal_as_often(kind: str) -> None:
    """400 runs at a shift of 1 sigma: standard error 0.3."""
    rng, lengths = np.random.default_rng(5), []
    for _ in range(400):
        chart = (
            Ewma(center=0.0, sigma=1.0, settled=True)
            if kind == "ewma"
            else Cusum(center=0.0, sigma=1.0)
        )
        while not any(p.signals for p in chart.add(1.0 + rng.normal())):
            pass
        lengths.append(chart.count)
    exact = ewma_run_length(1.0) if kind == "ewma" else cusum_run_length(1.0)
    assert abs(np.mean(lengths) - exact) < 3 * np.std(lengths) / 20
