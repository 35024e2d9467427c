"""Factories of models with known mathematics, shared by the tests of the device room."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Interval, Model, Output, level_axis, spline_axis
from sna_edge.core.basis import (
    bspline,
    graded_breaks,
    hat,
    lagrange,
    periodic_bspline,
    uniform_breaks,
)
from sna_edge.numerics import time_budget

Factory = Callable[..., Model]


def mixed_axes() -> tuple[Axis, ...]:
    """Five inputs of every kind: uniform, graded, periodic, categorical, Lagrange."""
    return (
        Axis("power", "W", bspline(uniform_breaks(80.0, 400.0, 5), 3)),
        Axis("speed", "mm/s", bspline(graded_breaks(0.2, 2.5, 6, 0.5, 4.0), 2)),
        Axis("angle", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 7), 3)),
        level_axis("alloy", ("316L", "IN718", "Ti64")),
        Axis("spot", "um", lagrange(uniform_breaks(40.0, 140.0, 2), 3)),
    )


def smooth_axes() -> tuple[Axis, ...]:
    return (
        Axis("x", "m", bspline(uniform_breaks(-1.0, 2.0, 4), 3)),
        Axis("y", "s", bspline(graded_breaks(0.0, 1.0, 5, 0.0, 5.0), 4)),
        Axis("z", "", hat(uniform_breaks(10.0, 11.0, 3))),
    )


def random_table(rng: np.random.Generator, axis: Axis, columns: int) -> np.ndarray:
    table = rng.standard_normal((axis.basis.n_rows, columns))
    return np.asarray(table[axis.basis.tie])


def cp_model(
    axes: tuple[Axis, ...], seed: int = 0, outputs: int = 2, rank: int = 6, **changes: object
) -> Model:
    """Modes of different axis sets: additive, pairwise and full."""
    rng = np.random.default_rng(seed)
    uses = rng.random((len(axes), rank)) < 0.5
    uses[:, 0] = True
    uses[np.arange(rank) % len(axes), np.arange(rank)] = True
    modes = tuple(np.flatnonzero(u) for u in uses)
    tables = tuple(random_table(rng, a, len(m)) for a, m in zip(axes, modes, strict=True))
    made = [
        Output(f"y{k}", "J", scale=1.5 - k, offset=0.25 * k, bias=0.1 + k) for k in range(outputs)
    ]
    fields: dict[str, object] = {"outputs": made, **changes}
    return Model(axes, CP(tables, modes, rng.standard_normal((rank, outputs))), **fields)  # type: ignore[arg-type]


def tt_model(
    axes: tuple[Axis, ...], seed: int = 0, outputs: int = 2, rank: int = 3, **changes: object
) -> Model:
    rng = np.random.default_rng(seed)
    ranks = [1, *[rank + d % 2 for d in range(len(axes))]]
    cores = tuple(
        random_table(rng, a, ranks[d] * ranks[d + 1]).reshape(-1, ranks[d], ranks[d + 1])
        for d, a in enumerate(axes)
    )
    made = [
        Output(f"y{k}", "J", scale=1.5 - k, offset=0.25 * k, bias=0.1 + k) for k in range(outputs)
    ]
    fields: dict[str, object] = {"outputs": made, **changes}
    return Model(axes, TT(cores, rng.standard_normal((ranks[-1], outputs))), **fields)  # type: ignore[arg-type]


def points_in(model: Model, count: int, seed: int = 1) -> np.ndarray:
    """Uniform points of the domain [count, D], levels on categorical axes."""
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


def slow_value(model: Model, x: np.ndarray) -> np.ndarray:
    """y [K] of one point by plain sums over rows and modes: the obvious evaluator."""
    atoms = [
        a.basis.design(np.array([v]))[0] @ t
        for a, v, t in zip(model.axes, x, model.interaction.tables, strict=True)
    ]
    work = model.interaction
    if isinstance(work, CP):
        modes = np.ones(work.rank)
        for atom, used in zip(atoms, work.modes, strict=True):
            for j, r in enumerate(used):
                modes[r] *= atom[j]
    else:
        row = np.ones((1, 1))
        for atom, core in zip(atoms, work.cores, strict=True):
            row = row @ atom.reshape(core.shape[1:])
        modes = row[0]
    f = modes @ work.weights + np.array([o.bias for o in model.outputs])
    return np.array(
        [o.value(np.array(v)) for o, v in zip(model.outputs, f, strict=True)], dtype=float
    )


def gridded(model: Model, dtypes: tuple[str, ...]) -> Model:
    """The model with its tables rounded to `dtypes`, so that the writer takes them."""
    unit = {"int8": 2.0**-7, "int16": 2.0**-15}
    tables = []
    for table, dtype in zip(model.interaction.tables, dtypes, strict=True):
        if dtype in unit:
            table = table / (np.abs(table).max() * 1.01)
            table = np.rint(table / unit[dtype]) * unit[dtype]
        tables.append(table)
    return model.replace(interaction=model.interaction.with_tables(tuple(tables)), dtypes=dtypes)


class Toolbox:
    """What the tests of this room build models with."""

    mixed_axes = staticmethod(mixed_axes)
    smooth_axes = staticmethod(smooth_axes)
    cp = staticmethod(cp_model)
    tt = staticmethod(tt_model)
    points = staticmethod(points_in)
    slow_value = staticmethod(slow_value)
    gridded = staticmethod(gridded)

    @staticmethod
    def linked(link: str, seed: int = 3) -> Model:
        """One output with a link, an interval in link space and gentle tables."""
        axes = smooth_axes()
        base = cp_model(axes, seed, outputs=1, rank=3)
        output = Output("p", "", link, 2.0, -0.5, 0.2, Interval(0.9, 0.1, 0.2, "link"))
        work = base.interaction
        return Model(axes, work.with_tables(work.tables, work.weights * 0.2), [output])


def load_by_hand() -> Any:
    """The class ByHand of byhand.py beside this file."""
    spec = importlib.util.spec_from_file_location("byhand", Path(__file__).with_name("byhand.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ByHand


@pytest.fixture
def own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries go by the time that their thread has had: other programs of the machine take none of
    it, and no deadline cuts an answer here that it would not cut elsewhere."""
    monkeypatch.setattr(time_budget, "perf_counter", thread_time)


@pytest.fixture(scope="session")
def by_hand() -> Any:
    """Opens an artifact for editing by hand."""
    return load_by_hand()


@pytest.fixture(scope="session")
def build() -> Toolbox:
    return Toolbox()


@pytest.fixture(scope="session")
def tracks() -> Model:
    """power, speed, alloy -> width, depth: smooth, monotone in power and speed, two alloys."""
    power, speed = (
        spline_axis("power", "W", 100.0, 400.0, spans=6),
        spline_axis("speed", "m/s", 0.2, 2.0, spans=6),
    )
    alloy = level_axis("alloy", ("316L", "IN718"))
    p = np.linspace(1.0, 2.0, power.basis.n_rows)
    v = 1.0 / np.sqrt(np.linspace(1.0, 4.0, speed.basis.n_rows))
    tables = (np.stack([p, p**2], 1), np.stack([v, v**2], 1), np.array([[1.0, 1.0], [1.2, 0.9]]))
    weights = np.array([[60.0, 0.0], [0.0, 0.5]])
    outputs = [Output("width", "um", offset=20.0), Output("depth", "um", link="exp", scale=40.0)]
    return Model([power, speed, alloy], CP(tables, (np.arange(2),) * 3, weights), outputs)
