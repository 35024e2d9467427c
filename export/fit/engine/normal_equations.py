"""Derivative of a separable function by its coefficients, and the normal equations of its
residuals, block by block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack, issparse

from sna_edge.core.basis import SpanBasis

from ..data.row_blocks import RowBlock, Rows
from .factors import SeparableFunction, partial_products

Floats = NDArray[np.float64]
FINE_ROWS = 64
"""Coefficients of an atom above which the Jacobian is kept sparse: products of dense ones cost N
P^2."""


@dataclass(eq=False)
class NormalEquations:
    """a [P, P] and g [P] of the chosen axes per unit weight, residuals [rows], weighted mean
    square."""

    a: Floats
    g: Floats
    residual: Floats
    loss: float


def jacobian(
    f: SeparableFunction, block: RowBlock, axes: Sequence[int]
) -> tuple[Floats | csr_array, Floats]:
    """df/dC over the coefficients of `axes` [n, P] (coefficient i of mode r at column i R_d + r),
    and f [n].

    Sparse where an axis has more than FINE_ROWS coefficients: a row sees p + 1 of them only.
    """
    others, modes = partial_products(f.atoms(block.designs))
    fine = [f.bases[d].n_rows > FINE_ROWS and f.bases[d].kind != "periodic" for d in axes]
    if any(fine):
        parts = [_local_columns(f.bases[d], block, d, others[d][:, f.uses[d]]) for d in axes]
        return csr_array(hstack(parts, format="csr")), modes.sum(axis=1)
    j = np.empty((len(block.y), sum(f.tables[d].size for d in axes)))
    end = 0
    for d in axes:
        begin, end = end, end + f.tables[d].size
        part = j[:, begin:end].reshape(len(j), *f.tables[d].shape)
        np.multiply(block.designs[d][:, :, None], others[d][:, None, f.uses[d]], out=part)
    return j, modes.sum(axis=1)


def columns(design: Floats, other: Floats) -> Floats:
    """df/dC of one axis [n, m R_d] from its design [n, m] and the product of the other atoms [n,
    R_d]."""
    return (design[:, :, None] * other[:, None, :]).reshape(len(design), -1)


def _local_columns(basis: SpanBasis, block: RowBlock, d: int, other: Floats) -> csr_array:
    """`columns` in compressed rows: the p + 1 coefficients of the span of each row."""
    if basis.kind == "periodic":
        return csr_array(columns(block.designs[d], other))
    n, r = other.shape
    row = basis.first_row[block.spans[d]][:, None] + np.arange(basis.degree + 1)
    local = np.take_along_axis(block.designs[d], row, axis=1)
    column = (row[:, :, None] * r + np.arange(r)).reshape(n, -1)
    data = (local[:, :, None] * other[:, None, :]).reshape(n, -1)
    ends = np.arange(n + 1) * column.shape[1]
    return csr_array((data.reshape(-1), column.reshape(-1), ends), shape=(n, basis.n_rows * r))


def normal_equations(f: SeparableFunction, rows: Rows, axes: Sequence[int]) -> NormalEquations:
    """A = J'WJ / sum(w), g = J'W r / sum(w), accumulated over blocks: memory O(P^2), whatever the
    number of rows.

    Every second block is summed by a thread of its own: which rows these are does not depend on the
    number of cores, so neither do the sums."""
    if len(rows.x) <= rows.size:
        a, g, residual, loss = _summed(f, rows.half(0), axes)
    else:
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(_summed, f, rows.half(1), axes)
            a, g, even, loss = _summed(f, rows.half(0), axes)
            b, h, odd, more = other.result()
        a += b
        g += h
        loss += more
        residual = [r for pair in zip_longest(even, odd) for r in pair if r is not None]
    return NormalEquations(
        a / rows.total, g / rows.total, np.concatenate(residual), loss / rows.total
    )


def _summed(
    f: SeparableFunction, blocks: Iterable[RowBlock], axes: Sequence[int]
) -> tuple[Floats, Floats, list[Floats], float]:
    """J'WJ, J'W r, the residuals of each block and r'W r, of some blocks."""
    size = sum(f.tables[d].size for d in axes)
    a, g, residual, loss = np.zeros((size, size)), np.zeros(size), [], 0.0
    for block in blocks:
        j, value = jacobian(f, block, axes)
        r = block.y - value
        residual.append(r)
        if block.w is not None:  # J'WJ as a product with itself costs half
            root = np.sqrt(block.w)
            j, r = j * root[:, None], r * root
        square = j.T @ j
        a += csr_array(square).toarray() if issparse(square) else square
        g += j.T @ r
        loss += float(r @ r)
    return a, g, residual, loss


def loss(f: SeparableFunction, rows: Rows) -> float:
    """Weighted mean square of y - f."""
    total = 0.0
    for block in rows.blocks():
        r = _block_residual(f, block)
        total += float((r if block.w is None else block.w * r) @ r)
    return total / rows.total


def residuals(f: SeparableFunction, rows: Rows) -> Floats:
    """y - f, [N, K]."""
    return np.concatenate([_block_residual(f, block) for block in rows.blocks()]).reshape(
        rows.y.shape
    )


def _block_residual(f: SeparableFunction, block: RowBlock) -> Floats:
    product = np.ones((len(block.y), f.rank))
    for phi in f.atoms(block.designs):
        product *= phi
    return np.asarray(block.y - product.sum(axis=1))
