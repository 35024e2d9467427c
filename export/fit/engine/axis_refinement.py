"""Which input deserves a finer axis: the one whose own value still explains the residuals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import SpanBasis

Floats = NDArray[np.float64]
FINER = 4
"""Spans are multiplied by this at a time."""
ROWS_PER_GROUP = 5
SIGNIFICANT = 5.0
"""Standard deviations of F under pure noise above which an input still explains its residuals."""


def explained(x: Floats, residual: Floats, n_groups: int) -> float:
    """Excess of F in its standard deviations under noise: F = (SSB / (m - 1)) / (SSW / (N - m))
    over m groups of near values.

    x [N] one input, residual [N, K]; sums over the outputs. Groups are runs of equal count in the
    order of x; equal values share a group.
    """
    order = np.searchsorted(np.sort(x), x)
    group = np.unique(order * n_groups // len(x), return_inverse=True)[1]
    m, n = int(group.max()) + 1, len(x)
    if m < 2 or n - m < ROWS_PER_GROUP:
        return 0.0
    count = np.bincount(group)
    mean = np.stack([np.bincount(group, column) / count for column in residual.T], axis=1)
    between = float(count @ (mean**2).sum(axis=1)) - n * float((residual.mean(axis=0) ** 2).sum())
    within = float((residual**2).sum()) - float(count @ (mean**2).sum(axis=1))
    f = (between / (m - 1)) / max(within / (n - m), 1e-300)
    return (f - 1.0) / float(np.sqrt(2.0 / (m - 1) + 2.0 / (n - m)))


def finest_needed(bases: list[SpanBasis], x: Floats, residual: Floats) -> int | None:
    """The axis whose FINER times finer groups explain most of the residuals; None when no axis is
    significant."""
    scores = np.zeros(len(bases))
    for d, basis in enumerate(bases):
        groups = min(FINER * basis.n_spans, len(x) // ROWS_PER_GROUP)
        if (
            basis.kind != "levels"
            and groups > basis.n_spans
            and len(np.unique(x[:, d])) > basis.n_rows
        ):
            scores[d] = explained(x[:, d], residual, groups)
    best = int(np.argmax(scores))
    return best if scores[best] > SIGNIFICANT else None
