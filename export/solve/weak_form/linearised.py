"""A non-linear problem around an iterate: one Newton step as a linear problem."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .fields import Applied, Sampled
from .forms import Expression, Product
from .functions import OfUnknown
from .iterate import Iterate
from .problem import Problem

WEAKER = (0.1, 0.3, 0.6)  # strengths of functions of the unknown on the way to 1


def linearised(problem: Problem, current: Iterate, moves: bool = False) -> Problem:
    """The linear problem whose solution is the next Newton iterate; a linear one as it is.

    A term G(u) = f(u) D u v (D u a derivative of u, or 1) becomes f D u + f' D U u on the left and
    f' D U U, without D the rest f' U - f, on the right, at the iterate U. f' is the same train on
    both sides, so that its error vanishes with the move.
    """
    operator: list[Product] = []
    load: list[Product] = []
    for form, sign in ((problem.operator, 1.0), (problem.load, -1.0)):
        for product in form.products:
            if product.function is None:
                (operator if sign > 0 else load).append(product)
                continue
            left, right = _around(product, current)
            right = [p for p in right if not (moves and of_move(p))]
            operator += [replace(p, scale=sign * p.scale) for p in left]
            load += [replace(p, scale=sign * p.scale) for p in right]
    if problem.newton is not None:
        more, extra = problem.newton(current)
        operator += more.products
        load += extra.products
    return replace(
        problem,
        operator=Expression(tuple(operator)),
        load=Expression(tuple(load)),
        newton=None,
    )


def _around(product: Product, current: Iterate) -> tuple[list[Product], list[Product]]:
    """Terms of the operator and of the load that stand for a term with a function of the
    unknown."""
    f = product.function
    assert isinstance(f, OfUnknown)
    plain = replace(product, function=None)
    value = current.slope(())
    f_of_u = Applied(f.value, (value,), f.axes)
    if not product.has_trial:
        slope = Applied(f.slope, (value,), f.axes, slope=True)
        return (
            [_times(replace(plain, has_trial=True), slope)],
            [_times(plain, slope, value), replace(_times(plain, f_of_u), scale=-plain.scale)],
        )
    orders = [(a, p.trial) for a, p in product.factors.items() if p.trial]
    still = replace(plain, factors={a: replace(p, trial=0) for a, p in product.factors.items()})
    bent = Applied(
        lambda u, s, *x: f.slope(u, *x) * s, (value, current.slope(orders)), f.axes, slope=True
    )
    return (
        [_times(plain, f_of_u), _times(still, bent)],
        [_times(replace(still, has_trial=False), bent, value)],
    )


def of_move(product: Product) -> bool:
    """Whether the term holds the derivative of a function of the unknown, times a move."""
    return any(isinstance(f, Applied) and f.slope for f in product.fields)


def _times(product: Product, *fields: Sampled) -> Product:
    return replace(product, fields=(*product.fields, *fields))


def strengths_of(problem: Problem) -> list[float]:
    """Strengths of the functions of the unknown on the way to 1, and 1: those of the problem's
    `continuation`, or the usual ones."""
    asked = problem.defaults.get("continuation") or WEAKER
    return [*np.atleast_1d(asked).tolist(), 1.0]


def with_strength(problem: Problem, strength: float) -> Problem:
    """The problem with f(0) + strength (f(u) - f(0)) for every function f of the unknown."""
    if strength == 1.0:
        return problem

    def weaker(form: Expression) -> Expression:
        return Expression(
            tuple(
                p if p.function is None else replace(p, function=p.function.weakened(strength))
                for p in form.products
            )
        )

    return replace(problem, operator=weaker(problem.operator), load=weaker(problem.load))
