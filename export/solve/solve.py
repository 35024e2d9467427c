"""The front door: solve(problem) -> Solution with a Model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sna_edge import Interval, Model
from sna_edge.artifact.limits import need_counts
from sna_edge.numerics.time_budget import ESTIMATE

from ..threads import one_thread
from .computed import formulas_of, with_computed
from .delivery import model_of_modes, model_of_train
from .eigen.modes import USUAL_MODES, Eigenmodes, eigenmodes, is_eigenproblem
from .newton import by_newton
from .pointwise.run import by_points
from .runs import by_modes, by_train, target
from .settings import settings
from .solvers import tt_als
from .solvers.assembly import assemble
from .solvers.progress import Progress, Step
from .trust import bounds as within
from .trust import doubts as doubted
from .trust.bounds import Kept, kept, kept_within
from .trust.estimate import LEVEL, Estimate, above, estimate_of
from .trust.inherited import untold
from .trust.refine import Refinement
from .trust.spot import spot_of
from .trust.stability import stability_of
from .weak_form.errors import ProblemError
from .weak_form.problem import Problem
from .weak_form.restated import restated

Floats = NDArray[np.float64]
TURNS = 4  # of refinement
STRICTER = 0.3  # per turn: what the parameter axes may take
TIGHTER = 0.25  # of the allowed error, to a power that grows: what ranks and sweeps may take
LITTLE = 0.2  # of the allowed error: what keeping within bounds may take without a second try
ORDINARY = 1e-2  # estimated relative error above which a solution is doubtful, if none is asked for


@dataclass(frozen=True, eq=False)
class Solution:
    """A solved problem: the model, and how the solve went.

    `residual` is relative, in scaled coefficients (NaN where it costs too much to evaluate);
    `estimate`: how large the error is (None where it could not be told); `stopped`: the time limit
    cut the solve short; `doubts`: why the solution is not to be believed, in sentences;
    `stability`: in words, how much of the parameter box was not looked at for it ("": none);
    `eigen`: what was found of an eigenvalue problem, whose `model` is that of the eigenvalues, or
    of the shapes where there are no parameters.
    """

    problem: Problem
    model: Model
    residual: float
    history: tuple[Step, ...]
    seconds: float
    method: str
    doubts: tuple[str, ...] = ()
    estimate: Estimate | None = None
    stopped: bool = False
    stability: str = ""
    eigen: Eigenmodes | None = None

    @property
    def kept(self) -> Kept | None:
        """What keeping the model within the problem's bounds took; None where it has none."""
        return kept(self.model)

    @property
    def quantities(self) -> dict[str, Any]:
        """The problem's quantities of interest, evaluated on the model."""
        return {name: f(self.model) for name, f in self.problem.quantities.items()}


