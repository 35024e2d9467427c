"""Tensor trains of teneva and of plain cores."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.adopt import (
    Domain,
    from_train,
)

BOX = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]


def test_teneva(same, same_model, box) -> None:
    teneva = pytest.importorskip("teneva", reason="teneva is not installed")
    cores = teneva.rand([5, 6, 4], 3, seed=6)
    original = from_train(cores, box(3, 0.0, 1.0))
    grid = np.array([[0, 3, 2], [4, 5, 3], [1, 0, 0]])
    np.testing.assert_allclose(
        original.value(grid / [4, 5, 3])[:, 0], [teneva.get(cores, i) for i in grid], rtol=1e-12
    )
    assert original.compile().certificate["adoption"] == "exact"
    same_model(original.compile(), original)
    for n, kind in ((6, "exact"), (12, "certified")):
        points = teneva.ind_to_poi(np.arange(n), -1.0, 1.0, n, "cheb")
        values = [
            np.einsum("i,j->ij", np.exp(points), np.ones(1))[None],
            np.sin(points)[None, :, None],
        ]
        original = from_train(teneva.func_int(values), box(2), grid="chebyshev")
        same(
            original,
            lambda x, values=values: teneva.func_get(x, teneva.func_int(values), -1.0, 1.0),
            1e-10,
        )
        assert original.compile(1e-6).certificate["adoption"] == kind


def test_cores_of_one_point_are_constants() -> None:
    original = from_train([np.full((1, 1, 2), 3.0), np.ones((2, 3, 1))], BOX)
    assert (
        original.value(np.array([[0.2, 0.9]]))[0, 0]
        == pytest.approx(6.0)
        == original.compile(1e-6).value([0.7, 0.1])[0]
    )
