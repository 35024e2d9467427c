"""Tensor trains and tensor-product splines: numbers on grids, joined by one-dimensional
functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline

from sna_edge import Output
from sna_edge.core.basis.span import MAX_DEGREE
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from ..atoms import Atoms, Chebyshev, Piecewise
from .scipy_splines import parts

Floats = NDArray[np.float64]
EXACT = 1e-13
"""Singular values of a coefficient tensor below this share of the largest are rounding."""


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
    return _train(
        atoms,
        ranks,
        domain,
        np.ones((1, 1)),
        (output or Output("y"),),
        f"tensor train of ranks {ranks}",
    )


def _train(
    atoms: Sequence[Atoms],
    ranks: tuple[int, ...],
    domain: Sequence[Domain],
    weights: Floats,
    outputs: tuple[Output, ...],
    source: str,
) -> Adopted:
    modes = tuple(np.arange(a.count) for a in atoms)
    return Adopted(tuple(domain), tuple(atoms), modes, weights, outputs, source, ranks)


def nodal_atoms(nodes: Floats, table: Floats) -> Atoms:
    """Values [n, R] on nodes [n], linear between them."""
    return _spline(BSpline(np.r_[nodes[0], nodes, nodes[-1]], table, 1))


def _spline(spline: BSpline) -> Piecewise:
    breaks = np.unique(spline.t[spline.k : len(spline.t) - spline.k])
    if spline.k > MAX_DEGREE:
        raise InputError(
            f"splines of degree {spline.k} are not supported; use at most {MAX_DEGREE}"
        )
    return Piecewise(lambda x: spline(x), spline.c.shape[1], breaks, spline.k, spline.k > 0)


def from_tensor_spline(
    spline: Any, domain: Sequence[Domain] | None = None, outputs: Sequence[Output] | None = None
) -> Adopted:
    """A scipy NdBSpline, BSpline, RectBivariateSpline, UnivariateSpline or RegularGridInterpolator
    (linear): its coefficient tensor as a tensor train, exactly; trailing dimensions are outputs.

    The domain is the base interval of the knots unless given. Raises InputError when outputs or
    domain do not fit, and for other objects.

    >>> import numpy as np
    >>> from scipy.interpolate import make_interp_spline
    >>> from sna_export.adopt import Domain, from_tensor_spline
    >>> angle = np.linspace(0.0, 1.0, 6)
    >>> spline = make_interp_spline(angle, np.sin(angle))
    >>> model = from_tensor_spline(spline, [Domain("angle", "rad", 0.0, 1.0)]).compile()
    >>> model.certificate["adoption"], bool(abs(model(angle=0.5)[0] - spline(0.5)) < 1e-14)
    ('exact', True)
    """
    found = parts(spline)
    knots, degrees, c, inputs = found.knots, found.degrees, found.c, len(found.knots)
    if domain is not None and len(domain) != inputs:
        raise InputError(f"the spline has {inputs} inputs, {len(domain)} are named")
    c = c.reshape(*c.shape[:inputs], -1)
    labels = tuple(
        outputs or (Output(f"y{k}" if c.shape[-1] > 1 else "y") for k in range(c.shape[-1]))
    )
    if len(labels) != c.shape[-1]:
        raise InputError(f"the spline has {c.shape[-1]} outputs, {len(labels)} are named")
    ends = [(t[k], t[len(t) - k - 1]) for t, k in zip(knots, degrees, strict=True)]
    box = tuple(
        domain or (Domain(f"x{d}", "", float(a), float(b)) for d, (a, b) in enumerate(ends))
    )
    cores, weights = train_of(c)
    atoms = [
        _spline(BSpline(t, core.transpose(1, 0, 2).reshape(core.shape[1], -1), k))
        for t, k, core in zip(knots, degrees, cores, strict=True)
    ]
    ranks = (1, *(core.shape[2] for core in cores))
    return _train(
        atoms, ranks, box, weights, labels, f"tensor-product spline of {c.size} coefficients"
    )


def train_of(tensor: Floats, tolerance: float = EXACT) -> tuple[list[Floats], Floats]:
    """Cores [r, n, r'] and weights [r_D, K] of a tensor [n_1, .., n_D, K], by successive singular
    values."""
    cores, left, rest = [], 1, tensor
    for n in tensor.shape[:-1]:
        u, s, v = np.linalg.svd(rest.reshape(left * n, -1), full_matrices=False)
        rank = max(1, int(np.sum(s > tolerance * s[0])))
        cores.append(u[:, :rank].reshape(left, n, rank))
        left, rest = rank, s[:rank, None] * v[:rank]
    return cores, rest.reshape(left, tensor.shape[-1])
