"""Principal components of images -> a property, by a Gaussian process with main and pair effects, as a small separable model.

The kernel is a sum over inputs and over pairs of inputs, so the posterior mean is a sum of one- and two-dimensional functions:
each is stored on the tables of a sparse CP model with modes of one or two axes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, Model, Output, spline_axis

Floats = NDArray[np.float64]
Labels = NDArray[Any]

COUNTS = (2, 3, 4, 5, 6)  # principal components
LENGTHS = (1.0, 1.5, 2.2, 3.3, 5.0)  # of the kernel, in standard deviations of a component
NOISES = (0.05, 0.1, 0.2, 0.4)  # variance, as a share of the kernel's
SPANS, DEGREE = 4, 3
PAIR_RANK = 2


@dataclass(frozen=True)
class Components:
    """score = (image - mean) @ basis / spread; image = mean + (score * spread) @ basis.T."""

    mean: Floats
    basis: Floats
    spread: Floats

    @classmethod
    def of(cls, images: Floats, count: int) -> Components:
        mean = images.mean(axis=0)
        _, size, right = np.linalg.svd(images - mean, full_matrices=False)
        return cls(mean, right[:count].T, size[:count] / np.sqrt(len(images)))

    def scores(self, images: Floats) -> Floats:
        return np.asarray((images - self.mean) @ self.basis / self.spread)

    def images(self, scores: Floats) -> NDArray[np.float32]:
        """Whole images [n, pixels] in 0..1: one product in single precision, which is far below a pixel's 1 / 255."""
        weights = np.column_stack([scores * self.spread, np.ones(len(scores))]).astype(np.float32)
        out = weights @ self._rows
        return np.clip(out, 0.0, 1.0, out=out)

    @cached_property
    def _rows(self) -> NDArray[np.float32]:
        """The basis and the mean [components + 1, pixels]."""
        return np.vstack([self.basis.T, self.mean]).astype(np.float32)


def kernel(a: Floats, b: Floats, length: float) -> Floats:
    """Half the mean of k(a_u, b_u) plus half the mean of k(a_u, b_u) k(a_v, b_v) over pairs; k = exp(-(a-b)^2 / 2 length^2)."""
    single = np.exp(-0.5 * ((a[:, None] - b[None]) / length) ** 2)
    total = single.sum(axis=2)
    d = a.shape[1]
    pairs = 0.5 * (total**2 - np.square(single).sum(axis=2))
    return np.asarray(0.5 * total / d + 0.5 * pairs / (d * (d - 1) / 2))


@dataclass(frozen=True)
class Process:
    """The posterior mean of y at scores x: centre + spread (kernel(x, points) + 1) @ alpha."""

    points: Floats
    alpha: Floats
    length: float
    centre: float
    spread: float

    def predict(self, x: Floats) -> Floats:
        return np.asarray(self.centre + self.spread * ((kernel(x, self.points, self.length) + 1.0) @ self.alpha))


def select(images: Floats, y: Floats, group: Labels) -> tuple[Components, Process, float]:
    """Components, length and noise with the smallest error of predicting every group from the others, and that error (RMS)."""
    best: tuple[float, Components, Process] | None = None
    groups = [np.flatnonzero(group == g) for g in np.unique(group)]
    centre, spread = float(y.mean()), float(y.std())
    everything = Components.of(images, max(COUNTS))
    for count in COUNTS:
        part = Components(everything.mean, everything.basis[:, :count], everything.spread[:count])
        x = part.scores(images)
        for length, noise in product(LENGTHS, NOISES):
            inverse = np.linalg.inv(kernel(x, x, length) + 1.0 + noise * np.eye(len(y)))
            alpha = inverse @ ((y - centre) / spread)
            held = np.concatenate([np.linalg.solve(inverse[np.ix_(g, g)], alpha[g]) for g in groups])
            error = spread * float(np.sqrt(np.square(held).mean()))
            if best is None or error < best[0]:
                best = error, part, Process(x, alpha, length, centre, spread)
    assert best is not None
    return best[1], best[2], best[0]


def separable(process: Process, name: str, unit: str) -> Model:
    """The process as main effects and pair effects of low rank on cubic tables, over the range of its points."""
    d = process.points.shape[1]
    axes = [
        spline_axis(f"pc{u + 1}", "", float(low), float(high), spans=SPANS, degree=DEGREE)
        for u, (low, high) in enumerate(zip(process.points.min(axis=0), process.points.max(axis=0), strict=True))
    ]
    nodes = [np.linspace(a.lower, a.upper, 60) for a in axes]
    solve = [np.linalg.pinv(a.basis.design(x)) for a, x in zip(axes, nodes, strict=True)]
    effect = [s @ np.exp(-0.5 * ((x[:, None] - p) / process.length) ** 2) for s, x, p in zip(solve, nodes, process.points.T, strict=True)]
    tables: list[list[Floats]] = [[(0.5 / d) * effect[u] @ process.alpha] for u in range(d)]
    modes: list[list[int]] = [[u] for u in range(d)]
    count = d
    for u, v in combinations(range(d), 2):
        joint = (0.5 / (d * (d - 1) / 2)) * (effect[u] * process.alpha) @ effect[v].T
        left, size, right = np.linalg.svd(joint)
        for r in range(PAIR_RANK):
            tables[u].append(left[:, r] * np.sqrt(size[r]))
            tables[v].append(right[r] * np.sqrt(size[r]))
            modes[u].append(count)
            modes[v].append(count)
            count += 1
    weights = np.full((count, 1), process.spread)
    bias = process.centre + process.spread * float(process.alpha.sum())
    cp = CP(tuple(np.stack(t, axis=1) for t in tables), tuple(np.array(m) for m in modes), weights)
    return Model(axes, cp, [Output(name, unit, bias=bias)], dtypes=["float32"] * d)


def held_out(images: Floats, y: Floats, inner: Labels, groups: Labels) -> tuple[Floats, int]:
    """Predictions of every row by a separable model fitted without its group, and the most parameters of one.

    Components, length and noise are selected on the other rows, by leaving out their `inner` groups in turn.
    """
    found, most = np.empty(len(y)), 0
    for g in np.unique(groups):
        test = groups == g
        components, process, _ = select(images[~test], y[~test], inner[~test])
        model = separable(process, "y", "")
        most = max(most, model.parameters)
        x = components.scores(images[test])
        lower, upper = (np.array([getattr(a, end) for a in model.axes]) for end in ("lower", "upper"))
        found[test] = model.evaluate(np.clip(x, lower, upper)).value[:, 0]
    return found, most


def r2(y: Floats, predicted: Floats) -> float:
    return float(1.0 - np.square(y - predicted).sum() / np.square(y - y.mean()).sum())
