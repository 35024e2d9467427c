"""Models of every kind for tests on both sides of the border between Python and C, and what is
asked of their artifacts."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge import CP, TT, Axis, Interval, Model, Output, level_axis, spline_axis
from sna_edge.artifact import integer_path
from sna_edge.core.basis import (
    SpanBasis,
    bernstein,
    bspline,
    graded_breaks,
    hat,
    lagrange,
    periodic_bspline,
    uniform_breaks,
)
from sna_edge.errors import ArtifactError

DTYPES = ("float32", "float16", "int16", "int8")
FLOAT32 = 4e-6
"""Error of float32 evaluation over max(1, kappa) * output range."""


def on_grid(table: np.ndarray, dtype: str) -> np.ndarray:
    """Tables as the storage type holds them, all entries of size below one."""
    unit = {"int16": 2.0**-15, "int8": 2.0**-7}.get(dtype)
    return table if unit is None else np.clip(np.rint(table / unit), -1 / unit, 1 / unit - 1) * unit


def basis_of(kind: str, degree: int, lower: float, upper: float, spans: int) -> SpanBasis:
    even, graded = (
        uniform_breaks(lower, upper, spans),
        graded_breaks(lower, upper, 6, lower + 0.3, 5.0),
    )
    if kind == "hat":
        return hat(graded)
    if kind == "periodic":
        return periodic_bspline(uniform_breaks(lower, upper, 9), degree)
    if kind == "graded":
        return bspline(graded, degree)
    return {"uniform": bspline, "lagrange": lagrange, "bernstein": bernstein}[kind](even, degree)


def axes_of(kind: str, degree: int, count: int) -> list[Axis]:
    if kind == "levels":
        return [level_axis(f"x{d}", tuple("abcd"[: 2 + d % 3])) for d in range(count)]
    return [
        Axis(f"x{d}", "m", basis_of(kind, degree, -1.0 + d, 1.0 + 2 * d, 5 + d % 3))
        for d in range(count)
    ]


def tables_for(
    rng: np.random.Generator, axes: list[Axis], columns: list[int], dtype: str
) -> list[np.ndarray]:
    made = []
    for axis, n in zip(axes, columns, strict=True):
        table = np.clip(
            rng.uniform(0.2, 0.95, (axis.basis.n_rows, n)) * rng.choice([-1, 1], n), -0.99, 0.99
        )
        made.append(on_grid(table, dtype)[axis.basis.tie])
    return made


def cp_model(
    axes: list[Axis],
    *,
    rank: int = 6,
    outputs: int = 1,
    dtype: str = "float32",
    seed: int = 0,
    sparse: bool = False,
    link: str = "identity",
) -> Model:
    rng = np.random.default_rng(seed)
    uses = np.ones((len(axes), rank), bool)
    if sparse:
        uses = rng.random((len(axes), rank)) < 0.5
        uses[np.arange(rank) % len(axes), np.arange(rank)] = True
    modes = tuple(np.flatnonzero(u) for u in uses)
    tables = tuple(tables_for(rng, axes, [len(m) for m in modes], dtype))
    made = [
        Output(f"y{k}", "N", link=link, scale=2.0 - 3 * k, offset=0.5 * k, bias=0.1 * k)
        for k in range(outputs)
    ]
    return Model(
        axes,
        CP(tables, modes, rng.standard_normal((rank, outputs))),
        made,
        dtypes=[dtype] * len(axes),
        integer_path=True,
    )


def tt_model(
    axes: list[Axis], *, rank: int = 4, outputs: int = 2, dtype: str = "float32", seed: int = 0
) -> Model:
    rng = np.random.default_rng(seed)
    ranks = [1, *[rank + d % 2 for d in range(len(axes))]]
    flat = tables_for(rng, axes, [ranks[d] * ranks[d + 1] for d in range(len(axes))], dtype)
    cores = tuple(t.reshape(-1, ranks[d], ranks[d + 1]) for d, t in enumerate(flat))
    made = [Output(f"y{k}", interval=Interval(0.9, 0.1, 0.2)) for k in range(outputs)]
    return Model(
        axes,
        TT(cores, rng.standard_normal((ranks[-1], outputs))),
        made,
        dtypes=[dtype] * len(axes),
        integer_path=True,
    )


def mixed() -> list[Axis]:
    """An axis of every kind, one with spans without training rows."""
    support = np.array([255, 0, 3, 255, 1], np.uint8)
    return [
        Axis("power", "W", bspline(uniform_breaks(80.0, 400.0, 5), 3), support=support),
        Axis("speed", "mm/s", bspline(graded_breaks(0.2, 2.5, 6, 0.5, 4.0), 2)),
        Axis("angle", "deg", periodic_bspline(uniform_breaks(0.0, 360.0, 7), 3)),
        level_axis("alloy", ("316L", "IN718", "Ti64")),
        Axis("spot", "um", lagrange(uniform_breaks(40.0, 140.0, 2), 2)),
    ]


def zoo() -> dict[str, Model]:
    """Models of every kind, degree, storage type and interaction."""
    models = {}
    for kind, degrees in (
        ("uniform", range(8)),
        ("graded", (1, 3, 6)),
        ("hat", (1,)),
        ("lagrange", (2, 3)),
        ("bernstein", (3, 5, 7)),
        ("periodic", (2, 3)),
        ("levels", (0,)),
    ):
        for degree in degrees:
            for dtype in DTYPES:
                models[f"{kind}-{degree}-{dtype}"] = cp_model(
                    axes_of(kind, degree, 3), dtype=dtype, rank=5, outputs=2
                )
    for dtype in DTYPES:
        models[f"sparse-{dtype}"] = cp_model(
            mixed(), dtype=dtype, rank=37, outputs=2, sparse=True, seed=3
        )
        models[f"tt-{dtype}"] = tt_model(mixed(), dtype=dtype)
        models[f"deep-{dtype}"] = cp_model(axes_of("uniform", 3, 50), dtype=dtype, rank=8)
        models[f"wide-{dtype}"] = cp_model(
            axes_of("uniform", 3, 4), dtype=dtype, rank=150, outputs=3
        )
    for link in ("exp", "logistic"):
        models[link] = cp_model(mixed(), link=link, rank=9, outputs=2, dtype="int16", sparse=True)
    return models


def points_in(model: Model, count: int, seed: int = 1) -> np.ndarray:
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


INTEGER_MODELS = {
    f"{dtype}-{name}": lambda axes=axes, dtype=dtype, link=link, sparse=sparse: cp_model(
        axes(), dtype=dtype, rank=7, outputs=2, sparse=sparse, link=link
    )
    for dtype in ("int16", "int8")
    for name, axes, link, sparse in (
        ("cubic", lambda: axes_of("uniform", 3, 3), "identity", False),
        ("seven", lambda: axes_of("uniform", 3, 7), "identity", False),
        ("degree 7", lambda: axes_of("uniform", 7, 2), "identity", False),
        ("graded", lambda: axes_of("graded", 2, 3), "exp", False),
        ("hat", lambda: axes_of("hat", 1, 4), "logistic", False),
        ("levels", lambda: axes_of("levels", 0, 3), "identity", False),
        ("mixed", mixed, "identity", True),
    )
}


def some_places(axes: tuple[integer_path.FixedAxis, ...], count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    places = np.zeros((count, len(axes), 2), np.uint16)
    for d, axis in enumerate(axes):
        places[:, d, 0] = rng.integers(0, axis.n_spans, count)
        if not axis.categorical:
            places[:, d, 1] = rng.integers(0, 32769, count)
            places[: count // 50, d, 1] = rng.choice([0, 32768], count // 50)
    return places


def repaired(data: bytes) -> bytes:
    """The bytes with their checksums computed again."""
    start, after = (int.from_bytes(data[64 + 16 * i + 4 :][:4], "little") for i in (11, 12))
    covered = data[:start] + data[after + 128 :]
    return (
        data[:start]
        + hashlib.sha256(covered).digest()
        + zlib.crc32(covered).to_bytes(4, "little")
        + data[start + 36 :]
    )


def allowed(model: Model, y: np.ndarray) -> np.ndarray:
    """4e-6 * max(1, kappa) of the range, per output, kappa measured at the points as FORMAT.md
    defines it."""
    from sna_edge.artifact.golden import measure

    scale = measure(model, points_in(model, 512, seed=5))
    width = np.maximum(scale.high, y.max(axis=0)) - np.minimum(scale.low, y.min(axis=0))
    return np.asarray(
        FLOAT32 * width * np.maximum(1.0, scale.kappa) + 2.0**-23 * np.abs(y).max(axis=0)
    )


def model_of(
    inputs: list[str], outputs: tuple[str, ...] = ("y", "Y", "out_y"), unit: str = "m"
) -> Model:
    axes = [spline_axis(name, unit, 0.0, 1.0, spans=1, degree=1) for name in inputs]
    tables = tuple(np.full((2, 1), 0.5) for _ in axes)
    made = [Output(name, unit) for name in outputs]
    return Model(axes, CP(tables, (np.arange(1),) * len(axes), np.ones((1, len(made)))), made)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def python_rule(data: bytes) -> str:
    try:
        sna_edge.from_bytes(data, backend="numpy")
    except ArtifactError as error:
        return error.rule
    return ""
