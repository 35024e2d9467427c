"""Newton steps around trains: damped where they grow, by way of weaker functions where that is not
enough.

A step is taken whole where the correction after it is smaller than it was, else half of it, a
quarter, .. (the natural monotonicity test: Deuflhard, Newton Methods for Nonlinear Problems,
Springer (2004), section 3.3). Where no part of it does, functions of the unknown f(u) become f(0) +
s (f(u) - f(0)) with s from small to 1 (continuation), each solved from the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .delivery import full_train
from .runs import by_train, target
from .solvers import tt_als
from .solvers.assembly import assemble
from .solvers.progress import NewtonStep, Progress
from .solvers.tensor_system import TensorSystem
from .trains.cores import Cores, from_columns, rounded, summed
from .weak_form.axes import ProblemAxis
from .weak_form.errors import ProblemError
from .weak_form.forms import NOTHING
from .weak_form.iterate import Iterate
from .weak_form.linearised import linearised, strengths_of, with_strength
from .weak_form.problem import Problem

Floats = NDArray[np.float64]
FIELDS = 0.1  # of a step's tolerance: the relative error of functions of the unknown
STEPS = 20  # at most, of one strength
LEAST = 1 / 16  # of a step: below that continuation begins
GROWS = 1.0  # times the last correction: a correction above it is shortened
SMALL = 0.02  # relative moves below it may grow, early steps are solved roughly; and foretell
LOUD = 10.0  # times the tolerance: smaller moves that stay may be the error of sweeps
STATED = 10.0  # times the tolerance: an error of functions above it is a doubt


@dataclass(frozen=True)
class Solved:
    """What Newton steps found: the last system with its lift and coefficients, and doubts."""

    system: TensorSystem
    lift: list[Floats]
    cores: Cores
    doubts: list[str]


class Diverged(Exception):
    """No part of a step makes the corrections smaller."""


def by_newton(
    problem: Problem, options: dict[str, Any], seed: int, device: str | None, progress: Progress
) -> Solved:
    """Solve the linearised problem around the last iterate until it moves less than the
    tolerance. `options`: `newton_steps` at most, `continuation`, strengths on the way to 1."""
    if options["method"] != "train":
        raise ProblemError(f"problem {problem.name!r} is not linear; solve it with method 'train'")
    run = _Newton(problem, options, seed, device, progress)
    if options.get("continuation") is None:
        try:
            return run.solved([1.0])
        except Diverged:
            if problem.newton is not None:
                return run.given_up()
    try:
        return run.solved(strengths_of(problem))
    except Diverged:
        return run.given_up()


class _Newton:
    def __init__(
        self,
        problem: Problem,
        options: dict[str, Any],
        seed: int,
        device: str | None,
        progress: Progress,
    ) -> None:
        self.problem, self.options, self.progress = problem, options, progress
        self.rest = (seed, device, progress)
        self.system, self.lift = assemble(replace(problem, operator=NOTHING, load=NOTHING))
        self.moved, self.error, self.strength = 1.0, 0.0, 1.0
        self.cores: Cores | None = None
        self.target: Cores = []

    def solved(self, strengths: Sequence[float]) -> Solved:
        """The solution at the last of the strengths. Raises Diverged."""
        self.cores = None
        for strength in strengths:
            self.strength, problem = strength, with_strength(self.problem, strength)
            self._settled(problem, 1e-2 if strength != strengths[-1] else 0.0)
            if self.progress.expired:
                break
        return self._found()

    def given_up(self) -> Solved:
        """The last iterate, with the doubt that it is none."""
        found = self._found()
        doubt = (
            f"the Newton steps of {self.problem.name!r} do not converge (the last moved the"
            f" solution by {self.moved:.1e}); start nearer with lift=, make its functions smoother,"
            ' or give strengths on the way, defaults={"continuation": (0.1, 0.5)}'
        )
        return replace(found, doubts=[doubt])

    def _found(self) -> Solved:
        assert self.cores is not None
        allowed = STATED * self.options["tolerance"]
        doubts = []
        if self.strength < 1.0 and self.progress.expired:
            doubts.append(
                "the time limit came while functions of the unknown had"
                f" {self.strength:g} of their strength; give more of it"
            )
        if self.error > allowed and not self.progress.expired:
            doubts.append(
                f"functions of the unknown are met to {self.error:.1e} only; make them smoother or"
                " refine the axes along which they turn"
            )
        return Solved(self.system, self.lift, self.cores, doubts)

    def _settled(self, problem: Problem, rough: float) -> None:
        """Steps from the last iterate until they are small. Raises Diverged."""
        damping, last, old = 1.0, np.inf, self.cores
        tolerance = max(self.options["tolerance"], rough)
        self.moved = 1.0
        for _ in range(self.options.get("newton_steps", STEPS)):
            step = max(tolerance, min(1e-2, 0.03 * self.moved))
            fresh = self._step(problem, step)
            size = _distance(fresh, _zero(fresh))
            length = size if self.cores is None else _distance(fresh, self.cores)
            grows = length > GROWS * last and length > SMALL * size
            if old is not None and grows:
                if self.progress.expired:
                    return
                damping /= 2
                if damping < LEAST:
                    raise Diverged
                self.cores = _between(old, self.target, damping)
                continue
            calm = self.moved
            self.moved = length / size if size != 0 else 0.0
            self._tell(damping)
            old = _zero(fresh) if self.cores is None else self.cores
            last, self.target = length, fresh
            damping = min(2 * damping, 1.0)
            self.cores = fresh if damping == 1.0 else _between(old, fresh, damping)
            still = self._settles(calm, tolerance)
            if (still and step <= tolerance and damping == 1.0) or self.progress.expired:
                return
        raise Diverged

    def _settles(self, before: float, tolerance: float) -> bool:
        """Whether the next step would move less than half the tolerance at the rate of the last
        two, or the steps only move by the error of their sweeps. Large moves tell of neither."""
        if self.moved > SMALL:
            return self.moved <= tolerance
        rate = self.moved / before if before > 0 else 0.0
        noise = rate > 0.5 and self.moved <= LOUD * tolerance
        return self.moved <= tolerance or noise or rate * self.moved <= 0.5 * tolerance

    def _step(self, problem: Problem, tolerance: float) -> Cores:
        """The solution of the problem linearised around the iterate."""
        current = Iterate(problem.axes, self._iterate())
        around = linearised(problem, current, moves=True)
        system, self.lift = assemble(around, FIELDS * tolerance, moves=True)
        self.system = replace(system, before=self.cores)
        self.error = self.system.field_error
        options = {**self.options, "tolerance": tolerance}
        aim = target(self.system, self.options["form"])
        return by_train(aim, options, *self.rest, self.cores)[0]

    def _iterate(self) -> Cores:
        """Table rows of lift + w."""
        axes = self.problem.axes
        if self.cores is None:
            return _start(axes, self.lift)
        return full_train(axes, self.system, self.lift, self.cores, self.options["tolerance"])

    def _tell(self, damping: float) -> None:
        self.progress.report_newton(NewtonStep(self.moved, self.error, damping, self.strength))


def _start(axes: Sequence[ProblemAxis], lift: list[Floats]) -> Cores:
    """The first iterate: the lift, or zero."""
    if lift[0].shape[1]:
        return from_columns(lift)
    return [np.zeros((1, a.basis.n_rows, 1)) for a in axes]


def _zero(like: Cores) -> Cores:
    return [np.zeros((1, c.shape[1], 1)) for c in like]


def _between(old: Cores, fresh: Cores, share: float) -> Cores:
    """old + share (fresh - old)."""
    parts = [(1 - share) * old[0], *old[1:]], [share * fresh[0], *fresh[1:]]
    return rounded(summed(*parts), 1e-9)


def _distance(cores: Cores, before: Cores) -> float:
    """||u - before|| in scaled coefficients."""
    square = tt_als.inner(cores, cores)
    change = square - 2 * tt_als.inner(cores, before) + tt_als.inner(before, before)
    return float(np.sqrt(max(change, 0.0)))
