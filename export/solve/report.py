"""The page of one solve: key figures, history, how each axis is resolved, fields, slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..report import Page, Plot, ends
from ..report.fields import field, pairs_of
from ..report.figures import centre, slices
from .solve import Solution
from .trust import bounds
from .trust.by_axis import by_axis
from .trust.estimate import named, told

FIELDS = 3


def write_report(path: str | Path, solution: Solution, error: float | None) -> None:
    """The page of a solve, HTML with inline SVG: key figures, convergence, how each axis is
    resolved, quantities of interest, fields, slices; `error` is that against the reference, None
    without one."""
    problem, model, kept = solution.problem, solution.model, solution.kept
    figures = [
        (f"{solution.seconds:.1f} s", "to solve"),
        (f"{model.parameters:,}", "parameters"),
        (f"{solution.residual:.1e}", "relative residual"),
    ]
    if solution.estimate is not None:
        figures.append((f"{solution.estimate.relative:.1e}", "estimated relative error"))
        if solution.estimate.at:
            where = named(solution.estimate.at)
            figures.append((f"{solution.estimate.worst:.1e}", f"estimated at {where}"))
    if error is not None:
        figures.append((f"{100 * error:.3g} %", "relative L2 error against the reference"))
    page = Page(problem.title or problem.name, f"{model!r}").tiles(figures)
    for words in [*told(solution.estimate, problem.unit)[1:], *bounds.told(kept, problem.unit)]:
        page.text(f"{words[0].upper()}{words[1:]}.")
    for doubt in solution.doubts:
        page.text(f"Doubtful: {doubt}.")
    page.heading("Convergence").plots([convergence(solution)]).table(*history(solution))
    page.heading("Error along each axis").text(
        "What the same kind of functions on spans twice as wide along one axis would miss of the"
        " solution, relative; where it is smooth, the spans it has miss about what is expected."
        " The largest is the axis to refine."
    ).table(*resolution(solution))
    if solution.quantities:
        page.heading("Quantities of interest").table(
            ["quantity", "value"], [[n, f"{v:.6g}"] for n, v in solution.quantities.items()]
        )
    fields = _fields(solution)
    if fields:
        page.heading("Fields").text("The other inputs are in the middle of their domains.")
        page.plots(fields)
    page.heading("Through the middle of the domain").plots(slices(model, centre(model)))
    page.write(path)


def _fields(solution: Solution) -> list[str]:
    """Maps of the first output over two axes of space and time, at most FIELDS."""
    model = solution.model
    roles = {a.name: a.role for a in solution.problem.axes}
    told = [roles.get(a.name, "parameter") for a in model.axes]
    pairs = pairs_of(told, [a.kind == "categorical" for a in model.axes])
    return [field(model, centre(model), pair) for pair in pairs[:FIELDS]]


def resolution(solution: Solution) -> tuple[list[str], list[list[object]]]:
    """Header and rows of the table of the axes."""
    rows: list[list[object]] = [
        [
            one.name,
            one.spans,
            one.degree,
            f"{one.missed:.1e}",
            f"{one.expected:.1e}",
            f"{one.worst[0]:.4g} to {one.worst[1]:.4g}",
        ]
        for one in by_axis(solution.model)
    ]
    return [
        "axis",
        "spans",
        "degree",
        "half of them miss",
        "they miss, about",
        "most between",
    ], rows


def convergence(solution: Solution) -> str:
    """Change per sweep and residual on a log axis."""
    steps = solution.history
    sweep = np.array([s.sweep for s in steps], dtype=float)
    change = np.clip([s.change for s in steps], 1e-16, 1.0)
    residual = np.array([s.residual for s in steps])
    shown = np.r_[change, residual[np.isfinite(residual) & (residual > 0)]]
    low, high = (
        10.0 ** np.floor(np.log10(shown.min())),
        10.0 ** np.ceil(np.log10(shown.max()) + 0.1),
    )
    plot = Plot(
        ends(sweep),
        (low, high),
        log="y",
        title="change per sweep",
        xlabel="sweep",
        ylabel="relative",
        width=520,
    )
    plot.line(sweep, change, 0, name="change").dots(sweep, change, 0)
    if np.isfinite(residual).any():
        plot.dots(sweep, residual, 1, name="residual", radius=3)
    return plot.render()


def history(solution: Solution) -> tuple[list[str], list[list[object]]]:
    """Header and rows of the sweep table."""
    rows: list[list[object]] = [
        [
            s.sweep,
            s.rank,
            f"{s.change:.1e}",
            "" if np.isnan(s.residual) else f"{s.residual:.1e}",
            f"{s.seconds:.2f}",
        ]
        for s in solution.history
    ]
    return ["sweep", "rank", "change", "residual", "seconds"], rows
