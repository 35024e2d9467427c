"""Additive models of pyGAM."""

from __future__ import annotations

import numpy as np
import pytest

from sna_export.adopt import (
    Domain,
    from_gam,
)


@pytest.mark.parametrize("kind", ["splines", "tensor", "logistic"])
def test_pygam(kind: str, same, same_model) -> None:
    pygam = pytest.importorskip("pygam", reason="pygam is not installed")
    rng = np.random.default_rng(5)
    x = rng.random((400, 3))
    y = np.sin(5 * x[:, 0]) + x[:, 1] * x[:, 2]
    terms = {
        "splines": pygam.s(0) + pygam.s(1, spline_order=2) + pygam.l(2),
        "tensor": pygam.s(0) + pygam.te(1, 2),
        "logistic": pygam.s(0) + pygam.s(1) + pygam.s(2),
    }
    gam = (
        pygam.LogisticGAM(terms[kind]).fit(x, y > 0.5)
        if kind == "logistic"
        else pygam.LinearGAM(terms[kind]).fit(x, y)
    )
    original = from_gam(
        gam,
        tuple(Domain(f"x{d}", "", *map(float, (x[:, d].min(), x[:, d].max()))) for d in range(3)),
    )
    same(original, gam.predict_proba if kind == "logistic" else gam.predict, 1e-9)
    model = original.compile()
    assert model.certificate["adoption"] == "exact"
    same_model(model, original, 1e-9)
