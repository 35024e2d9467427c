"""Hostile files of parts: a named rule or an answer with a status, never a crash or a long loop."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, Model, Output, Status
from sna_edge.artifact import layout
from sna_edge.artifact.writer import _sealed
from sna_edge.basis import levels
from sna_edge.core.mesh import Mesh
from sna_edge.core.mesh.search import PAIRS, Search
from sna_edge.errors import ArtifactError, InputError

from ..core.mesh.test_mesh import triangles

TOOLS = Path(__file__).resolve().parents[3] / "tools" / "release"


@pytest.fixture(scope="module")
def files() -> Any:
    """The part files of the fuzzer and what changes them."""
    sys.path.insert(0, str(TOOLS))
    try:
        import file_fields
        import mutations
        from fuzzed import parts
    finally:
        sys.path.remove(str(TOOLS))
    return file_fields, mutations, parts


def said(data: bytes) -> str:
    """The rule that refuses a file, or what a part answers far outside."""
    try:
        model = sna_edge.from_bytes(data, backend="numpy")
    except ArtifactError as error:
        return error.rule
    mesh = model.axes[0].mesh
    assert mesh is not None
    query = {**dict.fromkeys(mesh.coordinates, 9.0), **{a.name: a.lower for a in model.axes[1:]}}
    return str(Status(int(model.evaluate(query).status[0])).name)


def test_a_section_cut_anywhere_is_refused(files: Any) -> None:
    _, mutations, parts = files
    for data in parts.parts().values():
        contents = [data[at : at + size] for at, size in files[0].sections(data)]
        whole = contents[16]
        for end in sorted({0, 15, 16, 17, *range(0, len(whole), max(len(whole) // 40, 1))}):
            contents[16] = whole[:end]
            assert said(mutations.sealed(mutations.rebuilt(data, contents))) == "bad_metadata"
        contents[16] = whole + bytes(4)
        assert said(mutations.sealed(mutations.rebuilt(data, contents))) == "bad_metadata"


def test_numbers_of_a_mesh_changed_one_by_one_are_refused_or_answered(files: Any) -> None:
    fields, mutations, parts = files
    rng, found = Random(3), Counter()
    for name, data in parts.parts().items():
        source = mutations.Source(name, data)
        for _ in range(250):
            changed = bytearray(data)
            part = rng.choice(["meshes", "points", "cells", "probes", "boxes"])
            one = mutations.Source(name, data)
            one.names, one.parts = [part], {part: source.parts[part]}
            mutations._number(changed, one, rng)
            began = process_time()
            found[said(parts.with_boxes(mutations.sealed(changed)))] += 1
            assert process_time() - began < 1.0
    assert set(found) <= {"bad_metadata", "OUT_OF_DOMAIN", "OK"}, found
    assert found["bad_metadata"] > 100 and found["OUT_OF_DOMAIN"] > 100


def test_a_part_of_more_nodes_than_a_file_holds_is_refused(files: Any) -> None:
    _, _, parts = files
    data = bytearray(parts.parts()["triangles"])
    record = layout.AXIS.fields
    for field in ("n_spans", "n_rows"):
        at = 64 + 16 * 17 + (-(64 + 16 * 17) % 64) + record[field][1]
        data[at : at + 4] = (200_001).to_bytes(4, "little")
    assert said(_sealed(data)) == "bad_axis"
    points = np.zeros((200_001, 2))
    with pytest.raises(InputError, match="a mesh has 200001 nodes, at most 200000 are taken"):
        Mesh(points, np.array([[0, 1, 2]]), ("x", "y"))


def test_cells_that_all_lie_on_each_other_take_one_look_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No order of cells or boxes makes a search longer than the list of cells."""
    points, _ = triangles(1)
    cells = np.tile([[0, 1, 2]], (100_000, 1))
    mesh, seen = Mesh(points, cells, ("x", "y")), []
    real = Search._corners
    monkeypatch.setattr(Search, "_corners", lambda s, c: seen.append(len(c)) or real(s, c))
    nodes, _, distance = mesh.located(np.array([[0.1, 0.2], [2.0, 0.0]]))
    assert np.allclose(distance, [0, 1]) and sorted(nodes[0]) == [0, 1, 2]
    assert sum(seen) <= 2 * 100_000 + 64 and max(seen) <= PAIRS


def test_a_mesh_of_200000_nodes_is_taken_and_answers() -> None:
    x = np.arange(200_000)
    points = np.stack([x // 2, x % 2], axis=1).astype(float)
    cells = np.stack([x[:-2], x[1:-1], x[2:]], axis=1)
    mesh = Mesh(points, cells, ("x", "y"), {"end": 199_999})
    table = (points[:, :1] / 1e5).astype(np.float32)
    model = Model([Axis("part", "", levels(200_000), mesh=mesh)], CP.full([table]), [Output("u")])
    loaded = sna_edge.from_bytes(model.to_bytes(), backend="numpy")
    assert loaded(part="end")[0] == table[-1, 0]
    assert loaded(x=70_000.25, y=0.5)[0] == pytest.approx(0.7000025, rel=1e-6)
    assert loaded.evaluate({"x": 5.0, "y": -2.0}).excess[0] == 2.0
