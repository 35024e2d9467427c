"""From solved coefficients to a Model: lift added, axes in the problem's order, modes or train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, TT, Model, Output

from .components import exported
from .solvers import tt_als
from .solvers.progress import Progress
from .solvers.tensor_system import TensorSystem
from .solvers.train_to_cp import cp_of_train
from .trains.cores import from_columns, permuted, rounded, summed
from .weak_form.axes import ProblemAxis
from .weak_form.problem import Problem

Floats = NDArray[np.float64]
# relative L2 error spent on removing redundant ranks where the lift is added or axes are reordered
RANK_ROUNDING = 1e-9


def model_of_modes(
    problem: Problem,
    system: TensorSystem,
    lift: list[Floats],
    order: list[int],
    tables: list[Floats],
) -> Model:
    """The model of a sum of products."""
    full = [np.asarray(e @ t) for e, t in zip(system.maps, tables, strict=True)]
    columns = [np.hstack(pair) for pair in zip(full, lift, strict=True)]
    return _exported(problem, CP.full([columns[order.index(i)] for i in range(len(order))]))


def model_of_train(
    problem: Problem,
    system: TensorSystem,
    lift: list[Floats],
    order: list[int],
    tables: list[Floats],
    modes: int,
    progress: Progress,
) -> Model:
    """The model of a train, as it is or as `modes` products."""
    axes = [problem.axes[i] for i in order]
    cores = permuted(full_train(axes, system, lift, tables, RANK_ROUNDING), order, RANK_ROUNDING)
    if not modes:
        return _exported(problem, TT(tuple(c.transpose(1, 0, 2) for c in cores), np.ones((1, 1))))
    metric = [a.metric() for a in problem.axes]
    columns = cp_of_train(_weighted(cores, metric, 1), modes, progress=progress)
    if progress.expired:  # products that are not yet those of the train
        return _exported(problem, TT(tuple(c.transpose(1, 0, 2) for c in cores), np.ones((1, 1))))
    return _exported(
        problem, CP.full([t / m[:, None] for t, m in zip(columns, metric, strict=True)])
    )


def full_train(
    axes: Sequence[ProblemAxis],
    system: TensorSystem,
    lift: list[Floats],
    tables: list[Floats],
    tolerance: float,
) -> list[Floats]:
    """Table rows of lift + w, truncated in about the L2 norm."""
    cores = [_rows(e, c) for e, c in zip(system.maps, tables, strict=True)]
    if lift[0].shape[1]:
        cores = summed(cores, from_columns(lift))
    metric = [a.metric() for a in axes]
    return _weighted(rounded(_weighted(cores, metric, 1), tolerance), metric, -1)


def _rows(free: Any, core: Floats) -> Floats:
    """Free coefficients to table rows, [a, n_d, b] -> [a, n_rows, b]."""
    return tt_als.apply_axis(free, core)


def _weighted(cores: list[Floats], metric: list[Floats], power: int) -> list[Floats]:
    return [c * (m**power)[None, :, None] for c, m in zip(cores, metric, strict=True)]


def _exported(problem: Problem, interaction: CP | TT) -> Model:
    axes, interaction = exported(problem.axes, interaction)
    metadata = {"name": problem.name, "source": "solve", "title": problem.title}
    output = Output(problem.output, problem.unit)
    return Model(axes, interaction, [output], metadata=metadata, backend="auto")
