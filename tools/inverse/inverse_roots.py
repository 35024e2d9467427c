"""Rows of tools/inverse/inverse_bench.py about one unknown: speed and completeness of roots."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from inverse_problems import Row, median_ms, smooth_model

from sna_edge import CP, TT, Axis, Model, Output
from sna_edge.core.basis import SpanBasis, bspline, hat, lagrange, periodic_bspline, uniform_breaks
from sna_edge.inverse import roots
from sna_edge.inverse.query import native
from sna_edge.numerics.piecewise_polynomial import PiecewisePolynomial

# |slope| x width as a share of the range from which a root must be exact to EXACT of the axis
SLOPE = 1e-3
EXACT, LOOSE = 1e-10, 1e-6


def root_rows(cases: int) -> list[Row]:
    model = smooth_model(0, [f"x{d}" for d in range(7)], 32, 32)
    at = {f"x{d}": 0.3 for d in range(1, 7)}
    target = float(model.value({**at, "x0": 0.4})[0])
    rows = []
    for name in dict.fromkeys((model.backend.name, "numpy")):
        twin = model.with_backend(name)
        speed = 1000.0 * median_ms(lambda twin=twin: roots(twin, "x0", target, at), 501)
        rows.append(
            Row(
                f"roots, 7 inputs, 32 modes, 32 spans, {name}",
                f"{speed:.1f} us",
                "30 us" if name == "native" else "-",
            )
        )
    missed, planted, apart = completeness(100 * cases)
    rows.append(
        Row(
            f"planted roots 1e-6 to 0.1 apart: {planted:,} in {100 * cases:,} cases",
            f"{missed} missed",
            "0",
        )
    )
    rows.append(
        Row(
            "answers of numpy and the C library that differ (count, tangent, 1e-9 of the axis)",
            str(apart),
            "0",
        )
    )
    return rows


def completeness(cases: int) -> tuple[int, int, int]:
    """Random cubic splines through pairs of close roots: how many planted roots have no returned
    one within 1e-7, how many were planted, and how many cases numpy and the C library answer
    differently (every tenth is compared).
    """
    rng, missed, planted, apart = np.random.default_rng(0), 0, 0, 0
    for case in range(cases):
        f, x = close_pair(rng)
        found, tangent = zeros(f)
        planted += len(x)
        missed += sum(not len(found) or np.abs(found - r).min() > 1e-7 for r in x)
        if case % 10 == 0:
            peer = f.roots(0.0)
            same = (
                len(peer.x) == len(found)
                and np.array_equal(peer.tangent, tangent)
                and np.allclose(peer.x, found, rtol=0, atol=1e-9)
            )
            apart += not same
    return missed, planted, apart


def close_pair(rng: np.random.Generator) -> tuple[PiecewisePolynomial, np.ndarray]:
    x = np.sort(rng.uniform(0.05, 0.85, 3))
    x[1] = x[0] + 10 ** rng.uniform(-6, -1)
    a, breaks = np.poly1d(np.poly(x) * rng.normal()), np.r_[0.0, np.sort(rng.uniform(0, 1, 3)), 1.0]
    parts = [a(np.poly1d([high - low, low])) for low, high in pairwise(breaks)]
    return (
        PiecewisePolynomial(
            breaks, np.array([np.r_[p.coeffs[::-1], np.zeros(3 - p.order)] for p in parts])
        ),
        x,
    )


def zeros(f: PiecewisePolynomial) -> tuple[np.ndarray, np.ndarray]:
    """Roots and tangent flags by the C library where it is, else by numpy."""
    library = native.library()
    if library is None:
        found = f.roots(0.0)
        return found.x, found.tangent
    spans, order = f.coefficients.shape
    room = spans * (order + 1) + 1
    x, tangent, intervals = np.empty(room), np.empty(room, np.int8), np.empty((spans + 1, 2))
    n, _ = library.zeros(f.breaks, f.coefficients, 0.0, x, tangent, intervals)
    return x[:n], tangent[:n].astype(bool)


def scan_rows(cases: int) -> list[Row]:
    """Random models of every kind: every sign change of a dense scan must be near a returned
    root."""
    total = missed = exact = 0
    worst = 0.0
    for seed in range(cases):
        for error, steep in scanned(seed):
            total += 1
            missed += error > LOOSE
            if steep:
                exact += 1
                worst = max(worst, error)
    return [
        Row(
            f"roots of a dense scan of {cases:,} random models: {total:,}", f"{missed} missed", "0"
        ),
        Row(
            f"largest error where |slope| x width >= 1e-3 of the range ({exact:,} roots), of the"
            " axis",
            f"{worst:.1e}",
            "1e-10",
        ),
    ]


def scanned(seed: int) -> list[tuple[float, bool]]:
    """(distance of the nearest returned root as a share of the axis, steep enough) per sign change
    of 1,001 points."""
    model, rng = random_model(seed), np.random.default_rng(seed + 10**6)
    d = int(rng.integers(3))
    axis = model.axes[d]
    at = {a.name: rng.uniform(a.lower, a.upper) for e, a in enumerate(model.axes) if e != d}

    def line(x: np.ndarray) -> np.ndarray:
        return np.stack(
            [x if e == d else np.full(len(x), at[a.name]) for e, a in enumerate(model.axes)], axis=1
        )

    scan = np.linspace(axis.lower, axis.upper, 1001)
    y = model.backend.value(line(scan))[:, 0]
    size = float(np.ptp(y))
    if size < 1e-11 * np.abs(y).max():
        return []  # a saturated link: nothing but rounding is left
    target = float(rng.uniform(y.min(), y.max()))
    found = roots(model, axis.name, target, at)
    sign = np.sign(y - target)
    at_change = np.flatnonzero(sign[:-1] * sign[1:] < 0)
    low, high, rising = scan[at_change], scan[at_change + 1], sign[at_change + 1] > 0
    for _ in range(60):
        middle = 0.5 * (low + high)
        above = (model.backend.value(line(middle))[:, 0] > target) == rising
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    truth = 0.5 * (low + high)
    if not len(truth):
        return []
    slope = model.backend.value_and_gradient(line(truth))[1][:, 0, d]
    distance = np.abs(found.values[:, None] - truth).min(axis=0, initial=np.inf) / axis.width
    return list(
        zip(distance.tolist(), (np.abs(slope) * axis.width >= SLOPE * size).tolist(), strict=True)
    )


def random_model(seed: int) -> Model:
    """CP or tensor train with random bases and link; x0, x1, x2 -> y."""
    rng = np.random.default_rng(seed)
    axes = [Axis(f"x{d}", "", _basis(rng)) for d in range(3)]
    link = ("identity", "exp", "logistic")[rng.integers(3)]
    output = Output(
        "y", link=link, scale=rng.normal() + 2.0, offset=rng.normal(), bias=rng.normal()
    )
    if rng.random() < 0.3:
        ranks = [1, *(int(r) for r in rng.integers(1, 4, 3))]
        cores = [
            rng.normal(size=(a.basis.n_rows, ranks[d], ranks[d + 1]))[a.basis.tie]
            for d, a in enumerate(axes)
        ]
        return Model(axes, TT(tuple(cores), rng.normal(size=(ranks[-1], 1))), [output])
    rank = int(rng.integers(1, 9))
    tables = tuple(rng.normal(size=(a.basis.n_rows, rank))[a.basis.tie] for a in axes)
    return Model(
        axes, CP(tables, tuple(np.arange(rank) for _ in axes), rng.normal(size=(rank, 1))), [output]
    )


def _basis(rng: np.random.Generator) -> SpanBasis:
    spans, degree = int(rng.integers(1, 20)), int(rng.integers(1, 8))
    low, width = rng.normal() * 10, 10 ** rng.uniform(-2, 3)
    graded = np.r_[low, np.sort(rng.uniform(low, low + width, spans - 1)), low + width]
    breaks = uniform_breaks(low, low + width, spans) if rng.random() < 0.5 else graded
    kind = rng.integers(5)
    if kind == 0:
        return hat(breaks)
    if kind == 1:
        return lagrange(breaks, degree)
    return (
        periodic_bspline(breaks, degree)
        if kind == 2 and spans >= degree
        else bspline(breaks, degree)
    )
