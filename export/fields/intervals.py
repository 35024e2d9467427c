"""How wide intervals are at a node: quantiles of what runs left out were missed by, wider where the
parameters or the value say that errors are larger."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, Model
from sna_edge.core.beside import Companion, CoordinateSource

from ..calibrate import calibrated
from ..calibrate.judged import judged
from .folds import HeldOut

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_PLACES = 20_000
"""Nodes of runs that widths are taken from."""
USUAL_RUNS = 19
"""Runs that support 90 %: so many are said to be there where they are fewer, since the quantiles
are wider for a new run of so few."""


@dataclass(frozen=True, eq=False)
class Widths:
    """The model with its intervals, the share of left-out places inside those of 90 %, and what
    the width follows."""

    model: Model
    coverage: float
    said: str


def with_intervals(model: Model, x: Floats, held: HeldOut, fold: Ints, seed: int) -> Widths:
    """`model` with intervals from runs at x [E, D] that were left out by `fold` [E]."""
    runs, places = _places(held, seed)
    measured, predicted = (a[runs, places][:, None] for a in (held.fields, held.predicted))
    first = len(model.axes) - x.shape[1]
    asked = Model(
        model.axes[first:],
        CP.full([np.ones((a.basis.n_rows, 1)) for a in model.axes[first:]]),
        [replace(model.outputs[0], offset=0.0)],
    )
    rows = x[runs], measured, predicted
    made = calibrated(asked, *rows, fold[runs], groups=runs)
    (one,) = judged(made.model, *rows, fold[runs], made.scales, runs)
    told = made.model.calibration
    assert told is not None
    told = replace(told, n_residuals=max(len(x), USUAL_RUNS))
    companions = [_behind(c, first) for c in made.model.companions]
    found = model.replace(companions=companions, calibration=told)
    return Widths(found, one.coverage.whole.share, one.why)


def _places(held: HeldOut, seed: int) -> tuple[Ints, Ints]:
    """Runs and values [n] of them: of each run the same number, drawn by their share of the
    part."""
    count, size = held.fields.shape
    each = min(size, max(MOST_PLACES // count, 1))
    rng = np.random.default_rng(seed)
    share = held.weight / held.weight.sum()
    drawn = [
        np.arange(size) if each == size else rng.choice(size, each, p=share) for _ in range(count)
    ]
    return np.repeat(np.arange(count), each), np.concatenate(drawn)


def _behind(companion: Companion[Model], first: int) -> Companion[Model]:
    """The companion of the parameters alone, asked behind `first` axes of the part."""
    moved = [
        replace(c, index=c.index + first) if c.source == CoordinateSource.INPUT else c
        for c in companion.coordinates
    ]
    return replace(companion, coordinates=tuple(moved))
