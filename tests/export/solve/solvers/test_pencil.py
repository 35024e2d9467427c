"""Systems between ranks: two symmetric matrices fall apart, others are eliminated; both agree."""

import numpy as np
import pytest
from scipy import sparse

from sna_export.solve import ProblemError
from sna_export.solve.solvers.banded import BandedFamily

N, B = 11, 5


def _band(rng, symmetric=True):
    full = np.triu(np.tril(rng.normal(size=(N, N)), 2), -2)
    return full + full.T if symmetric else full


def _definite(rng):
    return _band(rng) + 12 * np.eye(N)


def _blocks(rng):
    return np.stack([np.eye(B) * 3 + 0.2 * rng.normal(size=(B, B)), rng.normal(size=(B, B)) * 0.1])


def _dense(matrices, blocks, rhs):
    whole = sum(np.kron(m, g) for m, g in zip(matrices, blocks, strict=True))
    return np.linalg.solve(whole, rhs.reshape(-1)).reshape(N, B)


@pytest.mark.parametrize("symmetric", [True, False])
def test_pencil_and_elimination_solve_the_same_system(symmetric):
    rng = np.random.default_rng(0)
    matrices = [_definite(rng), _band(rng, symmetric)]
    family = BandedFamily([sparse.csr_array(m) for m in matrices])
    assert (family.pencil((0, 1)) is not None) == symmetric
    blocks, rhs = _blocks(rng), rng.normal(size=(N, B))
    wanted = _dense(matrices, blocks, rhs)
    assert np.allclose(family.solve(blocks, rhs), wanted, rtol=1e-9, atol=1e-12)


def test_one_matrix_alone():
    rng = np.random.default_rng(1)
    matrices = [_definite(rng), _band(rng)]
    family = BandedFamily([sparse.csr_array(m) for m in matrices])
    blocks, rhs = _blocks(rng), rng.normal(size=(N, B))
    blocks[1] = 0.0
    wanted = _dense(matrices, blocks, rhs)
    assert np.allclose(family.solve(blocks, rhs), wanted, rtol=1e-9, atol=1e-12)


def test_an_indefinite_first_matrix_is_eliminated():
    rng = np.random.default_rng(2)
    matrices = [np.diag(np.r_[-1.0, np.ones(N - 1)]), _definite(rng)]
    family = BandedFamily([sparse.csr_array(m) for m in matrices])
    assert family.pencil((0, 1)) is None
    blocks, rhs = _blocks(rng)[::-1], rng.normal(size=(N, B))
    assert np.allclose(family.solve(blocks, rhs), _dense(matrices, blocks, rhs), rtol=1e-8)


def test_a_singular_small_system_is_named():
    family = BandedFamily([sparse.eye_array(N, format="csr"), sparse.eye_array(N, format="csr")])
    with pytest.raises(ProblemError, match="singular on this mesh"):
        family.solve(np.zeros((2, B, B)) + np.array([[[1.0]], [[-1.0]]]), np.ones((N, B)))


def test_a_pencil_holds_few_blocks():
    rng = np.random.default_rng(3)
    matrices = [sparse.csr_array(m) for m in (_definite(rng), _band(rng))]
    assert BandedFamily(matrices).blocks_held() == 4
    assert BandedFamily(matrices).blocks_held(operators=True) > 20
    assert BandedFamily([*matrices, sparse.csr_array(_band(rng, False))]).blocks_held() > 20
