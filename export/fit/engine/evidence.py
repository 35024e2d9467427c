"""Penalty strengths from the rows: updates that raise the evidence (Fellner-Schall)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .factors import SeparableFunction
from .penalty import Component, quadratic

Floats = NDArray[np.float64]
STRENGTH_RANGE = (1e-18, 1e6)


def evidence_update(
    f: SeparableFunction,
    parts: list[Component],
    strengths: Floats,
    traces: Floats,
    noise: float,
    n: float,
) -> Floats:
    """s_j <- noise (tr(S^-1 S_j) - tr(A^-1 S_j)) / (n C' S_j C), at most a decade at a time.

    Source: Wood and Fasiolo, A generalized Fellner-Schall method, Biometrics 73 (2017), eq. 6.
    """
    prior = np.array([_prior_trace(j, parts, strengths) for j in range(len(parts))])
    size = np.array([quadratic(f, c) for c in parts])
    gain = (
        noise
        * np.maximum(prior - strengths * traces, 1e-30)
        / (n * strengths * np.maximum(size, 1e-300))
    )
    return np.asarray(np.clip(strengths * np.clip(gain, 0.1, 10.0), *STRENGTH_RANGE))


def _prior_trace(j: int, parts: list[Component], strengths: Floats) -> float:
    """tr(S^- strength_j S_j) over the columns that component j shares with its siblings of the same
    axis and order."""
    mine = parts[j]
    total = sum(
        s * c.gram
        for s, c in zip(strengths, parts, strict=True)
        if c.axis == mine.axis and c.columns[0] == mine.columns[0]
    )
    share = np.trace(np.linalg.lstsq(total, strengths[j] * mine.gram, rcond=1e-14)[0])
    return len(mine.columns) * float(share)
