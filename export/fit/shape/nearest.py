"""The candidate of a given shape that is nearest to a free one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import values
from sna_edge.numerics.time_budget import TimeBudget, now

from ..candidates.candidate import Candidate
from ..data.samples import Samples
from .asked import Shape
from .lift import Bound, least
from .projection import projected

Floats = NDArray[np.float64]
PROOF = 5.0
"""Seconds for the proof of each slope: less than what later proofs of the file may take."""


def bounds_of(shape: Shape, names: list[str]) -> list[Bound]:
    """What the shape asks of the slopes along the inputs `names`.

    >>> bounds_of(Shape({"speed": -1}, {"speed": 1}), ["power", "speed"])
    [Bound(axis=1, order=1, sign=-1, slope=-1), Bound(axis=1, order=2, sign=1, slope=-1)]
    """
    return [
        Bound(names.index(name), order, sign, shape.slope.get(name, 0))
        for order, signs in ((1, shape.slope), (2, shape.bend))
        for name, sign in signs.items()
    ]


def nearest(
    samples: Samples, shape: Shape, free: Candidate, seed: int, budget: TimeBudget
) -> Candidate | None:
    """`free` moved to the shape, itself where nothing is asked of its slopes; None where that takes
    too much, or its slopes are not proved.

    Its rows are predicted by what predicted them, moved like the function at them: what the
    function took from the noise of a row goes the other way there, so the error is not told too
    small.
    """
    begin = now()
    bounds = bounds_of(shape, [axis.name for axis in samples.axes])
    if not bounds:
        return free
    g = projected(free.f, bounds, samples.x, samples.weight, seed, budget)
    if g is None or any(low.min() < 0.0 for low, _ in least(g, bounds, PROOF)):
        return None
    x = samples.x[free.rows]
    by = free.spread * (g.predict(x) - free.f.predict(x))

    def moved(predicted: Floats) -> Floats:
        each = zip(free.outputs, predicted.T, strict=True)
        return values(free.outputs, np.stack([o.linear_inside(y) for o, y in each], axis=1) + by)

    fewer = free.fewer_left_out
    return replace(
        free,
        name=f"{free.name}, moved to the shape asked for",
        kind="shape",
        f=g,
        predicted=moved(free.predicted),
        fewer_left_out=None if fewer is None else moved(fewer),
        seconds=free.seconds + now() - begin,
        moved=None,
    )
