"""Posterior samples: exact against quadrature, calibrated over simulated cases, seeded, several
modes kept."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, Model, Normal, Output, Status, Uniform, level_axis, spline_axis
from sna_edge.inverse import Posterior, posterior
from sna_edge.numerics.normal import below

NAMES = ["a", "b"]


def model_of(seed: int, modes: int = 5) -> Model:
    """t, a, b -> y, smooth."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=8) for n in ["t", *NAMES]]
    x = np.linspace(0, 1, 11)[:, None]
    tables = [
        1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.6, modes) * x + rng.uniform(size=modes)))
        for _ in axes
    ]
    return Model(axes, CP.full(tables, rng.normal(size=(modes, 1))), [Output("y")])


def simulate(
    model: Model, truth: np.ndarray, sigma: float, rng: np.random.Generator, count: int = 20
) -> dict[str, np.ndarray]:
    t = np.linspace(0, 1, count)
    return {
        "t": t,
        "y": (
            model.value({"t": t, **dict(zip(NAMES, truth, strict=True))})[:, 0]
            + sigma * rng.normal(size=count)
        ),
    }


def quadrature(
    model: Model, data: dict[str, np.ndarray], sigma: float, points: int = 400
) -> tuple[np.ndarray, np.ndarray]:
    """Grid [points] and the exact marginals [2, points] of the posterior under a uniform prior."""
    g = (np.arange(points) + 0.5) / points
    y = model.grid({"t": data["t"], "a": g, "b": g})[..., 0]
    log = -0.5 * np.square((y - data["y"][:, None, None]) / sigma).sum(axis=0)
    p = np.exp(log - log.max())
    return g, np.stack([p.sum(axis=1), p.sum(axis=0)]) / p.sum()


def wasserstein(samples: np.ndarray, grid: np.ndarray, mass: np.ndarray) -> float:
    edges = np.linspace(0, 1, 2001)
    exact = np.interp(
        edges, np.r_[0.0, grid + 0.5 * (grid[1] - grid[0])], np.r_[0.0, np.cumsum(mass)]
    )
    drawn = np.searchsorted(np.sort(samples), edges, side="right") / len(samples)
    return float(np.abs(exact - drawn).mean())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [0.02, 0.2])
def test_marginals_agree_with_quadrature(seed: int, share: float) -> None:
    model, rng = model_of(seed), np.random.default_rng(seed)
    sigma = share * float(np.ptp(model.value(rng.uniform(size=(500, 3)))))
    data = simulate(model, rng.uniform(size=2), sigma, rng)
    grid, mass = quadrature(model, data, sigma)
    found = posterior(model, data, NAMES, sigma, n=4000, seed=seed)
    assert found.status == Status.OK and found.ess >= 4000
    for u in range(2):
        deviation = np.sqrt((mass[u] * grid**2).sum() - (mass[u] * grid).sum() ** 2)
        assert wasserstein(found.x[:, u], grid, mass[u]) < 0.06 * deviation + 1.0 / 400


def test_ranks_of_the_truth_are_uniform() -> None:
    """Simulation-based calibration in short: 240 cases; `tools/inverse/inverse_bench.py
    --calibration` runs 3,000."""
    model, rng = model_of(3), np.random.default_rng(11)
    sigma = 0.1 * float(np.ptp(model.value(rng.uniform(size=(500, 3)))))
    ranks, inside = [], []
    for case in range(240):
        truth = rng.uniform(size=2)
        found = posterior(
            model,
            simulate(model, truth, sigma, rng),
            NAMES,
            sigma,
            n=300,
            seed=case,
            noise_only=True,
        )
        ranks.append((found.x[:63] < truth).sum(axis=0))
        low, high = found.interval(0.9).T
        inside.append((truth >= low) & (truth <= high))
    counts = np.stack([np.bincount(np.array(ranks)[:, u] // 8, minlength=8) for u in range(2)])
    assert np.all(
        ((counts - 30.0) ** 2 / 30.0).sum(axis=1) < 26.0
    )  # 7 degrees of freedom: 5e-4 each
    assert np.all(
        np.abs(np.mean(inside, axis=0) - 0.9) < 0.065
    )  # three and a half binomial deviations


def mirror() -> Model:
    axes = [spline_axis("t", "", 0.0, 1.0), spline_axis("a", "", -1.0, 1.0, spans=8)]
    return Model(
        axes,
        CP.full([np.linspace(1, 2, 11)[:, None], np.linspace(-1, 1, 11)[:, None] ** 2]),
        [Output("y")],
    )


def test_both_modes_of_a_mirror_are_kept() -> None:
    model, t = mirror(), np.linspace(0, 1, 30)
    data = {"t": t, "y": model.value({"t": t, "a": 0.5})[:, 0]}
    found = posterior(model, data, ["a"], 0.02, n=2000)
    assert np.mean(found.x[:, 0] > 0) == pytest.approx(0.5, abs=0.06)
    assert found.mode_share == pytest.approx([0.5, 0.5], abs=0.06)


def test_prior_alone_and_levels() -> None:
    model, t = mirror(), np.linspace(0, 1, 5)
    found = posterior(model, {"t": t, "y": np.zeros(5)}, ["a"], 1e6, {"a": Normal(0.3, 0.1)}, 4000)
    assert found.mean[0] == pytest.approx(0.3, abs=0.01) and found.deviation[0] == pytest.approx(
        0.1, abs=0.01
    )
    narrow = posterior(model, {"t": t, "y": np.zeros(5)}, ["a"], 1e6, {"a": Uniform(0.2, 0.4)}, 500)
    assert narrow.x.min() >= 0.2 and narrow.x.max() <= 0.4
    axes = [spline_axis("t", "", 0.0, 1.0), level_axis("alloy", ("p", "q"))]
    alloy = Model(axes, CP.full([np.ones((11, 1)), np.array([[1.0], [2.0]])]), [Output("y")])
    drawn = posterior(alloy, {"t": t[:1], "y": np.array([1.4])}, ["alloy"], 0.5, n=4000)
    odds = np.exp(-0.5 * (0.4**2 - 0.6**2) / 0.25)
    assert np.mean(drawn.x[:, 0] == 0) == pytest.approx(odds / (1 + odds), abs=0.03)


def test_same_seed_same_samples_and_errors() -> None:
    model, rng = model_of(1), np.random.default_rng(0)
    data = simulate(model, np.array([0.4, 0.6]), 0.1, rng)
    a, b, c = (posterior(model, data, NAMES, 0.1, n=200, seed=s).x for s in (4, 4, 5))
    assert np.array_equal(a, b) and not np.array_equal(a, c)
    assert posterior(model, {**data, "t": data["t"] + 9}, NAMES, 0.1).status == Status.OUT_OF_DOMAIN


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_the_shortest_interval_holds_its_share_of_the_density(level: float) -> None:
    """Not of the samples alone: without the few more of them it would hold 88.7 % of 90."""
    axis = spline_axis("x", "", -9, 9, spans=1, degree=1)
    rng, held = np.random.default_rng(4), []
    for _ in range(400):
        drawn = Posterior(Status.OK, (axis,), rng.standard_normal((400, 1)))
        held.append(np.diff(below(drawn.interval(level)))[0, 0])
    assert np.mean(held) == pytest.approx(level, abs=0.006)
