"""Eigenpairs between shapes that were found at other points: Rayleigh-Ritz in a space of them.

An eigenvalue errs by the square of what its shape lacks, so that few points suffice. The next point
is the one whose residual is largest, in the norm of the operator at the first.
Source: Machiels, Maday, Oliveira, Patera & Rovas, Output bounds for reduced-basis approximations of
symmetric positive definite eigenvalue problems, C. R. Acad. Sci. Paris 331 (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..trust.points import Point
from .pencil import Pairs, Pencil, Sum, dense_pairs

Floats = NDArray[np.float64]
NEW = 1e-7  # of its length: what a shape must add to be kept
MOST = 400  # shapes
BESIDE = 4  # shapes beyond those that are wanted, which crossings may ask for


class Reduced:
    """`basis` V [N, r]; pairs between its columns, vectors in coefficients of them [r, K]."""

    def __init__(
        self, pencil: Pencil, candidates: Sequence[Point], count: int, tolerance: float,
        require: Callable[[], None],
    ) -> None:  # fmt: skip
        self._pencil, self._count = pencil, count + BESIDE
        self._require = require
        self.name = pencil.name
        self.basis = np.zeros((int(np.prod(pencil.sizes)), 0))
        self.solved = 0
        left = list(candidates)
        self._add(left.pop(0))
        while left and self.basis.shape[1] < MOST:
            errors = [self._error(p, count) for p in left]
            worst = int(np.argmax(errors))
            if errors[worst] <= tolerance:
                break
            self._add(left.pop(worst))

    def pairs(self, at: Point, count: int) -> Pairs:
        """The `count` lowest at a point, all where there are fewer."""
        self._require()
        operator, mass = self._operator.at(at), self._mass.at(at)
        return dense_pairs(operator, mass, min(count, len(operator)), self.name)

    def _add(self, at: Point) -> None:
        """The shapes at one more point."""
        self._require()
        self.solved += 1
        found = self._pencil.pairs(at, self._count).vectors
        found = found / np.linalg.norm(found, axis=0)
        for _ in range(2):
            found = found - self.basis @ (self.basis.T @ found)
        left, sizes, _ = np.linalg.svd(found, full_matrices=False)
        self.basis = np.hstack([self.basis, left[:, sizes > NEW]])
        self._operator: Sum = self._pencil.operator.projected(self.basis)
        self._mass: Sum = self._pencil.mass.projected(self.basis)

    def _error(self, at: Point, count: int) -> float:
        """What the eigenvalues at a point may lack, relative: residuals r^T A^-1 r / lambda, with
        the diagonal in the place of A."""
        found = self.pairs(at, count)
        shapes = self.basis @ found.vectors
        operator, mass = self._pencil.operator.at(at), self._pencil.mass.at(at)
        rest = operator @ shapes - (mass @ shapes) * found.values
        size = np.maximum(np.abs(found.values), 1e-6 * np.abs(found.values).max())
        diagonal = np.abs(operator.diagonal())[:, None]
        return float(((rest**2 / diagonal).sum(axis=0) / size).max())
