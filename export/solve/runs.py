"""The ways to solve a system: a sum of products, a train."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .solvers import cp_als, tt_als
from .solvers.cp_als import CPSettings, fewest_modes, solve_cp
from .solvers.progress import Progress
from .solvers.tensor_system import TensorSystem, normal_equations
from .solvers.tt_als import TTSettings, solve_tt
from .weak_form.errors import ProblemError

Floats = NDArray[np.float64]


def target(system: TensorSystem, form: str) -> TensorSystem:
    """The system itself (form "galerkin"), or its normal equations ("residual")."""
    return system if form == "galerkin" else normal_equations(system)


def by_modes(
    system: TensorSystem,
    options: dict[str, Any],
    seed: int,
    device: str | None,
    progress: Progress,
    guess: list[Floats] | None,
) -> tuple[list[Floats], float]:
    """Tables of a sum of products, and the relative residual. Raises ProblemError for a load that
    is a train."""
    if system.train_load is not None:
        raise ProblemError("method 'modes' does not take a field_of() a model; use method 'train'")
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
