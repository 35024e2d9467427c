"""The prediction profile: every output along every input through one setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.model import Evaluation, Model

from .asked import (
    Floats,
    Limits,
    Measured,
    evaluated,
    limits_of,
    moved,
    outputs_of,
    positions,
    setting,
    told_level,
)
from .canvas import (
    ACROSS,
    BLUE,
    INK,
    ORANGE,
    SKY,
    SOFT,
    Size,
    along,
    drawn,
    folded,
    label,
    legend,
    number,
    place,
    rug,
    sheet,
)

CURVE = 161
PANEL = (1.9, 1.75)


@drawn
def profile(
    model: Model,
    at: Mapping[str, object] | None = None,
    *,
    outputs: str | Sequence[str] | None = None,
    rows: Any = None,
    limits: Limits | None = None,
    level: float | None = None,
    size: Size = None,
) -> Any:
    """One panel per output and input: y_k along x_d, the others at the setting, with its interval.

    `at`: the setting {input: value}; what it leaves out is typical (a familiar place, or the row
    nearest to the medians). `rows`: a frame with the inputs, drawn as a rug. `limits`: {output:
    (lower, upper)}, dashed. `level`: of the intervals. `size`: inches. Raises InputError for wrong
    names and values.
    """
    table = Measured.of(model, rows)
    x, ends, shown = setting(model, at, table), limits_of(model, limits), outputs_of(model, outputs)
    curves = [
        (t := positions(a, CURVE), evaluated(model, moved(x, {d: t}), level))
        for d, a in enumerate(model.axes)
    ]
    here = evaluated(model, x[None], level)
    lines = ceil(len(model.axes) / ACROSS)
    columns = ceil(len(model.axes) / lines)
    figure, grid = sheet(lines * len(shown), columns, PANEL, size)
    for block, k in enumerate(shown):
        room = _room([e for _, e in curves], here, k, ends[k])
        cells = grid[block * lines : (block + 1) * lines].ravel()
        for d, (axis, (t, found)) in enumerate(zip(model.axes, curves, strict=True)):
            _panel(cells[d], axis, t, found, k)
            _marks(cells[d], axis, x[d], here, k, ends[k])
            rug(cells[d], axis, table.x[:, d])
            cells[d].set_ylim(*room)
            cells[d].set_title(_told(axis, x[d]), loc="left", pad=3)
            if d % columns:
                cells[d].tick_params(labelleft=False)
            else:
                cells[d].set_ylabel(folded(label(model.outputs[k]), 20))
        for unused in cells[len(model.axes) :]:
            unused.remove()
    legend(figure, _entries(model, shown, here, ends, table, level))
    return figure


def _told(axis: Axis, v: float) -> str:
    return f"at {place(axis, v)}"[:28]


def _room(
    found: Sequence[Evaluation], here: Evaluation, k: int, ends: Floats
) -> tuple[float, float]:
    """Ends of the y axis of output k: curves, intervals and limits."""
    every = [v[:, k] for e in (*found, here) for v in (e.value, e.lower, e.upper)]
    values = np.concatenate([*every, ends])
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 0.5 * max(abs(low), 1.0)
    return low - margin, high + margin


def _panel(ax: Any, axis: Axis, t: Floats, found: Evaluation, k: int) -> None:
    """Curve and band; points with bars over levels."""
    y, low, high = (v[:, k] for v in (found.value, found.lower, found.upper))
    if axis.kind == "categorical":
        bars = np.nan_to_num(np.maximum(np.stack([y - low, high - y]), 0.0))
        ax.errorbar(t, y, bars, fmt="o", ms=4, color=BLUE, ecolor=SKY, elinewidth=4, label="value")
    else:
        ax.plot(t, y, color=BLUE, label="value")
        if np.isfinite(low).any():
            ax.fill_between(t, low, high, color=SKY, alpha=0.45, linewidth=0, label="interval")
    along(ax, axis, letters=22)
    ax.grid(axis="y")


def _marks(ax: Any, axis: Axis, v: float, here: Evaluation, k: int, ends: Floats) -> None:
    """The setting and the limits."""
    ax.axvline(v, color=SOFT, linewidth=0.8, linestyle=":")
    ax.plot([v], here.value[:, k], "o", color=ORANGE, mec=INK, mew=0.6, ms=5, clip_on=False,
            label="setting", zorder=4)  # fmt: skip
    for end in ends[np.isfinite(ends)]:
        ax.axhline(end, color=ORANGE, linewidth=1.0, linestyle="--", label="limit")


def _entries(
    model: Model, shown: Sequence[int], here: Evaluation, ends: Floats, rows: Measured,
    level: float | None,
) -> list[Any]:  # fmt: skip
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Any] = []
    told = [k for k in shown if np.isfinite(here.lower[0, k])]
    if told:
        percents = {f"{100 * told_level(model, k, level):.4g}" for k in told}
        found.append(
            Patch(color=SKY, alpha=0.6, label=f"{' or '.join(sorted(percents))} % interval")
        )
    values = ", ".join(number(here.value[0, k]) for k in shown[:3]) if len(shown) < 4 else ""
    found.append(Line2D([], [], marker="o", color=SOFT, mfc=ORANGE, mec=INK, linestyle=":",
                        label=f"setting{': ' + values if values else ''}"))  # fmt: skip
    if np.isfinite(ends[list(shown)]).any():
        found.append(Line2D([], [], color=ORANGE, linestyle="--", label="limit"))
    if len(rows):
        found.append(Line2D([], [], marker="|", linestyle="", color=INK, label="measured rows"))
    return found
