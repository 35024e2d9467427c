"""Rows of tools/inverse/inverse_bench.py about observations: estimates, their modes, posteriors,
calibration."""

from __future__ import annotations

from time import perf_counter

import numpy as np
from inverse_problems import NAMES, Row, observed, smooth_model
from scipy.optimize import least_squares

from sna_edge import Model
from sna_edge.inverse import estimate, posterior
from sna_edge.inverse.bayes.estimation_problem import prepare
from sna_edge.inverse.bayes.search import BAND, search
from sna_edge.inverse.optimize.multistart import distinct
from sna_edge.inverse.optimize.trust_region import minimized
from sna_edge.numerics.low_discrepancy import points
from sna_edge.numerics.time_budget import TimeBudget


def estimate_rows(cases: int) -> list[Row]:
    speed, peer, worse = [], [], 0
    for seed in range(cases):
        model, data, sigma, _ = observed(seed)
        query = prepare(model, data, NAMES, sigma, None, None, None)
        start = perf_counter()
        estimate(model, data, NAMES, sigma, starts=16)
        speed.append(perf_counter() - start)
        begin = points(16, 3, 5)

        def residual(x: np.ndarray, query: object = query) -> np.ndarray:
            value = query.forward.value(x[None])[0]  # type: ignore[attr-defined]
            return (value - query.data.y) / query.data.sigma  # type: ignore[attr-defined,no-any-return]

        start = perf_counter()
        ends = [least_squares(residual, z, bounds=(0, 1)) for z in begin]
        peer.append(perf_counter() - start)
        auto = estimate(model, data, NAMES, sigma)
        worse += auto.misfit[0] > 2 * min(e.cost for e in ends) + 1e-6
    ratio = np.median(peer) / np.median(speed)
    return [
        Row(
            f"estimate, 3 unknowns, 200 observations, 16 starts ({cases} cases)",
            f"{1e3 * np.median(speed):.1f} ms",
            "5 ms",
        ),
        Row(
            "scipy least_squares on the contracted model, 16 starts",
            f"{1e3 * np.median(peer):.0f} ms: {ratio:.0f} x slower",
            ">= 20 x",
        ),
        Row(f"minimum worse than scipy's ({cases} cases)", str(worse), "0"),
    ]


def mode_rows(cases: int) -> list[Row]:
    total = hit = 0
    times = []
    for seed in range(cases):
        model, data, sigma, _ = observed(seed)
        query = prepare(model, data, NAMES, sigma, None, None, None)
        objective = query.objective
        every = minimized(objective, points(4096, 3, 99), rounds=60, budget=TimeBudget())
        known = distinct(
            objective,
            objective.value,
            every.z,
            every.energy,
            every.converged,
            BAND,
            objective.movable,
        )
        start = perf_counter()
        ends, kept = search(query, None, 0)
        times.append(perf_counter() - start)
        for k in known:
            total += 1
            hit += bool((np.abs(ends.z[kept] - every.z[k]).max(axis=1) < 1e-2).any())
    return [
        Row(
            f"optima of a 4,096-start search returned ({total} optima, {cases} cases)",
            f"{100 * hit / total:.1f} % in {1e3 * np.median(times):.0f} ms",
            "99 %",
        )
    ]


def posterior_rows(cases: int) -> list[Row]:
    times, ok, far, farther = [], 0, [], []
    for seed in range(cases):
        model, data, sigma, _ = observed(seed)
        start = perf_counter()
        found = posterior(model, data, NAMES, sigma, n=1000)
        times.append(perf_counter() - start)
        ok += found.ess >= 1000
        if seed < 10:
            grid, mass = quadrature(model, data, sigma)
            far += distances(found.x, grid, mass)
            farther += distances(posterior(model, data, NAMES, sigma, n=20000).x, grid, mass)
    return [
        Row(
            f"posterior, 1,000 effective samples, 200 observations ({cases} cases)",
            f"{1e3 * np.median(times):.0f} ms",
            "50 ms",
        ),
        Row("effective sample size reached", f"{ok} of {cases}", "all"),
        Row(
            "Wasserstein distance per marginal, 1,000 samples, median and worst",
            _percents(far),
            "7 %",
        ),
        Row("the same, 20,000 samples", _percents(farther), "2 %"),
    ]


