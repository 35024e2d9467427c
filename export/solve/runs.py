"""The ways to solve a problem: a sum of products, a train, Newton steps around trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .delivery import full_train
from .solvers import cp_als, tt_als
from .solvers.assembly import assemble
from .solvers.cp_als import CPSettings, fewest_modes, solve_cp
from .solvers.progress import Progress
from .solvers.tensor_system import TensorSystem, normal_equations
from .solvers.trains import from_columns
from .solvers.tt_als import TTSettings, solve_tt
from .weak_form.axes import ProblemAxis
from .weak_form.errors import ProblemError
from .weak_form.forms import Expression
from .weak_form.iterate import Iterate
from .weak_form.linearised import linearised
from .weak_form.problem import Problem

Floats = NDArray[np.float64]
FIELDS = 0.1  # of a step's tolerance: the relative error of functions of the unknown


def target(system: TensorSystem, form: str) -> TensorSystem:
    """The system itself, or its normal equations. Raises ProblemError for another form."""
    if form not in ("galerkin", "residual"):
        raise ProblemError(f"form {form!r} is unknown; use 'galerkin' or 'residual'")
    return system if form == "galerkin" else normal_equations(system)


def by_modes(
    system: TensorSystem,
    options: dict[str, Any],
    seed: int,
    device: str | None,
    progress: Progress,
    guess: list[Floats] | None,
) -> tuple[list[Floats], float]:
    """Tables of a sum of products, and the relative residual."""
    settings = CPSettings(
        options["rank_max"],
        options["tolerance"],
        seed=seed,
        device=device,
        step=options.get("step", 1),
    )
    tables = fewest_modes(system, solve_cp(system, settings, progress, guess), settings, progress)
    return tables, cp_als.residual_norm(system, tables)


def by_train(
    system: TensorSystem,
    options: dict[str, Any],
    seed: int,
    device: str | None,
    progress: Progress,
    guess: list[Floats] | None,
) -> tuple[list[Floats], float]:
    """Cores of a train, and the relative residual."""
    settings = TTSettings(
        options["rank_max"],
        options["tolerance"],
        seed=seed,
        device=device,
        sweeps=options.get("sweeps", TTSettings.sweeps),
        kick=options.get("kick", TTSettings.kick),
    )
    cores = solve_tt(system, settings, progress, guess)
    return cores, tt_als.residual_norm(system, cores)


def by_newton(
    problem: Problem, options: dict[str, Any], seed: int, device: str | None, progress: Progress
) -> tuple[TensorSystem, list[Floats], list[Floats], float]:
    """Solve the linearised problem around the last iterate until it moves less than the tolerance.

    Early steps are solved only to a small part of the last move: their error is lost in that of the
    linearisation.
    """
    if options["method"] != "train":
        raise ProblemError(f"problem {problem.name!r} is not linear; solve it with method 'train'")
    system, lift = assemble(_start_problem(problem))
    cores: list[Floats] | None = None
    moved = 1.0
    for _ in range(options.get("newton_steps", 12)):
        current = (
            _start(problem.axes, lift)
            if cores is None
            else full_train(problem.axes, system, lift, cores, options["tolerance"])
        )
        step = {**options, "tolerance": max(options["tolerance"], min(1e-2, 0.03 * moved))}
        around = linearised(problem, Iterate(problem.axes, current))
        system, lift = assemble(around, FIELDS * step["tolerance"])
        before, aim = cores, target(system, options["form"])
        cores, residual = by_train(aim, step, seed, device, progress, before)
        moved = 1.0 if before is None else _moved(cores, before)
        if (moved <= options["tolerance"] >= step["tolerance"]) or progress.expired:
            break
    assert cores is not None
    return system, lift, cores, residual


def _start_problem(problem: Problem) -> Problem:
    """The problem without what is not linear."""
    return replace(
        problem,
        operator=_linear(problem.operator),
        load=_linear(problem.load),
    )


def _linear(form: Expression) -> Expression:
    return Expression(tuple(p for p in form.products if p.function is None))


def _start(axes: Sequence[ProblemAxis], lift: list[Floats]) -> list[Floats]:
    """The first iterate: the lift, or zero."""
    if lift[0].shape[1]:
        return from_columns(lift)
    return [np.zeros((1, a.basis.n_rows, 1)) for a in axes]


def _moved(cores: list[Floats], before: list[Floats]) -> float:
    """||u - before|| / ||u|| in scaled coefficients."""
    square = tt_als.inner(cores, cores)
    change = square - 2 * tt_als.inner(cores, before) + tt_als.inner(before, before)
    return float(np.sqrt(max(change, 0.0) / square)) if square > 0 else 0.0
