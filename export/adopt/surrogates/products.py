"""Sums of products of functions of one coordinate, of which only values are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge import Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from ..atoms import Measured

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]


def from_products(
    terms: Sequence[Sequence[Function | None]],
    domain: Sequence[Domain],
    weights: ArrayLike | None = None,
    outputs: Sequence[Output] | None = None,
) -> Adopted:
    """f_k(x) = sum_t weights[t, k] prod_d terms[t][d](x_d); a term has a function of one coordinate
    per input, or None for 1.

    Only values of the functions are known, so the tables are `measured`. weights [T, K], one output
    of ones when left out. Raises InputError for functions, names and weights that do not fit.

    >>> import numpy as np
    >>> from sna_export.adopt import Domain, from_products
    >>> domain = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]
    >>> original = from_products([[np.sin, np.exp], [None, np.cos]], domain)
    >>> model = original.compile(error=1e-4)
    >>> exact = np.sin(0.5) * np.exp(0.2) + np.cos(0.2)
    >>> bool(abs(model(a=0.5, b=0.2)[0] - exact) < 1e-3)
    True
    """
    w = (
        np.ones((len(terms), 1))
        if weights is None
        else reals(weights, "weights", finite=True).reshape(len(terms), -1)
    )
    labels = tuple(
        outputs or (Output(f"y{k}" if w.shape[1] > 1 else "y") for k in range(w.shape[1]))
    )
    if any(len(t) != len(domain) for t in terms) or len(labels) != w.shape[1]:
        raise InputError(
            f"{len(domain)} inputs and {w.shape[1]} outputs need a function or None per input and"
            " term, and as many names"
        )
    modes = tuple(
        np.array([t for t, term in enumerate(terms) if term[d] is not None], dtype=np.int64)
        for d in range(len(domain))
    )
    atoms = tuple(
        _stacked([f for term in terms if (f := term[d]) is not None]) for d in range(len(domain))
    )
    return Adopted(tuple(domain), atoms, modes, w, labels, f"{len(terms)} products of functions")


def _stacked(functions: Sequence[Function]) -> Measured:
    return Measured(
        lambda x: np.stack([reals(f(x), "what a function gives") for f in functions], axis=1),
        len(functions),
    )
