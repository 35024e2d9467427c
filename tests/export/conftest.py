"""Models with known mathematics for the tests of the workstation room."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Model, Output, level_axis
from sna_edge.core.basis import bspline, graded_breaks, lagrange, periodic_bspline, uniform_breaks


class Models:
    """Random smooth models: atoms are short cosine sums, so neighbouring rows are alike as in
    fitted models."""

    @staticmethod
    def uniform_axes(count: int, spans: int = 6, degree: int = 3) -> tuple[Axis, ...]:
        return tuple(
            Axis(f"x{d}", "", bspline(uniform_breaks(0.0, 1.0 + d, spans), degree))
            for d in range(count)
        )

    @staticmethod
    def mixed_axes() -> tuple[Axis, ...]:
        return (
            Axis("power", "W", bspline(uniform_breaks(80.0, 400.0, 6), 3)),
            Axis("speed", "mm/s", bspline(graded_breaks(0.2, 2.5, 7, 0.5, 4.0), 2)),
            Axis("angle", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 9), 3)),
            level_axis("alloy", ("316L", "IN718", "Ti64")),
            Axis("spot", "um", lagrange(uniform_breaks(40.0, 140.0, 2), 3)),
        )

    @staticmethod
    def smooth_table(rng: np.random.Generator, axis: Axis, columns: int, mean: float) -> np.ndarray:
        t = np.linspace(0.0, 1.0, axis.basis.n_rows)[:, None]
        waves = (
            np.cos(np.pi * k * t + rng.uniform(0, 6, (1, columns)))
            * rng.standard_normal((1, columns))
            / k
            for k in range(1, 6)
        )
        table = mean + 0.4 * sum(waves)
        return np.asarray(table[axis.basis.tie])

    @classmethod
    def cp(
        cls,
        axes: tuple[Axis, ...],
        rank: int = 8,
        outputs: int = 1,
        seed: int = 0,
        mean: float = 1.0,
        full: bool = True,
    ) -> Model:
        rng = np.random.default_rng(seed)
        uses = (
            np.ones((len(axes), rank), dtype=bool) if full else rng.random((len(axes), rank)) < 0.6
        )
        uses[np.arange(rank) % len(axes), np.arange(rank)] = True
        modes = tuple(np.flatnonzero(u) for u in uses)
        tables = tuple(
            cls.smooth_table(rng, a, len(m), mean) for a, m in zip(axes, modes, strict=True)
        )
        made = [
            Output(f"y{k}", "J", scale=1.5 - k, offset=0.25 * k, bias=0.1 + k)
            for k in range(outputs)
        ]
        return Model(axes, CP(tables, modes, rng.standard_normal((rank, outputs))), made)

    @classmethod
    def tt(cls, axes: tuple[Axis, ...], rank: int = 4, outputs: int = 1, seed: int = 0) -> Model:
        rng = np.random.default_rng(seed)
        ranks = [1] + [rank] * len(axes)
        cores = tuple(
            cls.smooth_table(rng, a, ranks[d] * ranks[d + 1], 0.3).reshape(
                -1, ranks[d], ranks[d + 1]
            )
            for d, a in enumerate(axes)
        )
        made = [
            Output(f"y{k}", "J", scale=1.5 - k, offset=0.25 * k, bias=0.1 + k)
            for k in range(outputs)
        ]
        return Model(axes, TT(cores, rng.standard_normal((rank, outputs))), made)

    @staticmethod
    def points(model: Model, count: int, seed: int = 1) -> np.ndarray:
        rng = np.random.default_rng(seed)
        columns = [
            (
                rng.integers(0, a.basis.n_spans, count).astype(float)
                if a.kind == "categorical"
                else rng.uniform(a.lower, a.upper, count)
            )
            for a in model.axes
        ]
        return np.stack(columns, axis=1)


@pytest.fixture(scope="session")
def models() -> Models:
    return Models()
