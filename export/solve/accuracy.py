"""Relative L2 error of a model against the problem's reference at random points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge import Model

from .weak_form.errors import ProblemError
from .weak_form.problem import Problem

Floats = NDArray[np.float64]


def random_points(
    problem: Problem,
    count: int,
    seed: int = 0,
    window: dict[str, tuple[float, float]] | None = None,
) -> Floats:
    """Uniform points [N, D] in the domain, or in the `window` of the axes it names; levels of
    component axes."""
    rng = np.random.default_rng(seed)
    columns = []
    for axis in problem.axes:
        if axis.role == "component":
            columns.append(rng.integers(0, axis.basis.n_rows, count).astype(float))
            continue
        low, high = (window or {}).get(axis.name, (axis.basis.lower, axis.basis.upper))
        columns.append(rng.uniform(low, high, count))
    return np.stack(columns, axis=1)


def measured_error(
    model: Model,
    problem: Problem,
    count: int = 2000,
    seed: int = 0,
    window: dict[str, tuple[float, float]] | None = None,
) -> float:
    """||u - reference|| / ||reference|| over random points; for a vector unknown the worst of its
    components."""
    if problem.reference is None:
        raise ProblemError(
            f"problem {problem.name!r} has no reference solution to compare with; state one with"
            " reference="
        )
    points = random_points(problem, count, seed, window)
    wanted = np.asarray(problem.reference(points), dtype=float)
    miss = model.value(points, level_index=True)[:, 0] - wanted
    labels = [d for d, axis in enumerate(problem.axes) if axis.role == "component"]
    groups = points[:, labels[0]] if labels else np.zeros(count)
    return max(
        float(np.linalg.norm(miss[groups == g]) / np.linalg.norm(wanted[groups == g]))
        for g in np.unique(groups)
    )
