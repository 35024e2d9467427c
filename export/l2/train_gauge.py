"""Gauge of a tensor train in L2 of the domain: right parts orthonormal, so that the error of one
core is that of the function."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .axis_space import AxisSpace

Floats = NDArray[np.float64]


def right_orthogonal(
    cores: Sequence[Floats], weights: Floats, work: Sequence[AxisSpace], output: Floats
) -> tuple[list[Floats], Floats, Floats]:
    """The same train with right parts orthonormal in L2 (weighted by `output`): cores, weights,
    output.

    From the last core: core = R Q with Q orthonormal in the Gram metric, R goes into the core
    before.
    """
    out = [np.array(c) for c in cores]
    q, r = np.linalg.qr((weights * output).T)
    out[-1] = np.einsum("ilr,sr->ils", out[-1], r)
    weights = q.T / output
    for d in range(len(out) - 1, 0, -1):
        core = out[d]
        weighted = np.einsum("ij,jlr->irl", work[d].factor, core).reshape(-1, core.shape[1])
        _, r = np.linalg.qr(weighted)
        if len(r) < core.shape[1] or np.linalg.cond(r) > 1e10:
            continue
        out[d] = np.einsum("ml,ilr->imr", np.linalg.inv(r).T, core)
        out[d - 1] = np.einsum("ilr,mr->ilm", out[d - 1], r)
    return out, weights, output
