"""Functions with many steps along their inputs (boosted trees among them): one fine function of
every input, and products on coarser spans for what the inputs do together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from sna_edge.core.basis import SpanBasis, bspline, levels, uniform_breaks

from ..fit.data.samples import Samples
from ..fit.engine.factors import SeparableFunction
from ..teacher.distil import TrainingPoints, distil

Floats = NDArray[np.float64]
FINE, COARSE = 128, 16
"""Linear spans of an input alone, and of the products."""
RIDGE = 1.0
"""Added to the diagonal of the normal equations, which counts points."""
PASSES = 2
"""Products, then the functions of single inputs again."""
PARAMETERS = 4500
"""Of the products."""
STUDENT_TOLERANCE = 0.01
"""Share of the spread below which products are near enough: above it students are swept."""


@dataclass(frozen=True, eq=False)
class Alone:
    """sum_d g_d(x_d) on linear bases: tables [n_d, K]."""

    bases: tuple[SpanBasis, ...]
    tables: tuple[Floats, ...]

    @classmethod
    def fitted(cls, bases: tuple[SpanBasis, ...], x: Floats, y: Floats) -> Alone:
        """Ridge regression on y [N, K]."""
        a = _design(bases, x)
        gram = a.T @ a
        gram[np.diag_indices(len(gram))] += RIDGE
        both = cho_solve(cho_factor(gram), a.T @ y)
        ends = np.cumsum([b.n_rows for b in bases])[:-1]
        return cls(bases, tuple(np.split(both, ends)))

    def values(self, x: Floats) -> Floats:
        """[N, K]."""
        return np.asarray(_design(self.bases, x) @ np.concatenate(self.tables))


def _design(bases: tuple[SpanBasis, ...], x: Floats) -> Floats:
    return np.concatenate([b.design(x[:, d]) for d, b in enumerate(bases)], axis=1)


def rough(
    samples: Samples, target: Floats, check_x: Floats, check: Floats, rng: np.random.Generator
) -> SeparableFunction:
    """Fitted to target [N, K] of unit spread; check [M, K] decides the number of products."""
    fine, coarse = (_bases(samples, spans) for spans in (FINE, COARSE))
    x, weight = samples.x, np.ones(len(samples.x))
    alone = Alone.fitted(fine, x, target)
    for _ in range(PASSES):
        student = distil(
            TrainingPoints(x, weight, check_x),
            target - alone.values(x),
            check - alone.values(check_x),
            list(coarse),
            rng,
            tolerance=STUDENT_TOLERANCE,
            max_parameters=PARAMETERS,
        ).f
        alone = Alone.fitted(fine, x, target - student.predict(x))
    return _together(alone, student)


def _bases(samples: Samples, spans: int) -> tuple[SpanBasis, ...]:
    return tuple(
        levels(int(n)) if n else bspline(uniform_breaks(*samples.bounds(d), spans), 1)
        for d, n in enumerate(samples.n_levels)
    )


def _together(alone: Alone, student: SeparableFunction) -> SeparableFunction:
    """Both on the fine bases, which hold the coarse ones; a mode an input and output for what it
    does alone."""
    n_axes, n_outputs, rank = len(alone.bases), student.n_outputs, student.rank
    uses = np.zeros((n_axes + 1, rank + n_axes * n_outputs), dtype=bool)
    uses[:, :rank] = student.uses
    uses[-1] = True
    tables: list[Floats] = []
    for d, (basis, own) in enumerate(zip(alone.bases, alone.tables, strict=True)):
        first = rank + d * n_outputs
        uses[d, first : first + n_outputs] = True
        tables.append(np.c_[_finer(student, d, basis), own])
    weights = np.ones((n_outputs, rank))
    weights[:, student.uses[-1]] = student.tables[-1]
    weights = np.c_[weights, np.tile(np.eye(n_outputs), (1, n_axes))]
    return SeparableFunction((*alone.bases, student.bases[-1]), uses, (*tables, weights))


def _finer(student: SeparableFunction, d: int, basis: SpanBasis) -> Floats:
    """Table of axis d on the fine basis: values at its breaks."""
    if basis.kind == "levels":
        return student.tables[d]
    return np.asarray(student.bases[d].design(basis.breaks) @ student.tables[d])
