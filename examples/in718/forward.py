"""Principal components of images -> a property, by a Gaussian process with main and pair effects,
as a small separable model.

The kernel is a sum over inputs and over pairs of inputs, so the posterior mean is a sum of one- and
two-dimensional functions: each is stored on the tables of a sparse CP model with modes of one or
two axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from sna_edge import CP, Axis, Model, Output, spline_axis
from sna_edge.basis import SpanBasis

Floats = NDArray[np.float64]
Labels = NDArray[Any]

COUNTS = (2, 3, 4, 5, 6)  # principal components
LENGTHS = (1.0, 1.5, 2.2, 3.3, 5.0)  # of the kernel, in standard deviations of a component
NOISES = (0.05, 0.1, 0.2, 0.4)  # variance, as a share of the kernel's
SPANS, DEGREE = 4, 3
PAIR_RANK = 2
PAIRS = 0.5  # share of the kernel that is pair effects
BLURS = (0, 3, 6)  # pixels


@dataclass(frozen=True)
class Components:
    """score = (image - mean) @ basis / spread; image = mean + (score * spread) @ basis.T."""

    mean: Floats
    basis: Floats
    spread: Floats

    @classmethod
    def of(cls, images: Floats, count: int) -> Components:
        """From the eigenvectors of the products of N images, which are far fewer than the
        pixels."""
        mean = images.mean(axis=0)
        away = images - mean
        square, left = np.linalg.eigh(away @ away.T)
        size = np.sqrt(square[: -count - 1 : -1])
        return cls(mean, away.T @ (left[:, : -count - 1 : -1] / size), size / np.sqrt(len(images)))

    def scores(self, images: Floats) -> Floats:
        return np.asarray((images - self.mean) @ self.basis / self.spread)

    def images(self, scores: Floats) -> NDArray[np.float32]:
        """Whole images [n, pixels] in 0..1: one product in single precision, which is far below a
        pixel's 1 / 255."""
        weights = np.column_stack([scores * self.spread, np.ones(len(scores))]).astype(np.float32)
        out = weights @ self._rows
        return np.clip(out, 0.0, 1.0, out=out)

    @cached_property
    def _rows(self) -> NDArray[np.float32]:
        """The basis and the mean [components + 1, pixels]."""
        return np.vstack([self.basis.T, self.mean]).astype(np.float32)


def kernel(a: Floats, b: Floats, length: float, share: float) -> Floats:
    """Mean of k(a_u, b_u), and by `share` the mean of k(a_u, b_u) k(a_v, b_v) over pairs; k =
    exp(-(a-b)^2 / 2 length^2)."""
    single = np.exp(-0.5 * ((a[:, None] - b[None]) / length) ** 2)
    total = single.sum(axis=2)
    d = a.shape[1]
    if not share:
        return np.asarray(total / d)
    pairs = 0.5 * (total**2 - np.square(single).sum(axis=2))
    return np.asarray((1.0 - share) * total / d + share * pairs / (d * (d - 1) / 2))


@dataclass(frozen=True)
class Process:
    """The posterior mean of y at scores x: centre + spread (kernel(x, points) + 1) @ alpha; `share`
    of the kernel is pair effects."""

    points: Floats
    alpha: Floats
    length: float
    centre: float
    spread: float
    share: float = PAIRS

    def main_effects(self, bases: Sequence[SpanBasis]) -> list[Floats]:
        """Tables of k(., points) [rows, points] of every input, fitted on the basis of its axis."""
        found = []
        for basis, p in zip(bases, self.points.T, strict=True):
            x = np.linspace(basis.breaks[0], basis.breaks[-1], 60)
            found.append(
                np.linalg.pinv(basis.design(x))
                @ np.exp(-0.5 * ((x[:, None] - p) / self.length) ** 2)
            )
        return found

    @property
    def bias(self) -> float:
        """What the constant of the kernel and the centre of y give."""
        return self.centre + self.spread * float(self.alpha.sum())


def select(
    images: Floats, y: Floats, group: Labels, share: float = PAIRS
) -> tuple[Components, Process, float]:
    """Components, length and noise with the smallest error of predicting every group from the
    others, and that error (RMS)."""
    best: tuple[float, Components, Process] | None = None
    groups = [np.flatnonzero(group == g) for g in np.unique(group)]
    centre, spread = float(y.mean()), float(y.std())
    everything = Components.of(images, max(COUNTS))
    for count in COUNTS:
        part = Components(everything.mean, everything.basis[:, :count], everything.spread[:count])
        x = part.scores(images)
        for length in LENGTHS:
            joint = kernel(x, x, length, share) + 1.0
            for noise in NOISES:
                inverse = np.linalg.inv(joint + noise * np.eye(len(y)))
                alpha = inverse @ ((y - centre) / spread)
                error = spread * float(np.sqrt(np.square(left_out(inverse, alpha, groups)).mean()))
                if best is None or error < best[0]:
                    best = error, part, Process(x, alpha, length, centre, spread, share)
    assert best is not None
    return best[1], best[2], best[0]


