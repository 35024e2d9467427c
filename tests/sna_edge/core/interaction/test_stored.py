"""Tables of parts stay as files store them: rows are decoded when they are asked."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, TT, Axis, Model, Output, spline_axis
from sna_edge.artifact.layout import FOLD
from sna_edge.basis import levels
from sna_edge.core.interaction.stored import StoredRows, StoredTables
from sna_edge.core.mesh import Mesh

from ..mesh.test_mesh import triangles


def many(dtype: str, train: bool, first: bool = True) -> Model:
    """A part of 225 nodes, two inputs; modes that do not all use the part; numbers on the grid of
    int8."""
    mesh = Mesh(*triangles(14), ("x", "y"), {"tip": 224})
    axes = [Axis("part", "", levels(225), mesh=mesh)]
    axes += [spline_axis(n, "W", 0, 1, spans=2, degree=1) for n in "kl"]
    axes = axes if first else axes[::-1]
    rng = np.random.default_rng(0)
    sizes = [a.basis.n_rows for a in axes]

    def table(*shape: int) -> Any:
        return rng.integers(-127, 127, shape) / 128.0

    if train:
        ranks = [1, 3, 2, 2]
        work: Any = TT([table(n, *ranks[d : d + 2]) for d, n in enumerate(sizes)], table(2, 2))
    else:
        modes = [[0, 1, 2, 4], [0, 2, 3, 4], [1, 2, 3]]
        tables = [table(n, len(m)) for n, m in zip(sizes, modes, strict=True)]
        work = CP(tables, modes, table(5, 2))
    part = 0 if first else 2
    stored = [dtype if d == part or "int" in dtype else "float32" for d in range(3)]
    return Model(axes, work, [Output("u", "K"), Output("v")], dtypes=stored)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int16", "int8"])
@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_only_the_rows_that_are_asked_are_decoded(
    dtype: str, train: bool, first: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = many(dtype, train, first)
    data = model.to_bytes()
    seen: list[int] = []
    real = StoredRows.__getitem__

    def counted(self: StoredRows, rows: Any) -> Any:
        found = real(self, rows)
        seen.append(found.size // self.shape[1])
        return found

    monkeypatch.setattr(StoredRows, "__getitem__", counted)
    loaded = sna_edge.from_bytes(data, backend="numpy")
    assert seen and max(seen) <= 64  # golden vectors touch 64 nodes
    seen.clear()
    rng = np.random.default_rng(1)
    query = {"part": rng.integers(0, 225, 50), "k": rng.random(50), "l": rng.random(50)}
    value = model(query)
    assert np.allclose(loaded(query), value, rtol=1e-12, atol=1e-12)
    assert sum(seen) == 50
    for i in range(50):
        one = {n: v[i] for n, v in query.items()}
        assert np.allclose(loaded(one), value[i], rtol=1e-12, atol=1e-12)
    assert sum(seen) == 100
    slopes = [m.value_and_gradient(one)[1] for m in (model, loaded)]
    assert np.allclose(*slopes, rtol=1e-10, atol=1e-10, equal_nan=True)
    assert max(seen) <= 64 and loaded.parameters == model.parameters
    assert loaded.to_bytes() == data
    assert np.allclose(loaded.at(part="tip")(k=0.2, l=0.3), model(part="tip", k=0.2, l=0.3))


def test_stored_tables_are_a_sequence_of_decoded_ones() -> None:
    raw = np.arange(-6, 6, dtype=np.int8).reshape(4, 3)
    rows = StoredRows(raw, FOLD["int8"], np.array([0, 2]))
    tables = StoredTables([rows, np.ones((2, 2))])
    assert len(tables) == 2 and rows.shape == (4, 2) and len(rows) == 4
    assert np.array_equal(tables[0], raw[:, [0, 2]] / 128.0) and tables.rows(0) is rows
    assert [t.shape for t in tables[:]] == [(4, 2), (2, 2)] and not tables[0].flags.writeable
    assert np.array_equal(rows[[[1, 2]]], raw[[[1, 2]]][..., [0, 2]] / 128.0)
    train = StoredTables([StoredRows(raw)], [(1, 3)])
    assert train[0].shape == (4, 1, 3)


def test_a_load_takes_less_memory_than_the_decoded_table() -> None:
    """10,201 nodes of 32 columns in float16: 2.6 MB decoded, 0.7 MB as stored."""
    mesh = Mesh(*triangles(100), ("x", "y"))
    axes = [Axis("part", "", levels(10_201), mesh=mesh)]
    rows = np.random.default_rng(0).random((10_201, 32))
    model = Model(axes, CP.full([rows]), [Output("u")], dtypes=["float16"])
    data = model.to_bytes()
    sna_edge.from_bytes(data, backend="numpy")  # what is imported once
    tracemalloc.start()
    loaded = sna_edge.from_bytes(data, backend="numpy")
    loaded(part=7), loaded(x=0.3, y=0.4)
    taken, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert taken < 0.2 * rows.nbytes and peak < 0.7 * rows.nbytes
