"""The section 'May it be believed here': intervals by part, calibration, width, familiarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sna_edge.model import Model
from sna_edge.uncertainty.familiarity import told

from ..calibrate.familiarity.build import LEAST_ROWS
from ..calibrate.folds import folds_of
from ..calibrate.judged import LEVEL, Judged, judged
from . import figures, trust_figures
from .familiarity_map import familiarity_map, least_p
from .page import Page

INPUTS, SAID = 12, 1  # inputs shown, and sentences of a line, at most
BLANK = "\N{NO-BREAK SPACE}"


def judged_fit(found: Any) -> tuple[Judged, ...]:
    """The intervals of a fit result on its own rows; rows that were left out together stay so."""
    if parts := getattr(found, "parts", ()):
        every = {one.output.name: one for part in parts for one in judged_fit(part)}
        return tuple(every[name] for name in found.model.output_names)
    place, measured = _judging(found)
    group = getattr(found, "group", None)
    group = None if group is None else np.asarray(group)[place]
    folds = None if group is None else folds_of(np.asarray(group, dtype=float)[:, None])
    held = found.report.get("held_out", {})
    groups = group if "groups" in held and "time" not in held else None
    rows = found.inputs[place], measured, found.predicted[place]
    return judged(found.model, *rows, folds, getattr(found, "scales", None), groups)


def _judging(found: Any) -> tuple[np.ndarray, np.ndarray]:
    """As `FitResult.judging`; of another record all its rows, once."""
    if hasattr(found, "judging"):
        rows, measured = found.judging()
        return rows, measured
    return np.arange(len(found.measured)), found.measured


def trust_lines(found: Sequence[Judged]) -> list[str]:
    """What the intervals of every output are worth, a line each."""
    lines = []
    for one in found:
        *said, why = one.sentences
        more = [f"{len(said) - SAID} more of this kind (--json)"] if len(said) > SAID else []
        lines.append(f"{one.output.name}: {'; '.join([*said[:SAID], *more, why])}")
    return lines


def trust(page: Page, model: Model, rows: np.ndarray, found: Sequence[Judged]) -> None:
    """The section for a model and its rows [N, D]; what its intervals are worth, per output."""
    page.heading("May it be believed here").text(
        "Each row is judged by a prediction, a width and quantiles from rows without it. Grey: what"
        " a perfect model would show on as few rows, in 95 of 100 tables for all parts together."
    )
    for one in found:
        _intervals(page, model, one)
    page.subheading("Familiar inputs")
    _familiar(page, model, rows)


def _intervals(page: Page, model: Model, found: Judged) -> None:
    page.subheading(f"Interval of {found.output.name}")
    page.points([_sentence(words) for words in found.sentences] + [_mean_width(found)])
    page.table(*levels_table(found))
    plots = [
        trust_figures.by_quarter(found),
        trust_figures.distribution(found),
        trust_figures.width(found),
    ]
    page.plots([p for p in plots if p])
    along = trust_figures.by_input(found, model.axes)
    if along:
        page.text(f"Covered by the {100 * LEVEL:.0f} % interval along each input:")
        page.plots(along[:INPUTS])


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _mean_width(found: Judged) -> str:
    o, wide = found.output, float(np.mean(found.width))
    said = f"Mean width of the {100 * LEVEL:.0f} % interval: {wide:.4g} {o.unit}".rstrip()
    if not found.local:
        return said + "."
    return f"{said}; of one width it would be {float(np.mean(found.one_width)):.4g}."


def levels_table(found: Judged) -> tuple[list[str], list[list[object]]]:
    """Header and rows: coverage of every level that the rows support, in all and by quarter."""
    parts = found.coverage.by_prediction
    header = ["interval", "all rows", "perfect model", *(p.name for p in parts)]
    rows: list[list[object]] = []
    for level, at in found.at_levels.items():
        quarters = [_percent(p.share) for p in at.by_prediction]
        whole = at.whole
        low, high = (_percent(n / whole.rows) for n in (whole.least, whole.most))
        room = f"{low.removesuffix(f'{BLANK}%')}{BLANK}to{BLANK}{high}"
        rows.append([f"{100 * level:g}{BLANK}%", _percent(whole.share), room, *quarters])
    return header, rows


def _percent(share: float) -> str:
    return f"{100 * share:.1f}{BLANK}%"


def _familiar(page: Page, model: Model, rows: np.ndarray) -> None:
    if not told(model):
        few = (
            f": it takes {LEAST_ROWS} rows, here are {len(rows)}" if len(rows) < LEAST_ROWS else ""
        )
        page.text(
            f"This model does not say how familiar inputs are{few}. A point inside the domain,"
            " but far from every row, is answered like any other."
        )
        return
    at = figures.centre(model, rows)
    drawn, shown = familiarity_map(model, at, rows)
    rest = [(a, v) for d, (a, v) in enumerate(zip(model.axes, at, strict=True)) if d not in shown]
    fixed = f" at {', '.join(f'{a.name} {figures.place(a, v)}' for a, v in rest)}" if rest else ""
    names = " and ".join(model.axes[d].name for d in shown)
    strong = ": the stronger the colour, the more usual" if len(shown) > 1 else ""
    placed = " Rows have other values there: one on unfamiliar ground may be usual with its own."
    placed = placed if rest else ""
    known = model.calibration
    pairs = ", or two levels were never seen together" if known and known.pairs else ""
    page.text(
        f"Familiarity along {names}{fixed}{strong}. Unfamiliar: at most {_percent(least_p(model))}"
        f" of rows not learned from were as unusual{pairs}.{placed} It tells of inputs alone: where"
        " the process drifts at usual inputs it says nothing."
    )
    page.plots([drawn])
