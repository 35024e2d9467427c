"""Streamline upwind Petrov-Galerkin: test functions v + tau b . grad v on the residual of every
span.

a(u, v) + sum_spans int tau (b . grad v) (L u - f) = l(v): the solution still satisfies it, so that
no order of convergence is lost, and fronts that the mesh does not resolve stay where they are. b
has a part in time where the problem has. Source: Brooks & Hughes, Comput. Methods Appl. Mech. Eng.
32 (1982). tau is a sum of products, so that the operator stays one.
"""

from __future__ import annotations

from dataclasses import replace

from ..coefficients import Coefficient
from ..errors import ProblemError
from ..forms import Expression, Factor, FormAxis, Product
from ..problem import Problem
from .intrinsic import Stream, intrinsic_time
from .strong import strong


def stabilised(problem: Problem) -> Problem:
    """The problem with the terms that its `stabilise` asks for, on the meshes that it has now.
    Raises ProblemError where it has no advection."""
    if not problem.stabilise:
        return problem
    stream = stream_of(problem)
    if not any(a.role == "space" for a in problem.axes if a in stream.velocity):
        raise ProblemError(
            f"problem {problem.name!r} is to be stabilised and has no advection; add it as"
            " speed * d(u, x) * v, or leave out stabilise="
        )
    weights = _Weights(stream)
    return replace(
        problem,
        operator=problem.operator + weights.of(strong(problem.operator)),
        load=problem.load + weights.of(strong(problem.load)),
        stabilise="",
    )


def stream_of(problem: Problem) -> Stream:
    """Velocities and diffusivities, as the operator states them."""
    found = Stream(problem.axes)
    for product in problem.operator.products:
        trial = {a: f.trial for a, f in product.factors.items() if f.trial}
        test = {a: f.test for a, f in product.factors.items() if f.test}
        if any(f.end is not None for f in product.factors.values()):
            continue
        orders = [(a, trial.get(a, 0), test.get(a, 0)) for a in {**trial, **test}]
        if len(orders) != 1:
            continue
        axis, unknown, tested = orders[0]
        if (unknown, tested) == (1, 1):
            found.diffusion.setdefault(axis, []).append(product)
        elif (unknown, tested) == (1, 0):
            found.velocity.setdefault(axis, []).append(product)
        elif (unknown, tested) == (0, 1):
            opposite = replace(product, scale=-product.scale)
            found.velocity.setdefault(axis, []).append(opposite)
    return found


class _Weights:
    """tau b_d v_d for every axis d of the stream; equal coefficients are one object, which the
    solvers exploit."""

    def __init__(self, stream: Stream) -> None:
        self.times = intrinsic_time(stream)
        self.velocity = stream.velocity
        self._known: dict[tuple[int, ...], Coefficient] = {}
        self._kept: list[Coefficient] = []

    def of(self, residual: list[Product]) -> Expression:
        """The residual's terms times all of them."""
        return Expression(
            tuple(
                self._product(part, time, b, axis)
                for part in residual
                for axis, velocity in self.velocity.items()
                for b in velocity
                for time in self.times
            )
        )

    def _product(self, part: Product, time: Product, b: Product, along: FormAxis) -> Product:
        factors: dict[FormAxis, Factor] = {}
        for axis in {**part.factors, **time.factors, **b.factors, along: Factor()}:
            own = part.factors.get(axis, Factor())
            every = (own, time.factors.get(axis), b.factors.get(axis))
            parts = [f.coefficient for f in every if f is not None and f.coefficient is not None]
            factors[axis] = replace(
                own, test=int(axis is along), coefficient=self._coefficient(parts)
            )
        scale = part.scale * time.scale * b.scale
        return replace(part, scale=scale, factors=factors, has_test=True)

    def _coefficient(self, parts: list[Coefficient]) -> Coefficient | None:
        if not parts:
            return None
        key = tuple(sorted(id(c) for c in parts))
        if key not in self._known:
            found = parts[0]
            for other in parts[1:]:
                found = found * other
            self._known[key] = found
            self._kept += parts
        return self._known[key]
