"""Axes that a solved model computes: from others, and from readings that stand in their place."""

from __future__ import annotations

from numbers import Real

from sna_edge import Model
from sna_edge.core.beside import RawReading
from sna_edge.errors import InputError

from ..formulas.derived import Stated, computing, stated
from .weak_form.errors import ProblemError
from .weak_form.problem import Problem


def formulas_of(problem: Problem) -> list[Stated]:
    """The formulas of the problem's computed axes. Raises ProblemError for one of no axis, for one
    that cannot be read, for a reading without a range and for one that no formula takes."""
    stray = [n for n in problem.computed if n not in problem.names]
    if stray:
        raise ProblemError(
            f"problem {problem.name!r} has no axis {stray[0]!r} to compute; name one of"
            f" {', '.join(problem.names)}"
        )
    _need_ranges(problem)
    texts = [f"`{name}` = {text}" for name, text in problem.computed.items()]
    try:
        found = stated(texts, _columns(problem), {})
    except InputError as error:
        raise ProblemError(f"computed= of problem {problem.name!r}: {error}") from error
    used = {c for f in found for c in f.parents(_columns(problem))}
    spare = [n for n in problem.readings if n not in used]
    if spare:
        raise ProblemError(
            f"no formula of problem {problem.name!r} takes the reading {spare[0]!r}; drop it"
        )
    return found


def with_computed(problem: Problem, model: Model) -> Model:
    """The model, which computes these axes at a query."""
    if not problem.computed:
        return model

    def reading(name: str) -> RawReading:
        low, high, unit = problem.readings[name]
        return RawReading(name, unit, low, high)

    return computing(model, formulas_of(problem), _columns(problem), reading)


def _columns(problem: Problem) -> list[str]:
    """What a formula may take: axes that are not computed, and readings."""
    return [n for n in problem.names if n not in problem.computed] + list(problem.readings)


def _need_ranges(problem: Problem) -> None:
    for name, given in problem.readings.items():
        if name in problem.names:
            raise ProblemError(
                f"reading {name!r} of problem {problem.name!r} is an axis of it; use another name"
            )
        if not _is_range(given):
            raise ProblemError(
                f"reading {name!r} of problem {problem.name!r} is {given!r}; give (lower, upper,"
                ' unit), as (0.0, 1.0, "m")'
            )


def _is_range(given: object) -> bool:
    """Whether it is (lower, upper, unit)."""
    if not (isinstance(given, tuple) and len(given) == 3 and isinstance(given[2], str)):
        return False
    low, high, _ = given
    numbers = isinstance(low, Real) and isinstance(high, Real)
    return numbers and -1e30 < float(low) < float(high) < 1e30
