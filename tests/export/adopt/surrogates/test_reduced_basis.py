"""Reduced bases with coefficient functions of one and of several parameters."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import (
    CubicSpline,
    NdBSpline,
    make_interp_spline,
)

from sna_edge import InputError
from sna_export.adopt import (
    Domain,
    from_products,
    from_reduced_basis,
    from_tensor_spline,
)


def field(s: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.exp(-s * p) * (1 + 0.3 * q) + s * q**2


def reduced(count: int = 6):
    """POD of the field on a grid of position and two parameters: modes [n, J], mean, coefficients
    on the parameter grid."""
    s, p, q = np.linspace(0, 1, 40), np.linspace(1, 3, 15), np.linspace(-1, 1, 9)
    snapshots = field(s[:, None, None], p[:, None], q)
    mean = snapshots.mean(axis=(1, 2))
    u, sv, v = np.linalg.svd(
        (snapshots - mean[:, None, None]).reshape(len(s), -1), full_matrices=False
    )
    return (
        s,
        p,
        q,
        u[:, :count],
        mean,
        (sv[:count, None] * v[:count]).reshape(count, len(p), len(q)),
    )


PARAMETERS = (Domain("p", "", 1, 3), Domain("q", "", -1, 1))


def coefficients(kind: str):
    """The coefficient functions of two parameters as separable models of several kinds."""

    s, p, q, modes, mean, table = reduced()
    if kind == "spline":
        rows = make_interp_spline(p, table.transpose(1, 2, 0), 3)
        both = make_interp_spline(q, rows.c.transpose(1, 0, 2), 3)
        return from_tensor_spline(
            NdBSpline((rows.t, both.t), both.c.transpose(1, 0, 2), (3, 3)), PARAMETERS
        )
    if kind == "model":
        return coefficients("spline").compile()
    if kind == "list":
        return [
            from_products(
                [[CubicSpline(p, v), CubicSpline(q, w)] for v, w in separated(t)], PARAMETERS
            )
            for t in table
        ]
    terms = [(j, v, w) for j, t in enumerate(table) for v, w in separated(t)]
    weights = np.zeros((len(terms), len(table)))
    weights[np.arange(len(terms)), [j for j, *_ in terms]] = 1.0
    return from_products(
        [[CubicSpline(p, v), CubicSpline(q, w)] for _, v, w in terms], PARAMETERS, weights
    )


def separated(table: np.ndarray):
    u, sv, v = np.linalg.svd(table)
    return [(u[:, i] * sv[i], v[i]) for i in range(5)]


@pytest.mark.parametrize("kind", ["spline", "model", "list", "products"])
@pytest.mark.parametrize("with_mean", [True, False])
def test_a_reduced_basis_of_several_parameters(kind: str, with_mean: bool, same_model) -> None:
    s, p, q, modes, mean, table = reduced()
    last = kind in (
        "spline",
        "model",
    )  # a train of coefficients has the position behind the parameters
    domain = (
        (*PARAMETERS, Domain("s", "m", 0, 1)) if last else (Domain("s", "m", 0, 1), *PARAMETERS)
    )
    original = from_reduced_basis(
        modes, s, coefficients(kind), domain, mean=mean if with_mean else None
    )
    grid = [g.reshape(-1) for g in np.meshgrid(s, p, q, indexing="ij")]
    truth = field(*grid) - (0.0 if with_mean else np.repeat(mean, len(p) * len(q)))
    named = dict(zip("spq", grid, strict=True))
    x = np.stack([named[d.name] for d in domain], axis=1)
    assert np.abs(original.value(x)[:, 0] - truth).max() <= 1e-6 * np.ptp(truth)
    model = original.compile(1e-5)
    assert model.certificate["adoption"] == ("exact" if last else "measured")
    same_model(model, original, 1e-5)


def test_a_reduced_basis_that_does_not_fit_is_refused() -> None:
    s, p, q, modes, mean, table = reduced()
    with pytest.raises(InputError, match="parameters"):
        from_reduced_basis(modes, s, coefficients("products"), PARAMETERS)
    with pytest.raises(InputError, match="coefficient"):
        from_reduced_basis(
            modes[:, :4], s, coefficients("products"), (Domain("s", "m", 0, 1), *PARAMETERS)
        )


def test_reduced_basis(same_model) -> None:
    s, p = np.linspace(0, 1, 40), np.linspace(1, 3, 30)
    field = np.exp(-np.outer(s, p)) + s[:, None]
    u, sv, v = np.linalg.svd(field - field.mean(axis=1, keepdims=True), full_matrices=False)

    functions = CubicSpline(p, (sv[:6, None] * v[:6]).T)
    original = from_reduced_basis(
        u[:, :6],
        s,
        functions,
        (Domain("s", "m", 0, 1), Domain("p", "", 1, 3)),
        mean=field.mean(axis=1),
    )
    grid = np.stack(np.meshgrid(s, p, indexing="ij"), axis=-1).reshape(-1, 2)
    assert np.abs(original.value(grid)[:, 0] - field.reshape(-1)).max() <= 1e-6
    model = original.compile(1e-6)
    assert model.certificate["adoption"] == "measured"
    same_model(model, original, 1e-6)
