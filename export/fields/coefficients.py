"""Coefficients of the modes as functions of the parameters: a fit each, put side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.interaction import CP
from sna_edge.model import Model
from sna_edge.numerics.time_budget import TimeBudget

from ..compress.cp import compress_cp
from ..fit import fit_arrays
from ..fit.data.samples import AxisSpec
from ..fit.plant.several import common, on_axes

Floats = NDArray[np.float64]
LEAST_TIME = 0.01


def fitted_coefficients(
    x: Floats,
    coefficients: Floats,
    axes: Sequence[AxisSpec],
    *,
    effort: str,
    seed: int,
    budget: TimeBudget,
    fits_left: int,
    stop: Event | None = None,
    told: Callable[[], None] = lambda: None,
) -> Model:
    """Models of c [E, J] at settings x [E, D] as one of J outputs. Each has its share of the time
    that `fits_left` have together; `told` is called after each."""
    parts = []
    for k, column in enumerate(coefficients.T):
        limit = None if budget.endless or stop_set(stop) else budget.left / (fits_left - k)
        found = fit_arrays(
            x, column, axes, [f"c{k + 1}"], link="identity", effort=effort, seed=seed, plain=True,
            time_limit=None if limit is None else max(limit, LEAST_TIME), stop=stop,
        )  # fmt: skip
        parts.append(found.model)
        told()
    return beside(parts)


def stop_set(stop: Event | None) -> bool:
    """Whether somebody wants an end."""
    return stop is not None and stop.is_set()


def beside(parts: Sequence[Model]) -> Model:
    """Models of one output each on the same inputs as one, exactly: breaks become common ones."""
    axes = [common([p.axes[d] for p in parts]) for d in range(len(parts[0].axes))]
    cps = [on_axes(p, axes) for p in parts]
    starts = np.cumsum([0, *(cp.rank for cp in cps)])
    weights = np.zeros((starts[-1], len(parts)))
    for k, cp in enumerate(cps):
        weights[starts[k] : starts[k + 1], k] = cp.weights[:, 0]
    tables, modes = [], []
    for d in range(len(axes)):
        used = [cp.tables[d] for cp in cps if cp.tables[d].shape[1]]
        none = np.zeros((axes[d].basis.n_rows, 0))
        tables.append(np.concatenate(used, axis=1) if used else none)
        modes.append(np.concatenate([cp.modes[d] + s for cp, s in zip(cps, starts, strict=False)]))
    outputs = [p.outputs[0] for p in parts]
    return Model(axes, CP(tuple(tables), tuple(modes), weights).sorted(), outputs)


def fewer_modes(model: Model, size: float, tolerance: float) -> Model:
    """The coefficients with as few products as an error of the share `tolerance` of `size` allows,
    root mean square over the domain, all coefficients together."""
    assert isinstance(model.interaction, CP)
    scale = np.array([abs(o.scale) for o in model.outputs]) / size
    cp, bias = compress_cp(model, scale, tolerance, model.interaction.rank)
    outputs = [
        replace(o, bias=float(b), interval=None, range=None)
        for o, b in zip(model.outputs, bias, strict=True)
    ]
    return Model(model.axes, cp, outputs)
