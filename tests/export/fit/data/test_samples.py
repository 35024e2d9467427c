"""Rows to fit: what is refused, and links there and back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sna_edge.core.output import values
from sna_edge.errors import InputError
from sna_export.fit import AxisSpec, fit_arrays
from sna_export.fit.data.samples import Samples, linear_targets


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_targets_and_values_are_inverse(link: str) -> None:
    y = np.random.default_rng(1).uniform(0.05, 0.95, (50, 1))
    samples = Samples.of(np.arange(50.0)[:, None], y)
    outputs = samples.outputs(link)
    np.testing.assert_allclose(values(outputs, linear_targets(outputs, y)), y, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((1, 2)), [1.0], "1 row"),
        (np.empty((0, 2)), np.empty(0), "0 rows"),
        (np.random.default_rng(0).random((9, 2)), np.ones(9), "constant"),
        (np.array([[1.0], [np.nan], [2.0]]), [1.0, 2.0, 3.0], "row 2 of input 'x0'"),
        (np.array([[1.0], [2.0], [3.0]]), [1.0, np.inf, 3.0], "row 2 of output 'y'"),
        (np.ones((8, 2)), np.arange(8.0), "same inputs"),
    ],
)
def test_rows_that_cannot_be_fitted_are_named(x: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_arrays(x, y)


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_links_refuse_values_outside_their_range(link: str) -> None:
    x = np.arange(20.0)[:, None]
    with pytest.raises(InputError, match=f"link {link}"):
        fit_arrays(x, np.linspace(-1.0, 2.0, 20), link=link)


def test_axis_specs_are_plain_records() -> None:
    assert [f.name for f in dataclasses.fields(AxisSpec)] == ["name", "unit", "levels", "domain"]
