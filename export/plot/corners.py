"""Answers of inverse questions as corner plots: solutions of a level set, samples of a
posterior."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.errors import InputError
from sna_edge.inverse import Posterior, Roots
from sna_edge.inverse.query.answer import Answer
from sna_edge.model import Model

from .asked import Floats, evaluated, moved, outputs_of, positions, setting
from .canvas import (
    BLUE,
    INK,
    MAP,
    ORANGE,
    SKY,
    SOFT,
    Size,
    along,
    drawn,
    folded,
    label,
    legend,
    sheet,
    spread,
)

MOST, DOTS, BINS, CURVE = 8, 1500, 30, 241


@drawn
def inverse(
    found: Answer,
    model: Model | None = None,
    target: Mapping[str, float] | None = None,
    at: Mapping[str, object] | None = None,
    *,
    truth: Mapping[str, object] | None = None,
    size: Size = None,
) -> Any:
    """What `roots`, `level_set` or `posterior` answered, as a corner plot: each unknown on the
    diagonal, each pair of them below it, over their whole domain. Of `roots`, where `model`,
    `target` {output: value} and the other inputs `at` are given, the curve that meets the target.

    Solutions are coloured by their probability in spec or their familiarity where the model tells
    one. Of a posterior the diagonal shows the shortest 90 % interval and the pairs the optima.
    `truth` {unknown: value}: crossed lines. Raises InputError where there is no solution and where
    more than eight unknowns are asked for.
    """
    x = found._every if isinstance(found, Roots) else found.x
    if not len(x):
        raise InputError(
            f"there is nothing to draw: {found.status.label}"
            + (f", {found.message}" if found.message else "")
        )
    count = len(found.axes)
    if isinstance(found, Roots) and model is not None and target:
        return _crossing(found, x[:, 0], model, target, at or {}, size)
    if count > MOST:
        raise InputError(f"a corner plot of {count} unknowns cannot be read; take at most {MOST}")
    lines = _lines(found.axes, truth or {})
    figure, grid = sheet(count, count, (1.9, 1.75) if count > 1 else (4.6, 2.2), size)
    for i, j in np.ndindex(count, count):
        ax = grid[i, j]
        if j > i:
            ax.remove()
        elif i == j:
            _alone(ax, found, x[:, i], i)
        else:
            _pair(ax, found, x, i, j)
        if j > i:
            continue
        along(ax, found.axes[j], letters=22)
        _outer(ax, i, j, count)
        if i != j:
            along(ax, found.axes[i], upright=True, letters=20)
            if j:
                ax.set_ylabel("")
                ax.tick_params(labelleft=False)
        _crossed(ax, lines[j], lines[i] if i != j else None)
    _colours(figure, grid, found, x, lines)
    return figure


def _crossing(
    found: Roots,
    x: Floats,
    model: Model,
    target: Mapping[str, float],
    at: Mapping[str, object],
    size: Size,
) -> Any:
    """The output along the unknown, the target, and where they meet."""
    ((name, y),) = target.items()
    axis, (k,) = found.axes[0], outputs_of(model, name)
    given = setting(model, at)
    t = positions(axis, CURVE)
    curve = evaluated(model, moved(given, {model.axis_index(axis.name): t}), None)
    figure, grid = sheet(1, 1, (4.6, 3.0), size)
    ax = grid[0, 0]
    ax.plot(t, curve.value[:, k], color=BLUE, label="value")
    if np.isfinite(curve.lower[:, k]).any():
        ax.fill_between(t, curve.lower[:, k], curve.upper[:, k], color=SKY, alpha=0.45, lw=0)
    ax.axhline(y, color=ORANGE, linestyle="--", label="target")
    for a, b in found.intervals:
        ax.axvspan(a, b, color=ORANGE, alpha=0.25, lw=0)
    ax.plot(x, np.full(len(x), y), "o", ms=5, mfc=ORANGE, mec=INK, mew=0.6, label="solutions")
    along(ax, axis, letters=50, ticks=7)
    ax.set_ylabel(folded(label(model.outputs[k]), 34))
    ax.grid(axis="y")
    legend(figure, [entry for entry in ax.lines if entry.get_label() != "value"])
    return figure


def _outer(ax: Any, i: int, j: int, count: int) -> None:
    """Labels below the last line only; no scale beside a diagonal."""
    if i < count - 1:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)
    if i == j:
        ax.set_yticks([])
        ax.spines["left"].set_visible(False)


def _lines(axes: tuple[Axis, ...], truth: Mapping[str, object]) -> list[float | None]:
    names = [a.name for a in axes]
    for name in truth:
        if name not in names:
            raise InputError(f"truth names {name!r}; the unknowns are {', '.join(names)}")
    return [a.coordinate(truth[a.name]) if a.name in truth else None for a in axes]


def _alone(ax: Any, found: Answer, x: Floats, i: int) -> None:
    """Of one unknown: bars of a histogram; single solutions as ticks, intervals as bands."""
    axis = found.axes[i]
    if axis.kind == "categorical":
        ax.bar(range(axis.basis.n_spans), np.bincount(x.astype(int), minlength=axis.basis.n_spans),
               0.7, color=SKY)  # fmt: skip
    elif len(x) >= 2 * BINS:
        ax.hist(x, BINS, range=(axis.lower, axis.upper), color=SKY)
    if isinstance(found, Posterior) and axis.kind != "categorical" and len(x) > 1:
        low, high = found.interval()[i]
        ax.axvspan(low, high, color=BLUE, alpha=0.12, linewidth=0)
        for end in (low, high):
            ax.axvline(end, color=BLUE, linewidth=0.9, clip_on=False)
        ax.plot(found.mode[:, i], np.full(len(found.mode), 0.04), "D", ms=4.5, mfc=ORANGE, mec=INK,
                mew=0.6, transform=ax.get_xaxis_transform(), clip_on=False)  # fmt: skip
    elif isinstance(found, Roots):
        for a, b in found.intervals:
            ax.axvspan(a, b, color=SKY, linewidth=0)
    if axis.kind != "categorical" and len(x) < 2 * BINS:
        ax.plot(x, np.full(len(x), 0.06), "|", transform=ax.get_xaxis_transform(), color=BLUE,
                ms=10, mew=1.2, label="solutions")  # fmt: skip
    ax.set_ylim(0, None)


def _pair(ax: Any, found: Answer, x: Floats, i: int, j: int) -> None:
    """Two unknowns: one dot per solution or sample, and the optima of a posterior."""
    keep = spread(len(x), DOTS)
    u, v = (x[keep, d] + _aside(found.axes[d], len(keep), d) for d in (j, i))
    worth = _worth(found)
    if worth is None:
        few = len(x) <= 200
        ax.plot(u, v, "o", ms=3.5 if few else 1.8, color=BLUE, alpha=0.8 if few else 0.3, mew=0)
    else:
        ax.scatter(u, v, 14, worth[1][keep], cmap=MAP, vmin=0.0, vmax=_most(worth),
                   edgecolors=INK, linewidths=0.3)  # fmt: skip
    if isinstance(found, Posterior) and len(found.mode):
        ax.plot(found.mode[:, j], found.mode[:, i], "D", ms=4.5, mfc=ORANGE, mec=INK, mew=0.6)


def _aside(axis: Axis, count: int, seed: int) -> Floats | float:
    if axis.kind != "categorical":
        return 0.0
    return 0.6 * (np.random.default_rng([977, seed]).uniform(size=count) - 0.5)


def _worth(found: Answer) -> tuple[str, Floats] | None:
    """Probability in spec, else familiarity, of every solution [n]."""
    told = found.worth
    if told is None:
        return None
    for name, values in (("probability in spec", told.probability), ("familiarity p", told.p)):
        if values is not None and np.isfinite(values).any():
            return name, np.asarray(values, dtype=float)
    return None


def _most(worth: tuple[str, Floats]) -> float:
    """Where the colours end: 1 of a probability, else the largest there is."""
    return 1.0 if worth[0].startswith("prob") else max(float(np.nanmax(worth[1])), 1e-3)


def _crossed(ax: Any, x: float | None, y: float | None) -> None:
    if x is not None:
        ax.axvline(x, color=ORANGE, linewidth=1.0, linestyle="--")
    if y is not None:
        ax.axhline(y, color=ORANGE, linewidth=1.0, linestyle="--")


def _colours(figure: Any, grid: Any, found: Answer, x: Floats, lines: list[float | None]) -> None:
    """What marks and colours mean."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    told: list[Any] = []
    worth = _worth(found)
    if worth is not None and len(found.axes) > 1:
        shades = ScalarMappable(Normalize(0.0, _most(worth)), MAP)
        kept = [grid[i, j] for i, j in np.ndindex(grid.shape) if j <= i]
        bar = figure.colorbar(shades, ax=kept, location="right", shrink=0.6, aspect=30)
        bar.set_label(worth[0])
        bar.outline.set_visible(False)
    if isinstance(found, Posterior):
        told.append(Patch(color=SKY, label=f"{len(x)} samples"))
        told.append(Patch(fc="#dfe8f0", ec=BLUE, label="shortest 90 % interval"))
        told.append(Line2D([], [], marker="D", ms=4, mfc=ORANGE, mec=INK, linestyle="",
                           label="optimum"))  # fmt: skip
    else:
        told.append(Line2D([], [], marker="o", ms=4, color=SOFT if worth else BLUE, linestyle="",
                           label=f"{len(x)} solution{'s' if len(x) > 1 else ''}"))  # fmt: skip
    if any(v is not None for v in lines):
        told.append(Line2D([], [], color=ORANGE, linestyle="--", label="truth"))
    legend(figure, told)
