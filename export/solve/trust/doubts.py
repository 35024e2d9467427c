"""What makes a solution doubtful, in sentences; an error unless the caller accepts it, and then the
artifact carries it."""

from __future__ import annotations

import numpy as np

from sna_edge import CP, Model
from sna_edge.status import Status

from ..solvers.tensor_system import TensorSystem
from ..weak_form.errors import ProblemError
from ..weak_form.problem import Problem
from .stability import Stability

EIGENVALUES = (
    "if its eigenvalues are meant, say how many: modes=6 (--modes 6), with mass=density * u * v in"
    " the problem where that is not u * v"
)


class Doubtful(ProblemError):
    """A solution is not to be believed, and was not accepted."""

    status = Status.NOT_CONVERGED


def unstable(problem: Problem, found: Stability) -> list[str]:
    """The doubt of a fault."""
    return (
        [f"problem {problem.name!r} has no stable solution: {found.fault}"] if found.fault else []
    )


def without_load(problem: Problem, system: TensorSystem) -> list[str]:
    """Whether nothing drives a linear problem: load and lift are zero."""
    sizes = np.prod([np.abs(f).sum(axis=0) for f in system.loads], axis=0)
    if problem.nonlinear or np.any(sizes > 0) or _drives(system.train_load):
        return []
    return [
        f"problem {problem.name!r} has no load and no lift, so that its only solution is 0; give it"
        f" a load, or, {EIGENVALUES}"
    ]


def _drives(train: list[np.ndarray] | None) -> bool:
    return train is not None and all(np.any(core) for core in train)


def nothing(problem: Problem, model: Model) -> list[str]:
    """Whether the solved model is zero everywhere."""
    interaction = model.interaction
    if isinstance(interaction, CP):
        size = np.prod([np.abs(t).max(axis=0) for t in interaction.tables], axis=0).max()
    else:
        size = np.prod([np.abs(c).max(initial=0.0) for c in interaction.cores])
    if size > 0:
        return []
    return [
        f"the solution of {problem.name!r} is 0 everywhere; start it elsewhere with lift=, or check"
        " its load"
    ]


def need_accepted(doubts: list[str], accept: bool) -> None:
    """Raises Doubtful with all doubts, unless they are accepted."""
    if doubts and not accept:
        raise Doubtful(
            "; ".join(doubts) + "; accept=True (--accept) delivers it, and the model says so"
        )
