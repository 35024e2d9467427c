"""The C library compiled for this machine in several ways, and models of every kind to run it
on."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Interval, Model, Output, level_axis
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

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "firmware_bindings"
DTYPES = ("float32", "float16", "int16", "int8")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror"]
HOST = [
    "-std=gnu11",
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-Wno-psabi",
]


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def compiler() -> str:
    found = shutil.which("cc") or shutil.which("gcc")
    if not found:
        pytest.skip("no C compiler on this machine")
    return found


@pytest.fixture(scope="session")
def build(compiler: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("native")

    def made(name: str, source: str, *flags: str) -> Path:
        target = folder / f"{name}.so"
        if not target.exists():
            subprocess.run(
                [compiler, *flags, "-shared", "-fPIC", str(SOURCE / source), "-o", str(target)],
                check=True,
            )
        return target

    return made


@pytest.fixture(scope="session")
def bindings() -> ModuleType:
    """firmware_bindings/sna_edge_native/library.py, without the package around it."""
    return load(SOURCE / "sna_edge_native" / "library.py", "sna_library_under_test")


@pytest.fixture(scope="session")
def c_double(build: Any, bindings: ModuleType) -> Any:
    return bindings.Library(str(build("double", "sna.c", *STRICT, "-O2", "-DSNA_SHA256")))


@pytest.fixture(scope="session")
def c_float(build: Any, bindings: ModuleType) -> Any:
    return bindings.Library(
        str(build("float", "sna.c", *STRICT, "-O2", "-DSNA_SHA256", "-DSNA_FLOAT")), single=True
    )


@pytest.fixture(scope="session")
def host(build: Any) -> ModuleType:
    """The host layer through its ctypes face."""
    made = build("host", "sna_host.c", *HOST, "-DSNA_SHA256")
    folder = made.parent / "sna_host_under_test"
    folder.mkdir(exist_ok=True)
    for name in ("library.py", "fallback.py"):
        shutil.copy(SOURCE / "sna_edge_native" / name, folder / name)
    shutil.copy(made, folder / "libsna.so")
    (folder / "__init__.py").write_text("")
    sys.path.insert(0, str(folder.parent))
    try:
        return importlib.import_module("sna_host_under_test.fallback")
    finally:
        sys.path.remove(str(folder.parent))


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


@pytest.fixture(scope="session")
def artifacts() -> dict[str, bytes]:
    """name -> artifact of every model of the zoo."""
    return {name: model.to_bytes() for name, model in zoo().items()}
