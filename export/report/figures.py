"""The plots of a fitted model: predicted against measured, atoms per axis, slices with interval,
errors by storage type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.axis import Axis
from sna_edge.core.interaction import CP
from sna_edge.model import Evaluation, Model
from sna_edge.values.naming import labelled

from .svg import Plot, ends

Floats = NDArray[np.float64]
DOTS = 1500  # points drawn at most
CURVE = 161  # points of a curve
ATOMS = 6  # modes drawn per axis


def predicted_measured(
    measured: Floats,
    predicted: Floats,
    *,
    name: str,
    unit: str = "",
    title: str = "",
    size: tuple[int, int] = (360, 330),
) -> str:
    """Predicted against measured with the line of equality."""
    keep = np.linspace(0, len(measured) - 1, min(len(measured), DOTS)).astype(int)
    span = ends(measured, predicted)
    label = labelled(name, unit)
    plot = Plot(
        span,
        span,
        title=title or name,
        xlabel=f"measured {label}",
        ylabel=f"predicted {label}",
        width=size[0],
        height=size[1],
    )
    return (
        plot.line(span, span, 5, dashed=True)
        .dots(np.asarray(measured)[keep], np.asarray(predicted)[keep])
        .render()
    )


def residuals(
    measured: Floats, predicted: Floats, *, name: str, unit: str = "", bins: int = 31
) -> str:
    """Histogram of measured minus predicted."""
    error = np.asarray(measured) - np.asarray(predicted)
    error = error[np.isfinite(error)]
    count, edges = np.histogram(error, bins=bins)
    xlabel = f"measured - predicted [{unit}]" if unit else "measured - predicted"
    plot = Plot(
        (edges[0], edges[-1]),
        (0, 1.05 * count.max()),
        title=f"{name}: residuals",
        xlabel=xlabel,
        ylabel="rows",
        height=330,
    )
    return plot.bars((edges[:-1] + edges[1:]) / 2, count, 0.92 * (edges[1] - edges[0])).render()


def atoms(model: Model) -> list[str]:
    """phi_{d,r}(x_d) of the strongest modes of every axis (CP), each scaled to max 1."""
    work = model.interaction
    if not isinstance(work, CP):
        return []
    plots = []
    for d, modes in enumerate(work.modes):
        axis, x, phi = strongest(model, d)
        if not len(modes):
            continue
        shown = phi.shape[1]
        title = f"{axis.name}, {shown} of {len(modes)}" if shown < len(modes) else axis.name
        plot = _axis_plot(axis, ends(phi), title=title)
        for s, y in enumerate(phi.T):
            plot.line(x, y, s)
            if axis.kind == "categorical":
                plot.dots(x, y, s, radius=3)
        plots.append(plot.render())
    return plots


def strongest(model: Model, d: int, count: int = ATOMS) -> tuple[Axis, Floats, Floats]:
    """Axis d, positions x [n] and its strongest atoms [n, count] scaled to max 1 (CP)."""
    work, axis = model.interaction, model.axes[d]
    assert isinstance(work, CP)
    order = np.argsort(-_strength(work)[work.modes[d]], kind="stable")[:count]
    x = _positions(axis)
    phi = axis.basis.design(x) @ work.tables[d][:, order]
    return axis, x, phi / np.maximum(np.abs(phi).max(axis=0, initial=0.0), 1e-300)


def _strength(work: CP) -> Floats:
    """Largest |W| of every mode times the largest entries of its atoms: an upper scale of what it
    adds."""
    size = np.abs(work.weights).max(axis=1)
    for modes, table in zip(work.modes, work.tables, strict=True):
        size[modes] *= np.abs(table).max(axis=0)
    return np.asarray(size)


def _positions(axis: Axis) -> Floats:
    return (
        np.arange(axis.basis.n_spans, dtype=float)
        if axis.kind == "categorical"
        else np.linspace(axis.lower, axis.upper, CURVE)
    )


def _axis_plot(
    axis: Axis, room: tuple[float, float], *, title: str = "", ylabel: str = "", height: int = 200
) -> Plot:
    """An empty plot over one input: its domain, or its level names."""
    xlabel = labelled(axis.name, axis.unit)
    levels = axis.level_names if axis.kind == "categorical" else ()
    span = (-0.5, len(levels) - 0.5) if levels else (axis.lower, axis.upper)
    plot = Plot(span, room, title=title, xlabel=xlabel, ylabel=ylabel, width=280, height=height)
    return plot.categories(levels) if levels else plot


def centre(model: Model, rows: Floats | None = None) -> Floats:
    """A typical point [D]: the row nearest to the median of `rows`, else the middle of the
    domain."""
    if rows is None or not len(rows):
        return np.array(
            [0.0 if a.kind == "categorical" else (a.lower + a.upper) / 2 for a in model.axes]
        )
    width = np.array([max(a.width, 1e-300) for a in model.axes])
    inside = (model.evaluate(rows, level_index=True).status >= 0).nonzero()[0]
    rows = np.asarray(rows, dtype=float)[inside] if len(inside) else np.asarray(rows, dtype=float)
    return np.asarray(
        rows[np.argmin((((rows - np.nanmedian(rows, axis=0)) / width) ** 2).sum(axis=1))]
    )


def place(axis: Axis, x: float) -> str:
    """The name of a level, or the number."""
    return axis.level_names[round(x)] if axis.kind == "categorical" else f"{x:.4g}"


def slices(model: Model, at: Floats, output: int = 0) -> list[str]:
    """The output along every axis through the point `at`, with its interval; one scale for all
    axes."""
    found = [_slice(model, at, d) for d in range(len(model.axes))]
    o = model.outputs[output]
    evaluations = [e for _, e in found]
    room = ends(*(v[:, output] for e in evaluations for v in (e.value, e.lower, e.upper)))
    plots = []
    for axis, x0, (x, e) in zip(model.axes, at, found, strict=True):
        plot = _axis_plot(axis, room, ylabel=labelled(o.name, o.unit), height=210)
        plot.band(x, e.lower[:, output], e.upper[:, output]).line(x, e.value[:, output])
        plots.append(
            plot.dots(
                [x0], [model.evaluate(at, level_index=True).value[0, output]], 1, radius=4
            ).render()
        )
    return plots


def _slice(model: Model, at: Floats, d: int) -> tuple[Floats, Evaluation]:
    x = _positions(model.axes[d])
    points = np.repeat(np.asarray(at, dtype=float)[None], len(x), axis=0)
    points[:, d] = x
    return x, model.evaluate(points, level_index=True)


def quantization(errors: Mapping[str, Mapping[str, float]]) -> str:
    """Error by storage type: {dtype: {series: error over the output range}} on a log axis."""
    kinds = list(errors)
    series = list(dict.fromkeys(name for found in errors.values() for name in found))
    values = [v for found in errors.values() for v in found.values() if v > 0]
    low, high = (
        10.0 ** np.floor(np.log10(min(values)) - 0.1),
        10.0 ** np.ceil(np.log10(max(values))),
    )
    plot = Plot(
        (-0.6, len(kinds) - 0.4),
        (low, high),
        log="y",
        title="",
        ylabel="error / output range",
        width=460,
    )
    plot.categories(kinds)
    width = 0.8 / max(len(series), 1)
    for s, name in enumerate(series):
        x = [i + (s - (len(series) - 1) / 2) * width for i in range(len(kinds))]
        plot.bars(
            x, [errors[k].get(name, np.nan) or np.nan for k in kinds], 0.86 * width, s, name=name
        )
    return plot.render()


def importance(names: Sequence[str], first: Floats, total: Floats, title: str) -> str:
    """First-order and total Sobol indices as bars."""
    room = (0, max(1e-9, 1.08 * float(np.nanmax(total))))
    plot = Plot(
        (-0.6, len(names) - 0.4),
        room,
        title=title,
        ylabel="share of variance",
        width=max(360, 56 * len(names)),
    )
    plot.categories(list(names))
    x = np.arange(len(names), dtype=float)
    return (
        plot.bars(x - 0.2, first, 0.36, 0, name="alone")
        .bars(x + 0.2, total, 0.36, 1, name="with others")
        .render()
    )
