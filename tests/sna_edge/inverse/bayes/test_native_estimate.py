"""Estimation in the C library against numpy: energies, slopes, curvatures, descents, ridges,
mixtures, answers."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest

from sna_edge import CP, Model, Normal, Output, Uniform, spline_axis
from sna_edge.backends import create
from sna_edge.errors import BackendError
from sna_edge.inverse import estimate, posterior
from sna_edge.inverse.bayes.density.objective import Objective
from sna_edge.inverse.bayes.estimation_problem import prepare
from sna_edge.inverse.bayes.mixture import Mixture
from sna_edge.inverse.optimize.ridge import onto_ridge
from sna_edge.inverse.optimize.trust_region import minimized
from sna_edge.inverse.query import native
from sna_edge.numerics.low_discrepancy import points
from sna_edge.numerics.time_budget import TimeBudget

NAMES = ["a", "b", "c", "d", "e"]


def smooth(seed: int, unknowns: int, modes: int = 10) -> Model:
    rng = np.random.default_rng(seed)
    axes = [
        spline_axis(n, "", 0.0, 2.0, spans=6, degree=int(rng.integers(2, 5)))
        for n in ["t", *NAMES[:unknowns]]
    ]
    tables = []
    for a in axes:
        x = np.linspace(0, 1, a.basis.n_rows)[:, None]
        tables.append(
            1
            + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.6, modes) * x + rng.uniform(size=modes)))
        )
    return Model(
        axes,
        CP.full(tables, rng.normal(size=(modes, 1))),
        [Output("y", scale=-2.0, offset=0.3, bias=0.5)],
    )


def problem(
    seed: int, unknowns: int, count: int = 40
) -> tuple[Model, dict[str, np.ndarray], float]:
    try:
        create("native", model := smooth(seed, unknowns))
    except BackendError:
        pytest.skip("sna-edge-native is not installed")
    rng = np.random.default_rng(seed)
    t, truth = rng.uniform(0, 2, count), dict(zip(NAMES, rng.uniform(0, 2, unknowns), strict=False))
    y = model.value({"t": t, **truth})[:, 0]
    sigma = 0.03 * float(np.ptp(y))
    return model, {"t": t, "y": y + sigma * rng.normal(size=count)}, sigma


def both(
    seed: int, unknowns: int, library: ModuleType, prior: object = None
) -> tuple[Objective, Objective]:
    """The same objective by numpy and by the library."""
    model, data, sigma = problem(seed, unknowns)
    objectives = [
        prepare(m, data, NAMES[:unknowns], sigma, prior, None, None).objective
        for m in (model, model.with_backend("native"))
    ]  # type: ignore[arg-type]
    assert objectives[0].compiled is None and objectives[1].compiled is not None
    return objectives[0], objectives[1]


@pytest.mark.parametrize("unknowns", range(1, 6))
@pytest.mark.parametrize("prior", [None, {"a": Uniform(0.4, 1.2)}])
def test_energy_slope_and_curvature(library: ModuleType, unknowns: int, prior: object) -> None:
    a, b = both(unknowns, unknowns, library, prior)
    z = np.concatenate([points(50, unknowns), np.zeros((1, unknowns)), np.ones((1, unknowns))])
    assert b.value(z) == pytest.approx(a.value(z), rel=1e-9, abs=1e-9)
    for mine, peer in zip(b(z), a(z), strict=True):
        assert mine == pytest.approx(peer, rel=1e-8, abs=1e-9 * np.abs(peer).max())


@pytest.mark.parametrize("unknowns", [1, 2, 3, 5])
def test_descents_end_where_those_of_numpy_do(library: ModuleType, unknowns: int) -> None:
    for seed in range(8):
        a, b = both(seed, unknowns, library)
        z = points(24, unknowns)
        peer, mine = (minimized(o, z, rounds=60, budget=TimeBudget()) for o in (a, b))
        sure = mine.converged & peer.converged
        assert sure.any() and (mine.converged == peer.converged).mean() > 0.8
        same = np.abs(mine.energy - peer.energy)[sure] <= 1e-6 * np.abs(peer.energy[sure]) + 1e-6
        assert same.mean() > 0.9, seed  # near a watershed rounding decides
        pruned = [
            minimized(o, z, rounds=600, budget=TimeBudget(), band=14.0, thin=True).energy.min()
            for o in (a, b)
        ]
        longer = minimized(a, z, rounds=600, budget=TimeBudget()).energy.min()
        assert pruned == pytest.approx([longer] * 2, abs=1e-3), seed


def test_ridges(library: ModuleType) -> None:
    for seed in range(5):
        a, b = both(seed, 3, library)
        peer, mine = onto_ridge(a, points(60, 3)), onto_ridge(b, points(60, 3))
        same = np.abs(mine[0] - peer[0]).max(axis=1) < 1e-6
        assert same.mean() > 0.9
        assert mine[1][same] == pytest.approx(peer[1][same], rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("dimensions", [1, 2, 3, 4])
def test_mixture_densities(
    library: ModuleType, dimensions: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(dimensions)
    a = rng.normal(size=(5, dimensions, dimensions))
    mix = Mixture.around(
        rng.uniform(size=(5, dimensions)),
        0.05 * a @ a.transpose(0, 2, 1),
        rng.uniform(size=5),
        np.empty((5, 0)),
    )
    z = rng.uniform(size=(200, dimensions))
    mine = mix.density(z, np.empty((200, 0)))
    monkeypatch.setattr(native, "library", lambda: None)
    assert mine == pytest.approx(mix.density(z, np.empty((200, 0))), rel=1e-10)


@pytest.mark.parametrize("prior", [None, {"b": Normal(1.0, 0.3)}])
def test_answers_are_those_of_numpy(library: ModuleType, prior: object) -> None:
    for seed in range(6):
        model, data, sigma = problem(seed, 3)
        a, b = (
            estimate(m, data, NAMES[:3], sigma, prior)
            for m in (model, model.with_backend("native"))
        )  # type: ignore[arg-type]
        assert b.status == a.status and b.x == pytest.approx(a.x, abs=1e-4), seed
        assert b.misfit == pytest.approx(a.misfit, rel=1e-6)
        assert np.allclose(b.covariance, a.covariance, rtol=1e-3, atol=1e-9)
        p, q = (
            posterior(m, data, NAMES[:3], sigma, prior, n=2000)
            for m in (model, model.with_backend("native"))
        )  # type: ignore[arg-type]
        assert q.ess >= 2000 and np.abs(q.mean - p.mean).max() < 0.15 * p.deviation.max()


def test_a_deadline_stops_the_descent(library: ModuleType) -> None:
    _, b = both(1, 3, library)
    late = TimeBudget.for_query(1e-6)
    ends = minimized(b, points(64, 3), rounds=60, budget=late)
    assert not ends.converged.any() and np.isfinite(ends.energy).all()