def solve(
    problem: Problem,
    *,
    method: str | None = None,
    form: str | None = None,
    rank_max: int | None = None,
    tolerance: float | None = None,
    modes: int | None = None,
    time_limit: float | None = None,
    seed: int = 0,
    device: str | None = None,
    listener: Callable[[Step, float | None], None] | None = None,
    guess: list[Floats] | None = None,
    accept: bool = False,
    estimate: bool = True,
    refine: bool = False,
    stabilise: str | None = None,
    bounds: tuple[float | None, float | None] | None = None,
) -> Solution:
    """Solve a(u, v) = l(v) in factored form and export the result.

    method "train" (ranks adapted by enrichment) or "modes" (CP, rank grown from the residual); form
    "galerkin" or "residual" (minimal residual, for operators that are far from symmetric and not
    coercive). `modes`: deliver the solved train as a sum of so many products, which runtimes
    evaluate fastest (0: as the train). What is not given comes from the problem's `defaults`.
    `device` ("cuda") runs the block eliminations on torch. Raises ProblemError for an
    under-determined problem or unknown settings, and where nothing drives the problem, or its
    operator is singular or unbounded from below somewhere in the parameter box; with `accept` the
    model is delivered even so, and `doubts` and its metadata say why it is not to be believed.
    `stabilise` "supg": that of the problem, for advection that the mesh does not resolve.
    `bounds` (least, most): those of the problem; the model is kept within them.
    A problem with a `mass`, or one that nothing drives where `modes` are asked for, is an
    eigenvalue problem (`eigenmodes`): `modes` says how many.
    `estimate`: the error is estimated where the problem can be solved directly at single values of
    its parameters; the model then has an interval. An estimate above `tolerance` (1 % where none is
    asked for) is a doubt; axes whose mesh nobody stated are refined until it is not (`refine`: all
    axes), where `tolerance` is given ranks and sweeps follow.

    Heat in a rod, u_t = u_xx from u = sin x, so that u = exp(-t) sin x:

    >>> import numpy as np
    >>> from sna_export.solve import Problem, d, solve, space, test_function, time_axis, unknown
    >>> x = space("x", 0.0, np.pi, spans=8, zero="both")
    >>> t = time_axis("t", 0.0, 1.0, spans=8)
    >>> u, v = unknown(), test_function()
    >>> weak = d(u, t) * v + d(u, x) * d(v, x)
    >>> rod = Problem("rod", (x, t), weak, 0.0 * v, lift=x.function(np.sin))
    >>> solution = solve(rod, tolerance=1e-6)
    >>> bool(abs(solution.model(x=np.pi / 2, t=1.0)[0] - np.exp(-1.0)) < 1e-4)
    True
    """
    need_counts(len(problem.axes))
    formulas_of(problem)
    progress = Progress(time_limit, listener)
    if is_eigenproblem(problem, modes):
        return _of_modes(problem, modes, tolerance, progress, accept)
    if stabilise is not None:
        problem = replace(problem, stabilise=stabilise)
    if bounds is not None:
        problem = replace(problem, bounds=bounds)
    given = {
        "method": method,
        "form": form,
        "rank_max": rank_max,
        "tolerance": tolerance,
        "modes": modes,
    }
    options = {**settings(problem, given), "accept": accept}
    with one_thread():
        stability = stability_of(problem, progress)
        doubts = doubted.unstable(problem, stability)
        doubted.need_accepted(doubts, accept)
        allowed, said = _allowed(tolerance, problem)
        run = _Run(problem, options, seed, device, progress, guess, allowed)
        found, more = run.solved()
        doubts += more
        doubted.need_accepted(doubts, accept or progress.budget.stopped)
        if estimate and not doubts:
            found = run.estimated(found, every_axis=refine, tighten=tolerance is not None)
        if problem.nonlinear and estimate:
            stability = spot_of(found.problem, found.model, progress)
            doubts += doubted.unstable(found.problem, stability)
    doubts += _errors_doubted(found, allowed, said, estimate, progress.budget.stopped)
    return Solution(
        found.problem,
        with_computed(found.problem, _with_worth(found.model, found.told, doubts)),
        found.residual,
        tuple(progress.history),
        progress.seconds,
        options["method"],
        tuple(doubts),
        found.told,
        progress.budget.stopped,
        stability.said,
    )


def _errors_doubted(
    found: _Found, allowed: float, said: str, estimate: bool, stopped: bool
) -> list[str]:
    """Why the model may err by more than is `allowed` (in words `said`): by its estimate, by what
    its bounds took, or because nobody could tell."""
    moved = kept(found.model)
    by_bounds = 0.0 if moved is None else moved.moved
    doubts = above(found.told, allowed, said, found.problem, by_bounds)
    doubts += within.doubts_of(moved, allowed, found.problem)
    doubts += untold(found.problem) if estimate else []
    if found.told is None and estimate and stopped:
        doubts.append("the time limit left no time to estimate the error; give more of it")
    return doubts


def _of_modes(
    problem: Problem, modes: int | None, tolerance: float | None, progress: Progress, accept: bool
) -> Solution:
    """The solution of an eigenvalue problem."""
    count = modes or problem.defaults.get("modes") or USUAL_MODES
    found = eigenmodes(problem, count, tolerance=tolerance, progress=progress)
    doubted.need_accepted(list(found.doubts), accept)
    return Solution(
        problem,
        found.model,
        float("nan"),
        tuple(progress.history),
        progress.seconds,
        "eigenvalues",
        found.doubts,
        eigen=found,
    )


def _allowed(tolerance: float | None, problem: Problem) -> tuple[float, str]:
    """The largest error that is no doubt, and how it is called."""
    if tolerance is None:
        usual = problem.defaults.get("accuracy", ORDINARY)
        return usual, f"{100 * usual:g} %"
    return tolerance, f"the tolerance {tolerance:g}"


def _with_worth(model: Model, told: Estimate | None, doubts: list[str]) -> Model:
    """The model with its interval, its estimate and its doubts."""
    metadata = dict(model.metadata)
    if told is not None:
        metadata["estimate"] = told.described()
    if doubts:
        metadata["doubts"] = doubts
    outputs = model.outputs
    if told is not None:
        interval = Interval(LEVEL, told.width, told.width)
        outputs = tuple(replace(o, interval=interval) for o in outputs)
    return model.replace(metadata=metadata, outputs=outputs)


class _Found(NamedTuple):
    """A problem on the meshes it was solved on, its model, relative residual and estimate."""

    problem: Problem
    model: Model
    residual: float
    told: Estimate | None = None

    @property
    def worst(self) -> float:
        """Of the estimate."""
        return np.inf if self.told is None else self.told.worst


