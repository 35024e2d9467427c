"""What changed from one model to the next, as a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sna_edge.calculus.shared_domain import as_coordinates, shared_axes
from sna_edge.model import Model
from sna_edge.values.naming import labelled

from ..report.page import Page
from ..report.svg import Plot
from .shares import as_shares

CURVE, INPUTS = 121, 6


def comparison_page(told: Mapping[str, Any], old: Model, new: Model, title: str) -> Page:
    """The page of a comparison; both models are drawn through the place of the largest change."""
    page = Page(title, "New minus old, over the domain that both have; inputs uniform in it.")
    page.points(told["said"])
    if told["changes"]:
        _table(page, told)
    for heading, key in (
        ("At rows of the table", "rows"),
        ("On the reference rows of the old file", "reference_rows"),
    ):
        if told[key]:
            page.heading(heading)
            _rows(page, told[key])
    for one in told["changes"]:
        if one["bound"] > 0:
            _curves(page, one, old, new)
    page.heading("Files").facts(
        [(which, f"sha256 {told[which]['sha256']}{_version(told[which])}")
         for which in ("old", "new")]
    )  # fmt: skip
    return page


def _version(one: Mapping[str, Any]) -> str:
    return "" if one["version"] is None else f", version {one['version']}"


def _table(page: Page, told: Mapping[str, Any]) -> None:
    page.heading("Predictions")
    page.text(
        "Mean and root mean square are exact where nothing else is said. The largest change was"
        " searched for; none above the bound is possible."
    )
    page.table(
        ["output", "unit", "mean", "RMS", "largest found", "bound", "spread of old"],
        [
            [one["output"], one["unit"] or "-", f"{one['mean']:+.4g}",
             f"{one['rms']:.4g}{'' if one['exact'] else ' (sampled)'}",
             *(f"{one[k]:.4g}" for k in ("largest", "bound", "spread"))]
            for one in told["changes"]
        ],
    )  # fmt: skip


def _rows(page: Page, rows: Mapping[str, Any]) -> None:
    page.text(
        f"{rows['rows']} rows; {rows['without_value']} have no value in one of the models,"
        f" {rows['unfamiliar']} are unfamiliar in the new one."
    )
    page.table(
        ["output", "RMS", "largest"],
        [[name, *("-" if one[k] is None else f"{one[k]:.4g}" for k in ("rms", "largest"))]
         for name, one in rows["outputs"].items()],
    )  # fmt: skip


def _curves(page: Page, one: Mapping[str, Any], old: Model, new: Model) -> None:
    """Both models along each input, through the place of the largest change."""
    name, unit = one["output"], one["unit"]
    axes = shared_axes(old, new)
    at = np.array([
        float(a.level_names.index(one["at"][a.name])) if a.kind == "categorical"
        else one["at"][a.name] for a in axes
    ])  # fmt: skip
    plots = []
    for d, axis in enumerate(axes):
        if axis.kind == "categorical":
            continue
        x = np.repeat(at[None], CURVE, axis=0)
        x[:, d] = np.linspace(axis.lower, axis.upper, CURVE)
        y = [
            as_shares(m, m.value(as_coordinates(m, axes, x), level_index=True))[
                :, m.output_names.index(name)
            ]
            for m in (old, new)
        ]
        ends = float(min(map(np.min, y))), float(max(map(np.max, y)))
        plot = Plot(
            (axis.lower, axis.upper), ends, title=name, xlabel=labelled(axis.name, axis.unit),
            ylabel=labelled(name, unit),
        )  # fmt: skip
        plot.line(x[:, d], y[0], 5, name="old", dashed=True).line(x[:, d], y[1], 0, name="new")
        plots.append(plot.render())
    if plots:
        page.subheading(f"{name} through the place of its largest change")
        page.plots(plots[:INPUTS])
