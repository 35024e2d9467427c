"""What the model itself may be wrong by at the observations: a covariance that repeats of one
setting share.

    cov(r_i, r_j) = sigma_i^2 [i = j] + m_i m_j K_ij,
    K_ij = c_kl exp(-sum_d |x_id - x_jd| / h_d)   for numbers of outputs k and l

m is the standard deviation whose normal interval is the stored one, c the stored correlation of the
residuals of two outputs (1 for one, 0 where none is stored), h_d the mean span of known axis d. For
one unknown setting the error of a model is systematic: K = 1 between repeats of the same known
inputs, so that they do not average it away; over a span of a known axis it is forgotten.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ....core.axis import Axis
from ....core.output import Output
from ....model import Model
from ....numerics.normal import mixing
from ....uncertainty.typical import typical_outputs
from .observations import Observations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_GROUPS, MOST_ROBUST = 256, 24
"""Groups of known inputs: in all, and per output where every setting solves for their errors."""
FINE = 16.0
"""Cells per span from which neighbouring known inputs are put together."""


def model_std(output: Output) -> float:
    """Standard deviation of the model's own error in the space of its interval, 0 without one: half
    its width over the normal quantile."""
    if output.interval is None:
        return 0.0
    half = 0.5 * (output.interval.below + output.interval.above)
    return half / NormalDist().inv_cdf(0.5 + output.interval.level / 2)


def carried(output: Output, y: Floats) -> Floats:
    """The same [N] in output units at values y [N]."""
    m = model_std(output)
    if output.interval is None or output.interval.space == "output":
        return np.full(len(y), m)
    return np.asarray(m * np.nan_to_num(np.abs(output.slope(output.linear_of(y)))))


def with_model_error(model: Model, data: Observations, scale: Floats | None = None) -> Observations:
    """The observations with the standard deviation of the model error per number, `scale` [N] times
    the typical one of its output.

    Where the interval lives before the link and is wider there than the noise of every number, the
    numbers are taken to that space; else it is carried to output units by the slope of the link at
    the observation.
    """
    found, seen_as = replace(data, model=np.zeros(len(data.y))), list(model.outputs)
    for k, output in enumerate(typical_outputs(model)):
        rows = np.flatnonzero(data.output == k)
        m = model_std(output) * (np.ones(len(rows)) if scale is None else scale[rows])
        if not len(rows) or not m.any():
            continue
        found.model[rows] = m
        if output.interval is None or output.interval.space == "output":
            continue
        y, sigma = data.y[rows], data.sigma[rows]
        slope = _slope(output, y, sigma)
        f = output.linear_of(y)
        if np.isfinite(f).all() and (slope > 0).all() and (sigma <= m * slope).all():
            found = replace(
                found, y=_placed(found.y, rows, f), sigma=_placed(found.sigma, rows, sigma / slope)
            )
            seen_as[k] = replace(output, link="identity", scale=1.0, offset=0.0)
        else:
            found.model[rows] = m * slope
    return replace(found, seen_as=tuple(seen_as))


def _placed(values: Floats, rows: Ints, some: Floats) -> Floats:
    out = values.copy()
    out[rows] = some
    return out


def _slope(output: Output, y: Floats, sigma: Floats) -> Floats:
    """|dy/df| at the observation, or where the link cannot give it, a deviation farther inside."""
    around = output.linear_of(np.stack([y, y - sigma, y + sigma]))
    slope = np.abs(output.slope(np.nan_to_num(around, nan=0.0, posinf=0.0, neginf=0.0)))
    slope = np.where(np.isfinite(around), slope, 0.0)
    return np.asarray(np.where(slope[0] > 0, slope[0], slope[1:].max(axis=0)))


class Shared:
    """Numbers in groups [N] of one output and (nearly) equal known inputs: share [N] = m / sigma of
    the error of its group; K [C, C]."""

    def __init__(self, group: Ints, share: Floats, correlation: Floats) -> None:
        self.group, self.share, self.correlation = group, share, correlation
        self._order = np.argsort(group, kind="stable")
        self._starts = np.searchsorted(group[self._order], np.arange(len(correlation)))

    @classmethod
    def of(cls, model: Model, data: Observations, most: int) -> Shared | None:
        """None where the model's error takes no part."""
        share = data.model / data.sigma
        if not share.any():
            return None
        axes = [model.axes[d] for d in data.known]
        columns = [
            x[data.point] / _length(a) for a, x in zip(axes, data.known.values(), strict=True)
        ]
        columns.append(data.output.astype(float))
        group, first = _grouped(columns, most)
        place = [c[first] for c in columns]
        return cls(group, share, _correlation(axes, place, together(model, data.seen_as)))

    def sums(self, a: Floats) -> Floats:
        """Sums [C, ..] of a [N, ..] over the groups."""
        return np.asarray(np.add.reduceat(a[self._order], self._starts, axis=0))


