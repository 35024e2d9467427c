"""The C library against numpy, step by step: roots, walks, descents, thinning; both builds of the
library."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Model, Status
from sna_edge.backends import create
from sna_edge.core.basis import bspline, uniform_breaks
from sna_edge.errors import BackendError
from sna_edge.inverse import level_set, roots
from sna_edge.inverse.query.diverse_subset import by_numpy, diverse_subset
from sna_edge.numerics.piecewise_polynomial import PiecewisePolynomial


def on_native(model: Model) -> Model:
    try:
        create("native", model)
    except BackendError:
        pytest.skip("sna-edge-native is not installed")
    return model.with_backend("native")


def random_at(model: Model, rng: np.random.Generator, unknowns: set[int]) -> dict[str, float]:
    return {
        a.name: float(rng.uniform(a.lower, a.upper))
        for e, a in enumerate(model.axes)
        if e not in unknowns
    }


def zeros(
    library: Any, f: PiecewisePolynomial, target: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    spans, order = f.coefficients.shape
    room = spans * (order + 1) + 1
    x, tangent, intervals = np.empty(room), np.empty(room, np.int8), np.empty((spans + 1, 2))
    n, m = library.zeros(
        f.breaks, np.ascontiguousarray(f.coefficients), target, x, tangent, intervals
    )
    return x[:n], tangent[:n].astype(bool), intervals[:m]


def agree(library: Any, f: PiecewisePolynomial, target: float) -> None:
    a, (x, tangent, intervals) = f.roots(target), zeros(library, f, target)
    assert x == pytest.approx(a.x, abs=1e-9 * f.width), (f, target)
    assert np.array_equal(tangent, a.tangent)
    assert np.array_equal(intervals, a.intervals)


def test_roots_of_random_models_are_those_of_numpy(
    library: ModuleType, random_model: Callable[..., Model]
) -> None:
    seen = 0
    for seed in range(150):
        model, rng = random_model(seed), np.random.default_rng(seed)
        if not isinstance(model.interaction, CP):
            continue
        twin, d = on_native(model), int(rng.integers(3))
        at = random_at(model, rng, {d})
        x = np.stack(
            [
                np.full(200, at[a.name]) if e != d else np.linspace(a.lower, a.upper, 200)
                for e, a in enumerate(model.axes)
            ],
            1,
        )
        y = model.value(x)[:, 0]
        if np.ptp(y) < 1e-9 * np.abs(y).max():
            continue
        target = float(rng.uniform(y.min(), y.max()))
        # the native model holds float32 tables; its numpy twin is the reference
        a, b = (
            roots(twin.with_backend("numpy"), model.axes[d].name, target, at),
            roots(twin, model.axes[d].name, target, at),
        )
        assert b.status == a.status and np.array_equal(b.tangent, a.tangent), seed
        assert b.values == pytest.approx(a.values, abs=1e-9 * model.axes[d].width), seed
        seen += len(a)
    assert seen > 100


@pytest.mark.parametrize("degree", range(8))
def test_zeros_of_random_piecewise_polynomials_are_those_of_numpy(
    library: ModuleType, degree: int
) -> None:
    rng = np.random.default_rng(degree)
    for _ in range(60):
        spans = int(rng.integers(1, 12))
        f = PiecewisePolynomial(
            np.r_[0.0, np.cumsum(rng.uniform(0.1, 1, spans))], rng.normal(size=(spans, degree + 1))
        )
        agree(library, f, float(rng.normal()))  # jumps at every break


def test_flat_spans_touching_points_and_breaks(library: ModuleType) -> None:
    breaks = np.array([0.0, 1.0, 2.0, 3.0])
    flat = PiecewisePolynomial(
        breaks, np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, -1.0, 0.0]])
    )
    touching = PiecewisePolynomial(np.array([0.0, 1.0]), np.array([[0.16, -0.8, 1.0]]))
    steps = PiecewisePolynomial(breaks, np.array([[0.0, 1.0], [2.0, 1.0], [3.0, -3.0]]))
    for f in (flat, touching, steps):
        for target in (0.0, 0.5, 1.0, 2.0, 3.0, -1.0):
            agree(library, f, target)
    assert zeros(library, flat, 1.0)[2].tolist() == [[1.0, 2.0]]
    assert zeros(library, touching, 0.0)[1].tolist() == [True]


def test_roots_on_breaks_of_float32_span_matrices_and_flat_ends(library: ModuleType) -> None:
    basis = bspline(uniform_breaks(0, 1, 9), 3)
    rounded = type(basis)(
        basis.breaks,
        3,
        basis.first_row,
        basis.matrix_id,
        basis.matrices.astype(np.float32),
        basis.n_rows,
        basis.kind,
    )
    rng = np.random.default_rng(5)
    for _ in range(10):
        f = PiecewisePolynomial(
            basis.breaks, rounded.power_tables(np.sort(rng.normal(size=(12, 1)), axis=0))[:, :, 0]
        )
        for x in basis.breaks[1:-1]:
            for nudge in (-1e-8, 0.0, 1e-8):
                target = float(f(np.array([x]))[0]) + nudge
                agree(library, f, target)
                assert len(zeros(library, f, target)[0]) == 1
    bowl = PiecewisePolynomial(np.array([0.0, 1.0]), np.array([[0.0, 0.0, 1.0]]))
    agree(library, bowl, 0.0)
    assert zeros(library, bowl, 0.0)[1].tolist() == [
        True
    ]  # the slope vanishes at the end of the domain


def planted(rng: np.random.Generator) -> tuple[PiecewisePolynomial, np.ndarray]:
    """A random cubic on random breaks with a pair of roots 1e-6 to 0.1 apart."""
    x = np.sort(rng.uniform(0.05, 0.95, 3))
    x[1] = x[0] + 10 ** rng.uniform(-6, -1)
    a, breaks = np.poly1d(np.poly(x) * rng.normal()), np.r_[0.0, np.sort(rng.uniform(0, 1, 3)), 1.0]
    parts = [a(np.poly1d([high - low, low])) for low, high in pairwise(breaks)]
    return (
        PiecewisePolynomial(
            breaks, np.array([np.r_[p.coeffs[::-1], np.zeros(3 - p.order)] for p in parts])
        ),
        x,
    )


def test_no_planted_root_is_missed(library: ModuleType) -> None:
    """In short; `tools/inverse/inverse_bench.py --only roots --cases 1000` plants 300,000."""
    rng = np.random.default_rng(1)
    for _ in range(500):
        f, x = planted(rng)
        found = zeros(library, f, 0.0)[0]
        assert all(np.abs(found - r).min(initial=1.0) < 1e-7 for r in x if r < 1)


def test_what_the_quick_way_cannot_take_goes_the_ordinary_way(tracks: Model) -> None:
    twin = on_native(tracks)
    at = {"speed": 1.0, "alloy": "316L"}
    assert roots(twin, "power", {"width": 90.0}, at).status == Status.OK
    assert roots(twin, "power", {"width": 9e9}, at).status == Status.UNREACHABLE
    assert roots(twin, "power", {"width": np.nan}, at).status == Status.BAD_INPUT
    assert roots(twin, "power", {"width": 90.0}, at | {"speed": 2.5}).status == Status.OUT_OF_DOMAIN


def test_level_sets_of_random_models_meet_their_targets(
    library: ModuleType, random_model: Callable[..., Model]
) -> None:
    tried = 0
    for seed in range(40):
        twin = on_native(random_model(seed))
        if not isinstance(twin.interaction, CP):
            continue
        reference, rng = twin.with_backend("numpy"), np.random.default_rng(seed)
        y = reference.value(
            np.stack([rng.uniform(a.lower, a.upper, 300) for a in twin.axes], axis=1)
        )
        if np.ptp(y) < 1e-9 * np.abs(y).max():
            continue
        target, fixed = float(np.quantile(y, 0.6)), random_at(twin, rng, {0, 2})
        for names, at in ((["x2", "x0", "x1"], None), (["x2", "x0"], fixed)):
            found, peer = (level_set(m, target, names, 16, at=at) for m in (twin, reference))
            assert found.status == peer.status, seed
            back = reference.value(
                {**{n: found.x[:, i] for i, n in enumerate(names)}, **(at or {})}
            )
            assert len(found) == 0 or np.abs(back - target).max() <= 1e-8 * np.ptp(y), seed
            tried += len(found) > 0
    assert tried > 30


def test_two_targets_a_level_and_a_tolerance(library: ModuleType, tracks: Model) -> None:
    twin = on_native(tracks)
    planted = twin.with_backend("numpy").value({"power": 230.0, "speed": 0.9, "alloy": "IN718"})
    found = level_set(
        twin,
        {"depth": float(planted[1]), "width": float(planted[0])},
        ["alloy", "speed", "power"],
        8,
    )
    assert any(s["alloy"] == "IN718" and abs(s["power"] - 230.0) < 1e-5 for s in found.solutions)
    target, at = (
        {"depth": float(planted[1]) + 1.0, "width": float(planted[0])},
        {
            "alloy": "IN718",
            "speed": 0.9,
        },
    )
    loose = level_set(twin, target, ["power"], 4, at=at, tolerance={"depth": 2.0, "width": 1.0})
    assert loose.status >= 0 and np.all(
        np.abs(loose.value - [planted[1] + 1.0, planted[0]]) <= [2.0, 1.0]
    )


@pytest.mark.parametrize("dimensions", [1, 2, 5, 8])
def test_thinning_takes_the_points_that_numpy_takes(library: ModuleType, dimensions: int) -> None:
    z = np.random.default_rng(dimensions).uniform(
        size=(500, dimensions)
    )  # a lattice would have ties
    for count in (1, 40, 600):
        (a, fill), (b, peer) = diverse_subset(z, count), by_numpy(z, count)
        assert np.array_equal(a, b) and fill == pytest.approx(peer, abs=1e-7)
    doubled = np.concatenate([z[:50], z[:50]])
    assert len(diverse_subset(doubled, 100)[0]) == 50
