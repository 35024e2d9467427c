"""Fields of a solved model as maps of two axes: shaded steps of equal height."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.model import Model
from sna_edge.values.naming import labelled

from . import ticks
from .svg import Plot

Floats = NDArray[np.float64]
CELLS, STEPS = 72, 9


def field(model: Model, at: Floats, pair: tuple[int, int], output: int = 0) -> str:
    """Output over the axes `pair`, the others at `at` [D]; each shade is one step of values, the
    darkest the largest."""
    a, b = (model.axes[d] for d in pair)
    edges = [np.linspace(axis.lower, axis.upper, CELLS + 1) for axis in (a, b)]
    x, y = ((e[1:] + e[:-1]) / 2 for e in edges)
    points = np.repeat(np.asarray(at, dtype=float)[None], CELLS * CELLS, axis=0)
    points[:, pair[0]], points[:, pair[1]] = np.repeat(x, CELLS), np.tile(y, CELLS)
    z = model.evaluate(points, level_index=True).value[:, output].reshape(CELLS, CELLS)
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    o = model.outputs[output]
    unit = f" {o.unit}" if o.unit else ""
    plot = Plot(
        (a.lower, a.upper),
        (b.lower, b.upper),
        title=f"{o.name}: {_number(low)} (light) to {_number(high)}{unit} (dark)",
        xlabel=labelled(a.name, a.unit),
        ylabel=labelled(b.name, b.unit),
        width=400,
        height=320,
    )
    step = np.clip(((z - low) / max(high - low, 1e-300) * STEPS).astype(int), 0, STEPS - 1)
    for s in range(STEPS):
        plot.cells(edges[0], edges[1], step == s, 0, shade=0.06 + 0.84 * s / (STEPS - 1))
    return plot.render()


def _number(value: float) -> str:
    return f"{value:.3g}" if ticks.label(value) != "0" else "0"


def pairs_of(roles: list[str], levels: list[bool]) -> list[tuple[int, int]]:
    """Which two axes to show: every two of space and time; of a field of one, it and each of up to
    two parameters. `roles` and whether the axis has `levels`, of every axis."""
    own = [d for d, r in enumerate(roles) if r in ("space", "time") and not levels[d]]
    if len(own) > 1:
        return [(d, e) for i, d in enumerate(own) for e in own[i + 1 :]]
    others = [d for d, r in enumerate(roles) if r == "parameter" and not levels[d]]
    return [(own[0], e) for e in others[:2]] if own else []
