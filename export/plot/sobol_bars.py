"""What matters: first-order and total Sobol indices of an output itself, and of its pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sna_edge.calculus.distribution import Distribution
from sna_edge.calculus.moments import pair_indices
from sna_edge.errors import InputError
from sna_edge.model import Model

from .asked import Floats, outputs_of
from .canvas import BLUE, INK, MAP, PAPER, SKY, Size, drawn, folded, legend, sheet

WRITTEN = 10  # inputs up to which pairs have numbers
MOST = 25  # inputs shown


@drawn
def sensitivity(
    model: Model,
    over: Mapping[str, Distribution] | None = None,
    *,
    outputs: str | Sequence[str] | None = None,
    size: Size = None,
) -> Any:
    """First-order and total Sobol indices of each output, largest first, and the interactions of
    its pairs of inputs, as shares of its variance.

    Of the output itself, also behind a link, where they are sampled and the title says how far off
    they may be. `over`: distributions of inputs, uniform on the domain by default. Raises
    InputError where an output does not vary.
    """
    chosen = outputs_of(model, outputs)
    found = model.sobol(over, sampled=True)
    pairs = pair_indices(model, over, sampled=True) if len(model.axes) > 1 else None
    count = min(len(model.axes), MOST)
    longest = max(len(line) for n in model.input_names for line in folded(n, 26).split("\n"))
    tall = max(1.9, 0.26 * count + 0.9 + (0.05 * longest if pairs is not None else 0.0))
    wide = 1 if pairs is None else 2
    figure, grid = sheet(len(chosen), wide, (min(max(4.0, 0.28 * count + 2.2), 5.4), tall), size)
    for line, k in zip(grid, chosen, strict=True):
        if not np.isfinite(found.total[:, k]).all():
            raise InputError(
                f"{model.outputs[k].name!r} does not vary over the domain, so no input matters;"
                " name other outputs"
            )
        order = np.argsort(-found.total[:, k], kind="stable")[:count]
        names = [folded(model.input_names[d], 26) for d in order]
        _bars(line[0], names, found.first[order, k], found.total[order, k])
        error = float(np.max(found.error[:, k]))
        told = f"{model.outputs[k].name} ({_worth(error)})"
        line[0].set_title(folded(told, 36)[:120], loc="left")
        if pairs is not None:
            _pairs(line[1], names, pairs[np.ix_(order, order)][..., k])
    _legend(figure)
    return figure


def _worth(error: float) -> str:
    return f"sampled, ±{error:.2g}" if error > 0 else "exact"


def _bars(ax: Any, names: Sequence[str], first: Floats, total: Floats) -> None:
    """Two bars an input, with the total written behind them."""
    place = np.arange(len(names), dtype=float)
    first, total = 100 * first, 100 * total
    ax.barh(place - 0.19, first, 0.36, color=BLUE, label="alone")
    ax.barh(place + 0.19, total, 0.36, color=SKY, hatch="////", ec=INK, lw=0.4, label="total")
    for i, value in enumerate(total):
        ax.text(max(value, first[i], 0.0) + 0.012 * total.max(), place[i] + 0.19, f"{value:.1f}",
                va="center", fontsize=6.5)  # fmt: skip
    ax.set_yticks(place, names)
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.set_xlim(min(0.0, first.min()), 1.16 * max(total.max(), first.max(), 1.0))
    ax.set_xlabel("% of the variance")
    ax.grid(axis="x")


def _pairs(ax: Any, names: Sequence[str], shares: Floats) -> None:
    """Heat map of interactions; the diagonal is empty."""
    shown = np.where(np.eye(len(names), dtype=bool), np.nan, 100 * shares)
    most = max(float(np.nanmax(shown)), 0.1)
    image = ax.imshow(shown, cmap=MAP, vmin=0.0, vmax=most, aspect="auto")
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02, aspect=20)
    bar.set_label("% of the variance")
    bar.outline.set_visible(False)
    ax.set_xticks(range(len(names)), names, rotation=90)
    ax.set_yticks(range(len(names)), [])
    ax.set_title("interaction of two inputs", loc="left")
    if len(names) <= WRITTEN:
        for (i, j), value in np.ndenumerate(shown):
            if np.isfinite(value):
                ax.text(j, i, f"{max(value, 0.0):.1f}", ha="center", va="center", fontsize=6.5,
                        color=INK if value > 0.5 * most else PAPER)  # fmt: skip


def _legend(figure: Any) -> None:
    from matplotlib.patches import Patch

    legend(
        figure,
        [
            Patch(color=BLUE, label="alone (first order)"),
            Patch(fc=SKY, hatch="////", ec=INK, lw=0.4, label="with others (total)"),
        ],
    )
