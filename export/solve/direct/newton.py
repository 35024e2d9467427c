"""Newton's method for a problem of a few axes, on the tensor grid of their splines: every step by
GMRES, preconditioned by the problem with functions of the unknown replaced by their means, which is
solved directly (`factor`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, gmres

from ..solvers.assembly import assemble
from ..weak_form.errors import ProblemError
from ..weak_form.forms import NOTHING, Expression, Factor, Product
from ..weak_form.linearised import strengths_of, with_strength
from ..weak_form.problem import Problem
from .factor import MOST_OF_A_SUM, MOST_OF_ONE_SUM, factorised, load_of
from .iterated import applied
from .quadrature import Place, Slopes, Terms

Floats = NDArray[np.float64]
Inverse = Callable[[Floats], Floats]
STEPS = 30  # of Newton's method at most
INEXACT = 0.05  # of its residual: what GMRES leaves of a step
KRYLOV = 80  # directions of GMRES at most
LEAST = 1 / 16  # of a step: below that continuation begins
ROUNDING = 1e-10  # relative residual: no step makes it smaller
TINY = 1e-300
LOOKED_AT = 2000  # values of the unknown from which a mean is taken


class Unsettled(Exception):
    """No part of a Newton step makes the residual smaller, or there are too many of them."""


@dataclass(frozen=True)
class Settled:
    """Coefficients [n_1, .., n_D], Newton steps, applications of the derivative, and the size of
    the last preconditioned residual relative to the solution."""

    found: Floats
    steps: int
    products: int
    residual: float


class Direct:
    """A problem whose axes are all solved for, over coefficients [n_1, .., n_D] of about the L2
    norm; `maps` [n_rows, n_d] give table rows from them, `lift` has those of the lift [n_rows, L].
    Raises ProblemError where it is too large."""

    def __init__(self, problem: Problem) -> None:
        if problem.newton is not None or any(a.role == "component" for a in problem.axes):
            raise ProblemError(
                f"problem {problem.name!r} is linearised by hand or has several components, which"
                " is not solved at single points of its parameters; use function_of() and one"
                " unknown, or method 'train'"
            )
        self.problem = problem
        forms = (problem.operator, 1.0), (problem.load, -1.0)
        self.functions = [
            (p, sign) for form, sign in forms for p in form.products if p.function is not None
        ]
        linear = replace(problem, operator=_plain(problem.operator), load=_plain(problem.load))
        self.system, self.lift = assemble(linear, whole=not self.functions)
        self.load = load_of(self.system)
        self.terms = [
            Terms(Place(problem.axes, self.system.maps, self.lift, ends), those)
            for ends, those in self._by_place().items()
        ]

    def _by_place(self) -> dict[Any, list[tuple[Product, float]]]:
        found: dict[Any, list[tuple[Product, float]]] = {}
        for product, sign in self.functions:
            ends = tuple(product.factors.get(a, Factor()).end for a in self.problem.axes)
            found.setdefault(ends, []).append((product, sign))
        return found

    @property
    def sizes(self) -> tuple[int, ...]:
        """n_d, the free coefficients of each axis."""
        return self.system.sizes

    def around(self, found: Floats) -> tuple[Floats, list[Slopes]]:
        """The residual, and its derivative as far as functions of the unknown have a part in it."""
        rest, slopes = applied(self.system, found) - self.load, []
        for terms in self.terms:
            part, slope = terms.around(found)
            rest = rest + part
            slopes.append(slope)
        return rest, slopes

    def linear(self) -> Floats:
        """The solution of a problem without functions of the unknown. Raises ProblemError where it
        is too large, or singular."""
        return self.preconditioner(np.zeros(1))(self.load)

    def preconditioner(self, found: Floats) -> Inverse:
        """The inverse of the problem with means in place of functions. Raises ProblemError where it
        is too large, or singular."""
        ranges = [t.range_of(found) for t in self.terms]
        low, high = min((r[0] for r in ranges), default=0.0), max((r[1] for r in ranges), default=0)
        means = [_mean(p, low, high, sign) for p, sign in self.functions]
        means = [m for m in means if m.scale != 0.0]
        operator = Expression((*_plain(self.problem.operator).products, *means))
        mean = replace(self.problem, operator=operator, load=NOTHING, lift=None)
        try:
            most = MOST_OF_A_SUM if self.functions else MOST_OF_ONE_SUM
            inverse = factorised(assemble(mean, whole=False)[0], most)
        except np.linalg.LinAlgError:
            inverse = None
        if inverse is None:
            raise ProblemError(
                f"problem {self.problem.name!r} is too large to be solved at single points of its"
                " parameters, or singular there; take fewer spans, or use method 'train'"
            )
        return inverse


def settled(
    problem: Problem,
    tolerance: float,
    watch: Callable[[], None],
    start: Floats | None = None,
    least: int = 0,
) -> Settled:
    """The solution of a problem at one point of its parameters, from `start`, in `least` steps or
    more; by way of weaker functions where the steps do not settle. Raises Unsettled, ProblemError;
    what `watch` raises."""
    direct = Direct(problem)
    if not direct.functions:
        watch()
        return Settled(direct.linear(), 0, 0, 0.0)
    try:
        return _steps(direct, tolerance, watch, start, least)
    except Unsettled:
        if not any(p.function for p in problem.operator.products + problem.load.products):
            raise
    last = Settled(start, 0, 0, 1.0) if start is not None else None
    for strength in strengths_of(problem):
        weaker = Direct(with_strength(problem, strength))
        last = _steps(weaker, tolerance, watch, None if last is None else last.found)
    assert last is not None
    return last


def _steps(
    direct: Direct,
    tolerance: float,
    watch: Callable[[], None],
    start: Floats | None,
    least: int = 0,
) -> Settled:
    found = np.zeros(direct.sizes) if start is None else start
    rest, slopes = direct.around(found)
    products = 0
    for step in range(STEPS):
        inverse = direct.preconditioner(found)
        side = inverse(rest)
        if _size(side) <= (tolerance if step >= least else ROUNDING) * _size(found):
            return Settled(found, step, products, _size(side) / max(_size(found), TINY))
        jacobian = _Jacobian(direct, slopes, inverse, watch)
        move = jacobian.solved(-side)
        products += jacobian.products
        share = 1.0
        while True:
            rest, slopes = direct.around(found + share * move)
            left = _size(inverse(rest))
            if left <= (1 - 0.1 * share) * _size(side):
                break
            share /= 2
            if share < LEAST:
                raise Unsettled
        found = found + share * move
        if left <= tolerance * _size(found):
            return Settled(found, step + 1, products, left / max(_size(found), TINY))
    raise Unsettled


@dataclass
class _Jacobian:
    """The preconditioned derivative of the residual."""

    direct: Direct
    slopes: list[Slopes]
    inverse: Inverse
    watch: Callable[[], None]
    products: int = 0

    def __call__(self, flat: Floats) -> Floats:
        self.products += 1
        self.watch()
        move = flat.reshape(self.direct.sizes)
        image = applied(self.direct.system, move)
        for slope in self.slopes:
            image = image + slope(move)
        return self.inverse(image).reshape(-1)

    def solved(self, side: Floats) -> Floats:
        """The move whose image is `side`, roughly."""
        operator = LinearOperator((side.size, side.size), self, dtype=float)
        flat = gmres(operator, side.reshape(-1), rtol=INEXACT, restart=KRYLOV, maxiter=1)[0]
        return np.asarray(flat.reshape(side.shape))


def _plain(form: Expression) -> Expression:
    return Expression(tuple(p for p in form.products if p.function is None))


def _mean(product: Product, low: float, high: float, sign: float) -> Product:
    """The term with the mean of its function over values of the unknown, or of the derivative where
    the function stands alone."""
    f = product.function
    u = np.linspace(low, high, LOOKED_AT)
    rng = np.random.default_rng(0)
    at = [
        np.full(LOOKED_AT, a) if isinstance(a, float) else rng.choice(a.nodes, LOOKED_AT)
        for a in f.axes
    ]
    mean = float(np.mean((f.value if product.has_trial else f.slope)(u, *at)))
    return replace(product, scale=sign * mean * product.scale, function=None, has_trial=True)


def _size(tensor: Floats) -> float:
    return float(np.linalg.norm(tensor))
