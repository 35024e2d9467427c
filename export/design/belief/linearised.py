"""A belief from a fitted model: its own coefficients, as well as the rows know them.

    C(a, b) = noise J(a) (N A)^-1 J(b)',   A = J(X)'J(X) / N + penalties

J is the derivative of the model by its coefficients; the strengths of the penalties are those of
greatest evidence. What the model has no mode for is not in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import issparse

from sna_edge.core.interaction import CP
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.uncertainty.companions import sigma

from ...fit.data.row_blocks import Rows
from ...fit.engine.evidence import evidence_update
from ...fit.engine.factors import SeparableFunction
from ...fit.engine.linearisation import linearised, residual_variance
from ...fit.engine.normal_equations import jacobian
from ...fit.engine.penalty import components
from ...fit.engine.unknowns import Unknowns

Floats = NDArray[np.float64]
UPDATES = 12
START = 1e-4
SETTLED = 0.1
"""Change of the logarithm of a strength below which the updates end."""
LEAST_ROWS = 3


@dataclass(frozen=True, eq=False)
class LinearisedBelief:
    """Output `k` of a model; `spread` [P, P]: covariance of its coefficients; `level`: noise
    variance where the local scale is one."""

    model: Model
    function: SeparableFunction
    k: int
    spread: Floats
    level: float

    def mean(self, a: Floats) -> Floats:
        """[A], the model's own linear part."""
        return self.function.predict(a)[:, self.k]

    def covariance(self, a: Floats, b: Floats) -> Floats:
        """[A, B]; the fewer rows meet the square matrix."""
        ours, theirs = self._slopes(a), self._slopes(b)
        if len(a) <= len(b):
            return np.asarray((ours @ self.spread) @ theirs.T)
        return np.asarray(ours @ (self.spread @ theirs.T))

    def variance(self, a: Floats) -> Floats:
        """[A]."""
        j = self._slopes(a)
        return np.asarray(np.einsum("ap,ap->a", j @ self.spread, j))

    def noise(self, a: Floats) -> Floats:
        """[A]: follows the local scale where the file has one."""
        return self.level * _scale(self.model, self.k, a) ** 2

    def _slopes(self, a: Floats) -> Floats:
        """Derivative of output k by the coefficients, [A, P]."""
        f = self.function
        count = f.n_outputs
        parts = []
        for block in Rows(f.bases, a, np.zeros((len(a), count))).blocks():
            j, _ = jacobian(f, block, range(len(f.tables)))
            dense = np.asarray(j.toarray() if issparse(j) else j)  # type: ignore[union-attr]
            parts.append(dense[self.k :: count])
        return np.concatenate(parts)


def of_model(model: Model, x: Floats, y: Floats) -> list[LinearisedBelief]:
    """One belief an output, from the rows x [N, D] with measured y [N, K] in output units.

    Raises InputError for a tensor train, fewer than three rows, and values outside the range of a
    link.
    """
    cp = model.interaction
    if not isinstance(cp, CP):
        raise InputError(
            "a tensor train has no coefficients of its own; compress it to a sum of products, or"
            " leave --measured out"
        )
    if len(x) < LEAST_ROWS:
        raise InputError(f"{len(x)} measured rows say nothing yet; give at least {LEAST_ROWS}")
    linear = np.stack([o.linear_of(y[:, k]) for k, o in enumerate(model.outputs)], axis=1)
    if not np.isfinite(linear).all():
        row = int(np.flatnonzero(~np.isfinite(linear).all(axis=1))[0])
        raise InputError(f"row {row + 1} of the measured rows lies outside the range of the link;"
                         " leave it out")  # fmt: skip
    bases = tuple(a.basis for a in model.axes)
    f = SeparableFunction.from_cp(cp, bases, np.array([o.bias for o in model.outputs]))
    spread, noise = _posterior(f, Rows(f.bases, x, linear))
    scales = [float(np.mean(_scale(model, k, x) ** 2)) for k in range(len(model.outputs))]
    return [LinearisedBelief(model, f, k, spread, noise / s) for k, s in enumerate(scales)]


def _posterior(f: SeparableFunction, rows: Rows) -> tuple[Floats, float]:
    """Covariance of the coefficients [P, P] and noise, with the strengths of greatest evidence."""
    unknowns, parts = Unknowns(f, range(len(f.tables))), components(f)
    strengths = np.full(len(parts), START)
    for _ in range(UPDATES):
        equations, inverse = linearised(f, rows, unknowns, parts, strengths)
        traces = unknowns.traces(inverse, parts)
        free = len(inverse) - float(strengths @ traces)
        noise = residual_variance(equations.loss, rows.count, free)
        before = strengths
        strengths = evidence_update(f, parts, strengths, traces, noise, rows.count)
        if np.abs(np.log(strengths / before)).max() < SETTLED:
            break
    _, inverse = linearised(f, rows, unknowns, parts, strengths)
    return inverse * (noise / rows.total), float(noise)


def _scale(model: Model, k: int, x: Floats) -> Floats:
    """How wide measurements of output k scatter at x [N, D], in the space of the link."""
    y = model.backend.value(x)
    wide = sigma(model, x, y)[:, k]
    told, output = model.calibration, model.outputs[k]
    in_output = told is None or not told.spaces or told.spaces[k] == "output"
    if not in_output or output.link == "identity":
        return wide
    return np.asarray(wide / np.maximum(np.abs(_slope(output, y[:, k])), 1e-300))


def _slope(output: Output, y: Floats) -> Floats:
    """dy/df at values y [N] over the scale's size."""
    return output.slope(output.linear_inside(y)) / abs(output.scale)