def left_out(inverse: Floats, alpha: Floats, groups: Sequence[Labels]) -> Floats:
    """Errors at every row when its group is left out: the block of the inverse for a group,
    inverted, times its alpha."""
    if len(groups) == len(alpha):
        return np.asarray(alpha / np.diag(inverse))
    return np.concatenate([np.linalg.solve(inverse[np.ix_(g, g)], alpha[g]) for g in groups])


def scored_axes(points: Floats, name: str) -> list[Axis]:
    """An axis per score, over the range of the points [N, d]."""
    ends = zip(points.min(axis=0), points.max(axis=0), strict=True)
    return [
        spline_axis(f"{name}{u + 1}", "", float(a), float(b), spans=SPANS, degree=DEGREE)
        for u, (a, b) in enumerate(ends)
    ]


def separable(process: Process, name: str, unit: str) -> Model:
    """The process as main effects and pair effects of low rank on cubic tables, over the range of
    its points."""
    d = process.points.shape[1]
    axes = scored_axes(process.points, "pc")
    effect = process.main_effects([a.basis for a in axes])
    tables: list[list[Floats]] = [
        [((1.0 - process.share) / d) * effect[u] @ process.alpha] for u in range(d)
    ]
    modes: list[list[int]] = [[u] for u in range(d)]
    count = d
    for u, v in combinations(range(d), 2):
        joint = (process.share / (d * (d - 1) / 2)) * (effect[u] * process.alpha) @ effect[v].T
        left, size, right = np.linalg.svd(joint)
        for r in range(PAIR_RANK):
            tables[u].append(left[:, r] * np.sqrt(size[r]))
            tables[v].append(right[r] * np.sqrt(size[r]))
            modes[u].append(count)
            modes[v].append(count)
            count += 1
    weights = np.full((count, 1), process.spread)
    cp = CP(tuple(np.stack(t, axis=1) for t in tables), tuple(np.array(m) for m in modes), weights)
    return Model(axes, cp, [Output(name, unit, bias=process.bias)], dtypes=["float32"] * d)


def held_out(images: Floats, y: Floats, inner: Labels, groups: Labels) -> tuple[Floats, int]:
    """Predictions of every row by a separable model fitted without its group, and the most
    parameters of one.

    Components, length and noise are selected on the other rows, by leaving out their `inner` groups
    in turn.
    """
    found, most = np.empty(len(y)), 0
    for g in np.unique(groups):
        test = groups == g
        components, process, _ = select(images[~test], y[~test], inner[~test])
        model = separable(process, "y", "")
        most = max(most, model.parameters)
        found[test] = model.evaluate(inside(model, components.scores(images[test]))).value[:, 0]
    return found, most


def views(images: Floats, shape: tuple[int, int, int]) -> list[Floats]:
    """The images in colour and in grey, sharp and blurred twice: principal components of each see
    other things."""
    whole = images.reshape(len(images), *shape)
    found = [
        gaussian_filter(v, (0, b, b, 0)) if b else v
        for v in (whole, whole.mean(axis=3, keepdims=True))
        for b in BLURS
    ]
    return [np.ascontiguousarray(v.reshape(len(images), -1)) for v in found]


def averaged(processes: Sequence[Process], name: str, unit: str) -> Model:
    """The mean of additive processes of different inputs: one model with a mode per input."""
    axes, tables = [], []
    for view, process in enumerate(processes):
        own = scored_axes(process.points, f"view{view + 1}_pc")
        scale = process.spread / len(own) / len(processes)
        tables += [
            scale * (e @ process.alpha)[:, None]
            for e in process.main_effects([a.basis for a in own])
        ]
        axes += own
    modes = tuple(np.array([d]) for d in range(len(axes)))
    bias = float(np.mean([p.bias for p in processes]))
    return Model(
        axes,
        CP(tuple(tables), modes, np.ones((len(axes), 1))),
        [Output(name, unit, bias=bias)],
        dtypes=["float32"] * len(axes),
    )


def held_out_average(
    seen: Sequence[Floats], y: Floats, inner: Labels, groups: Labels
) -> tuple[Floats, int]:
    """`held_out` by the mean of additive models of every view; components, length and noise of each
    are selected inside the fold."""
    found, most = np.empty(len(y)), 0
    for g in np.unique(groups):
        test = groups == g
        chosen = [select(v[~test], y[~test], inner[~test], 0.0)[:2] for v in seen]
        model = averaged([process for _, process in chosen], "y", "")
        most = max(most, model.parameters)
        x = np.hstack(
            [components.scores(v[test]) for v, (components, _) in zip(seen, chosen, strict=True)]
        )
        found[test] = model.evaluate(inside(model, x)).value[:, 0]
    return found, most


def inside(model: Model, x: Floats) -> Floats:
    """Scores moved into the domain."""
    lower, upper = (np.array([getattr(a, end) for a in model.axes]) for end in ("lower", "upper"))
    return np.asarray(np.clip(x, lower, upper))


def r2(y: Floats, predicted: Floats) -> float:
    return float(1.0 - np.square(y - predicted).sum() / np.square(y - y.mean()).sum())
