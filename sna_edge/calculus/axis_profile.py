"""Outputs along one axis for many settings of the others: what stands left and right of the axis is
multiplied once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..core.interaction import CP
from ..core.record import ModelRecord

Floats = NDArray[np.float64]


def atoms(model: ModelRecord, d: int, x: Floats) -> Floats:
    """Axis d at its nodes: CP [n, R], ones where a mode does not use it; TT matrices [n, l, r]."""
    work, design = model.interaction, model.axes[d].basis.design(x)
    if not isinstance(work, CP):
        return np.asarray(np.einsum("ni,ilr->nlr", design, work.cores[d]))
    full = np.ones((len(x), work.rank))
    full[:, work.modes[d]] = design @ work.tables[d]
    return full


def sides(model: ModelRecord, drawn: Sequence[Floats]) -> tuple[list[Floats], list[Floats]]:
    """What stands left and right of every axis at the drawn rows: CP products [N, R] (W with the
    right), TT chains."""
    work = model.interaction
    count = len(drawn[0])
    if isinstance(work, CP):
        left, right = [np.ones((count, work.rank))], [np.ones((count, work.rank))]
        for a, b in zip(drawn[:-1], reversed(drawn[1:]), strict=True):
            left.append(left[-1] * a)
            right.append(right[-1] * b)
        return left, right[::-1]
    left, right = [np.ones((count, 1))], [np.repeat(work.weights[None], count, axis=0)]
    for a, b in zip(drawn[:-1], reversed(drawn[1:]), strict=True):
        left.append(np.einsum("nl,nlr->nr", left[-1], a))
        right.append(b @ right[-1])
    return left, right[::-1]


def along(model: ModelRecord, nodes: Floats, left: Floats, right: Floats, k: int) -> Floats:
    """y_k [n, N] at the nodes of one axis and the drawn rows of the others."""
    work, output = model.interaction, model.outputs[k]
    if isinstance(work, CP):
        f = (nodes * work.weights[:, k]) @ (left * right).T
    else:
        pair = left[:, :, None] * right[:, None, :, k]
        f = nodes.reshape(len(nodes), -1) @ pair.reshape(len(pair), -1).T
    return output.value(f + output.bias)
