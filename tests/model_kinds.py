"""One small seeded model of every kind, for checks that must hold on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from sna_edge import CP, TT, Axis, Model, Output, level_axis, spline_axis
from sna_edge.artifact.layout import FOLD
from sna_edge.core.basis import (
    bernstein,
    bspline,
    graded_breaks,
    hat,
    lagrange,
    periodic_bspline,
    uniform_breaks,
)
from sna_edge.core.output import LINKS


def spline_model(
    inputs: int = 7,
    rows: int = 64,
    modes: int = 32,
    *,
    degree: int = 3,
    outputs: int = 1,
    dtype: str = "float32",
    seed: int = 0,
) -> Model:
    """A CP model on uniform B-splines with smooth random atoms."""
    axes = [
        spline_axis(f"x{d}", "mm", 0.3 * d, 1.0 + d, spans=rows - degree, degree=degree)
        for d in range(inputs)
    ]
    return model_on(
        axes,
        modes=modes,
        outputs=[Output(f"y{k}", "um", scale=2.0, offset=1.0, bias=0.1) for k in range(outputs)],
        dtype=dtype,
        seed=seed,
    )


def model_on(
    axes: Sequence[Axis],
    *,
    modes: int = 6,
    outputs: Sequence[Output] = (Output("y"),),
    dtype: str = "float32",
    seed: int = 0,
) -> Model:
    """A full CP model on given axes."""
    rng = np.random.default_rng(seed)
    tables = [rounded(smooth(a, modes, rng), dtype) for a in axes]
    return Model(
        axes,
        CP.full(tables, rng.normal(size=(modes, len(outputs)))),
        outputs,
        dtypes=[dtype] * len(axes),
    )


def smooth(axis: Axis, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of a smooth random function per column, max |C| < 1, periodic rows tied."""
    grid = np.linspace(0.0, 1.0, axis.basis.n_rows)[:, None]
    table = sum(
        rng.normal(size=columns) * np.cos(k * np.pi * grid) / (1 + k) ** 2 for k in range(6)
    )
    return (0.99 * table / np.abs(table).max(axis=0))[axis.basis.tie]


def rounded(table: np.ndarray, dtype: str) -> np.ndarray:
    """The nearest table that an integer storage type holds; others unchanged."""
    unit = FOLD.get(dtype, 1.0)
    return table if unit == 1.0 else np.clip(np.rint(table / unit), -1 / unit, 1 / unit - 1) * unit


def sparse(seed: int = 3) -> Model:
    """Modes of one, two and three axes among four."""
    axes = [spline_axis(f"x{d}", "", -1.0, 1.0 + d, spans=5, degree=2) for d in range(4)]
    sets = [(0,), (1,), (0, 1), (0, 2), (1, 3), (0, 1, 2), (3,)]
    rng = np.random.default_rng(seed)
    modes = [np.array([r for r, s in enumerate(sets) if d in s]) for d in range(4)]
    tables = tuple(smooth(a, len(m), rng) for a, m in zip(axes, modes, strict=True))
    outputs = [Output("y"), Output("z", "K", scale=-3.0)]
    return Model(
        axes,
        CP(tables, tuple(modes), rng.normal(size=(len(sets), 2))),
        outputs,
        dtypes=["float32"] * 4,
    )


def train(dtype: str = "float32", seed: int = 4) -> Model:
    """A tensor train of ranks 1, 3, 4, 2."""
    axes = [spline_axis(f"x{d}", "", 0.0, 2.0, spans=6) for d in range(3)]
    rng = np.random.default_rng(seed)
    ranks = (1, 3, 4, 2)
    cores = [
        rounded(smooth(a, r0 * r1, rng), dtype).reshape(-1, r0, r1)
        for a, r0, r1 in zip(axes, ranks, ranks[1:], strict=False)
    ]
    return Model(
        axes,
        TT(tuple(cores), rng.normal(size=(2, 2))),
        [Output("y"), Output("z")],
        dtypes=[dtype] * 3,
    )


def mixed() -> Model:
    """Continuous, periodic, graded and categorical axes of different degrees and storage types."""
    axes = [
        spline_axis("power", "W", 100.0, 400.0, spans=9),
        Axis("angle", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 8), 2)),
        Axis("radius", "mm", bspline(graded_breaks(0.0, 5.0, 10, 0.0), 3)),
        level_axis("alloy", ("316L", "IN718", "Ti64")),
    ]
    model = model_on(
        axes, modes=5, seed=5, outputs=[Output("depth", "um"), Output("risk", "", link="logistic")]
    )
    dtypes = ("int16", "float32", "int8", "float16")
    tables = [rounded(t, d) for t, d in zip(model.interaction.tables, dtypes, strict=True)]
    return replace_tables(model, tables, dtypes)


def replace_tables(model: Model, tables: Sequence[np.ndarray], dtypes: Sequence[str]) -> Model:
    """The model with other tables [n_rows, R_d] in other storage types."""
    return model.replace(
        interaction=model.interaction.with_tables(tuple(tables)), dtypes=tuple(dtypes)
    )


def of_basis(kind: str, degree: int) -> Model:
    """Two axes of one kind and degree."""
    breaks = uniform_breaks(-2.0, 3.0, 6)
    make = {"bspline": bspline, "lagrange": lagrange, "bernstein": bernstein}.get(kind)
    basis = make(breaks, degree) if make else hat(breaks)
    return model_on([Axis("a", "", basis), Axis("b", "", basis)], seed=degree)


def linked(link: str) -> Model:
    """Two outputs behind a link."""
    model = spline_model(3, 10, 4, outputs=2, seed=6)
    return model.replace(outputs=[replace(o, link=link) for o in model.outputs])


KINDS: dict[str, Callable[[], Model]] = {
    **{
        f"cp {dtype}": partial(spline_model, dtype=dtype)
        for dtype in ("float32", "float16", "int16", "int8")
    },
    "cp 3 outputs": lambda: spline_model(4, 20, 12, outputs=3),
    "sparse": sparse,
    "train": train,
    "train int8": lambda: train("int8"),
    "mixed axes": mixed,
    **{f"link {link}": partial(linked, link) for link in LINKS[1:]},
    **{f"bspline {p}": partial(of_basis, "bspline", p) for p in (0, 1, 2, 5, 7)},
    "hat": lambda: of_basis("hat", 1),
    "lagrange 3": lambda: of_basis("lagrange", 3),
    "bernstein 2": lambda: of_basis("bernstein", 2),
}
