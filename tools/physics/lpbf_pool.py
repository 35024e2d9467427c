"""Length, width and depth of a melt pool, the isotherm of the liquidus, on a fine grid."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sna_export.lpbf.melting import IN718

Floats = NDArray[np.float64]
STEP = 0.5e-6  # m, of the grids on which isotherms are sought


def pool_sizes(
    on: Callable[[Floats, Floats, Floats], Floats],
    melts: float = IN718.liquidus,
    behind: float = 900e-6,
) -> dict[str, float]:
    """length, width and depth, um, of the pool in the field `on` a tensor grid of x, y, z: the part
    around the hottest place that is connected along x, then along y and z, above `melts` (K), and
    looked for as far as `behind` the beam (m); 0 where nothing melts."""
    x, aside = np.arange(-behind, 120e-6, STEP), np.arange(0.0, 200e-6, STEP)
    down = on(x, np.zeros(1), aside)[:, 0, :] - melts
    wide = on(x, aside, np.zeros(1))[:, :, 0] - melts
    line = down[:, 0]
    top = int(line.argmax())
    if line[top] <= 0:
        return {"length_um": 0.0, "width_um": 0.0, "depth_um": 0.0}
    cold = np.flatnonzero(line <= 0)
    rear, front = int(cold[cold < top].max()), int(cold[cold > top].min())
    inside = slice(rear + 1, front)
    return {
        "length_um": 1e6 * (_root(x, line, front - 1) - _root(x, line, rear)),
        "width_um": 2e6 * _reach(aside, wide[inside]),
        "depth_um": 1e6 * _reach(aside, down[inside]),
    }


def _root(x: Floats, excess: Floats, i: int) -> float:
    return float(x[i] + (x[i + 1] - x[i]) * excess[i] / (excess[i] - excess[i + 1]))


def _reach(s: Floats, plane: Floats) -> float:
    """The farthest s up to which a row of the plane [N, len(s)] stays above 0."""
    first = (plane <= 0).argmax(axis=1) - 1
    return max(_root(s, plane[r], i) for r, i in enumerate(first) if i >= 0)
