"""What a model misses on measured rows: against the prediction, their order and the inputs, and
where its intervals hold what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sna_edge.errors import InputError
from sna_edge.model import Model

from .asked import Floats, Measured, evaluated, outputs_of, told_level
from .canvas import (
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
    panels,
    spread,
)

DOTS, INPUTS = 1500, 12  # rows drawn and inputs shown at most
VECTORS = 150  # rows up to which each dot is a shape of its own
LEAST_COVERED = 20  # rows from which coverage is shown
WINDOWS = 12  # means of residuals drawn along a panel
QUARTERS = ("lowest", "second", "third", "highest")


@drawn
def residuals(
    model: Model,
    rows: Any,
    *,
    outputs: str | Sequence[str] | None = None,
    inputs: Sequence[str] | None = None,
    level: float | None = None,
    size: Size = None,
) -> Any:
    """Predicted against measured, residuals (measured - predicted) against prediction, order of the
    rows and every input, and the coverage of the intervals by quarter of the prediction, of one
    output (`outputs`, by default the first that `rows` has).

    `rows`: a frame with the inputs and the output. Rows that the model was fitted to flatter it:
    give rows that it has not seen. Raises InputError where no row has the output.
    """
    table = Measured.of(model, rows)
    k, x, y = _of_output(model, table, outputs)
    found = evaluated(model, x, level)
    wanted = list(model.input_names) if inputs is None else list(inputs)
    shown = [model.axis_index(name) for name in wanted][:INPUTS]
    low, high = found.lower[:, k], found.upper[:, k]
    covers = bool(np.isfinite(low).all()) and len(y) >= LEAST_COVERED
    figure, axes = panels(3 + covers + len(shown), (2.4, 2.0), size)
    predicted, error = found.value[:, k], y - found.value[:, k]
    unit = model.outputs[k].unit
    missed = f"measured - predicted{f' [{unit}]' if unit else ''}"
    _equal(axes[0], y, predicted, model, k)
    _against(axes[1], predicted, error)
    axes[1].set(xlabel=folded(f"predicted {label(model.outputs[k])}", 30), ylabel=missed)
    _against(axes[2], np.arange(1.0, len(y) + 1), error)
    axes[2].set(xlabel="row in the domain, in order", ylabel=missed)
    if covers:
        _covered(axes[3], y, predicted, low, high, told_level(model, k, level))
    for ax, d in zip(axes[3 + covers :], shown, strict=True):
        axis = model.axes[d]
        levels = axis.kind == "categorical"
        _against(ax, x[:, d], error, _aside(len(y), d) if levels else 0.0, levels)
        along(ax, axis, letters=28)
        ax.set_ylabel(missed)
    _entries(figure, error, bool(covers))
    return figure


def _of_output(
    model: Model, table: Measured, outputs: str | Sequence[str] | None
) -> tuple[int, Floats, Floats]:
    """Position of the output, and the rows x [n, D], y [n] that have it."""
    for k in outputs_of(model, outputs):
        good = np.isfinite(table.y[:, k])
        if good.any():
            return k, table.x[good], table.y[good, k]
    names = model.output_names if outputs is None else np.atleast_1d(np.array(outputs)).tolist()
    raise InputError(
        f"no row has a measured {' or '.join(names)}; give a table with a column of that name"
    )


def _equal(ax: Any, y: Floats, predicted: Floats, model: Model, k: int) -> None:
    """Predicted against measured, with the line of equality."""
    keep = spread(len(y), DOTS)
    _rows(ax, y[keep], predicted[keep])
    ends = [min(y.min(), predicted.min()), max(y.max(), predicted.max())]
    ax.plot(ends, ends, color=SOFT, linewidth=0.9, linestyle="--")
    name = label(model.outputs[k])
    ax.set(xlabel=folded(f"measured {name}", 30), ylabel=folded(f"predicted {name}", 26))


def _rows(ax: Any, x: Floats, y: Floats) -> None:
    """Dots, of many rows as one image."""
    many = len(x) > VECTORS
    ax.plot(x, y, "o", ms=2.2, color=BLUE, alpha=0.5, mew=0, label="rows", rasterized=many)


def _against(
    ax: Any, x: Floats, error: Floats, aside: Floats | float = 0.0, levels: bool = False
) -> None:
    """Residuals over x, with means of neighbours (of each level)."""
    keep = spread(len(x), DOTS)
    ax.axhline(0.0, color=SOFT, linewidth=0.9, linestyle="--")
    _rows(ax, (x + aside)[keep], error[keep])
    places, means = _means(x, error, levels)
    ax.plot(places, means, "s" if levels else "-", color=ORANGE, ms=4, linewidth=1.6, label="mean")


def _means(x: Floats, error: Floats, levels: bool) -> tuple[Floats, Floats]:
    """Mean of x and of the residuals in windows of equally many rows, or by level."""
    if levels:
        places = np.unique(x)
        return places, np.array([error[x == p].mean() for p in places])
    order = np.argsort(x, kind="stable")
    cuts = np.array_split(order, max(1, min(WINDOWS, len(x) // 5)))
    return np.array([x[c].mean() for c in cuts]), np.array([error[c].mean() for c in cuts])


def _aside(count: int, seed: int) -> Floats:
    return 0.6 * (np.random.default_rng([977, seed]).uniform(size=count) - 0.5)


def _covered(
    ax: Any, y: Floats, predicted: Floats, low: Floats, high: Floats, level: float
) -> None:
    """Share of rows inside their intervals by quarter of the prediction, and what counting alone
    would do to a perfect model."""
    from ..calibrate.coverage import coverage

    parts = coverage((), np.empty((len(y), 0)), y, predicted, low, high, level).by_prediction
    place = np.arange(len(parts), dtype=float)
    least = np.array([100 * p.least / p.rows for p in parts])
    most = np.array([100 * p.most / p.rows for p in parts])
    share = np.array([100 * p.share for p in parts])
    ax.bar(place, most - least, 0.7, least, color=SKY, alpha=0.6, label="a perfect model")
    ax.plot(place, share, "o", color=BLUE, mec=INK, mew=0.6, ms=5, label="covered")
    ax.axhline(100 * level, color=SOFT, linewidth=0.9, linestyle="--")
    names = QUARTERS if len(parts) == 4 else [p.name.removesuffix(" quarter") for p in parts]
    ax.set_xticks(place, names)
    ax.set_xlim(-0.6, len(parts) - 0.4)
    ax.set_ylim(min(share.min(), least.min()) - 6, 102)
    ax.set(xlabel="quarter of the prediction", ylabel=f"% inside the {100 * level:.4g} % interval")


def _entries(figure: Any, error: Floats, covers: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    rmse = float(np.sqrt((error**2).mean()))
    found: list[Any] = [
        Line2D([], [], marker="o", ms=3, color=BLUE, linestyle="",
               label=f"{len(error)} rows, RMSE {number(rmse)}"),
        Line2D([], [], color=ORANGE, label="mean of neighbours"),
    ]  # fmt: skip
    if covers:
        found.append(Patch(color=SKY, alpha=0.6, label="covered by a perfect model"))
    legend(figure, found)
