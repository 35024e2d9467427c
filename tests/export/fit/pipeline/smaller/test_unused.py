"""Inputs that the chosen model does not see are left out of tables and listed."""

from __future__ import annotations

import numpy as np

from sna_export.fit import fit, fit_arrays
from sna_export.table import Table

X = np.random.default_rng(0).random((200, 4))
Y = X[:, 0] ** 3 * X[:, 2] + X[:, 2]


def test_a_table_asks_for_what_the_model_sees() -> None:
    columns = {name: x.tolist() for name, x in zip("abcd", X.T, strict=True)}
    found = fit(Table.of({**columns, "y": Y.tolist()}), ["y"])
    assert found.model.input_names == ["a", "c"]
    assert found.model.metadata["fit"]["dropped"] == ["b", "d"]
    said = "input 'b' changes nothing in the model chosen and was left out"
    assert said in found.report["notes"]
    assert abs(found.model({"a": 0.5, "c": 0.4})[0] - 0.45) < 1e-9
    assert found.inputs.shape[1] == 2


def test_an_input_that_a_quadratic_function_does_not_need_is_dropped() -> None:
    found = fit_arrays(X, X[:, 0] * X[:, 2] + X[:, 1], plain=True)
    assert found.model.metadata["fit"]["dropped"] == ["x3"]
    assert not found.report["confirmed"]["replaced"]


def test_arrays_keep_their_width() -> None:
    found = fit_arrays(X, Y, plain=True)
    assert len(found.model.axes) == 4
    assert found.model.metadata["fit"]["dropped"] == ["x1", "x3"]
    np.testing.assert_allclose(found.model.backend.value(X)[:, 0], Y, atol=1e-9)


def test_a_mean_keeps_every_input() -> None:
    noise = np.random.default_rng(3).standard_normal(200)
    found = fit_arrays(X, noise, plain=True)
    if found.report["chosen"] == "mean":
        assert not found.report["dropped"]
