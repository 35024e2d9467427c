"""A non-linear problem around an iterate: one Newton step as a linear problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from .fields import Applied, Slope
from .forms import Expression, FormAxis, Product
from .functions import OfUnknown
from .iterate import Iterate
from .problem import Problem


def linearised(problem: Problem, current: Iterate) -> Problem:
    """The linear problem whose solution is the next Newton iterate; a linear one as it is.

    A term G(u) = f(u) D u v (D u a derivative of u, or 1) becomes f D u + f' D U u on the left and
    f' D U U, without D the rest f' U - f, on the right, at the iterate U.
    """
    operator: list[Product] = []
    load: list[Product] = []
    for form, sign in ((problem.operator, 1.0), (problem.load, -1.0)):
        for product in form.products:
            if product.function is None:
                (operator if sign > 0 else load).append(product)
                continue
            left, right = _around(product, current)
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
    if not product.has_trial:
        bare = replace(plain, has_trial=True)
        return (
            [_with(bare, f.slope, (value,), f.axes)],
            [_with(plain, lambda u, *x: f.slope(u, *x) * u - f.value(u, *x), (value,), f.axes)],
        )
    orders = [(a, p.trial) for a, p in product.factors.items() if p.trial]
    still = replace(plain, factors={a: replace(p, trial=0) for a, p in product.factors.items()})
    slopes: tuple[Slope, ...] = (value, current.slope(orders)) if orders else (value, value)
    bent: Callable[..., Any] = lambda u, s, *x: f.slope(u, *x) * s  # noqa: E731
    pushed: Callable[..., Any] = lambda u, s, *x: f.slope(u, *x) * s * u  # noqa: E731
    return (
        [_with(plain, f.value, (value,), f.axes), _with(still, bent, slopes, f.axes)],
        [_with(replace(still, has_trial=False), pushed, slopes, f.axes)],
    )


def _with(
    product: Product,
    function: Callable[..., Any],
    inner: tuple[Slope, ...],
    axes: Sequence[FormAxis],
) -> Product:
    """The product times function(inner, coordinates)."""
    field = Applied(function, inner, tuple(axes))
    return replace(product, fields=(*product.fields, field))


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
