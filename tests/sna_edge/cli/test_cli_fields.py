"""`sna-edge fields`: runs of another solver to one model, the next runs, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge

from ...runs_of_a_plate import SQUARE, field, meshio, skfem, write_run, write_runs

FAST = ("--folds", "2", "--json")


def test_two_commands_from_runs_to_an_answer(sna: Any, tmp_path: Path) -> None:
    write_runs(tmp_path, planned=1)
    model, plan = tmp_path / "plate.sna", tmp_path / "next.csv"
    words = ("--probe", "corner=1,1", "--units", "T=K", "--next", 2, "--plan", plan)
    made = sna("fields", tmp_path / "runs.csv", "-o", model, *words, "--folds", "2")
    assert made.code == 0 and "from 12 runs" in made.out and "2 runs that tell most" in made.out
    assert len(plan.read_text().splitlines()) == 3
    said = sna("query", model, "--at", "part=corner", "a [W]=2", "b=1", "--json")
    truth = field(2.0, 1.0)[np.argmax(SQUARE.p.sum(axis=0))]
    assert abs(said.json["outputs"]["T"]["value"] - truth) < 0.02
    again = tmp_path / "again.csv"
    alone = sna("fields", tmp_path / "runs.csv", "--next", 2, "--plan", again)
    assert alone.code == 0 and again.read_text() == plan.read_text()


def finer(folder: Path) -> None:
    mesh = skfem.MeshTri().refined(3)
    write_run(folder / "run3.vtu", mesh.p[0], mesh=mesh)


def moved(folder: Path) -> None:
    write_run(folder / "run3.vtu", field(1.0, 1.0), mesh=SQUARE.translated((0.1, 0.0)))


def twice(folder: Path) -> None:
    lines = (folder / "runs.csv").read_text().splitlines()
    lines[5] = ",".join([*lines[4].split(",")[:2], "run4.vtu"])
    (folder / "runs.csv").write_text("\n".join(lines))


def few(folder: Path) -> None:
    lines = (folder / "runs.csv").read_text().splitlines()
    (folder / "runs.csv").write_text("\n".join(lines[:4]))


def constant(folder: Path) -> None:
    for i in range(12):
        write_run(folder / f"run{i}.vtu", np.ones(SQUARE.p.shape[1]))


def lost(folder: Path) -> None:
    values = field(1.0, 1.0)
    values[[5, 6]] = np.nan
    write_run(folder / "run3.vtu", values)


def two_fields(folder: Path) -> None:
    points = np.c_[SQUARE.p.T, 0 * SQUARE.p[0]]
    data = {"T": field(1.0, 1.0), "flux": points}
    meshio.Mesh(points, [("triangle", SQUARE.t.T)], point_data=data).write(folder / "run0.vtu")


def surface(folder: Path) -> None:
    points = np.c_[SQUARE.p.T, SQUARE.p[0] ** 2]
    mesh = meshio.Mesh(points, [("triangle", SQUARE.t.T)], point_data={"T": points[:, 0]})
    mesh.write(folder / "run0.vtu")


WRONG: dict[str, tuple[Callable[[Path], Any], tuple[str, ...], str]] = {
    "no file": (lambda f: (f / "run3.vtu").unlink(), (), "row 4 (line 5): there is no file"),
    "no mesh": (lambda f: (f / "run3.vtu").write_text("x"), (), "run3.vtu cannot be read"),
    "finer": (finer, (), "row 4 (line 5): .*run3.vtu has 81 points where the mesh has 25"),
    "moved": (moved, (), "point .*run3.vtu lies 0.1 from that of the mesh"),
    "twice": (twice, (), "row 4 (line 5) and row 5 (line 6) have the same parameters"),
    "few": (few, (), "3 runs are too few"),
    "constant": (constant, (), "'T' is the same in all runs"),
    "lost": (lost, (), "row 4 (line 5): 'T' is no number at 2 of 25 nodes (node 5 first)"),
    "unknown": (lambda f: None, ("--field", "U"), "no field 'U', it has T"),
    "which": (two_fields, (), "run0.vtu has T, flux; say which with --field"),
    "surface": (surface, (), "is a surface in space"),
    "column": (lambda f: None, ("--files", "file"), "has no column 'file'"),
    "tolerance": (lambda f: None, ("--tolerance", "0"), "the tolerance is 0"),
    "probe": (lambda f: None, ("--probe", "tip=1"), "probe 'tip' is at [1.0]; give 2 numbers"),
    "next": (lambda f: None, ("--next", "2"), "give --next N and --plan NEXT.csv together"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_one_sentence(sna: Any, tmp_path: Path, case: str) -> None:
    spoil, words, expected = WRONG[case]
    write_runs(tmp_path)
    spoil(tmp_path)
    before = sorted(tmp_path.iterdir())
    said = sna("fields", tmp_path / "runs.csv", "-o", tmp_path / "m.sna", "--folds", "2", *words)
    assert said.code == 2
    first, _, rest = expected.partition(".*")
    assert first in said.sentence() and rest in said.err
    assert sorted(tmp_path.iterdir()) == before


def test_values_of_cells_are_averaged_to_nodes(sna: Any, tmp_path: Path) -> None:
    write_runs(tmp_path)
    points = np.c_[SQUARE.p.T, 0 * SQUARE.p[0]]
    for i in range(12):
        values = meshio.read(tmp_path / f"run{i}.vtu").point_data["T"]
        cells = {"T": [values[SQUARE.t].mean(axis=0)]}
        mesh = meshio.Mesh(points, [("triangle", SQUARE.t.T)], cell_data=cells)
        mesh.write(tmp_path / f"run{i}.vtu")
    made = sna("fields", tmp_path / "runs.csv", "-o", tmp_path / "m.sna", *FAST)
    assert made.code == 0 and made.json["modes"] == 2
    middle = sna_edge.load(tmp_path / "m.sna")(x=0.5, y=0.5, **{"a [W]": 2.0, "b": 1.0})
    truth = 300.0 + 2.0 * np.sin(1.5) + 0.5
    assert abs(middle[0] - truth) < 0.3  # of cells a quarter wide, where u'' is 18
