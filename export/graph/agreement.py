"""Agreement of an exported graph with the float64 reference, and the tolerances it must meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import Scale, float32_offsets, make
from sna_edge.core.magnitude import CONSTANT
from sna_edge.errors import BackendError
from sna_edge.model import Model
from sna_edge.numerics.domain_points import domain_points

from .build import FORWARD, GRADIENT

Floats = NDArray[np.float64]
Run = Callable[[str, Floats], list[NDArray[np.float32]]]
VALUE = 4e-6
"""Error of float32 evaluation over max(1, kappa) * output range."""
SLOPE = 1e-5
"""Error of a float32 gradient over max(1, kappa) * output range / axis width."""

SAMPLES = 1024
"""Random points of the check at export, beside the golden vectors."""
MOST = 1e-3
"""Of the output range: a graph that errs more does not agree, whatever kappa is."""


@dataclass(frozen=True)
class GraphAgreement:
    """Largest true error on golden vectors and random points in float64, nothing taken off: value
    over range * max(1, kappa), gradient over that / width; `share`: value over the range alone.

    `good`: within the tolerances and what rounding the numbers to float32 may add.
    """

    value: float
    gradient: float
    points: int
    share: float = 0.0
    good: bool = True


def compare(model: Model, run: Run, batch: int | None = None, samples: int = 0) -> GraphAgreement:
    """Run graphs `forward` and `value_and_gradient` against the stored tables in float64.

    Points: the golden vectors and `samples` points of the domain, in float64; `run` gives the graph
    what it takes. Raises BackendError beyond the tolerance.
    """
    stored = as_stored(model)
    golden, scale = make(stored)
    points = (
        np.vstack([golden.inputs, domain_points(stored.axes, samples)])
        if samples
        else golden.inputs
    )
    value, slopes = stored.backend.value_and_gradient(points)
    chunk = batch or len(points)
    forward = in_blocks(run, FORWARD, points, chunk)
    both = in_blocks(run, GRADIENT, points, chunk)
    k = len(stored.outputs)
    error = np.maximum(
        *(
            np.nan_to_num(np.abs(np.stack(r[:k], axis=1) - value), nan=np.inf)
            for r in (forward, both)
        )
    )
    width = _width(scale)
    gradient = _slope_error(
        np.stack(both[k:], axis=1), slopes, width * np.maximum(1.0, scale.kappa), stored
    )
    close = (
        error
        <= VALUE * width * np.maximum(1.0, scale.kappa)
        + _given(stored, points, value, slopes, scale)
    ).all()
    share = float((error / width).max())
    value_error = float((error / (width * np.maximum(1.0, scale.kappa))).max())
    found = GraphAgreement(
        value_error,
        gradient,
        len(points),
        share,
        bool(close) and share <= MOST and gradient <= SLOPE,
    )
    if not found.good:
        raise BackendError(
            f"the graph differs from the reference by {share:.2g} of the range (value,"
            f" {found.value:.2g} with kappa divided out) and {found.gradient:.2g} (gradient);"
            f" allowed are {VALUE:g} and {SLOPE:g}, and {MOST:g} of the range: a bound or break of"
            " an axis may be too fine for float32, or modes cancel too many digits"
        )
    return found


def _given(model: Model, points: Floats, value: Floats, slopes: Floats, scale: Scale) -> Floats:
    """What rounding inputs and outputs to float32 may do to each answer [N, K]; float32 carries
    them, so it is little."""
    low, plus = float32_offsets(model)
    x = np.abs(points - low).astype(np.float32)
    y = np.abs(np.where(np.array(plus) != 0, scale.high - scale.low, value)).astype(np.float32)
    return np.asarray(
        np.einsum("nkd,nd->nk", np.abs(slopes), np.spacing(x)) + np.spacing(y), dtype=float
    )


def in_blocks(run: Run, name: str, points: Floats, chunk: int) -> list[NDArray[np.float32]]:
    """All rows through a graph of `chunk` rows; the last block is filled up with its first row."""
    blocks = []
    for start in range(0, len(points), chunk):
        block = points[start : start + chunk]
        fill = np.repeat(block[:1], chunk - len(block), axis=0)
        blocks.append([y[: len(block)] for y in run(name, np.vstack([block, fill]))])
    return [np.concatenate(parts) for parts in zip(*blocks, strict=True)]


def _width(scale: Scale) -> Floats:
    """high - low of every output; of a constant one its magnitude."""
    width = scale.high - scale.low
    return np.where(width > CONSTANT * scale.largest, width, scale.largest + 1e-300)


def _slope_error(got: NDArray[np.float32], want: Floats, width: Floats, model: Model) -> float:
    kept = [d for d, a in enumerate(model.axes) if a.kind != "categorical"]
    across = np.array([a.width for a in model.axes])[kept]
    error = np.abs(got[:, :, kept] - want[:, :, kept]) * across
    return float(np.max(np.nan_to_num(error, nan=np.inf) / width[:, None], initial=0.0))


def sentence(found: GraphAgreement | None, runtime: str, extra: str) -> str:
    """What the check at export saw, in words."""
    if found is None:
        return (
            f"not run: {runtime} is not installed; pip install 'sna-edge[{extra}]' to compare the"
            " files with the reference"
        )
    return (
        f"agrees with the float64 reference in {runtime} on {found.points} points: value to"
        f" {found.share:.1e} of the range, gradient to {found.gradient:.1e} (kappa and axis width"
        " divided out)"
    )
