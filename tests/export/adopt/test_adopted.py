"""Compiled tables against their certificates."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from sna_edge import Output
from sna_export.adopt import (
    Adopted,
    Chebyshev,
    Domain,
    Fourier,
    Gaussians,
    Measured,
    Mixed,
    full,
    network,
)


def on_box(atoms, count: int, seed: int = 0) -> Adopted:
    rng = np.random.default_rng(seed)
    return Adopted(
        tuple(Domain(f"x{d}", "", -1.0, 1.0) for d in range(count)),
        tuple(atoms),
        full(atoms[0].count, count),
        rng.normal(size=(atoms[0].count, 1)),
        (Output("y"),),
        "test",
    )


def tanh_net(rng: np.random.Generator, modes: int = 16):
    sizes = [1, 32, 32, 32, modes]
    layers = [
        (rng.normal(size=(b, a)) / max(np.sqrt(a), 0.7), 0.3 * rng.normal(size=b))
        for a, b in pairwise(sizes)
    ]
    return network(layers)


def families():
    rng = np.random.default_rng(7)
    return {
        "fourier": (Fourier(np.arange(1.0, 6.0), rng.random(5)), "certified"),
        "gaussian": (Gaussians(np.linspace(-1, 1, 5), np.full(5, 0.4)), "certified"),
        "mixed": (
            Mixed(Gaussians(np.linspace(-1, 1, 9), np.full(9, 0.4)), rng.normal(size=(9, 5)), 0.5),
            "certified",
        ),
        "chebyshev 6": (Chebyshev(rng.normal(size=(7, 5)), -1.0, 1.0), "exact"),
        "chebyshev 10": (Chebyshev(rng.normal(size=(11, 5)) / 5, -1.0, 1.0), "certified"),
        "tanh": (tanh_net(rng, 5), "certified"),
        "measured": (Measured(lambda x: np.sin(3 * x[:, None] + np.arange(5)), 5), "measured"),
    }


@pytest.mark.parametrize("name", families())
@pytest.mark.parametrize("error", [1e-3, 1e-5])
def test_compiled_tables_keep_the_error_they_certify(name: str, error: float) -> None:
    atoms, kind = families()[name]
    original = on_box([atoms] * 2, 2)
    model = original.compile(error)
    x = original.points(20_000)
    found = np.abs(model.value(x) - original.value(x)).max() / original.span()[0]
    assert model.certificate["adoption"] == kind
    assert model.certificate["adoption_error"] <= error
    assert found <= max(model.certificate["adoption_error"], 1e-12)


@pytest.mark.parametrize("name", [n for n, (_, k) in families().items() if k == "certified"])
@pytest.mark.parametrize("order", [0, 1, 4])
def test_bounds_of_derivatives_hold(name: str, order: int) -> None:
    atoms, _ = families()[name]
    h, edges = 2e-3 if order == 4 else 1e-5, np.linspace(-1, 1, 41)
    bound = atoms.bound(order, edges[:-1], edges[1:])
    stencil = {0: [1.0], 1: [-0.5, 0.0, 0.5], 4: [1.0, -4.0, 6.0, -4.0, 1.0]}[order]
    middle = (edges[:-1] + edges[1:]) / 2
    shifts = np.arange(len(stencil)) - len(stencil) // 2
    slope = (
        sum(w * atoms.value(middle + s * h) for w, s in zip(stencil, shifts, strict=True))
        / h**order
    )
    assert np.all(np.abs(slope) <= bound * (1 + 1e-6) + 1e-2 * (order == 4) + 1e-6)
    assert np.all(bound <= 60 * np.abs(slope).max() + 1e-6)
