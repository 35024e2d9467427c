"""Tensor-product splines: the coefficient tensor as a tensor train, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline

from sna_edge import Output
from sna_edge.errors import InputError

from ..adopted import Adopted, Domain
from .scipy_splines import parts, spline_atoms
from .tensor_train import adopted_train

Floats = NDArray[np.float64]
EXACT = 1e-13
"""Singular values of a coefficient tensor below this share of the largest are rounding."""


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
        spline_atoms(BSpline(t, core.transpose(1, 0, 2).reshape(core.shape[1], -1), k))
        for t, k, core in zip(knots, degrees, cores, strict=True)
    ]
    ranks = (1, *(core.shape[2] for core in cores))
    return adopted_train(
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