def _length(axis: Axis) -> float:
    """h of an axis: its mean span; levels are never alike."""
    return 1.0 if axis.kind == "categorical" else axis.width / axis.basis.n_spans


def _grouped(columns: list[Floats], most: int) -> tuple[Ints, Ints]:
    """The group of every row and a row of every group: rows with equal columns, or in equal cells
    where these are too many."""
    group, first = _alike(columns)
    fine, outputs = FINE, len(np.unique(columns[-1]))
    while len(first) > max(most, outputs) and fine > 1e-9:
        group, first = _alike([*(np.floor(c * fine) for c in columns[:-1]), columns[-1]])
        fine *= 0.5
    return group, first


def _alike(columns: list[Floats]) -> tuple[Ints, Ints]:
    group = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        group = np.unique(group * len(values) + place.reshape(-1), return_inverse=True)[1].reshape(
            -1
        )
    return group, np.unique(group, return_index=True)[1]


def together(model: Model, seen_as: tuple[Output, ...]) -> Floats:
    """Correlation [K, K] of the errors of two outputs, as the observations see them."""
    k, told = len(model.outputs), model.calibration
    found = np.eye(k)
    if told is None or not told.n_residuals:
        return found
    found[np.tril_indices(k, -1)] = told.correlation
    found = np.tril(found) + np.tril(found, -1).T
    turned = [
        -1.0 if space == "link" and o.scale < 0 and face is o else 1.0
        for o, face, space in zip(model.outputs, seen_as, told.spaces, strict=True)
    ]
    root = mixing(found * np.outer(turned, turned))
    return np.asarray(root @ root.T)


def _correlation(axes: list[Axis], place: list[Floats], outputs: Floats) -> Floats:
    """K between places [C] in spans of every axis; the last column is the output, of which
    `outputs` [K, K] are correlated."""
    k = place[-1].astype(int)
    away = np.zeros((len(k), len(k)))
    for column, axis in zip(place[:-1], axes, strict=True):
        gap = np.abs(column[:, None] - column)
        if axis.kind == "periodic":
            gap = np.minimum(gap, axis.basis.n_spans - gap)
        away += np.where(gap > 0, np.inf, 0.0) if axis.kind == "categorical" else gap
    return np.asarray(np.exp(-away) * outputs[np.ix_(k, k)])


class Whitening:
    """W with W^T W = (I + A K A^T)^-1, A the shares: rows [N, ..] in units of the noise become
    independent rows of deviation 1.

    Within a group one weighted mean alone carries the shared error, what is left of the rows does
    not.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        count = np.bincount(shared.group)
        size = np.sqrt(shared.sums(shared.share**2))
        weight = np.where(size[shared.group] > 0, shared.share, 1.0)
        self._direction = weight / np.sqrt(shared.sums(weight**2))[shared.group]
        self._several = np.flatnonzero(count[shared.group] > 1)
        covariance = np.eye(len(size)) + shared.correlation * np.outer(size, size)
        self._root = np.linalg.inv(np.linalg.cholesky(covariance))

    def __call__(self, a: Floats) -> Floats:
        """Along the first axis."""
        u = self._direction.reshape(-1, *[1] * (a.ndim - 1))
        mean = self._shared.sums(u * a)
        left = a[self._several] - u[self._several] * mean[self._shared.group[self._several]]
        return np.concatenate([left, np.tensordot(self._root, mean, 1)])
