"""Models of parts: stored with their mesh, asked by node, probe and point."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, TT, Axis, Model, Output, spline_axis
from sna_edge.artifact import layout
from sna_edge.artifact.reader import from_bytes
from sna_edge.basis import levels
from sna_edge.core.mesh import Mesh
from sna_edge.errors import ArtifactError, DomainError, InputError
from sna_edge.status import Status

from .core.mesh.test_mesh import quadratic, tetrahedra, triangles

KINDS = {"triangles": triangles, "tetrahedra": tetrahedra}


def part(kind: str = "triangles", degree: int = 1, train: bool = True) -> Any:
    """u = (1 + x + 2 y) (1 + 3 k) on a part, k in [0, 1], and its mesh."""
    points, cells = KINDS[kind]() if degree == 1 else quadratic(*KINDS[kind]())
    mesh = Mesh(points, cells, ("x", "y", "z")[: points.shape[1]], {"tip": len(points) - 1})
    nodes = Axis("part", "", levels(len(points)), mesh=mesh)
    axes = [nodes, spline_axis("k", "W", 0, 1, spans=1, degree=1)]
    tables = [1 + points[:, :1] + 2 * points[:, 1:2], np.array([[1.0], [4.0]])]
    shape = TT(tuple(t[:, None] for t in tables), np.ones((1, 1))) if train else CP.full(tables)
    return Model(axes, shape, [Output("u", "K")])


@pytest.mark.parametrize("train", [True, False])
@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("kind", list(KINDS))
def test_a_file_of_a_part_is_asked_by_node_probe_and_point(
    kind: str, degree: int, train: bool, tmp_path: Path
) -> None:
    model = part(kind, degree, train)
    model.save(tmp_path / "part.sna")
    loaded = sna_edge.load(tmp_path / "part.sna")
    mesh = loaded.axes[0].mesh
    assert mesh is not None and mesh.probes == model.axes[0].mesh.probes
    assert loaded.to_bytes() == (tmp_path / "part.sna").read_bytes()
    at = dict(zip(mesh.coordinates, (0.3, 0.55, 0.2), strict=False))
    exact = (1 + 0.3 + 1.1) * (1 + 3 * 0.5)
    assert loaded({**at, "k": 0.5})[0] == pytest.approx(exact, rel=1e-6)  # float32 points
    assert loaded(part="tip", k=0.5) == loaded(part=len(mesh.points) - 1, k=0.5)
    y, g = loaded.value_and_gradient({**at, "k": 0.5})
    assert g[0, 1] == pytest.approx(3 * (1 + 0.3 + 1.1), rel=1e-6) and np.isnan(g[0, 0])
    found = loaded.evaluate({**at, "k": np.array([0.0, 0.5])})
    assert found.status.tolist() == [0, 0] and found.value[1, 0] == pytest.approx(exact, rel=1e-6)


def test_points_outside_are_out_of_domain_with_their_distance() -> None:
    model = part()
    with pytest.raises(DomainError, match=r"lies 0\.5 outside 'part'") as told:
        model(x=1.5, y=0.5, k=0.5)
    assert told.value.excess == pytest.approx(0.5) and told.value.axis == "part"
    found = model.evaluate({"x": [1.5, 0.5, np.nan], "y": 0.5, "k": 0.5})
    assert found.status.tolist() == [Status.OUT_OF_DOMAIN, Status.OK, Status.BAD_INPUT]
    assert found.excess[0] == pytest.approx(0.5) and found.axis[0] == 0
    assert np.isnan(found.value[[0, 2]]).all() and np.isfinite(found.value[1]).all()
    assert model.evaluate({"x": 0.5, "y": 0.5, "k": 7.0}).status[0] == Status.OUT_OF_DOMAIN


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"part": "hole", "k": 0.5}, "a node of no name; part: a node 0 .. 48, a probe"),
        ({"part": 49, "k": 0.5}, "a node of no name"),
        ({"x": "a", "y": 0.5, "k": 0.5}, "not numbers of matching length"),
        ({"x": [0.1, 0.2, 0.3], "y": [0.5, 0.1], "k": 0.5}, "not numbers of matching length"),
        ({"x": 0.5, "k": 0.5}, "the point of 'part' lacks y"),
        ({"x": np.nan, "y": 0.5, "k": 0.5}, "is no place"),
    ],
)
def test_what_is_no_place_is_refused_in_one_sentence(query: Any, said: str) -> None:
    with pytest.raises((InputError, DomainError), match=said):
        part().value(query)


def test_a_part_that_is_held_at_a_probe_needs_no_mesh() -> None:
    held = part().at(part="tip")
    assert held.input_names == ["k"] and held(k=0.5)[0] == pytest.approx(10.0)
    assert struct.unpack_from("<I", held.to_bytes(), 12)[0] & layout.FEATURE_NODES == 0


def sealed(data: bytes, place: int, code: str, value: Any) -> bytes:
    """The file with one number of section 17 changed, its digests made anew."""
    from sna_edge.artifact.writer import _sealed

    record = np.frombuffer(data, layout.SECTION, len(layout.SECTIONS), 64)[-1]
    changed = bytearray(data)
    start = int(record["offset"]) + place + (int(record["size"]) if place < 0 else 0)
    struct.pack_into(f"<{code}", changed, start, value)
    return _sealed(changed)


@pytest.mark.parametrize(
    ("place", "code", "value", "said"),
    [
        (0, "H", 1, "out of range"),
        (2, "B", 4, "out of range"),
        (3, "B", 5, "out of range"),
        (4, "I", 0, "out of range"),
        (4, "I", 5000, "too short"),
        (8, "I", 0, "not the one around its cells"),
        (-4, "f", 3.0, "not the one around its cells"),
        (-4, "f", np.nan, "not the one around its cells"),
        (12, "I", 1, "out of range"),
        (16, "f", np.nan, "no number"),
        (16 + 49 * 8, "H", 49, "not there"),
    ],
)
def test_meshes_that_break_a_rule_are_refused_by_name(
    place: int, code: str, value: Any, said: str
) -> None:
    data = part().to_bytes()
    from_bytes(data, Model)
    with pytest.raises(ArtifactError, match=said) as told:
        from_bytes(sealed(data, place, code, value), Model)
    assert told.value.rule == "bad_metadata"


def test_the_command_line_asks_at_a_point(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """u = (1 + x + 2 y) (1 + 3 k)."""
    from sna_edge.cli import main

    file = str(tmp_path / "part.sna")
    part().save(file)
    assert main(["query", file, "--at", "x=0.3", "y=0.55", "k=0.5"]) == 0
    assert capsys.readouterr().out.startswith("u = 6 K")
    assert main(["query", file, "--at", "x=3", "y=0.5", "k=0.5"]) == 3
    assert "the point lies 2 outside 'part'" in capsys.readouterr().out
    assert main(["query", file, "--at", "x=3", "k=0.5"]) == 2
    assert "the point of 'part' lacks y; give part: a node 0 .." in capsys.readouterr().err
    assert main(["query", file, "--at", "x=0.3", "y=0.5", "z=1", "k=0.5"]) == 2
    table, out = tmp_path / "points.csv", tmp_path / "out.csv"
    table.write_text("x,y,k\n0.3,0.55,0.5\n3,0.5,0.5\n")
    capsys.readouterr()
    assert main(["query", file, "--table", str(table), "-o", str(out)]) == 0
    rows = [line.split(",") for line in out.read_text().splitlines()]
    value, status = rows[0].index("u"), rows[0].index("status")
    assert float(rows[1][value]) == pytest.approx(6.0, rel=1e-6)
    assert [row[status] for row in rows[1:]] == ["ok", "out_of_domain"]


def test_info_says_how_a_part_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from sna_edge.cli import main

    file = str(tmp_path / "part.sna")
    part().save(file)
    assert main(["info", file]) == 0
    assert "a probe (tip) or a point x, y" in capsys.readouterr().out
    assert main(["info", file, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["inputs"][0]
    assert told["coordinates"] == ["x", "y"] and told["levels"] == []
