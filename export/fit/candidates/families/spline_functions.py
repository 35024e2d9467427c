"""Splines of one input from smooth to rough: orthogonal over the rows, each with its roughness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from sna_edge.core.basis import SpanBasis

from ...data.samples import Samples
from ...engine.penalty import ridge, roughness
from ..breaks import data_bases
from .axis_functions import SOME_ROWS

Floats = NDArray[np.float64]
SLOPED = 1e-8
"""Roughness of what varies at all: the constant comes before the straight line."""
SLIGHT = 1e-6
"""Of the mean square over the axis, added to that over the rows: spans without rows."""


@dataclass(frozen=True, eq=False)
class SplineFunctions:
    """1, u_1, u_2, ..: u_j of unit mean square over the rows and roughness[j], ascending; matrix
    [n, m] are their rows on the basis. Source: Demmler and Reinsch, Numer. Math. 24 (1975)."""

    held: SpanBasis
    matrix: Floats
    roughness: Floats

    @classmethod
    def of(cls, samples: Samples, spans: int) -> list[SplineFunctions]:
        """Of every input: cubic on so many spans, or the levels."""
        some = samples.x[:: max(1, len(samples.x) // SOME_ROWS)]
        bases = data_bases(samples, 3, spans)
        return [cls._on(basis, some[:, d]) for d, basis in enumerate(bases)]

    @classmethod
    def _on(cls, basis: SpanBasis, x: Floats) -> SplineFunctions:
        design = basis.design(x)
        size = design.T @ design / len(x) + SLIGHT * ridge(basis)
        constant = size @ np.ones(len(size))
        varies = size - np.outer(constant, constant) / constant.sum()
        rough, vectors = eigh(roughness(basis) + SLOPED * varies, size)
        vectors[:, 0] = 1.0
        vectors[:, 1:] -= constant @ vectors[:, 1:] / constant.sum()
        return cls(basis, vectors, np.maximum(rough, 0.0))

    def values(self, x: Floats) -> Floats:
        """[N, m] at x [N]."""
        return np.asarray(self.held.design(x) @ self.matrix)

    def basis(self, top: int) -> SpanBasis:
        """The same for any number."""
        return self.held

    def table(self, basis: SpanBasis) -> Floats:
        """Rows [n, m]."""
        return self.matrix
