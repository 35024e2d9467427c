"""Many modes made few: a separable model trained on the predictions of the original, then held
against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Axis, Model
from sna_edge.artifact.limits import need_counts
from sna_edge.core.basis import SpanBasis, bspline, uniform_breaks

from ..teacher.distil import TrainingPoints, distil
from ..teacher.training_points import training_points
from .adopted import Adopted, Domain

Floats = NDArray[np.float64]
TRAINING_POINTS, CHECK_POINTS = 12_000, 8192
SPANS = ((3, 2), (3, 4), (3, 8), (3, 16), (3, 32))
"""(degree, spans) of an axis, from few rows to many."""


@dataclass(frozen=True)
class Compressed:
    """The small model and its measured distance from the original over the range: RMS and largest,
    on points it was not trained on."""

    model: Model
    rms: float
    largest: float


def compress(
    original: Adopted,
    error: float = 1e-3,
    *,
    rows: Floats | None = None,
    max_parameters: int = 20_000,
    seed: int = 0,
) -> Compressed:
    """A CP model within about `error` (RMS over the range of the output) of `original`.

    `rows` [N, D]: where the model will be asked (training rows); the training points then keep
    to them, otherwise they fill the box. The certificate says what was measured on other points.
    Stops at `max_parameters`.
    """
    need_counts(len(original.domain), len(original.outputs))
    rng = np.random.default_rng(seed)
    inside = original.points(TRAINING_POINTS) if rows is None else None
    train_x, weight = (
        (inside, np.ones(TRAINING_POINTS))
        if inside is not None
        else _around(original, np.asarray(rows), rng)
    )
    check_x = (
        original.points(TRAINING_POINTS + CHECK_POINTS)[TRAINING_POINTS:]
        if rows is None
        else _around(original, np.asarray(rows), rng)[0]
    )
    target, check = original.linear(train_x), original.linear(check_x)
    centre, spread = target.mean(axis=0), np.maximum(target.std(axis=0), 1e-300)
    ratio = float((np.ptp(check, axis=0) / spread).max())
    student = distil(
        TrainingPoints(train_x, weight, check_x),
        (target - centre) / spread,
        (check - centre) / spread,
        [_basis(original, d, error) for d in range(len(original.domain))],
        rng,
        tolerance=error * ratio,
        max_parameters=max_parameters,
    )
    return _finished(original, student.f, centre, spread, check_x)


def _around(original: Adopted, rows: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    levels = np.zeros(rows.shape[1], dtype=np.int64)
    lower, upper = (
        np.array([getattr(d, end) for d in original.domain]) for end in ("lower", "upper")
    )
    x, weight = training_points(
        np.clip(rows, lower, upper), levels, TRAINING_POINTS - len(rows), rng
    )
    return x, weight


def _basis(original: Adopted, d: int, error: float) -> SpanBasis:
    """The coarsest uniform cubic basis in which the atoms of axis d, seen together, are within
    `error`."""
    box: Domain = original.domain[d]
    grid = np.linspace(box.lower, box.upper, 257)
    seen = original.atoms[d].value(grid)
    u, s, _ = np.linalg.svd(seen - seen.mean(axis=0), full_matrices=False)
    shapes = (u * s)[:, s > 1e-12 * max(s[0], 1e-300)]
    for degree, spans in SPANS:
        basis = bspline(uniform_breaks(box.lower, box.upper, spans), degree)
        design = basis.design(grid)
        missed = shapes - design @ np.linalg.lstsq(design, shapes, rcond=None)[0]
        if np.linalg.norm(missed) <= 0.1 * error * np.linalg.norm(shapes):
            break
    return basis


def _finished(
    original: Adopted, f: Any, centre: Floats, spread: Floats, check_x: Floats
) -> Compressed:
    cp, bias = f.to_cp()
    outputs: Sequence = [
        replace(o, bias=float(c + s * b))
        for o, c, s, b in zip(original.outputs, centre, spread, bias, strict=True)
    ]
    axes = [
        Axis(d.name, d.unit, b, d.levels)
        for d, b in zip(original.domain, f.bases[:-1], strict=True)
    ]
    model = Model(axes, cp.with_tables(cp.tables, cp.weights * spread).sorted(), outputs)
    truth = original.value(check_x)
    gap, span = (
        np.abs(model.backend.value(check_x) - truth),
        np.maximum(np.ptp(truth, axis=0), 1e-300),
    )
    rms, largest = (
        float((v / span).max()) for v in (np.sqrt(np.mean(gap**2, axis=0)), gap.max(axis=0))
    )
    certificate = {
        "adoption": "measured",
        "adopted_from": original.source,
        "adoption_rms": float(f"{rms:.3g}"),
        "adoption_max": float(f"{largest:.3g}"),
    }
    return Compressed(model.replace(certificate=certificate), rms, largest)
