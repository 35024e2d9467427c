"""Expansions fitted by chaospy: numpoly polynomials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sna_edge import Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from .chaos import from_chaos


def from_numpoly(
    polynomial: Any, domain: Sequence[Domain], output: Output | None = None
) -> Adopted:
    """A fitted chaospy expansion (a numpoly polynomial): its monomials."""
    if not hasattr(polynomial, "exponents"):
        raise InputError(
            f"a {type(polynomial).__name__} is not a numpoly polynomial; give a fitted chaospy"
            " expansion"
        )
    names = [str(n) for n in polynomial.names]
    exponents = np.zeros((len(polynomial.exponents), len(domain)), dtype=int)
    for column, name in enumerate(names):
        exponents[:, int(name.lstrip("q"))] = np.asarray(polynomial.exponents)[:, column]
    top = int(exponents.max()) + 1
    coefficients = reals(np.array(polynomial.coefficients), "coefficients", finite=True)
    coefficients = coefficients.reshape(len(coefficients), -1)
    if output is not None and coefficients.shape[1] > 1:
        raise InputError(
            f"this expansion has {coefficients.shape[1]} outputs, one is named; leave the output"
            " out, or adopt polynomial[0]"
        )
    return from_chaos(
        coefficients,
        exponents,
        [np.eye(top)] * len(domain),
        domain,
        None if output is None else (output,),
    )
