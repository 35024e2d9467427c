"""The plots of what intervals are worth: coverage by part, place in the predicted distribution,
width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.values.naming import labelled

from ..calibrate.coverage import Part, perfect
from ..calibrate.judged import LEVEL, Judged
from .svg import Plot, ends

DOTS = 1500  # points drawn at most
LEAST_BINNED, MANY = 50, 200
"""Rows from which there is a histogram, of few bins below MANY."""
FEW_BINS, BINS = 5, 10
NARROWEST = 0.05  # of a plot, the width of a part that is drawn


def by_quarter(found: Judged) -> str:
    """Coverage by quarter of the prediction, with the range of a perfect model."""
    parts = found.coverage.by_prediction
    names = [p.name.removesuffix(" quarter") for p in parts]
    o = found.output
    plot = Plot(
        (-0.5, len(parts) - 0.5),
        _room(parts),
        title="Covered, by quarter of the prediction",
        xlabel="" if len(parts) == 4 else labelled(o.name, o.unit),
        ylabel="% of the rows",
    )
    plot.categories(names)
    return _covered(plot, parts, [(i - 0.3, i + 0.3) for i in range(len(parts))])


def by_input(found: Judged, axes: Sequence[Axis]) -> list[str]:
    """Coverage along every input that varies: by level, by value, or by thirds."""
    plots = []
    of_name = found.coverage.by_input
    room = _room([p for parts in of_name.values() for p in parts])
    for axis in axes:
        parts = of_name.get(axis.name, ())
        levels = axis.kind == "categorical"
        if not parts or len(parts) > 24:
            continue
        span = (-0.5, len(parts) - 0.5) if levels else (axis.lower, axis.upper)
        label = labelled(axis.name, axis.unit)
        plot = Plot(span, room, xlabel=label, ylabel="% covered", width=280, height=200)
        if levels:
            plot.categories([p.where for p in parts])
            places = [(i - 0.3, i + 0.3) for i in range(len(parts))]
        else:
            places = [_widened(p.ends, axis) for p in parts]
        plots.append(_covered(plot, parts, places))
    return plots


def _covered(plot: Plot, parts: Sequence[Part], places: Sequence[tuple[float, float]]) -> str:
    """A box for the range of a perfect model, a dot for what was found, the level as a line."""
    for p, (a, b) in zip(parts, places, strict=True):
        low, high = (100 * n / p.rows for n in (p.least, p.most))
        plot.band([a, b], [low, low], [high, high], 5)
    level = 100 * parts[0].level
    plot.line(plot.x, [level, level], 5, dashed=True)
    for s, verdicts in ((0, ("as promised", "high", "few")), (1, ("low",))):
        chosen = [i for i, p in enumerate(parts) if p.verdict in verdicts]
        plot.dots(
            [sum(places[i]) / 2 for i in chosen],
            [100 * parts[i].share for i in chosen],
            s,
            radius=4.5,
        )
    return plot.render()


def _room(parts: Sequence[Part]) -> tuple[float, float]:
    least = min((min(p.least, p.inside) / p.rows for p in parts), default=0.0)
    return 100 * max(least - 0.06, 0.0), 103.0


def _widened(place: tuple[float, float], axis: Axis) -> tuple[float, float]:
    """Wide enough to be seen, inside the domain."""
    middle, half = sum(place) / 2, max((place[1] - place[0]) / 2, NARROWEST * axis.width / 2)
    return max(middle - half, axis.lower), min(middle + half, axis.upper)


def distribution(found: Judged) -> str:
    """Histogram of where measurements lie in their predicted distribution, with the band that a
    perfect model keeps to; empty for few rows."""
    n = len(found.pit)
    if n < LEAST_BINNED:
        return ""
    bins = BINS if n >= MANY else FEW_BINS
    count = np.histogram(found.pit, bins=bins, range=(0, 1))[0]
    low, high = perfect(n, 1 / bins, bins, found.worth)
    share = 100 / n
    plot = Plot(
        (0, 1),
        (0, 1.1 * share * max(count.max(), high)),
        title="Place in the predicted distribution",
        xlabel="share of the distribution below what was measured",
        ylabel="% of the rows",
    )
    plot.bars((np.arange(bins) + 0.5) / bins, share * count, 0.94 / bins)
    plot.band([0, 1], [share * low] * 2, [share * high] * 2, 5)
    return plot.line([0, 1], [100 / bins] * 2, 5, dashed=True).render()


def width(found: Judged) -> str:
    """Width of the interval against the prediction; empty where it is one number."""
    if not found.local and np.ptp(found.one_width) <= 0.5 * found.one_width.max():
        return ""
    keep = np.linspace(0, len(found.width) - 1, min(len(found.width), DOTS)).astype(int)
    o, p = found.output, found.predicted
    plot = Plot(
        ends(p),
        (0, ends(found.width[keep], found.one_width)[1]),
        title=f"Width of the {100 * LEVEL:.0f} % interval",
        xlabel=f"predicted {labelled(o.name, o.unit)}",
        ylabel=labelled("width", o.unit),
    )
    order = np.argsort(p, kind="stable")
    if found.local:
        plot.dots(p[keep], found.width[keep], 0)
        plot.line(p[order], _smooth(found.one_width[order]), 1, dashed=True, name="one width")
    else:
        plot.line(p[order], _smooth(found.one_width[order]), 0)
    return plot.render()


def _smooth(v: np.ndarray) -> np.ndarray:
    """Means of 21 neighbours: folds differ a little."""
    reach = min(10, (len(v) - 1) // 2)
    padded = np.pad(v, reach, mode="edge")
    return np.convolve(padded, np.ones(2 * reach + 1) / (2 * reach + 1), mode="valid")
