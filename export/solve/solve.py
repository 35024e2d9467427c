"""The front door: solve(problem) -> Solution with a Model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, TT, Model, Output
from sna_edge.artifact.limits import need_counts

from ..threads import one_thread
from .solvers import cp_als, tt_als
from .solvers.assembly import assemble
from .solvers.cp_als import CPSettings, fewest_modes, solve_cp
from .solvers.progress import Progress, Step
from .solvers.tensor_system import TensorSystem, normal_equations
from .solvers.train_to_cp import cp_of_train
from .solvers.trains import from_columns, permuted, rounded, summed
from .solvers.tt_als import TTSettings, solve_tt
from .weak_form.axes import ProblemAxis
from .weak_form.errors import ProblemError
from .weak_form.iterate import Iterate
from .weak_form.problem import Problem

Floats = NDArray[np.float64]
# relative L2 error spent on removing redundant ranks where the lift is added or axes are reordered
RANK_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Solution:
    """A solved problem: the model, and how the solve went. `residual` is relative, in scaled
    coefficients."""

    problem: Problem
    model: Model
    residual: float
    history: tuple[Step, ...]
    seconds: float
    method: str

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
) -> Solution:
    """Solve a(u, v) = l(v) in factored form and export the result.

    method "train" (ranks adapted by enrichment) or "modes" (CP, rank grown from the residual); form
    "galerkin" or "residual" (minimal residual, for operators that are far from symmetric and not
    coercive). `modes`: deliver the solved train as a sum of so many products, which runtimes
    evaluate fastest (0: as the train). What is not given comes from the problem's `defaults`.
    `device` ("cuda") runs the block eliminations on torch. Raises ProblemError for an
    under-determined problem or unknown settings.

    Heat in a rod, u_t = u_xx from u = sin x, so that u = exp(-t) sin x:

    >>> import numpy as np
    >>> from sna_export.solve import Problem, d, solve, space, test, time, unknown
    >>> x = space("x", 0.0, np.pi, spans=8, zero="both")
    >>> t = time("t", 0.0, 1.0, spans=8)
    >>> u, v = unknown(), test()
    >>> weak = d(u, t) * v + d(u, x) * d(v, x)
    >>> rod = Problem("rod", (x, t), weak, 0.0 * v, lift=x.function(np.sin))
    >>> solution = solve(rod, tolerance=1e-6)
    >>> bool(abs(solution.model(x=np.pi / 2, t=1.0)[0] - np.exp(-1.0)) < 1e-4)
    True
    """
    need_counts(len(problem.axes))
    options = {
        "method": "train",
        "form": "galerkin",
        "rank_max": 24,
        "tolerance": 1e-4,
        "modes": 0,
        **problem.defaults,
    }
    given = {
        "method": method,
        "form": form,
        "rank_max": rank_max,
        "tolerance": tolerance,
        "modes": modes,
    }
    options.update({k: v for k, v in given.items() if v is not None})
    progress = Progress(time_limit, listener)
    with one_thread():
        model, residual = _solved(problem, options, seed, device, progress, guess)
    return Solution(
        problem, model, residual, tuple(progress.history), progress.seconds, options["method"]
    )


def _solved(
    problem: Problem,
    options: dict[str, Any],
    seed: int,
    device: str | None,
    progress: Progress,
    guess: list[Floats] | None,
) -> tuple[Model, float]:
    """Model and relative residual."""
    order = _order(problem, options.pop("order", None))
    ordered = _reordered(problem, order)
    if options["method"] not in ("train", "modes"):
        raise ProblemError(f"method {options['method']!r} is unknown; use 'train' or 'modes'")
    if problem.newton is not None:
        system, lift, tables, residual = _by_newton(ordered, options, seed, device, progress)
    else:
        system, lift = assemble(ordered)
        target = _target(system, options["form"])
        run = _by_modes if options["method"] == "modes" else _by_train
        tables, residual = run(target, options, seed, device, progress, guess)
    if options["method"] == "modes":
        model = _model_of_modes(problem, system, lift, order, tables)
    else:
        model = _model_of_train(problem, system, lift, order, tables, options["modes"], progress)
    return model, residual


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


def _target(system: TensorSystem, form: str) -> TensorSystem:
    if form not in ("galerkin", "residual"):
        raise ProblemError(f"form {form!r} is unknown; use 'galerkin' or 'residual'")
    return system if form == "galerkin" else normal_equations(system)


def _by_modes(
    system: TensorSystem,
    options: dict[str, Any],
    seed: int,
    device: str | None,
    progress: Progress,
    guess: list[Floats] | None,
) -> tuple[list[Floats], float]:
    settings = CPSettings(
        options["rank_max"],
        options["tolerance"],
        seed=seed,
        device=device,
        step=options.get("step", 1),
    )
    tables = fewest_modes(system, solve_cp(system, settings, progress, guess), settings, progress)
    return tables, cp_als.residual_norm(system, tables)


def _by_train(
    system: TensorSystem,
    options: dict[str, Any],
    seed: int,
    device: str | None,
    progress: Progress,
    guess: list[Floats] | None,
) -> tuple[list[Floats], float]:
    sweeps = options.get("sweeps", TTSettings.sweeps)
    settings = TTSettings(
        options["rank_max"], options["tolerance"], seed=seed, device=device, sweeps=sweeps
    )
    cores = solve_tt(system, settings, progress, guess)
    return cores, tt_als.residual_norm(system, cores)


def _by_newton(
    problem: Problem, options: dict[str, Any], seed: int, device: str | None, progress: Progress
) -> tuple[TensorSystem, list[Floats], list[Floats], float]:
    """Solve the linearised problem around the last iterate until it moves less than the tolerance.

    Early steps are solved only to a small part of the last move: their error is lost in that of the
    linearisation.
    """
    assert problem.newton is not None
    if options["method"] != "train":
        raise ProblemError(f"problem {problem.name!r} is not linear; solve it with method 'train'")
    system, lift = assemble(problem)
    cores: list[Floats] | None = None
    moved = 1.0
    for _ in range(options.get("newton_steps", 12)):
        current = (
            from_columns(lift)
            if cores is None
            else _full_train(problem.axes, system, lift, cores, options["tolerance"])
        )
        operator, load = problem.newton(Iterate(problem.axes, current))
        system, lift = assemble(
            replace(problem, operator=problem.operator + operator, load=problem.load + load)
        )
        before, target = cores, _target(system, options["form"])
        step = {**options, "tolerance": max(options["tolerance"], min(1e-2, 0.03 * moved))}
        cores, residual = _by_train(target, step, seed, device, progress, before)
        moved = 1.0 if before is None else _moved(cores, before)
        if (moved <= options["tolerance"] >= step["tolerance"]) or progress.expired:
            break
    assert cores is not None
    return system, lift, cores, residual


def _moved(cores: list[Floats], before: list[Floats]) -> float:
    """||u - before|| / ||u|| in scaled coefficients."""
    square = tt_als.inner(cores, cores)
    change = square - 2 * tt_als.inner(cores, before) + tt_als.inner(before, before)
    return float(np.sqrt(max(change, 0.0) / square)) if square > 0 else 0.0


def _model_of_modes(
    problem: Problem,
    system: TensorSystem,
    lift: list[Floats],
    order: list[int],
    tables: list[Floats],
) -> Model:
    full = [np.asarray(e @ t) for e, t in zip(system.maps, tables, strict=True)]
    columns = [np.hstack(pair) for pair in zip(full, lift, strict=True)]
    return _exported(problem, CP.full([columns[order.index(i)] for i in range(len(order))]))


def _model_of_train(
    problem: Problem,
    system: TensorSystem,
    lift: list[Floats],
    order: list[int],
    tables: list[Floats],
    modes: int,
    progress: Progress,
) -> Model:
    axes = [problem.axes[i] for i in order]
    cores = permuted(_full_train(axes, system, lift, tables, RANK_ROUNDING), order, RANK_ROUNDING)
    if not modes:
        return _exported(problem, TT(tuple(c.transpose(1, 0, 2) for c in cores), np.ones((1, 1))))
    metric = [_metric(a) for a in problem.axes]
    columns = cp_of_train(_weighted(cores, metric, 1), modes, progress=progress)
    return _exported(
        problem, CP.full([t / m[:, None] for t, m in zip(columns, metric, strict=True)])
    )


def _full_train(
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
    metric = [_metric(a) for a in axes]
    return _weighted(rounded(_weighted(cores, metric, 1), tolerance), metric, -1)


def _rows(free: Any, core: Floats) -> Floats:
    """Free coefficients to table rows, [a, n_d, b] -> [a, n_rows, b]."""
    return tt_als.apply_axis(free, core)


def _metric(axis: ProblemAxis) -> Floats:
    """sqrt(int B_i) [n_rows]: rows times it have about the L2 norm of the function."""
    return np.sqrt(np.asarray(axis.sparse_design().T @ axis.weights))


def _weighted(cores: list[Floats], metric: list[Floats], power: int) -> list[Floats]:
    return [c * (m**power)[None, :, None] for c, m in zip(cores, metric, strict=True)]


def _exported(problem: Problem, interaction: CP | TT) -> Model:
    axes = [a.exported() for a in problem.axes]
    metadata = {"name": problem.name, "source": "solve", "title": problem.title}
    return Model(
        axes, interaction, [Output(problem.output, problem.unit)], metadata=metadata, backend="auto"
    )
