"""Matrices that no band holds: the same answers as by elimination."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from sna_export.solve.solvers.banded import BandedFamily
from sna_export.solve.solvers.sparse_family import SparseFamily, family_of
from sna_export.solve.weak_form.errors import ProblemError


def grid(n: int, lean: float = 0.0) -> list[Any]:
    """Mass and stiffness of an n x n grid, and a matrix of its first columns alone."""
    line = sparse.diags_array([-1.0 - lean, 2.0, -1.0 + lean], offsets=[-1, 0, 1], shape=(n, n))
    one = sparse.eye_array(n)
    stiff = sparse.kron(line, one) + sparse.kron(one, line)
    some = sparse.diags_array((np.arange(n * n) < n).astype(float))
    return [sparse.csr_array(m) for m in (sparse.eye_array(n * n), stiff, some)]


def blocks(rank: int, symmetric: bool) -> Any:
    rng = np.random.default_rng(1)
    found = []
    for size in (0.0, 1.0, 0.5):
        half = rng.standard_normal((rank, rank))
        found.append(size * (half @ half.T + rank * np.eye(rank)))
        if not symmetric:
            found[-1] = found[-1] + 0.3 * size * (half - half.T)
    return np.stack(found)


@pytest.mark.parametrize(("lean", "symmetric"), [(0.0, True), (0.0, False), (0.3, True)])
@pytest.mark.parametrize("rank", [1, 5])
def test_it_solves_what_elimination_solves(lean: float, symmetric: bool, rank: int) -> None:
    matrices = grid(8, lean)
    rhs = np.random.default_rng(0).standard_normal((64, rank))
    own = SparseFamily(matrices).solve(blocks(rank, symmetric), rhs)
    banded = BandedFamily(matrices).solve(blocks(rank, symmetric), rhs)
    assert np.allclose(own, banded, rtol=0, atol=1e-7 * np.abs(banded).max())  # EXACT, cond 100


def test_sweeps_share_their_factorisations() -> None:
    family = SparseFamily(grid(8))
    rhs = np.ones((64, 5))
    family.solve(blocks(5, True), rhs)
    before = len(family._kept)
    family.solve(1.1 * blocks(5, True), 2 * rhs)
    assert len(family._kept) == before < 5


def test_wide_bands_of_many_rows_are_left_as_they_are() -> None:
    assert isinstance(family_of(grid(8)), BandedFamily)
    assert isinstance(family_of(grid(24)), SparseFamily)
    line = sparse.csr_array(sparse.diags_array([1.0, 2.0], offsets=[-1, 0], shape=(900, 900)))
    assert isinstance(family_of([line]), BandedFamily)


def test_functions_of_the_unknown_are_refused() -> None:
    with pytest.raises(ProblemError, match="does not work on a mesh"):
        SparseFamily(grid(4)).solve(np.ones((3, 1, 1)), np.ones((16, 1)), operators=[object()])
