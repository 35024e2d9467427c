"""Random models of every kind for inverse queries."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Model, Output
from sna_edge.core.basis import SpanBasis, bspline, hat, lagrange, periodic_bspline, uniform_breaks
from sna_edge.inverse.query import native

LINKS = ("identity", "exp", "logistic")


def random_basis(rng: np.random.Generator) -> SpanBasis:
    spans, degree = int(rng.integers(1, 20)), int(rng.integers(1, 8))
    low, width = rng.normal() * 10, 10 ** rng.uniform(-2, 3)
    graded = np.r_[low, np.sort(rng.uniform(low, low + width, spans - 1)), low + width]
    breaks = uniform_breaks(low, low + width, spans) if rng.random() < 0.5 else graded
    kind = rng.integers(5)
    if kind == 0:
        return hat(breaks)
    if kind == 1:
        return lagrange(breaks, degree)
    if kind == 2 and spans >= degree:
        return periodic_bspline(breaks, degree)
    return bspline(breaks, degree)


def make(seed: int, dimensions: int = 3, link: str | None = None) -> Model:
    """Random CP or TT model with random bases and links; x0, x1, .. -> y."""
    rng = np.random.default_rng(seed)
    axes = [Axis(f"x{d}", "", random_basis(rng)) for d in range(dimensions)]
    chosen = link or LINKS[rng.integers(3)]
    output = Output(
        "y", link=chosen, scale=rng.normal() + 2.0, offset=rng.normal(), bias=rng.normal()
    )
    if rng.random() < 0.3:
        ranks = [1, *(int(r) for r in rng.integers(1, 4, dimensions))]
        cores = [
            rng.normal(size=(a.basis.n_rows, ranks[d], ranks[d + 1]))[a.basis.tie]
            for d, a in enumerate(axes)
        ]
        return Model(axes, TT(tuple(cores), rng.normal(size=(ranks[-1], 1))), [output])
    rank = int(rng.integers(1, 9))
    tables = tuple(rng.normal(size=(a.basis.n_rows, rank))[a.basis.tie] for a in axes)
    modes = tuple(np.arange(rank) for _ in axes)
    return Model(axes, CP(tables, modes, rng.normal(size=(rank, 1))), [output])


@pytest.fixture(scope="session")
def random_model() -> Callable[..., Model]:
    return make


SOURCE = Path(__file__).resolve().parents[3] / "firmware_bindings"
PARTS = ("", "_inverse", "_roots", "_descent")
FLAGS = [
    "-std=gnu11",
    "-O1",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-Wno-psabi",
    "-DSNA_SHA256",
    "-shared",
    "-fPIC",
]


@pytest.fixture(scope="session")
def through_ctypes(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """The sources beside this repository, compiled now, through their ctypes face."""
    compiler = shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler on this machine")
    folder = tmp_path_factory.mktemp("native") / "sna_inverse_under_test"
    folder.mkdir()
    sources = [str(SOURCE / "host" / f"sna_host{part}.c") for part in PARTS]
    subprocess.run([compiler, *FLAGS, *sources, "-lm", "-o", str(folder / "libsna.so")], check=True)
    for name in ("fallback.py", "inverse.py", "library.py", "sweep.py", "__init__.py"):
        shutil.copy(SOURCE / "sna_edge_native" / name, folder / name)
    sys.path.insert(0, str(folder.parent))
    try:
        return importlib.import_module("sna_inverse_under_test")
    finally:
        sys.path.remove(str(folder.parent))


@pytest.fixture(params=["extension", "ctypes"])
def library(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    """sna_edge.inverse.query.native uses this face of the library."""
    found = (
        native.library()
        if request.param == "extension"
        else request.getfixturevalue("through_ctypes")
    )
    if found is None:
        pytest.skip("sna-edge-native is not installed")
    monkeypatch.setattr(native, "library", lambda: found)
    monkeypatch.setattr(native, "_FORMS", {})
    monkeypatch.setattr(native, "_PARTS", {})
    yield found
