"""Parts at named places: levels in place of nodes, everything beside the values carried."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, Interval, Model, Output, spline_axis
from sna_edge.artifact import layout
from sna_edge.basis import levels
from sna_edge.core.beside import (
    GRID,
    Calibration,
    Companion,
    Coordinate,
    CoordinateSource,
    LevelPair,
    Role,
)
from sna_edge.core.mesh import Mesh
from sna_edge.errors import DomainError, InputError

from .core.mesh.test_mesh import triangles
from .test_by_point import part

BLANK = {"root": 0, "middle": (0.3, 0.55), "tip": "tip"}
"""A node, a point between nodes and a probe."""


def probed(train: bool = True) -> Model:
    """`part` with two probes and an interval."""
    model = part("triangles", 1, train)
    axis = model.axes[0]
    mesh = Mesh(axis.mesh.points, axis.mesh.cells, ("x", "y"), {"root": 0, "tip": 48})
    outputs = [replace(model.outputs[0], interval=Interval(0.9, 0.25, 0.5))]
    return model.replace(axes=[replace(axis, mesh=mesh), model.axes[1]], outputs=outputs)


@pytest.mark.parametrize("train", [True, False])
def test_the_probes_are_the_levels_of_an_ordinary_file(train: bool) -> None:
    """u = (1 + x + 2 y) (1 + 3 k): 1 at the root, 4 at the tip of the blank."""
    small = probed(train).at_probes()
    data = small.to_bytes()
    assert struct.unpack_from("<I", data, 12)[0] & layout.FEATURE_NODES == 0
    loaded = sna_edge.from_bytes(data)
    assert loaded.axes[0].level_names == ("root", "tip") and loaded.axes[0].mesh is None
    found = loaded.evaluate({"part": ["root", "tip"], "k": 0.5})
    assert np.allclose(found.value[:, 0], [2.5, 10.0], rtol=1e-6)
    assert np.allclose(found.upper - found.value, 0.5) and np.allclose(found.lower[0], 2.25)
    assert len(data) < len(probed(train).to_bytes())


def test_places_are_nodes_probes_and_points_between_nodes() -> None:
    model = part()
    small = model.at_probes(BLANK)
    found = small({"part": list(BLANK), "k": 0.5})[:, 0]
    assert np.allclose(found, [2.5, 6.0, 10.0], rtol=1e-12)
    assert found[1] == pytest.approx(model(x=0.3, y=0.55, k=0.5)[0], rel=1e-12)
    again = model.at_probes({"corner": (1.0, 1.0)})  # a point on a node is that node's row
    assert again(part="corner", k=0.5) == model(part=48, k=0.5)


def test_a_model_without_a_part_is_given_back() -> None:
    held = part().at(part="tip")
    assert held.at_probes() is held
    with pytest.raises(InputError, match="the model has 0"):
        held.at_probes({"a": 1})


@pytest.mark.parametrize(
    ("places", "said"),
    [
        ({}, "no probe names a place on it; name some by `sna-edge probes MODEL --at NAME=X,Y"),
        ({"a": 49}, "place 'a' is 49, no node; part: a node 0 .. 48"),
        ({"a": "hole"}, "place 'a' is 'hole', no node"),
        ({"a": (0.5,)}, "place 'a' is no point x, y: give 2 numbers"),
        ({"a": (0.5, np.nan)}, "is no point"),
        ({"a": (0.5, "b")}, "is no point"),
        ({"a": (0.5, 1.25)}, r"place 'a' lies 0\.25 outside 'part'"),
        ({" ": 3}, "needs a name"),
    ],
)
def test_what_is_no_place_is_refused_in_one_sentence(places: Any, said: str) -> None:
    with pytest.raises((InputError, DomainError), match=said):
        part().at_probes(places)


def test_a_place_between_nodes_is_refused_behind_a_link() -> None:
    model = part()
    curved = model.replace(outputs=[Output("u", "K", link="exp")])
    assert curved.at_probes({"a": 3})(part="a", k=0.0) == curved(part=3, k=0.0)
    with pytest.raises(InputError, match="'a' has a link; name nodes alone"):
        curved.replace(outputs=[Output("a", "K", link="exp")]).at_probes({"a": (0.3, 0.55)})


def familiar() -> Model:
    """A part and a machine; a familiarity of a linear feature of nodes, machines and k, and a
    table of nodes and machines that were seen together."""
    points, cells = triangles(2)
    mesh = Mesh(points, cells, ("x", "y"), {"root": 0, "tip": 8})
    axes = [
        Axis("part", "", levels(9), mesh=mesh),
        Axis("machine", "", levels(2), ("M1", "M2")),
        spline_axis("k", "W", 0, 1, spans=1, degree=1),
    ]
    rng = np.random.default_rng(0)
    work = CP.full([rng.random((a.basis.n_rows, 2)) for a in axes])
    weights = rng.normal(0, 0.1, 12).astype(np.float32)
    density = Model(
        [spline_axis("z", "", -2, 2, spans=4, degree=1)],
        CP.full([rng.random((5, 1))]),
        [Output("p", scale=1.0)],
    )
    beside = Companion(
        Role.FAMILIARITY,
        density,
        (Coordinate(CoordinateSource.FEATURE, 0, weights, 0.25),),
        weight=2.0,
    )
    seen = rng.random((9, 2)) < 0.5
    seen[0, 0], seen[8, 0], seen[8, 1] = True, True, False
    told = Calibration(
        n_scores=200, scores=np.linspace(-8, 0, GRID), least_p=0.01,
        pairs=(LevelPair.of(0, 1, seen),),
    )  # fmt: skip
    return Model(axes, work, [Output("y")], companions=[beside], calibration=told)


def test_familiarity_is_carried() -> None:
    model = familiar()
    small = sna_edge.from_bytes(model.at_probes().to_bytes())
    asked = {"part": ["root", "tip", "tip"], "machine": ["M1", "M1", "M2"], "k": 0.3}
    for query in (asked, {**asked, "k": 0.9}):
        was, found = model.familiarity(query), small.familiarity(query)
        assert np.allclose(found.p, was.p, rtol=1e-6) and found.p[2] == 0  # never seen
        assert len(set(was.p)) == 3  # the nodes do matter


def test_the_word_writes_the_file_and_names_new_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sna_edge.cli import main

    file, new = str(tmp_path / "part.sna"), str(tmp_path / "small.sna")
    part().save(file)
    told = ["--at", "root=0", "middle=0.3,0.55", "end=tip"]
    assert main(["probes", file, *told, "-o", new, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["places"] == {"part": ["root", "middle", "end"]}
    assert sna_edge.load(new)(part="middle", k=0.5)[0] == pytest.approx(6.0, rel=1e-6)
    assert main(["probes", file, "-o", new]) == 0
    assert "part is tip" in capsys.readouterr().out
    assert main(["probes", new, "-o", file]) == 2
    assert "has no part; give a model" in capsys.readouterr().err
    assert main(["probes", file, "--at", "a=3,0.5", "-o", str(tmp_path / "no.sna")]) != 0
    assert "lies 2 outside 'part'" in capsys.readouterr().err
    assert not (tmp_path / "no.sna").exists()


@pytest.mark.parametrize("target", ["c", "wasm", "fmu", "st", "page"])
def test_what_the_c_core_runs_takes_the_probes_or_says_how_to_name_them(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from sna_edge.cli import main

    part().replace(axes=[replace(part().axes[0], mesh=bare()), part().axes[1]]).save(
        tmp_path / "bare.sna"
    )
    out = tmp_path / "out"
    assert main(["export", str(tmp_path / "bare.sna"), "--to", target, "-o", str(out)]) == 2
    assert "sna-edge probes MODEL --at NAME=X,Y" in capsys.readouterr().err
    assert not out.exists()
    probed().save(tmp_path / "part.sna")
    assert main(["export", str(tmp_path / "part.sna"), "--to", target, "-o", str(out)]) in (0, 3)
    assert "'part' is its probes alone: root, tip" in capsys.readouterr().out
    assert any(out.iterdir())


def bare() -> Mesh:
    return Mesh(*triangles(), ("x", "y"))
