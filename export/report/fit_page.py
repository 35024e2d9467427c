"""The page of a fitted model: how good, what it looks like, how it was chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sna_edge.core.output import Output
from sna_edge.errors import SnaError
from sna_edge.model import Model
from sna_edge.values.learning_told import LEARNED, curve_of

from ..calibrate.judged import Judged
from . import figures
from .learning import learning_plot
from .page import Page
from .remarks import learning_lines, remarks
from .trust import judged_fit, trust
from .validation import holdout_lines, holdout_table, parts_table

SLICED = 12  # inputs shown at most


def fit_page(found: Any, *, title: str, judged: Sequence[Judged] | None = None) -> Page:
    """Page of a fit: `found` has model, report, inputs [N, D], measured [N, K], predicted [N, K]
    (out of fold); `judged`: its intervals, where that is known already."""
    model, report = found.model, found.report
    size = f"{len(found.measured)} rows, {len(model.axes)} inputs"
    page = Page(
        title,
        f"{size}; all errors are cross-validated: each row is predicted by models that never saw"
        " it",
    )
    page.tiles(scores(model, report))
    page.plots(scatter(model, found.measured, found.predicted))
    trust(page, model, found.inputs, judged_fit(found) if judged is None else judged)
    held_out(page, report)
    learning(page, model, report)
    describe_model(page, model, found.inputs)
    curves(page, report)
    candidates(page, report.get("candidates", []), report.get("why", ""))
    for line in remarks(report):
        page.text(line)
    return page


def held_out(page: Page, report: Mapping[str, Any]) -> None:
    """Rows held out of the whole fit, where there are any."""
    if not report.get("holdout"):
        return
    page.heading("Rows held out of the fit")
    for line in holdout_lines(report):
        page.text(line)
    for head, rows in (holdout_table(report), parts_table(report)):
        if rows:
            page.table(head, rows)


def learning(page: Page, model: Model, report: Mapping[str, Any]) -> None:
    """The error by the number of rows, where the fit was asked for it."""
    told = report.get("learning_curve", {})
    if not told:
        return
    found = {o.name: (o, curve_of(told[o.name])) for o in model.outputs if o.name in told}
    page.heading("Would more rows help").text(LEARNED)
    page.points([f"{line}." for line in learning_lines(report)])
    page.plots([learning_plot(o, one, _rmse(report, o)) for o, one in found.values() if one])


def _rmse(report: Mapping[str, Any], output: Output) -> float | None:
    score = report.get("outputs", {}).get(output.name, {}).get("rmse")
    return None if score is None else float(score)


def curves(page: Page, report: Mapping[str, Any]) -> None:
    """How often the slices turn, where the fit has said so."""
    told = {
        name: score["turning_points"]
        for name, score in report.get("outputs", {}).items()
        if score.get("turning_points")
    }
    if not told:
        return
    page.heading("How often the curves turn").text(
        "Turning points a slice, mean over slices through 40 rows from the 5th to the 95th"
        " percentile of the input; a turn counts where the curve goes back by 1 % of the output's"
        " range. Many turns that no physics explains are a reason to measure more rows there."
    )
    inputs = list(dict.fromkeys(name for found in told.values() for name in found))
    page.table(
        ["input", *told],
        [[name, *(f"{found[name]:.2g}" for found in told.values())] for name in inputs],
    )


def scores(model: Model, report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Tiles: R2 and RMSE of every output, then sizes."""
    tiles = []
    for output in model.outputs:
        score = report.get("outputs", {}).get(output.name, {})
        for key, word in (("r2", "R2"), ("rmse", "RMSE"), ("coverage", "covered by the interval")):
            if key in score:
                value = f"{100 * score[key]:.1f} %" if key == "coverage" else f"{score[key]:.4g}"
                tiles.append((value, f"{output.name}: {word}"))
    tiles.append((str(model.parameters), "parameters"))
    tiles.append((str(model.interaction.rank), "modes"))
    return tiles


def scatter(model: Model, measured: np.ndarray, predicted: np.ndarray) -> list[str]:
    """Predicted against measured and residuals of every output."""
    plots = []
    for k, output in enumerate(model.outputs):
        good = np.isfinite(measured[:, k]) & np.isfinite(predicted[:, k])
        pair = measured[good, k], predicted[good, k]
        if len(pair[0]):
            plots.append(figures.predicted_measured(*pair, name=output.name, unit=output.unit))
            plots.append(figures.residuals(*pair, name=output.name, unit=output.unit))
    return plots


def describe_model(page: Page, model: Model, rows: np.ndarray) -> None:
    """Slices through a typical row, importance of the inputs, atoms."""
    at = figures.centre(model, rows)
    shown = ", ".join(
        f"{a.name} {figures.place(a, v)}" for a, v in zip(model.axes, at, strict=True)
    )
    for k, output in enumerate(model.outputs):
        page.heading(f"{output.name} along every input")
        page.text(f"Through one row of the table ({shown}); the band is the prediction interval.")
        page.plots(figures.slices(model, at, k)[:SLICED])
    importance(page, model)
    linked = [f"{o.name} before {o.link}" for o in model.outputs if o.link != "identity"]
    made = f"the linear part ({', '.join(linked)})" if linked else "the model"
    page.heading("Atoms").text(
        f"The one-dimensional functions whose products make {made}, strongest first, each scaled to"
        " one."
    )
    page.plots(figures.atoms(model)[:SLICED])


def importance(page: Page, model: Model) -> None:
    """Sobol indices of the outputs, inputs uniform and independent: exact, sampled behind a
    link."""
    try:
        found = model.sobol(sampled=True)
    except SnaError:
        return
    shown = [k for k in range(len(model.outputs)) if np.isfinite(found.total[:, k]).all()]
    if not shown:
        return
    page.heading("What matters").text(
        "Sobol indices over the whole domain for independent uniform inputs."
    )
    titles = [
        f"{o.name} ({_exactness(float(error))})"
        for o, error in zip(model.outputs, found.error.max(axis=0), strict=True)
    ]
    page.plots(
        [
            figures.importance(model.input_names, found.first[:, k], found.total[:, k], titles[k])
            for k in shown
        ]
    )


def _exactness(error: float) -> str:
    return f"sampled, ±{error:.2g}" if error > 0 else "exact"


def candidates(page: Page, tried: Sequence[Mapping[str, Any]], why: str) -> None:
    """What was tried and why the winner won."""
    if not tried:
        return
    keys = list(dict.fromkeys(k for c in tried for k in c))
    page.heading("How it was chosen").text(why)
    page.table(keys, [[_short(c.get(k, "")) for k in keys] for c in tried])


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
