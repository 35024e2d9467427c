"""Tensor trains of numbers on grids, joined by one-dimensional functions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge import Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from ..atoms import Atoms, Chebyshev
from .scipy_splines import nodal_atoms

Floats = NDArray[np.float64]


def from_train(
    cores: Sequence[ArrayLike],
    domain: Sequence[Domain],
    *,
    grid: str = "uniform",
    output: Output | None = None,
) -> Adopted:
    """A tensor train, cores[d] [r_d, n_d, r_{d+1}] (teneva's layout).

    grid "uniform": values on n_d even points of each axis, linear between them (exact).
    "chebyshev": coefficients of Chebyshev polynomials, as teneva.func_int gives them (exact up to
    degree 7, certified beyond). Raises InputError for cores that do not chain.
    """
    blocks = [reals(c, f"core {d}", finite=True) for d, c in enumerate(cores)]
    ranks = (1, *(b.shape[-1] for b in blocks))
    if (
        len(blocks) != len(domain)
        or any(b.ndim != 3 or b.shape[0] != r for b, r in zip(blocks, ranks, strict=False))
        or ranks[-1] != 1
    ):
        raise InputError(
            f"cores {[b.shape for b in blocks]} do not chain over {len(domain)} inputs; give [r_d,"
            " n_d, r_d+1], ends 1"
        )
    if grid not in ("uniform", "chebyshev"):
        raise InputError(f"the grid {grid!r} is unknown; use uniform or chebyshev")
    atoms = []
    for block, box in zip(blocks, domain, strict=True):
        table = block.transpose(1, 0, 2).reshape(block.shape[1], -1)
        if len(table) == 1 and grid == "uniform":
            table = np.repeat(table, 2, axis=0)  # one value is a constant
        even = np.linspace(box.lower, box.upper, len(table))
        atoms.append(
            Chebyshev(table, box.lower, box.upper)
            if grid == "chebyshev"
            else nodal_atoms(even, table)
        )
    return adopted_train(
        atoms,
        ranks,
        domain,
        np.ones((1, 1)),
        (output or Output("y"),),
        f"tensor train of ranks {ranks}",
    )


def adopted_train(
    atoms: Sequence[Atoms],
    ranks: tuple[int, ...],
    domain: Sequence[Domain],
    weights: Floats,
    outputs: tuple[Output, ...],
    source: str,
) -> Adopted:
    """f = Phi_1 .. Phi_D W: atoms[d] are the entries of the matrix [ranks[d], ranks[d+1]] of axis
    d."""
    modes = tuple(np.arange(a.count) for a in atoms)
    return Adopted(tuple(domain), tuple(atoms), modes, weights, outputs, source, ranks)
