"""Splines of SciPy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.interpolate import (
    BSpline,
    CubicSpline,
    InterpolatedUnivariateSpline,
    NdBSpline,
    PchipInterpolator,
    RectBivariateSpline,
    RegularGridInterpolator,
    SmoothBivariateSpline,
    UnivariateSpline,
    make_interp_spline,
)

from sna_edge import InputError
from sna_export.adopt import (
    from_tensor_spline,
)
from sna_export.table import Table

G, H = np.linspace(0.0, 1.0, 6), np.linspace(-1.0, 2.0, 7)
V = np.random.default_rng(0).random((6, 7))
X = np.random.default_rng(1).uniform([0.0, -1.0], [1.0, 2.0], (50, 2))
SPLINES = {
    "RegularGridInterpolator": (RegularGridInterpolator((G, H), V), 2),
    "RegularGridInterpolator, uneven": (RegularGridInterpolator((G**2, H), V), 2),
    "RegularGridInterpolator, two outputs": (
        RegularGridInterpolator((G, H), np.stack([V, V**2], axis=-1)),
        2,
    ),
    "RectBivariateSpline": (RectBivariateSpline(G, H, V), 2),
    "RectBivariateSpline, other degrees": (RectBivariateSpline(G, H, V, kx=1, ky=4), 2),
    "SmoothBivariateSpline": (SmoothBivariateSpline(X[:, 0], X[:, 1], np.sin(X.sum(axis=1))), 2),
    "BSpline": (make_interp_spline(H, np.sin(H)), 1),
    "BSpline, two outputs": (make_interp_spline(H, np.stack([np.sin(H), H], axis=1)), 1),
    "BSpline, degree 5": (make_interp_spline(H, np.sin(H), k=5), 1),
    "UnivariateSpline": (UnivariateSpline(H, np.sin(H), s=0.01), 1),
    "InterpolatedUnivariateSpline": (InterpolatedUnivariateSpline(H, np.sin(H)), 1),
    "NdBSpline": (NdBSpline((np.r_[0, 0, 1, 1.0], np.r_[-1, -1, 2, 2.0]), np.eye(2), 1), 2),
}


@pytest.mark.parametrize("name", SPLINES)
def test_splines_of_every_class_are_adopted_exactly(name: str) -> None:
    spline, inputs = SPLINES[name]
    original = from_tensor_spline(spline)
    low, high = (np.array([getattr(d, end) for d in original.domain]) for end in ("lower", "upper"))
    x = np.random.default_rng(2).uniform(low, high, (40, inputs))
    wanted = spline.ev(*x.T) if hasattr(spline, "ev") else spline(x[:, 0] if inputs == 1 else x)
    wanted = np.asarray(wanted).reshape(40, -1)
    np.testing.assert_allclose(original.value(x), wanted, atol=1e-12)
    np.testing.assert_allclose(
        original.compile(1e-6).value(x), wanted, atol=2e-6 * max(1.0, float(np.ptp(wanted)))
    )


NO_SPLINES = {
    "cubic table": RegularGridInterpolator((G, H), V, method="cubic"),
    "complex table": RegularGridInterpolator((G, H), V + 1j),
    "table with a hole": RegularGridInterpolator((G, H), np.where(V > 0.9, np.nan, V)),
    "CubicSpline": CubicSpline(G, G**2),
    "Pchip": PchipInterpolator(G, G),
    "a number": 3,
    "a function": np.sin,
    "None": None,
    "complex coefficients": BSpline(np.r_[0, 0, 1, 1.0], np.array([1j, 1.0]), 1),
    "a Table": Table.of({"a": [1, 2]}),
}


@pytest.mark.parametrize("name", NO_SPLINES)
def test_what_is_no_spline_is_one_sentence(name: str) -> None:
    with warnings.catch_warnings(), pytest.raises(InputError) as error:
        warnings.simplefilter("error")
        from_tensor_spline(NO_SPLINES[name])
    assert len(str(error.value).splitlines()) == 1


def test_tensor_product_spline(same, same_model) -> None:
    from scipy.interpolate import NdBSpline, make_interp_spline

    rng = np.random.default_rng(8)
    splines = [
        make_interp_spline(np.linspace(0, 1 + d, 9 + d), rng.normal(size=9 + d), k)
        for d, k in enumerate((3, 2, 5))
    ]
    c = rng.normal(size=(9, 10, 11, 2))
    spline = NdBSpline(tuple(s.t for s in splines), c, (3, 2, 5))
    original = from_tensor_spline(spline)
    same(original, spline, 1e-12)
    model = original.compile()
    assert model.certificate["adoption"] == "exact"
    same_model(model, original)
