"""Inputs that look like counters, dates or results."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.fit import fit
from sna_export.fit.around.suspicious import warnings_of
from sna_export.table import Table

N = 40
RNG = np.random.default_rng(0)
DEPTH = RNG.normal(100, 10, N)
SUSPICIOUS = {
    "a counter": (np.arange(1.0, N + 1), "counts the rows"),
    "a counter down": (np.arange(N, 0.0, -1), "counts the rows"),
    "a date": (20230100 + RNG.integers(1, 29, N).astype(float), "date written as a number"),
    "seconds": (1.7e9 + np.arange(N) * 61.0, "seconds since 1970"),
    "a result": (2.54 * DEPTH + RNG.normal(0, 0.1, N), "follows the target 'depth'"),
    "a negative result": (-DEPTH, "correlation -1.0"),
}


@pytest.mark.parametrize("name", SUSPICIOUS)
def test_suspicious(name: str) -> None:
    column, said = SUSPICIOUS[name]
    table = Table.of({"x": column, "depth": DEPTH})
    (found,) = warnings_of(table, ["depth"], ["x"], [])
    assert said in found and "--inputs" in found


@pytest.mark.parametrize(
    "column",
    [
        RNG.uniform(0, 1, N), np.round(RNG.uniform(100, 300, N)), np.repeat([1.0, 2.0], N // 2),
        np.full(N, np.nan), np.full(N, 20230101.0), RNG.permutation(np.arange(1.0, N + 1)),
        0.6 * DEPTH + RNG.normal(0, 5, N),
    ],
)  # fmt: skip
def test_not_suspicious(column: np.ndarray) -> None:
    table = Table.of({"x": column, "depth": DEPTH})
    assert warnings_of(table, ["depth"], ["x"], []) == []


def test_columns_named_after_a_target_and_levels() -> None:
    table = Table.of({"depth_std": RNG.uniform(0, 1, N), "lot": np.arange(N), "depth": DEPTH})
    (found,) = warnings_of(table, ["depth"], ["depth_std", "lot"], ["lot"])
    assert "named after the target" in found


def test_a_fit_says_it() -> None:
    table = Table.of({"run": np.arange(20.0), "x": RNG.uniform(0, 1, 20), "y": DEPTH[:20]})
    assert "counts the rows" in fit(table, ["y"]).report["warnings"][0]
    assert "warnings" not in fit(table, ["y"], inputs=["x"]).report
