"""Directions in the unknowns that the data cannot see, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WEAK = 0.25
"""Of the box: a standard deviation from the data alone beyond this share leaves a direction
undetermined."""
NEGLIGIBLE_PART = 0.12
"""Of its largest part: smaller parts of a direction are left out of the words."""


@dataclass(frozen=True)
class Unseen:
    """direction [U]: d log x (`space` "log") or share of the width ("linear") along which the
    observations hardly change."""

    words: str
    direction: dict[str, float]
    space: str


def unidentifiable(
    names: Sequence[str],
    z: Floats,
    lower: Floats,
    width: Floats,
    information: Floats,
    movable: NDArray[np.bool_],
    misfit: Callable[[Floats], Floats],
) -> tuple[Unseen, ...]:
    """One entry per direction whose standard deviation from the data alone exceeds a quarter of the
    box.

    information [U, U] = J^T J in unit coordinates; `misfit(z [n, U])` [n] decides between products
    and sums: the form along which the misfit stays lowest over a tenth of the box.
    """
    rows = np.flatnonzero(movable)
    size, vectors = np.linalg.eigh(information[np.ix_(rows, rows)])
    found = []
    for value, vector in zip(size, vectors.T, strict=True):
        if value * WEAK**2 < 1.0:
            direction = np.zeros(len(names))
            direction[rows] = vector
            found.append(_described(names, z, lower, width, direction, misfit))
    return tuple(found)


def _described(
    names: Sequence[str],
    z: Floats,
    lower: Floats,
    width: Floats,
    v: Floats,
    misfit: Callable[[Floats], Floats],
) -> Unseen:
    used = np.abs(v) > NEGLIGIBLE_PART * np.abs(v).max()
    x = lower + z * width
    positive = bool((lower[used] >= 0).all() and (x[used] > 0).all())
    log = np.where(used, v * width / np.where(x > 0, x, 1.0), 0.0)
    log_like = positive and used.sum() > 1 and _prefers_log(z, lower, width, v, log, x, misfit)
    chosen = log if log_like else np.where(used, v, 0.0)
    chosen = chosen / np.abs(chosen).max()
    direction = {n: float(c) for n, c, u in zip(names, chosen, used, strict=True) if u}
    return Unseen(_words(direction, log_like), direction, "log" if log_like else "linear")


def _prefers_log(
    z: Floats,
    lower: Floats,
    width: Floats,
    v: Floats,
    log: Floats,
    x: Floats,
    misfit: Callable[[Floats], Floats],
) -> bool:
    t = 0.1 * np.array([-1.0, -0.5, 0.5, 1.0])[:, None] / np.abs(v).max()
    straight = z + t * v
    curved = (x * np.exp(t * log) - lower) / width
    inside = [((p >= 0) & (p <= 1)).all(axis=1) for p in (straight, curved)]
    both = inside[0] & inside[1]
    if not both.any():
        return True
    return bool(misfit(curved[both]).max() <= misfit(straight[both]).max())


def _words(direction: dict[str, float], log: bool) -> str:
    names, c = list(direction), np.array(list(direction.values()))
    if len(names) == 1:
        return f"{names[0]} is not identifiable from the data"
    if len(names) == 2:
        same = np.sign(c[0]) == np.sign(c[1])
        even = abs(abs(c[0]) - abs(c[1])) < 0.15
        pair = f"{names[0]} and {names[1]}"
        if log and even:
            return f"only the {'quotient' if same else 'product'} of {pair} is identifiable"
        if log:
            power = -c[0] / c[1]
            return f"only {names[0]} * {names[1]}^{power:.2g} is identifiable"
        return f"only a weighted {'difference' if same else 'sum'} of {pair} is identifiable"
    moves = ", ".join(f"{n} {'up' if v > 0 else 'down'}" for n, v in direction.items())
    return (
        f"{', '.join(names[:-1])} and {names[-1]} are not identifiable separately: moving together"
        f" ({moves}), they leave the predictions unchanged"
    )
