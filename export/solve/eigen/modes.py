"""Eigenvalues and mode shapes over the parameters of a problem: eigenmodes(problem, modes=6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model
from sna_edge.numerics.time_budget import OutOfTime
from sna_edge.status import Status

from ...threads import one_thread
from ..solvers.progress import Progress
from ..weak_form.errors import ProblemError
from ..weak_form.problem import Problem
from ..weak_form.restated import parameters
from .run import EigenEstimate, Run

Floats = NDArray[np.float64]
TOLERANCE = 1e-6  # relative, of the eigenvalues, where none is asked for
USUAL_MODES = 6


class Unfinished(ProblemError):
    """The time was up before there was anything to deliver."""

    status = Status.DEADLINE


def is_eigenproblem(problem: Problem, modes: int | None) -> bool:
    """Whether eigenvalues are asked for: there is a mass, or modes of a problem that nothing
    drives."""
    return problem.mass is not None or bool(modes and not problem.driven and not problem.nonlinear)


@dataclass(frozen=True, eq=False)
class Eigenmodes:
    """lambda_k and u_k with a(u_k, v) = lambda_k m(u_k, v) for all v, m(u_k, u_k) = 1.

    `values`: a model of the eigenvalues over the parameters, one output for each of the K branches,
    None where the problem has no parameters; `shapes`: a model of the mode shapes over all axes.
    Where branches cross K is larger than `modes`, so that the lowest `modes` are always among them.
    """

    problem: Problem
    modes: int
    values: Model | None
    shapes: Model
    middle: Floats
    estimate: EigenEstimate
    points: int
    doubts: tuple[str, ...] = ()

    @property
    def model(self) -> Model:
        """That of the eigenvalues; of the shapes where there are no parameters."""
        found = self.shapes if self.values is None else self.values
        told = {"eigenvalues": self.middle.tolist(), "eigenvalue_error": self.estimate.worst}
        doubts = {"doubts": list(self.doubts)} if self.doubts else {}
        return found.replace(metadata={**found.metadata, **told, **doubts})

    def __call__(self, **at: float) -> Floats:
        """The lowest `modes` eigenvalues [modes] at these parameters, in order."""
        if self.values is None:
            return np.sort(self.middle)[: self.modes]
        return np.sort(np.asarray(self.values(**at)).reshape(-1))[: self.modes]


def eigenmodes(
    problem: Problem,
    modes: int = 6,
    *,
    tolerance: float | None = None,
    progress: Progress | None = None,
) -> Eigenmodes:
    """The lowest `modes` eigenvalues and shapes of a symmetric problem for all its parameters.

    `tolerance`: relative, of the eigenvalues; axes whose mesh nobody stated are refined until it is
    met. Raises ProblemError for problems with a load, with time, or that are not linear, and for
    forms that are not symmetric.

    A string of length 1 under a tension:

    >>> import numpy as np
    >>> from sna_export.solve import Problem, d, eigenmodes, parameter, space
    >>> from sna_export.solve import test_function, unknown
    >>> x, tension = space("x", zero="both"), parameter("tension", 1.0, 4.0)
    >>> u, v = unknown(), test_function()
    >>> string = Problem("string", (x, tension), tension * d(u, x) * d(v, x), mass=u * v)
    >>> found = eigenmodes(string, modes=2)
    >>> np.round(found(tension=2.0) / np.pi**2, 4).tolist()
    [2.0, 8.0]
    """
    _need_eigenproblem(problem, modes)
    run = Run(problem, int(modes), tolerance or TOLERANCE, progress or Progress())
    try:
        with one_thread():
            return Eigenmodes(**run.found())
    except OutOfTime as error:
        raise Unfinished(
            f"the time limit came before the eigenvalues of {problem.name!r} were found; give more"
            " of it, or fewer modes"
        ) from error


def _need_eigenproblem(problem: Problem, modes: int) -> None:
    if problem.driven or problem.nonlinear or problem.stabilise:
        raise ProblemError(
            f"problem {problem.name!r} has a load, a lift or functions of the unknown, and an"
            " eigenvalue problem has none; leave them out"
        )
    if problem.computed or problem.bounds is not None:
        raise ProblemError(
            f"problem {problem.name!r} has computed axes or bounds, which eigenvalues do not take;"
            " leave them out"
        )
    if modes != int(modes) or modes < 1:
        raise ProblemError(f"{modes} modes were asked for; give a whole number, 1 or more")
    held = parameters(problem)
    for axis in problem.axes:
        if axis.role == "time" or (axis.role == "parameter" and axis not in held):
            raise ProblemError(
                f"axis {axis.name!r} of {problem.name!r} is a time, or a parameter with a"
                " derivative; an eigenvalue problem has space and plain parameters"
            )
    if len(held) == len(problem.axes):
        raise ProblemError(f"problem {problem.name!r} has parameters only; give it a space axis")
