"""Control charts: every point with its centre line and limits, and a mark and a word where people
should look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sna_edge.errors import InputError
from sna_edge.quality.charts import RULES, Point

from .canvas import BLUE, INK, ORANGE, SKY, SOFT, Size, drawn, legend, number, remark, sheet

MOST = 2000
"""Points drawn; of more, the last ones."""
NAMED = 6
"""Signals that the words below a chart name."""


@drawn
def chart(
    points: Sequence[Sequence[Point]],
    *,
    name: str = "",
    reference: int | None = None,
    size: Size = None,
) -> Any:
    """A panel per statistic of `points`, as charts of `sna_edge.quality.charts` return them:
    values, centre line, limits that may change from point to point, signals as diamonds.
    `reference`: how many points the limits are from, up to a line. Raises InputError without
    points.
    """
    if not points:
        raise InputError("there are no points to draw; add some to the chart first")
    first = max(0, len(points) - MOST)
    shown = points[first:]
    figure, axes = sheet(len(shown[0]), 1, (7.5, 2.4), size)
    for i, ax in enumerate(axes[:, 0]):
        _panel(ax, [each[i] for each in shown], first + 1)
        if reference is not None and first < reference < len(points):
            ax.axvline(reference + 0.5, color=SOFT, linewidth=0.8, linestyle=":")
    axes[-1, 0].set_xlabel("point")
    axes[0, 0].set_title(name)
    _entries(figure, any(p.signals for each in shown for p in each))
    remark(figure, _words(points))
    return figure


def _panel(ax: Any, points: Sequence[Point], first: int) -> None:
    x = np.arange(first, first + len(points))
    y = _numbers([p.value for p in points])
    ax.plot(x, y, color=BLUE, linewidth=0.9, marker="o", markersize=2.2)
    ax.step(x, [p.center for p in points], where="mid", color=INK, linewidth=0.8)
    for ends in ([p.lower for p in points], [p.upper for p in points]):
        ax.step(x, _numbers(ends), where="mid", color=ORANGE, linewidth=1.0, linestyle="--")
    signal = np.array([bool(p.signals) for p in points])
    ax.plot(x[signal], y[signal], "D", color=ORANGE, markersize=5, markeredgecolor=INK)
    lost = np.isnan(y)
    foot = np.full(int(lost.sum()), 0.03)
    ax.plot(x[lost], foot, "x", color=SKY, transform=ax.get_xaxis_transform())
    ax.set_ylabel(points[0].statistic)
    ax.set_xlim(first - 0.5, first + len(points) - 0.5)
    last = points[-1]
    for value in {last.center, *(end for end in (last.lower, last.upper) if end is not None)}:
        _number_at(ax, value)


def _number_at(ax: Any, value: float) -> None:
    """The number of a line, at its left end."""
    said = ax.annotate(
        number(value, 5), (0.0, value), xycoords=("axes fraction", "data"), xytext=(2, 1),
        textcoords="offset points", va="bottom", ha="left", color=SOFT, fontsize=7,
    )  # fmt: skip
    said.set_in_layout(False)


def _numbers(values: Sequence[float | None]) -> Any:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _entries(figure: Any, signals: bool) -> None:
    from matplotlib.lines import Line2D

    entries = [
        Line2D([], [], color=BLUE, marker="o", markersize=2.2, linewidth=0.9, label="value"),
        Line2D([], [], color=INK, linewidth=0.8, label="centre line"),
        Line2D([], [], color=ORANGE, linestyle="--", linewidth=1.0, label="limits"),
    ]
    if signals:
        mark = Line2D([], [], color=ORANGE, marker="D", markersize=5, label="signal")
        mark.set(linestyle="none", markeredgecolor=INK)
        entries.append(mark)
    legend(figure, entries)


def _words(points: Sequence[Sequence[Point]]) -> list[str]:
    """The points that signal first by each rule, in the order of the rules."""
    at: dict[str, list[int]] = {}
    for i, each in enumerate(points, start=1):
        for one in (s.rule for p in each for s in p.signals):
            at.setdefault(one, []).append(i)
    said = []
    for rule in (rule for rule in RULES.values() if rule in at):
        rows = list(dict.fromkeys(at[rule]))
        more = f" and {len(rows) - NAMED} more" if len(rows) > NAMED else ""
        said.append(f"{rule}: {', '.join(map(str, rows[:NAMED]))}{more}. ")
    return said or ["No signals. "]