def _percents(values: list[float]) -> str:
    return f"{100 * np.median(values):.1f} %, {100 * max(values):.1f} %"


def quadrature(
    model: Model, data: dict[str, np.ndarray], sigma: float, cells: int = 160
) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints and exact marginals [3, cells] under a uniform prior, from cells^3 points (zoomed
    to where the mass is)."""
    boxes = np.array([[0.0, 1.0]] * 3)
    query = prepare(model, data, NAMES, sigma, None, None, None)
    for _ in range(4):
        axes = [low + (np.arange(cells) + 0.5) / cells * (high - low) for low, high in boxes]
        plane = np.stack(np.meshgrid(axes[1], axes[2], indexing="ij"), -1).reshape(-1, 2)
        energy = np.stack(
            [
                query.objective.value(np.column_stack([np.full(len(plane), a), plane]))
                for a in axes[0]
            ]
        )
        p = np.exp(np.maximum(energy.min() - energy, -700.0)).reshape(cells, cells, cells)
        marginal = np.stack([p.sum(axis=(1, 2)), p.sum(axis=(0, 2)), p.sum(axis=(0, 1))]) / p.sum()
        tight = []
        for a, m, (low, high) in zip(axes, marginal, boxes, strict=True):
            used = a[m > 1e-7]
            pad = 2 * (high - low) / cells
            tight.append([max(low, used.min() - pad), min(high, used.max() + pad)])
        new = np.array(tight)
        if np.all(np.diff(new) > 0.8 * np.diff(boxes)):
            break
        boxes = new
    return np.stack(axes), marginal


def distances(samples: np.ndarray, grid: np.ndarray, mass: np.ndarray) -> list[float]:
    """Wasserstein-1 distance of every marginal in units of its standard deviation."""
    out = []
    for u in range(grid.shape[0]):
        half = 0.5 * (grid[u, 1] - grid[u, 0])
        edges = np.linspace(
            min(samples[:, u].min(), grid[u, 0] - half),
            max(samples[:, u].max(), grid[u, -1] + half),
            4001,
        )
        exact = np.interp(
            edges, np.r_[grid[u, 0] - half, grid[u] + half], np.r_[0.0, np.cumsum(mass[u])]
        )
        drawn = np.searchsorted(np.sort(samples[:, u]), edges, side="right") / len(samples)
        mean = (mass[u] * grid[u]).sum()
        deviation = np.sqrt((mass[u] * (grid[u] - mean) ** 2).sum())
        out.append(float(np.abs(exact - drawn).mean() * (edges[-1] - edges[0]) / deviation))
    return out


def calibration_rows(cases: int) -> list[Row]:
    """Simulation-based calibration: ranks of the truth among 63 samples, coverage of 90 %
    intervals."""
    model, rng = smooth_model(5, ["t", *NAMES], 8, 8), np.random.default_rng(7)
    t = rng.uniform(size=60)
    sigma = 0.05 * float(np.ptp(model.value(rng.uniform(size=(1000, 4)))))
    ranks, inside = [], []
    for case in range(cases):
        truth = rng.uniform(size=3)
        y = model.value({"t": t, **dict(zip(NAMES, truth, strict=True))})[
            :, 0
        ] + sigma * rng.normal(size=60)
        found = posterior(model, {"t": t, "y": y}, NAMES, sigma, n=300, seed=case, noise_only=True)
        ranks.append((found.x[:63] < truth).sum(axis=0))
        low, high = found.interval(0.9).T
        inside.append((truth >= low) & (truth <= high))
    counts = np.stack([np.bincount(np.array(ranks)[:, u] // 4, minlength=16) for u in range(3)])
    chi = ((counts - cases / 16) ** 2 / (cases / 16)).sum(axis=1)
    cover = 100 * np.mean(inside, axis=0)
    return [
        Row(
            f"calibration, {cases} cases: chi2 of ranks, 15 degrees of freedom",
            ", ".join(f"{c:.1f}" for c in chi),
            "<= 30.6 (1 %)",
        ),
        Row(
            "coverage of 90 % credible intervals", ", ".join(f"{c:.1f} %" for c in cover), "88-92 %"
        ),
    ]
