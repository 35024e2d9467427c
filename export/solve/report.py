"""The page of one solve: key figures, history, slices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..report import Page, Plot, ends
from ..report.figures import centre, slices
from .solve import Solution
from .trust import bounds
from .trust.estimate import named, told


def write_report(path: str | Path, solution: Solution, error: float | None) -> None:
    """The page of a solve, HTML with inline SVG: key figures, convergence, quantities of interest,
    slices; `error` is that against the reference, None without one."""
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
    if solution.quantities:
        page.heading("Quantities of interest").table(
            ["quantity", "value"], [[n, f"{v:.6g}"] for n, v in solution.quantities.items()]
        )
    page.heading("Through the middle of the domain").plots(slices(model, centre(model)))
    page.write(path)


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
