"""Solve a differential equation once for all values of its parameters and write the solution as a
model."""

from __future__ import annotations

import argparse
import runpy
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import InputError, SnaError
from ...status import Status
from ..arguments import add_json, writable
from ..console import ANSWERED, NO_VALUE, emit
from ..options.stated import choice, state, switch, value

HELP = "solve a differential equation, shipped or your own, into a model"
POINTS = 200  # random points of the comparison with the reference


def _modes(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(
            f"{text} is no number of products; give 1 or more, or 0 for a tensor train"
        )
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a rank; give 1 or more")
    return value


def _tolerance(text: str) -> float:
    value = float(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(
            f"{text} is not a relative tolerance; give a number between 0 and 1"
        )
    return value


def _value(text: str) -> float:
    value = float(text)
    if not abs(value) < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no bound; give a number, or leave it out")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text} is not a time; give seconds above 0")
    return value


MODEL = (
    value("problem", "NAME|FILE.py", "a shipped problem, or a Python file that defines `problem`",
          nargs="?"),
    switch("--list", "list the shipped problems"),
    value("-o --output", "MODEL", "the .sna file to write"),
)  # fmt: skip
SOLVER = (
    value("--rank-max", "R", "largest rank (default: the problem's)", type=_positive),
    value("--tolerance", "E", "relative tolerance of the solver (default: the problem's)",
          type=_tolerance),
    value("--modes", "R", "write a sum of R products, or with 0 a tensor train (default: the"
          " problem's); of an eigenvalue problem, how many eigenvalues", type=_modes),
    choice("--stabilise", ("supg",), "test functions that lean into the stream, for advection on"
           " meshes too coarse for it"),
    value("--at-least", "Y", "keep the model's values from lying below Y, in units of the output",
          type=_value),
    value("--at-most", "Y", "keep the model's values from lying above Y, in units of the output",
          type=_value),
    value("--time-limit", "S", "stop after S seconds with the best model so far", type=_seconds),
)  # fmt: skip
WRITTEN = (
    switch("--accept", "write the model even where it is not to be believed; the file then says"
           " why"),
    choice("--dtype", ("float64", "float32"), "storage type of the tables (default: %(default)s)",
           default="float32"),
    value("--device", "NAME", "run the eliminations in torch on this device, for example cuda"),
    value("--report", "HTML", "also write an HTML report with convergence and slices"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge solve`."""
    state(parser, MODEL, SOLVER, WRITTEN)
    add_json(parser)


def _stated_in(path: str) -> Any:
    """The `problem` that a file of the user defines, or what it returns; None without one. Raises
    InputError for a mistake in the file."""
    from sna_export.solve import Problem

    with _mistakes_named(path):
        found = runpy.run_path(path).get("problem")
        return found() if callable(found) and not isinstance(found, Problem) else found


@contextmanager
def _mistakes_named(path: str) -> Iterator[None]:
    """Inside, an error that comes from a file of the user is an InputError with its line."""
    try:
        yield
    except (SnaError, MemoryError):
        raise
    except SyntaxError as error:
        raise InputError(
            f"{path}, line {error.lineno}: {error.msg}; correct this line of the file"
        ) from error
    except Exception as error:
        steps = [s.lineno for s in traceback.extract_tb(error.__traceback__) if s.filename == path]
        if not steps:
            raise
        raise InputError(
            f"{path}, line {steps[-1]}: {type(error).__name__}: {error}; correct the file"
        ) from error


def run(args: argparse.Namespace) -> int:
    """Solve a problem and write the model, or list the problems; returns the exit code."""
    from sna_export.solve.problems import SHIPPED

    if args.list:
        titles = {name: make().title for name, make in SHIPPED.items()}
        emit(
            args,
            {"status": "ok", "problems": titles},
            [f"{name:20} {title}" for name, title in titles.items()],
        )
        return ANSWERED
    if not args.problem or not args.output:
        raise InputError(
            "solve needs a problem and -o MODEL; `sna-edge solve --list` names the shipped problems"
        )
    for path in (args.output, *([args.report] if args.report else [])):
        writable(path)
    return _solve(args, _stated(args.problem, SHIPPED))


def _stated(name: str, shipped: dict[str, Callable[[], Any]]) -> Any:
    """The problem of a shipped name, or the `problem` (or what `problem()` returns) of a Python
    file."""
    from sna_export.solve import Problem

    if name in shipped:
        return shipped[name]()
    if not name.endswith(".py"):
        raise InputError(
            f"there is no shipped problem {name!r}; use one of {', '.join(shipped)}, or a FILE.py"
        )
    if not Path(name).is_file():
        raise InputError(f"no such file: {name}; check the path")
    found = _stated_in(name)
    if not isinstance(found, Problem):
        raise InputError(f"{name} defines no `problem`; end it with problem = Problem(...)")
    return found


def _solve(args: argparse.Namespace, problem: Any) -> int:
    from sna_export.solve import solve
    from sna_export.solve.accuracy import measured_error
    from sna_export.solve.eigen.modes import is_eigenproblem
    from sna_export.solve.eigen.told import save_shapes
    from sna_export.solve.problems import SHIPPED
    from sna_export.solve.report import write_report

    given = {
        n: getattr(args, n)
        for n in ("rank_max", "tolerance", "modes", "time_limit", "device", "accept", "stabilise")
    }
    ends = (args.at_least, args.at_most)
    given["bounds"] = None if ends == (None, None) else ends
    if args.report and is_eigenproblem(problem, args.modes):
        raise InputError(
            "a report of eigenvalues is not made; leave out --report, and draw the shapes with"
            " sna-edge plot"
        )
    given["refine"] = args.problem in SHIPPED and args.tolerance is not None
    try:
        with _mistakes_named(args.problem):
            solution = solve(problem, listener=None if args.json else _tell, **given)
    except MemoryError as cause:
        raise InputError(
            f"out of memory while solving {problem.name!r}; lower --rank-max, take fewer spans, or"
            " ask for a coarser --tolerance"
        ) from cause
    _need_believed(solution, args.accept or solution.stopped)
    model = solution.model.replace(dtypes=[args.dtype] * len(solution.model.axes))
    model.save(args.output)
    shapes = save_shapes(solution.eigen, args.output, args.dtype) if solution.eigen else None
    error = measured_error(model, problem, POINTS) if problem.reference else None
    if args.report:
        write_report(args.report, solution, error)
    status = Status.DEADLINE if solution.stopped else Status.OK
    figures = _figures(args, solution, error)
    lines = _lines(args, problem, solution, error, status)
    if shapes:
        figures["shapes"] = shapes
        lines.append(f"wrote {shapes}, {Path(shapes).stat().st_size} bytes")
    emit(args, {"status": status.label, **figures}, lines)
    return ANSWERED if status == Status.OK else NO_VALUE


def _need_believed(solution: Any, accept: bool) -> None:
    """Raises Doubtful where the solution is doubtful and that was not accepted; the best that a
    deadline left is delivered with its status and its doubts."""
    from sna_export.solve.trust.doubts import need_accepted

    need_accepted(list(solution.doubts), accept)


def _tell(step: Any, left: float | None) -> None:
    """One line per sweep, per Newton step and per point on stderr."""
    if step.point is not None:
        print(_point(step), file=sys.stderr)
        return
    if step.newton is not None:
        print(_newton(step.newton), file=sys.stderr)
        return
    residual = "" if step.residual != step.residual else f"  residual {step.residual:.1e}"
    rest = "" if left is None else f"  at most {left:.0f} s left"
    print(
        f"sweep {step.sweep:3}  rank {step.rank:3}  change {step.change:.1e}{residual} "
        f" {step.seconds:6.1f} s{rest}",
        file=sys.stderr,
    )


def _point(step: Any) -> str:
    """'point 12: speed = 0.4, power = 100: 3 Newton steps; missed before by 1.2e-02, ..'."""
    place = ", ".join(f"{name} = {value:.4g}" for name, value in step.point.at.items())
    steps = f" {step.point.steps} Newton steps;" if step.point.steps else ""
    return (
        f"point {step.sweep:3}: {place or 'no parameters'}:{steps} those"
        f" before miss it by {step.point.missed:.1e}, all about {step.point.missing:.1e}"
        f"  {step.seconds:6.1f} s"
    )


def _newton(step: Any) -> str:
    """'Newton step: moved 1.2e-03, functions met to 3e-06, after 0.5 of the step before'."""
    part = "" if step.damping == 1.0 else f", after {step.damping:g} of the step before"
    way = "" if step.strength == 1.0 else f", functions at {step.strength:g} of their strength"
    return f"Newton step: moved {step.moved:.1e}, functions met to {step.functions:.0e}{part}{way}"


def _figures(args: argparse.Namespace, solution: Any, error: float | None) -> dict[str, Any]:
    from sna_export.solve.eigen.told import described

    return {
        "problem": solution.problem.name,
        "model": args.output,
        "bytes": Path(args.output).stat().st_size,
        "parameters": solution.model.parameters,
        "rank": max(solution.model.interaction.ranks, default=0)
        if solution.method in ("points", "eigenvalues")
        else max((s.rank for s in solution.history), default=0),
        "sweeps": sum(s.point is None for s in solution.history),
        "points": [vars(s.point) for s in solution.history if s.point is not None],
        "newton": [vars(s.newton) for s in solution.history if s.newton is not None],
        "residual": solution.residual,
        "error": error,
        "estimate": solution.estimate and solution.estimate.described(),
        "bounds": solution.kept and solution.kept.described(),
        "stability": solution.stability or "looked at over the whole parameter box",
        "doubts": list(solution.doubts),
        "seconds": solution.seconds,
        "eigen": solution.eigen and described(solution.eigen),
        "quantities": solution.quantities,
        "report": args.report,
    }


def _lines(
    args: argparse.Namespace, problem: Any, solution: Any, error: float | None, status: Status
) -> list[str]:
    from sna_export.solve.eigen import told as modes
    from sna_export.solve.trust import bounds
    from sna_export.solve.trust.estimate import told

    lines = [f"{problem.title or problem.name}: {solution.model!r}"]
    known = solution.residual == solution.residual
    residual = f", relative residual {solution.residual:.1e}" if known else ""
    lines.append(f"solved in {solution.seconds:.1f} s{residual}")
    found = solution.eigen
    lines += modes.told(found) if found else told(solution.estimate, problem.unit)
    lines += bounds.told(solution.kept, problem.unit)
    lines += [f"stability: {solution.stability}"] if solution.stability else []
    lines += [f"doubtful: {doubt}" for doubt in solution.doubts]
    if status != Status.OK:
        lines.append(f"{status.label}: stopped at the time limit; the model is the best so far")
    if error is not None:
        lines.append(
            f"relative L2 error against the reference at {POINTS} random points: {error:.2e}"
        )
    lines += [f"{name}: {value:.6g}" for name, value in solution.quantities.items()]
    lines.append(f"wrote {args.output}, {Path(args.output).stat().st_size} bytes")
    return lines if not args.report else [*lines, f"wrote {args.report}"]
