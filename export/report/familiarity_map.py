"""How familiar inputs are, as a map of two of them with the rows on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.model import Model
from sna_edge.values.naming import labelled

from .svg import Plot

Floats = NDArray[np.float64]
CELLS = 56  # of a continuous input
TRIED = 33  # values of an input by which its effect is told
DOTS = 1200  # rows drawn at most
SHADES = ((0.05, 0.12), (0.2, 0.26), (0.5, 0.42), (np.inf, 0.58))
"""Up to which p a cell has which shade."""


def familiarity_map(model: Model, at: Floats, rows: Floats) -> tuple[str, list[int]]:
    """The map, and which inputs it shows: those two that change the outputs most at `at` [D], where
    all others stay; of one input a curve. `rows` [N, D] are drawn where they are."""
    shown = _shown(model, at)
    keep = np.linspace(0, len(rows) - 1, min(len(rows), DOTS)).astype(int)
    draw = _map if len(shown) > 1 else _curve
    return draw(model, at, rows[keep], shown), shown


def _shown(model: Model, at: Floats) -> list[int]:
    """The one or two inputs along which an output changes most, as shares of its change."""
    effect = np.array([_spread(model, at, d) for d in range(len(model.axes))])
    whole = effect.max(axis=0)
    share = (effect / np.where(whole > 0, whole, 1.0)).max(axis=1)
    most = np.argsort(-share, kind="stable")[:2].tolist()
    return sorted(most, key=lambda d: model.axes[d].kind == "categorical", reverse=True)


def _spread(model: Model, at: Floats, d: int) -> Floats:
    """Range [K] of every output along input d."""
    points = _along(model.axes[d], TRIED)
    y = model.evaluate(_moved(at, {d: points}), level_index=True).value
    return np.asarray(np.nanmax(y, axis=0) - np.nanmin(y, axis=0))


def _along(axis: Axis, count: int) -> Floats:
    if axis.kind == "categorical":
        return np.arange(axis.basis.n_spans, dtype=float)
    return axis.lower + axis.width * (np.arange(count) + 0.5) / count


def _moved(at: Floats, columns: dict[int, Floats]) -> Floats:
    """`at` [D] repeated, with columns [n] in place of its own."""
    points = np.repeat(at[None], len(next(iter(columns.values()))), axis=0)
    for d, column in columns.items():
        points[:, d] = column
    return points


def _edges(axis: Axis, count: int) -> Floats:
    if axis.kind == "categorical":
        return np.arange(count + 1, dtype=float) - 0.5
    return np.linspace(axis.lower, axis.upper, count + 1)


def _map(model: Model, at: Floats, rows: Floats, shown: list[int]) -> str:
    a, b = (model.axes[d] for d in shown)
    x, y = _along(a, CELLS), _along(b, CELLS)
    grid = {shown[0]: np.repeat(x, len(y)), shown[1]: np.tile(y, len(x))}
    p = model.familiarity(_moved(at, grid), level_index=True).p.reshape(len(x), len(y))
    edges = _edges(a, len(x)), _edges(b, len(y))
    plot = Plot(
        (edges[0][0], edges[0][-1]),
        (edges[1][0], edges[1][-1]),
        xlabel=labelled(a.name, a.unit),
        ylabel=labelled(b.name, b.unit),
        width=460,
        height=380,
    )
    if a.kind == "categorical":
        plot.categories(a.level_names)
    if b.kind == "categorical":
        plot.row_names(b.level_names)
    limit = least_p(model)
    plot.cells(*edges, ~(p > limit), 1, shade=0.4, name="unfamiliar")
    for below, (to, shade) in zip((limit, *(s[0] for s in SHADES)), SHADES, strict=False):
        plot.cells(*edges, (p > below) & (p <= to), 0, shade=shade)
    plot.named("familiar").named("rows", 6)
    u, v = (_beside(model.axes[d], rows[:, d], seed) for seed, d in enumerate(shown))
    return plot.dots(u, v, 6, radius=1.2).render()


def _beside(axis: Axis, v: Floats, seed: int) -> Floats:
    """Rows of a level side by side."""
    if axis.kind != "categorical":
        return v
    return v + 0.7 * (np.random.default_rng(seed).uniform(size=len(v)) - 0.5)


def _curve(model: Model, at: Floats, rows: Floats, shown: list[int]) -> str:
    (d,) = shown
    axis = model.axes[d]
    x = _along(axis, 4 * CELLS)
    p = model.familiarity(_moved(at, {d: x}), level_index=True).p
    edges, limit = _edges(axis, len(x)), least_p(model)
    low = min(limit, float(np.nanmin(p))) / 2
    plot = Plot(
        (edges[0], edges[-1]),
        (low, 1.0),
        xlabel=labelled(axis.name, axis.unit),
        ylabel="familiarity p",
        width=460,
        log="y",
    )
    plot.line([edges[0], edges[-1]], [limit, limit], 1, dashed=True, name="unfamiliar below")
    if axis.kind == "categorical":
        plot.categories(axis.level_names).dots(x, np.maximum(p, low), 0, radius=5)
    else:
        plot.line(x, np.maximum(p, low), 0)
    return plot.dots(rows[:, d], np.full(len(rows), low * 1.3), 5).render()


def least_p(model: Model) -> float:
    """Up to which p the model calls inputs unfamiliar."""
    assert model.calibration is not None
    return model.calibration.least_p
