"""What a weak form says inside every span: its terms with all derivatives on the unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..coefficients import Coefficient
from ..errors import ProblemError
from ..forms import Expression, Factor, FormAxis, Product

Floats = NDArray[np.float64]
STEP = 1e-7  # of an axis: of a central difference of a coefficient


def strong(form: Expression) -> list[Product]:
    """The terms of L u, or of f, for a form int L u v = int f v: those on ends of an axis, which
    are boundary values, are left out. Raises ProblemError for a second derivative of the test
    function and for functions of the unknown."""
    return [part for product in form.products for part in _strong(product)]


def tested(product: Product) -> list[FormAxis]:
    """The axes along which the test function is differentiated."""
    return [axis for axis, f in product.factors.items() if f.test]


def _strong(product: Product) -> list[Product]:
    if product.fields or product.function is not None:
        raise ProblemError(
            "stabilise='supg' takes linear problems, this one holds a function of the unknown;"
            " leave it out, or refine the axes along the stream"
        )
    if any(f.pick != (None, None) for f in product.factors.values()):
        raise ProblemError(
            "stabilise='supg' takes an unknown of one component; leave it out, or solve the"
            " components one by one"
        )
    if _at_an_end(product):
        return []
    along = tested(product)
    plain = replace(product, has_test=False)
    if not along:
        return [plain]
    if len(along) > 1 or product.factors[along[0]].test > 1:
        raise ProblemError(
            "stabilise='supg' takes first derivatives of the test function, one at a time; leave"
            " it out for this problem"
        )
    return _by_parts(plain, along[0])


def _at_an_end(product: Product) -> bool:
    """Whether the term lives on an end of an axis, or at a point with a derivative of v there."""
    position = None if product.pin is None else product.pin.position
    return any(
        f.end is not None and (f.test > 0 or f.end in (axis.basis.lower, axis.basis.upper))
        for axis, f in product.factors.items()
        if axis is not position
    )


def _by_parts(product: Product, axis: FormAxis) -> list[Product]:
    """-(c D u)_x of c D u v_x: -c' D u and -c (D u)_x."""
    factor = replace(product.factors[axis], test=0)
    found = []
    if factor.coefficient is not None:
        slope = Coefficient(_slope(factor.coefficient, axis))
        found.append(_with(product, axis, replace(factor, coefficient=slope)))
    if product.has_trial and factor.trial < axis.basis.degree:
        found.append(_with(product, axis, replace(factor, trial=factor.trial + 1)))
    return found


def _with(product: Product, axis: FormAxis, factor: Factor) -> Product:
    factors: Mapping[FormAxis, Factor] = {**product.factors, axis: factor}
    return replace(product, scale=-product.scale, factors=factors)


def _slope(coefficient: Coefficient, axis: FormAxis) -> Callable[[Floats], Floats]:
    step = STEP * (axis.basis.upper - axis.basis.lower)

    def at(points: Floats) -> Floats:
        ahead, back = (coefficient.at(points + s) for s in (step, -step))
        return np.asarray((ahead - back) / (2.0 * step))

    return at
