"""A problem stated again: on other meshes, or at one value of a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .axes import ProblemAxis
from .errors import ProblemError
from .forms import NOTHING, Expression, Factor, FormAxis, Product, coincide, on
from .iterate import Iterate
from .problem import Problem

Place = ProblemAxis | float
"""What stands for an axis: one with another basis, or a value at which it is held."""


def parameters(problem: Problem) -> list[ProblemAxis]:
    """The parameter axes that can be held at a value: no derivative and no fixed point on them."""
    forms = [problem.operator, problem.load, problem.lift or NOTHING, problem.mass or NOTHING]
    fixed = {
        axis
        for form in forms
        for p in form.products
        for axis, f in p.factors.items()
        if f.trial or f.test or (f.end is not None and not (p.pin and axis is p.pin.position))
    }
    return [a for a in problem.axes if a.role == "parameter" and a not in fixed]


def restated(problem: Problem, places: Mapping[str, Place]) -> Problem:
    """The problem with axes replaced, or held at a value, by name; other axes are kept.

    Coefficients are asked anew at the nodes of the new axes. Raises ProblemError for an axis held
    at a value that a derivative, a component or a point load acts on.
    """
    where = {axis: places.get(axis.name, axis) for axis in problem.axes}
    axes = tuple(a for a in where.values() if isinstance(a, ProblemAxis))
    newton = problem.newton

    def linearised(current: Iterate) -> tuple[Expression, Expression]:
        assert newton is not None
        free = [a for a, place in where.items() if isinstance(place, ProblemAxis)]
        operator, load = newton(Iterate(free, current.cores, current.meshes))
        return moved(operator, where), moved(load, where)

    return replace(
        problem,
        axes=axes,
        operator=moved(problem.operator, where),
        load=moved(problem.load, where),
        lift=None if problem.lift is None else moved(problem.lift, where),
        mass=None if problem.mass is None else moved(problem.mass, where),
        newton=None if newton is None else linearised,
        quantities={},
        reference=None,
    )


def moved(form: Expression, where: Mapping[ProblemAxis, Place]) -> Expression:
    """The form with every axis replaced by what stands for it."""
    found: list[Product] = []
    for product in form.products:
        if product.pin is None:
            found.append(_moved(product, where))
        elif product.pin.first:
            found += _with_point_load(product, where)
    return Expression(tuple(found))


def _with_point_load(product: Product, where: Mapping[ProblemAxis, Place]) -> Sequence[Product]:
    """All products of a term with `coincide` from the one of its first node."""
    pin = product.pin
    assert pin is not None
    factors: dict[FormAxis, Factor] = {
        a: replace(f, end=None) if a in (pin.x, pin.position) else f
        for a, f in product.factors.items()
    }
    rest = replace(product, scale=product.scale / pin.weight, factors=factors, pin=None)
    x, position = (where.get(a, a) for a in (pin.x, pin.position))  # type: ignore[call-overload]
    if not isinstance(x, ProblemAxis):
        raise ProblemError(
            f"axis {pin.x.name!r} carries a point load and cannot be held at a value"
        )
    if isinstance(position, ProblemAxis):
        point = coincide(x, position)
    else:
        point = on(x, position)
    return [_moved(rest, where) * p for p in point.products]


def _moved(product: Product, where: Mapping[ProblemAxis, Place]) -> Product:
    scale = product.scale
    factors: dict[FormAxis, Factor] = {}
    for axis, factor in product.factors.items():
        place = where.get(axis, axis)  # type: ignore[call-overload]
        if isinstance(place, ProblemAxis):
            factors[place] = factor
        else:
            scale *= _held(axis, factor, float(place))
    return replace(
        product,
        scale=scale,
        factors=factors,
        fields=tuple(f.moved(where) for f in product.fields),
        function=None if product.function is None else product.function.moved(where),
    )


def _held(axis: FormAxis, factor: Factor, value: float) -> float:
    """The factor's coefficient at one value of its axis."""
    if factor.trial or factor.test or factor.end is not None or factor.pick != (None, None):
        raise ProblemError(
            f"axis {axis.name!r} carries a derivative, a component or a point, so that it cannot be"
            " held at a value"
        )
    if factor.coefficient is None:
        return 1.0
    return float(factor.coefficient.at(np.array([value]))[0])


def halved(axis: ProblemAxis, times: int = 1) -> ProblemAxis:
    """The axis with every span cut into 2^times equal ones (a part: every cell into 2^(dim times));
    component axes as they are."""
    for _ in range(times):
        axis = axis.halved()
    return axis
