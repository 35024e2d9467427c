"""Agreement of an exported graph with the float64 reference, and the tolerances it must meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.golden import Golden, Scale, domain_points, make
from sna_edge.artifact.stored import as_stored
from sna_edge.errors import BackendError
from sna_edge.model import Model

from .build import FORWARD, GRADIENT

Floats = NDArray[np.float64]
Run = Callable[[str, Floats], list[NDArray[np.float32]]]
VALUE = 4e-6
"""Error of float32 evaluation over max(1, kappa) * output range."""
SLOPE = 1e-5
"""Error of a float32 gradient over max(1, kappa) * output range / axis width."""


@dataclass(frozen=True)
class Agreement:
    """Largest error on golden vectors and random points: value over range * max(1, kappa), gradient over that / width."""

    value: float
    gradient: float
    points: int

    @property
    def good(self) -> bool:
        return self.value <= VALUE and self.gradient <= SLOPE


def compare(model: Model, run: Run, batch: int | None = None, samples: int = 0) -> Agreement:
    """Run graphs `forward` and `value_and_gradient` against the stored tables in float64.

    Points: the golden vectors and `samples` points of the domain, rounded to float32. Raises BackendError beyond the tolerance.
    """
    stored = as_stored(model)
    golden, scale = make(stored)
    points = float32_points(stored, golden, samples)
    value, slopes = stored.backend.value_and_gradient(points)
    chunk = batch or len(points)
    forward = _run(run, FORWARD, points, chunk)
    both = _run(run, GRADIENT, points, chunk)
    k = len(stored.outputs)
    errors = [_value_error(np.stack(r[:k], axis=1), value, scale) for r in (forward, both)]
    found = Agreement(max(errors), _slope_error(np.stack(both[k:], axis=1), slopes, scale, stored), len(points))
    if not found.good:
        raise BackendError(
            f"the graph misses the reference by {found.value:.2g} (value) and {found.gradient:.2g} (gradient) of the range; "
            f"allowed are {VALUE:g} and {SLOPE:g}: a bound or break of an axis may be too fine for float32"
        )
    return found


def float32_points(model: Model, golden: Golden, samples: int) -> Floats:
    """Golden inputs and `samples` quasi-random ones [G + samples, D] as float32 numbers inside the domain."""
    points = np.vstack([golden.inputs, domain_points(model.axes, samples)]) if samples else golden.inputs
    small = points.astype(np.float32)
    lower, upper = (np.array([getattr(a, end) for a in model.axes]) for end in ("lower", "upper"))
    small = np.where(small < lower, np.nextafter(small, np.float32(np.inf)), small)
    small = np.where(small > upper, np.nextafter(small, np.float32(-np.inf)), small)
    return small.astype(float)


def _run(run: Run, name: str, points: Floats, chunk: int) -> list[NDArray[np.float32]]:
    """All rows through a graph of `chunk` rows; the last block is filled up with its first row."""
    blocks = []
    for start in range(0, len(points), chunk):
        block = points[start : start + chunk]
        fill = np.repeat(block[:1], chunk - len(block), axis=0)
        blocks.append([y[: len(block)] for y in run(name, np.vstack([block, fill]))])
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _width(scale: Scale) -> Floats:
    return np.maximum((scale.high - scale.low) * np.maximum(1.0, scale.kappa), 1e-6 * scale.largest + 1e-300)


def _value_error(got: NDArray[np.float32], want: Floats, scale: Scale) -> float:
    error = np.abs(got - want) - 2.0**-23 * scale.largest  # the answer itself is a float32 number
    return float(np.max(np.nan_to_num(error, nan=np.inf) / _width(scale)))


def _slope_error(got: NDArray[np.float32], want: Floats, scale: Scale, model: Model) -> float:
    kept = [d for d, a in enumerate(model.axes) if a.kind != "categorical"]
    width = np.array([a.width for a in model.axes])[kept]
    error = np.abs(got[:, :, kept] - want[:, :, kept]) * width
    return float(np.max(np.nan_to_num(error, nan=np.inf) / _width(scale)[:, None], initial=0.0))


def sentence(found: Agreement | None, runtime: str, extra: str) -> str:
    """What the check at export saw, in words."""
    if found is None:
        return f"not run: {runtime} is not installed; pip install 'sna-edge[{extra}]' to compare the files with the reference"
    return (
        f"agrees with the float64 reference in {runtime} on {found.points} points: value to {found.value:.1e}, "
        f"gradient to {found.gradient:.1e} of the range (kappa and axis width divided out)"
    )
