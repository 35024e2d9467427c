"""Inverse queries measured against their targets: speed, completeness, agreement with peers; one markdown table.

    python tools/inverse_bench.py                  # everything in short form
    python tools/inverse_bench.py --cases 1000     # as many random cases as the targets name
    python tools/inverse_bench.py --calibration 3000
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402
from scipy.optimize import least_squares  # noqa: E402

from sna_edge import CP, Model, Output, spline_axis  # noqa: E402
from sna_edge.inverse import estimate, level_set, posterior, roots  # noqa: E402
from sna_edge.inverse.deadline import Deadline  # noqa: E402
from sna_edge.inverse.descent import descend  # noqa: E402
from sna_edge.inverse.estimate import BAND, prepare, search  # noqa: E402
from sna_edge.inverse.modes import distinct  # noqa: E402
from sna_edge.inverse.piecewise import Piecewise  # noqa: E402
from sna_edge.inverse.quasi import points  # noqa: E402
from sna_edge.quality import Line  # noqa: E402
from sna_edge.quality.limits import parse_limits  # noqa: E402

NAMES = ["a", "b", "c"]


@dataclass
class Row:
    what: str
    measured: str
    target: str


def median_ms(work: Callable[[], object], repeats: int = 21) -> float:
    work()
    times = []
    for _ in range(repeats):
        start = perf_counter()
        work()
        times.append(perf_counter() - start)
    return 1000.0 * float(np.median(times))


def smooth_model(seed: int, inputs: list[str], modes: int = 16, spans: int = 16) -> Model:
    """Atoms 1 + 0.6 sin of up to 0.6 periods, on `spans` cubic spans."""
    rng = np.random.default_rng(seed)
    axes = [spline_axis(n, "", 0.0, 1.0, spans=spans) for n in inputs]
    x = np.linspace(0, 1, spans + 3)[:, None]
    tables = [1 + 0.6 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.6, modes) * x + rng.uniform(size=modes))) for _ in inputs]
    return Model(axes, CP.full(tables, rng.normal(size=(modes, 1)) / np.sqrt(modes)), [Output("y")])


def observed(seed: int, count: int = 200, share: float = 0.02, modes: int = 16) -> tuple[Model, dict[str, np.ndarray], float, np.ndarray]:
    model, rng = smooth_model(seed, ["t", *NAMES], modes), np.random.default_rng(seed + 1000)
    truth, t = rng.uniform(size=3), rng.uniform(size=count)
    sigma = share * float(np.ptp(model.value(rng.uniform(size=(1000, 4)))))
    y = model.value({"t": t, **dict(zip(NAMES, truth, strict=True))})[:, 0] + sigma * rng.normal(size=count)
    return model, {"t": t, "y": y}, sigma, truth


def root_rows(cases: int) -> list[Row]:
    model = smooth_model(0, [f"x{d}" for d in range(7)], 32, 32)
    at = {f"x{d}": 0.3 for d in range(1, 7)}
    target = float(model.value({**at, "x0": 0.4})[0])
    speed = 1000.0 * median_ms(lambda: roots(model, "x0", target, at), 101)
    missed, planted = completeness(100 * cases)
    return [
        Row("roots, 7 inputs, 32 modes, 32 spans, numpy", f"{speed:.0f} us", "30 us (native)"),
        Row(f"planted roots 1e-6 apart or more, {planted:,} of them", f"{missed} missed", "0"),
    ]


def completeness(cases: int) -> tuple[int, int]:
    """Random cubic splines shifted through pairs of close roots: how many planted roots have no returned one within 1e-7."""
    rng, missed, planted = np.random.default_rng(0), 0, 0
    for _ in range(cases):
        x = np.sort(rng.uniform(0.05, 0.95, 3))
        x[1] = x[0] + 10 ** rng.uniform(-6, -1)
        a = np.poly1d(np.poly(x) * rng.normal())
        breaks = np.r_[0.0, np.sort(rng.uniform(0, 1, 3)), 1.0]
        coefficients = []
        for low, high in pairwise(breaks):
            local = a(np.poly1d([high - low, low]))
            coefficients.append(np.r_[local.coeffs[::-1], np.zeros(3 - local.order)])
        found = Piecewise(breaks, np.array(coefficients)).roots(0.0).x
        planted += 3
        missed += sum(not len(found) or np.abs(found - r).min() > 1e-7 for r in x if r < 1)
    return missed, planted


def level_set_rows() -> list[Row]:
    inputs = list("abcd")
    model = smooth_model(1, inputs, 32)
    y = model.value(np.random.default_rng(0).uniform(size=(2000, 4)))[:, 0]
    target = float(np.quantile(y, 0.7))
    found = level_set(model, target, inputs, 256)
    error = float(np.abs(model.value(found.x)[:, 0] - target).max() / np.ptp(y))
    speed = median_ms(lambda: level_set(model, target, inputs, 256))
    return [
        Row("level_set, 256 diverse solutions, 4 unknowns, 32 modes", f"{speed:.1f} ms ({len(found)} found)", "10 ms"),
        Row("largest miss of the target, share of the range", f"{error:.1e}", "1e-5"),
        Row("fill distance, share of the axes", f"{found.fill:.3f}", "-"),
    ]


def estimate_rows(cases: int) -> list[Row]:
    speed, peer, worse, compared = [], [], 0, 0
    for seed in range(cases):
        model, data, sigma, _ = observed(seed)
        query = prepare(model, data, NAMES, sigma, None, None, None)
        start = perf_counter()
        found = estimate(model, data, NAMES, sigma, starts=16)
        speed.append(perf_counter() - start)
        if seed % max(1, cases // 40):
            continue
        begin = points(16, 3, 5)

        def residual(x: np.ndarray, query: object = query) -> np.ndarray:
            value = query.forward.value(x[None])[0]  # type: ignore[attr-defined]
            return (value - query.data.y) / query.data.sigma  # type: ignore[attr-defined,no-any-return]

        start = perf_counter()
        ends = [least_squares(residual, z, bounds=(0, 1)) for z in begin]
        peer.append(perf_counter() - start)
        compared += 1
        auto = estimate(model, data, NAMES, sigma)
        worse += auto.misfit[0] > 2 * min(e.cost for e in ends) + 1e-6
        del found
    ratio = np.median(peer) / np.median(speed)
    return [
        Row(f"estimate, 3 unknowns, 200 observations, 16 starts ({cases} cases)", f"{1e3 * np.median(speed):.1f} ms", "5 ms"),
        Row("scipy least_squares on the contracted model, 16 starts", f"{1e3 * np.median(peer):.0f} ms: {ratio:.0f} x slower", ">= 20 x"),
        Row(f"minimum worse than scipy's ({compared} cases)", str(worse), "0"),
    ]


def mode_rows(cases: int) -> list[Row]:
    total = hit = 0
    times = []
    for seed in range(cases):
        model, data, sigma, _ = observed(seed)
        query = prepare(model, data, NAMES, sigma, None, None, None)
        objective = query.objective
        every = descend(objective, points(4096, 3, 99), rounds=60, deadline=Deadline(None))
        known = distinct(objective, objective.value, every.z, every.energy, every.converged, BAND, objective.movable)
        start = perf_counter()
        ends, kept = search(query, None, 0)
        times.append(perf_counter() - start)
        for k in known:
            total += 1
            hit += bool((np.abs(ends.z[kept] - every.z[k]).max(axis=1) < 1e-2).any())
    return [
        Row(
            f"modes of a 4,096-start search returned ({total} modes, {cases} cases)",
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
        Row(f"posterior, 1,000 effective samples, 200 observations ({cases} cases)", f"{1e3 * np.median(times):.0f} ms", "50 ms"),
        Row("effective sample size reached", f"{ok} of {cases}", "all"),
        Row("Wasserstein distance per marginal, 1,000 samples, median and worst", _percents(far), "7 %"),
        Row("the same, 20,000 samples", _percents(farther), "2 %"),
    ]


def _percents(values: list[float]) -> str:
    return f"{100 * np.median(values):.1f} %, {100 * max(values):.1f} %"


def quadrature(model: Model, data: dict[str, np.ndarray], sigma: float, cells: int = 160) -> tuple[np.ndarray, np.ndarray]:
    """Midpoints and exact marginals [3, cells] under a uniform prior, from cells^3 points (zoomed to where the mass is)."""
    boxes = np.array([[0.0, 1.0]] * 3)
    query = prepare(model, data, NAMES, sigma, None, None, None)
    for _ in range(4):
        axes = [low + (np.arange(cells) + 0.5) / cells * (high - low) for low, high in boxes]
        plane = np.stack(np.meshgrid(axes[1], axes[2], indexing="ij"), -1).reshape(-1, 2)
        energy = np.stack([query.objective.value(np.column_stack([np.full(len(plane), a), plane])) for a in axes[0]])
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
        edges = np.linspace(min(samples[:, u].min(), grid[u, 0] - half), max(samples[:, u].max(), grid[u, -1] + half), 4001)
        exact = np.interp(edges, np.r_[grid[u, 0] - half, grid[u] + half], np.r_[0.0, np.cumsum(mass[u])])
        drawn = np.searchsorted(np.sort(samples[:, u]), edges, side="right") / len(samples)
        mean = (mass[u] * grid[u]).sum()
        deviation = np.sqrt((mass[u] * (grid[u] - mean) ** 2).sum())
        out.append(float(np.abs(exact - drawn).mean() * (edges[-1] - edges[0]) / deviation))
    return out


def calibration_rows(cases: int) -> list[Row]:
    """Simulation-based calibration: ranks of the truth among 63 samples, coverage of 90 % intervals."""
    model, rng = smooth_model(5, ["t", *NAMES], 8, 8), np.random.default_rng(7)
    t = rng.uniform(size=60)
    sigma = 0.05 * float(np.ptp(model.value(rng.uniform(size=(1000, 4)))))
    ranks, inside = [], []
    for case in range(cases):
        truth = rng.uniform(size=3)
        y = model.value({"t": t, **dict(zip(NAMES, truth, strict=True))})[:, 0] + sigma * rng.normal(size=60)
        found = posterior(model, {"t": t, "y": y}, NAMES, sigma, n=300, seed=case)
        ranks.append((found.x[:63] < truth).sum(axis=0))
        low, high = found.interval(0.9).T
        inside.append((truth >= low) & (truth <= high))
    counts = np.stack([np.bincount(np.array(ranks)[:, u] // 4, minlength=16) for u in range(3)])
    chi = ((counts - cases / 16) ** 2 / (cases / 16)).sum(axis=1)
    cover = 100 * np.mean(inside, axis=0)
    return [
        Row(f"calibration, {cases} cases: chi2 of ranks, 15 degrees of freedom", ", ".join(f"{c:.1f}" for c in chi), "<= 30.6 (1 %)"),
        Row("coverage of 90 % credible intervals", ", ".join(f"{c:.1f} %" for c in cover), "88-92 %"),
    ]


def deadline_rows() -> list[Row]:
    model = smooth_model(2, list("abcdef"), 32)
    m2, data, sigma, _ = observed(3, count=20000, modes=32)
    m2 = m2.replace(outputs=[Output("y", link="exp")])
    worst = {}
    for ms in (20.0, 50.0, 200.0):
        for what, work in (
            ("level_set", lambda ms=ms: level_set(model, 0.1, list("abcdef"), 20000, deadline_ms=ms)),
            ("estimate", lambda ms=ms: estimate(m2, data, NAMES, sigma, deadline_ms=ms)),
            ("posterior", lambda ms=ms: posterior(m2, data, NAMES, sigma, n=100000, deadline_ms=ms)),
        ):
            worst[what] = max(worst.get(what, 0.0), median_ms(work, 3) / ms)
    return [Row(f"deadline kept by {k}: used over given, worst of 20, 50, 200 ms", f"{v:.2f}", "1.10") for k, v in worst.items()]


def watch_rows() -> list[Row]:
    import json

    model = smooth_model(4, list("abc"))
    low, high = np.quantile(model.value(np.random.default_rng(0).uniform(size=(2000, 3)))[:, 0], [0.02, 0.98])
    line = Line(model, parse_limits({"outputs": {"y": {"LSL": float(low), "USL": float(high)}}}, model))
    rng = np.random.default_rng(1)
    texts = [json.dumps(dict(zip("abc", map(float, rng.uniform(size=3)), strict=True))).encode() for _ in range(20000)]
    start = perf_counter()
    for i in range(0, len(texts), 1000):
        "".join(json.dumps(a) + "\n" for a in line.lines(texts[i : i + 1000]))
    rate = len(texts) / (perf_counter() - start)
    return [Row("verdicts per second from JSON lines, JSON answers", f"{rate:,.0f}", "20,000")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=60, help="random cases per row")
    parser.add_argument("--calibration", type=int, default=200, help="cases of simulation-based calibration")
    parser.add_argument("--only", default="", help="comma-separated: roots,level_set,estimate,modes,posterior,calibration,deadline,watch")
    args = parser.parse_args()
    parts: dict[str, Callable[[], list[Row]]] = {
        "roots": lambda: root_rows(args.cases),
        "level_set": level_set_rows,
        "estimate": lambda: estimate_rows(args.cases),
        "modes": lambda: mode_rows(max(args.cases // 3, 10)),
        "posterior": lambda: posterior_rows(args.cases),
        "calibration": lambda: calibration_rows(args.calibration),
        "deadline": deadline_rows,
        "watch": watch_rows,
    }
    chosen = args.only.split(",") if args.only else list(parts)
    print("| what | measured | target |\n|---|---|---|")
    for name in chosen:
        for row in parts[name]():
            print(f"| {row.what} | {row.measured} | {row.target} |", flush=True)


if __name__ == "__main__":
    main()