@dataclass
class _Run:
    """One problem with the settings it is solved with."""

    problem: Problem
    options: dict[str, Any]
    seed: int
    device: str | None
    progress: Progress
    guess: list[Floats] | None
    allowed: float

    def solved(self) -> tuple[_Found, list[str]]:
        """What was found, and doubts; under a time limit time is kept for the estimate."""
        with self.progress.budget.keeping(ESTIMATE):
            model, residual, doubts = self._solved()
        return _Found(self.problem, model, residual), doubts

    def _solved(self) -> tuple[Model, float, list[str]]:
        problem, options = self.problem, dict(self.options)
        order = _order(problem, options.pop("order", None))
        ordered = _reordered(problem, order)
        doubts: list[str] = []
        rest = (options, self.seed, self.device, self.progress)
        if options["method"] == "points":
            through = by_points(ordered, options, self.allowed, self.progress)
            system, lift, tables = through.system, through.lift, through.cores
            residual = float("nan")
            doubts += through.doubts
        elif problem.nonlinear:
            found = by_newton(ordered, *rest)
            system, lift, tables = found.system, found.lift, found.cores
            residual = tt_als.residual_norm(system, tables)
            doubts += found.doubts
        else:
            system, lift = assemble(ordered)
            doubts += doubted.without_load(problem, system)
            doubted.need_accepted(doubts, options["accept"])
            run = by_modes if options["method"] == "modes" else by_train
            tables, residual = run(target(system, options["form"]), *rest, self.guess)
        if options["method"] == "modes":
            model = model_of_modes(problem, system, lift, order, tables)
        else:
            whole = self.progress.expired or problem.bounds is not None
            modes = 0 if whole else options["modes"]
            model = model_of_train(problem, system, lift, order, tables, modes, self.progress)
        doubts = doubts or doubted.nothing(problem, model)
        little = min(LITTLE * self.allowed, options["tolerance"])
        return kept_within(problem, model, little, self.progress), residual, doubts

    def estimated(self, found: _Found, *, every_axis: bool, tighten: bool) -> _Found:
        """With its estimate; where that is above what is allowed solved again, on finer axes that
        nobody stated (or `every_axis`), with ranks and sweeps that follow where they may
        `tighten`."""
        told = estimate_of(found.problem, found.model, self.progress)
        found = found._replace(told=told)
        if told is None or told.worst <= self.allowed:
            return found
        names = [a.name for a in found.problem.axes if every_axis or not a.stated]
        return self._refined(found, names, tighten)

    def _refined(self, found: _Found, names: list[str], tighten: bool) -> _Found:
        """Solve again on finer axes `names` until the estimate is allowed; the best that was
        found."""
        best = last = found
        self.guess = None
        for turn in range(TURNS):
            if last.worst <= self.allowed or self.progress.expired or not (names or tighten):
                break
            finer = self._finer(last, names, STRICTER**turn)
            if finer is None:
                break
            self.problem = finer
            aim = self.allowed * TIGHTER ** (turn + 1)
            self.options["tolerance"] = min(self.options["tolerance"], aim)
            self.options["rank_max"] = int(np.ceil(self.options["rank_max"] * (1.4 if turn else 1)))
            solved, doubts = self.solved()
            told = None if doubts else estimate_of(solved.problem, solved.model, self.progress)
            if told is None:
                break
            last = solved._replace(told=told)
            best = min(best, last, key=lambda run: run.worst)
        return best

    def _finer(self, last: _Found, names: list[str], strict: float) -> Problem | None:
        """The problem on axes that are finer where it errs; None where what is left is that of a
        mesh that stays."""
        problem, model, _, told = last
        assert told is not None
        fixed = not names or _of_its_mesh(problem)
        if fixed and told.worst - told.discretisation - told.passed <= self.allowed:
            return None
        mesh = Refinement(
            problem, model, told.at, names, self.allowed, self.progress, strict
        ).found()
        finer = restated(problem, mesh) if mesh else problem
        return replace(finer, quantities=problem.quantities, reference=problem.reference)


def _of_its_mesh(problem: Problem) -> bool:
    """Whether an axis is a part, whose mesh no solve refines."""
    return any(a.role == "mesh" for a in problem.axes)


def _order(problem: Problem, names: Any) -> list[int]:
    """Axes in the order of the train, as positions in problem.axes."""
    if names is None:
        return list(range(len(problem.axes)))
    if sorted(names) != sorted(problem.names):
        raise ProblemError(f"order {names} must name every axis of {problem.name!r} once")
    return [list(problem.names).index(n) for n in names]


def _reordered(problem: Problem, order: list[int]) -> Problem:
    axes = tuple(problem.axes[i] for i in order)
    return replace(problem, axes=axes)
