"""Fields of a part from runs: modes, the model that is put together, runs left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Model, Output, spline_axis
from sna_edge.core.mesh import Mesh
from sna_edge.errors import InputError
from sna_export.design import Factor, Space
from sna_export.fields import fit_fields, read_snapshots
from sna_export.fields.assembled import assembled
from sna_export.fields.coefficients import beside, fewer_modes
from sna_export.fields.folds import folds_of_runs, predicted_without
from sna_export.fields.modes import Modes, modes_of
from sna_export.fields.processes import beliefs_of, mean_of, taught
from sna_export.table import read

from ...runs_of_a_plate import SQUARE, field, settings, write_runs


def test_modes_are_orthonormal_and_leave_out_what_they_say() -> None:
    rng = np.random.default_rng(0)
    fields = rng.normal(size=(9, 40)) * 0.7 ** np.arange(40)
    weight = rng.random(40)
    found = modes_of(fields, weight, 0.2)
    count = len(found.shapes)
    assert np.allclose((found.shapes * weight) @ found.shapes.T, np.eye(count), atol=1e-12)
    rest = np.square(fields - found.fields(found.coefficients)) @ weight
    whole = np.square(fields - found.mean) @ weight
    assert np.isclose(np.sqrt(rest.sum() / whole.sum()), found.left_out)
    assert found.left_out <= 0.2 and modes_of(fields, weight, 0.05).left_out <= 0.05
    assert len(modes_of(fields, weight, 0.05).shapes) > count


@pytest.mark.parametrize("labels", [(), ("x", "y")])
def test_the_model_is_the_sum_of_modes_times_coefficients(labels: tuple[str, ...]) -> None:
    rng = np.random.default_rng(1)
    nodes, count, j = SQUARE.p.shape[1], max(len(labels), 1), 3
    size = nodes * count
    modes = Modes(rng.normal(size=size), rng.normal(size=(j, size)), np.empty((0, j)), 0.0)
    parts = []
    for k in range(j):  # other breaks and ranks; the last without q
        axes = [
            spline_axis("p", "", 0, 1, spans=2 + k),
            spline_axis("q", "", 0, 1, spans=3 - k // 2),
        ]
        tables = (rng.normal(size=(5 + k, 2)), rng.normal(size=(6 - k // 2, 2 - k)))
        used = (np.arange(2), np.arange(2 - k))
        output = Output(f"c{k}", scale=1.5 + k, offset=0.3, bias=0.2 * k)
        parts.append(Model(axes, CP(tables, used, rng.normal(size=(2, 1))), [output]))
    coefficients = beside(parts)
    x = rng.random((7, 2))
    c = np.concatenate([p.value(x) for p in parts], axis=1)
    assert np.allclose(coefficients.value(x), c, atol=1e-10)
    assert np.allclose(fewer_modes(coefficients, 1.0, 1e-9).value(x), c, atol=1e-6)
    mesh = Mesh(SQUARE.p.T, SQUARE.t.T, ("x", "y"))
    whole = assembled(modes, coefficients, mesh, labels, Output("u", offset=5.0))
    expected = modes.fields(c).reshape(7, nodes, count)
    place = np.array(np.meshgrid(*map(np.arange, (7, nodes, count)), indexing="ij")).reshape(3, -1)
    columns = [place[1], *([place[2]] if labels else []), *x[place[0]].T]
    found = whole.value(np.stack(columns, axis=1), level_index=True)[:, 0]
    assert np.allclose(found, expected.reshape(-1), atol=1e-9)


def test_a_run_left_out_takes_no_part_in_what_is_said_of_it() -> None:
    rng = np.random.default_rng(0)
    x, fields, fold = rng.random((8, 1)), rng.normal(size=(8, 5)), folds_of_runs(8, 4, 0)
    assert sorted(np.bincount(fold)) == [2, 2, 2, 2]

    def fitted(x: Any, some: Any) -> Any:
        return modes_of(some, np.ones(5), 0.999), {"mean": lambda x: np.zeros((len(x), 1))}

    before = predicted_without(x, fields, fold, fitted)["mean"]
    fields[fold == 2] += 100.0
    after = predicted_without(x, fields, fold, fitted)["mean"]
    assert np.array_equal(before[fold == 2], after[fold == 2])
    assert not np.allclose(before[fold != 2], after[fold != 2])


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: Any) -> Any:
    folder = tmp_path_factory.mktemp("runs")
    runs = read_snapshots(read(write_runs(folder)), folder, probes={"corner": [1.0, 1.0]})
    found = fit_fields(runs, folds=3)
    found.model.save(folder / "plate.sna")
    return runs, found, sna_edge.load(folder / "plate.sna")


def test_the_model_gives_runs_it_has_not_seen(fitted: Any) -> None:
    runs, found, model = fitted
    assert found.report["modes"] == 2 and runs.name == "T"
    nodes = np.arange(SQUARE.p.shape[1])
    for a, b in settings(40, seed=5)[4:]:
        truth = field(a, b)
        value = model({"part": nodes, "a [W]": a, "b": b})[:, 0]
        assert np.abs(value - truth).max() < 0.02 * np.ptp(truth)  # twelve runs say no more
    assert model.axes[1].unit == "W"
    at = {"a [W]": 2.0, "b": 1.0}
    assert model(part="corner", **at) == model(x=1.0, y=1.0, **at)
    assert model.evaluate({"x": 1.5, "y": 0.5, **at}).status == sna_edge.Status.OUT_OF_DOMAIN


def test_products_come_as_near_to_their_processes_as_asked() -> None:
    rng = np.random.default_rng(3)
    space = Space((Factor("p", 0, 2), Factor("gas", levels=("A", "B"))))
    x = np.c_[np.tile(np.linspace(0, 2, 8), 2), np.repeat([0.0, 1.0], 8)]
    c = np.stack([np.exp(x[:, 0]) + x[:, 1], 0.1 * np.sin(3 * x[:, 0]) * (1 - x[:, 1])], axis=1)
    beliefs = beliefs_of(space, x, c)
    assert np.allclose(mean_of(beliefs, x), c, atol=1e-2)  # they pass through the runs
    model = taught(space, beliefs, x, 1e-3, seed=0)
    at = np.c_[2 * rng.random(200), rng.integers(2, size=200)]
    wanted = mean_of(beliefs, at)
    missed = np.square(model.value(at, level_index=True) - wanted).sum(axis=1).mean()
    assert missed < (2e-3) ** 2 * np.square(wanted - wanted.mean(axis=0)).sum(axis=1).mean()
    assert model.axes[0].support.sum() == 16


def test_coefficients_are_of_the_kind_that_misses_less(fitted: Any) -> None:
    tried = fitted[1].report["tried"]
    assert set(tried) == {"fits", "Gaussian processes"}
    assert fitted[1].report["coefficients"] == min(tried, key=lambda kind: tried[kind])
    assert fitted[1].report["held_out"]["rmse"] == min(tried.values())


def test_runs_left_out_say_how_good_it_is(fitted: Any) -> None:
    _, found, model = fitted
    held = found.report["held_out"]
    assert 0 < held["rmse"] <= held["worst_run"]["rmse"] <= held["largest"]
    node = held["worst_node"]["node"]
    error = np.sqrt(np.square(found.held_out.predicted - found.held_out.fields).mean(axis=0))
    assert node == int(np.argmax(error)) and np.isclose(held["worst_node"]["rmse"], error[node])
    assert found.report["coverage"] >= 0.75  # of twelve runs
    answer = model.evaluate({"part": 7, "a [W]": 2.0, "b": 1.0})
    assert answer.lower < answer.value < answer.upper
    assert model.metadata["fields"]["runs"] == 12


def test_vectors_have_a_component_and_arrays_a_mesh(tmp_path: Path) -> None:
    write_runs(tmp_path)
    x = settings(12)
    both = np.stack([np.stack([field(a, b), -2.0 * field(a, b)], axis=1) for a, b in x])
    np.save(tmp_path / "all.npy", both)
    table = read(tmp_path / "runs.csv")
    given = {"matrix": str(tmp_path / "all.npy"), "mesh": str(tmp_path / "run0.vtu")}
    runs = read_snapshots(table, tmp_path, inputs=["a [W]", "b"], field="shift", **given)
    assert runs.labels == ("x", "y") and np.array_equal(runs.fields, both)
    model = fit_fields(runs, folds=2).model
    at = {"a [W]": 2.0, "b": 1.0, "part": 3}
    first, second = (model({**at, "part component": c})[0] for c in "xy")
    assert abs(second + 2.0 * first) < 1e-3 * abs(first)


def test_levels_of_a_parameter_are_taken_and_not_read_as_numbers(tmp_path: Path) -> None:
    x, y = SQUARE.p
    meshio = pytest.importorskip("meshio")
    points, rows = np.c_[SQUARE.p.T, np.zeros(len(x))], ["a,grade,file"]
    for i, a in enumerate(np.linspace(0.5, 2.0, 12)):
        grade = i % 2
        field_here = a * x + 3.0 * grade * y
        meshio.Mesh(points, [("triangle", SQUARE.t.T)], {"T": field_here}).write(
            tmp_path / f"g{i}.vtu"
        )
        rows.append(f"{a},{2 - grade},g{i}.vtu")  # level "2" first, "1" after it
    (tmp_path / "grades.csv").write_text("\n".join(rows) + "\n")
    runs = read_snapshots(read(tmp_path / "grades.csv"), tmp_path, categorical=["grade"])
    found = fit_fields(runs, folds=3)
    assert found.report["held_out"]["of_spread"] < 0.02
    for level, grade in (("2", 0), ("1", 1)):
        assert found.model(x=1.0, y=1.0, a=1.0, grade=level)[0] == pytest.approx(
            1.0 + 3.0 * grade, rel=1e-3
        )


def test_a_probe_outside_the_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'far' lies 1 outside the part"):
        read_snapshots(read(write_runs(tmp_path)), tmp_path, probes={"far": [2.0, 1.0]})
