"""The one-dimensional functions of the modes of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sna_edge.core.interaction import CP
from sna_edge.errors import InputError
from sna_edge.model import Model

from .asked import Floats, chosen_inputs, positions
from .canvas import DASHES, SERIES, Size, along, drawn, panels

CURVE, MOST = 161, 6


@drawn
def atoms(
    model: Model, inputs: Sequence[str] | None = None, *, count: int = MOST, size: Size = None
) -> Any:
    """phi_{d,r}(x_d) of the `count` modes of every input that add and change most, each scaled to
    one; of a tensor train the entries of its matrices that do. Raises InputError for
    wrong names and counts."""
    if not 1 <= count <= MOST:
        raise InputError(f"{count} functions of an input cannot be told apart; give 1 to {MOST}")
    every = [a.name for a in model.axes]
    chosen = chosen_inputs(model, every if inputs is None else inputs, np.empty(0), (), 0)
    figure, axes = panels(len(chosen), (2.1, 1.8), size)
    for ax, d in zip(axes, chosen, strict=True):
        t = positions(model.axes[d], CURVE)
        curves, of = strongest(model, d, t, count)
        for s, y in enumerate(curves.T):
            levels = model.axes[d].kind == "categorical"
            ax.plot(t, y, color=SERIES[s], linestyle=DASHES[s], marker="o" if levels else "", ms=3)
        along(ax, model.axes[d], letters=24)
        ax.set_ylim(-1.08, 1.08)
        ax.grid(axis="y")
        shown = curves.shape[1]
        ax.set_title(f"{shown} of {of}" if shown < of else f"all {of}", loc="left", pad=3)
    return figure


def strongest(model: Model, d: int, t: Floats, count: int) -> tuple[Floats, int]:
    """The strongest functions [n, count] of axis d at t [n], scaled to max 1, and how many it
    has."""
    work, design = model.interaction, model.axes[d].basis.design(t)
    if isinstance(work, CP):
        modes, phi = work.modes[d], design @ work.tables[d]
        size = np.abs(work.weights).max(axis=1)
        for of, table in zip(work.modes, work.tables, strict=True):
            size[of] *= np.abs(table).max(axis=0, initial=0.0)
        strength = size[modes]
    else:
        core = work.cores[d]
        phi = design @ core.reshape(len(core), -1)
        strength = np.abs(phi).max(axis=0, initial=0.0)
    scaled = phi / np.maximum(np.abs(phi).max(axis=0, initial=0.0), 1e-300)
    order = np.argsort(-strength * np.ptp(scaled, axis=0), kind="stable")[:count]
    return scaled[:, order], phi.shape[1]
