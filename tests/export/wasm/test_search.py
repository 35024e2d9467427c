"""Roots, level sets and the integer path in JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Model
from sna_edge.inverse import roots as roots_of
from sna_export.certify import with_integer_path

from ...c_library import KEPT_1_1, ROOT
from ...model_kinds import KINDS
from .test_answers import FOLDER, numbers, rows_of

PROGRAM = ROOT / "tests" / "export" / "wasm" / "search.mjs"


def search(folder: Path, data: bytes, asked: dict[str, Any]) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    (folder / "m.sna").write_bytes(data)
    (folder / "asked.json").write_text(json.dumps(asked))
    files = [FOLDER / "sna.js", FOLDER / "sna.wasm", folder / "m.sna", folder / "asked.json"]
    words = list(map(str, [node, PROGRAM, *files]))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def inside(model: Model, count: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Rows inside the domain that have a value."""
    rows, query = rows_of(model, 60, seed=7)
    good = np.flatnonzero(model.evaluate(query, level_index=True).status >= 0)[:count]
    return rows[good], {name: column[good] for name, column in query.items()}


@pytest.mark.parametrize("name", ["cp float32", "sparse", "mixed axes", "train", "link exp"])
def test_roots_are_those_of_python(name: str, tmp_path: Path) -> None:
    model = sna_edge.from_bytes(KINDS[name]().to_bytes(), backend="numpy")
    rows, query = inside(model, 6)
    values = model.evaluate(query, level_index=True).value[:, 0]
    targets = np.roll(values, 1)
    found = search(tmp_path, model.artifact, {"rows": rows.tolist(), "targets": targets.tolist()})
    several = 0
    for i, row in enumerate(found["roots"]):
        at = {
            a.name: a.level_names[int(rows[i, d])] if a.level_names else rows[i, d]
            for d, a in enumerate(model.axes)
        }
        for d, axis in enumerate(model.axes):
            others = {n: v for n, v in at.items() if n != axis.name}
            sought = {model.output_names[0]: targets[i]}
            expected = roots_of(model, axis.name, sought, others)
            if axis.level_names:
                continue
            np.testing.assert_allclose(
                numbers(row[d]["found"]), np.sort(expected.x[:, 0]), atol=1e-8 * axis.width
            )
            assert row[d]["status"] == expected.status.label
            several += len(expected.x) > 0
    assert several >= 3
    assert found["same"]


def test_roots_through_formulas_give_the_target(tmp_path: Path) -> None:
    """An input that formulas take has no polynomial along it: places are looked at."""
    path = next(p for p in KEPT_1_1 if p.stem == "everything")
    model = sna_edge.load(path, backend="numpy")
    rows, query = inside(model, 5)
    values = model.evaluate(query, level_index=True).value[:, 0]
    asked = {"rows": rows.tolist(), "targets": values.tolist()}
    found = search(tmp_path, path.read_bytes(), asked)
    names = list(query)
    for i, row in enumerate(found["roots"]):
        for d, entry in enumerate(found["inputs"]):
            if entry.get("levels"):
                continue
            width = entry["upper"] - entry["lower"]
            assert min(abs(numbers(row[d]["found"]) - rows[i, d])) < 1e-6 * width
            for root in row[d]["found"]:
                at = {n: (root if n == names[d] else query[n][i]) for n in names}
                y = model.evaluate(at, level_index=True).value[0, 0]
                np.testing.assert_allclose(y, values[i], rtol=1e-6)


@pytest.mark.parametrize("name", ["cp float32", "mixed axes", "train", "everything"])
def test_level_sets_are_level_and_differ(name: str, tmp_path: Path) -> None:
    kept = {p.stem: p for p in KEPT_1_1}
    data = kept[name].read_bytes() if name in kept else KINDS[name]().to_bytes()
    model = sna_edge.from_bytes(data, backend="numpy")
    rows, query = inside(model, 4)
    targets = model.evaluate(query, level_index=True).value[:, 0]
    found = search(tmp_path, data, {"rows": rows.tolist(), "targets": targets.tolist()})
    output = found["outputs"][0]
    range_ = output["upper"] - output["lower"]
    low = np.array([i["lower"] for i in found["inputs"]])
    wide = np.array([max(i["upper"] - i["lower"], 1e-300) for i in found["inputs"]])
    x = (np.array([s["x"] for s in found["set"]]) - low) / wide
    assert len(x) == 6
    assert max(abs(s["value"][0] - targets[0]) for s in found["set"]) <= 1e-8 * range_
    apart = np.linalg.norm(x[:, None] - x[None], axis=2) + 9 * np.eye(len(x))
    assert apart.min() > 0.05
    for s in found["inside"]:
        assert targets.min() - 1e-8 <= s["value"][0] <= targets.max() + 1e-8
        np.testing.assert_array_equal(s["x"][2:], rows[0, 2:])
    start = (rows[1] - low) / wide
    near = np.linalg.norm((np.array(found["near"]["x"]) - low) / wide - start)
    assert abs(found["near"]["value"][0] - targets[0]) <= 1e-8 * range_
    assert near <= np.linalg.norm(x - start, axis=1).min() + 1e-9


@pytest.mark.parametrize("name", ["cp int8", "cp int16"])
def test_the_integer_path_is_equal_to_the_bit(name: str, c_double: Any, tmp_path: Path) -> None:
    data = with_integer_path(KINDS[name]()).to_bytes()
    model = sna_edge.from_bytes(data, backend="numpy")
    opened = c_double.open(data)
    assert opened.verify() == 0 and opened.fixed_verify() == 0
    rng = np.random.default_rng(0)
    counts = rng.integers(-70000, 70000, (500, len(model.axes)))
    counts[100:] = rng.integers(0, 4096, (400, len(model.axes)))
    places, status = opened.fixed_place(counts)
    rows = rows_of(model, 2)[0].tolist()
    asked = {"rows": rows, "targets": [0.0, 0.0], "counts": counts.tolist()}
    answer = search(tmp_path, data, asked)
    found = answer["integers"]
    assert answer["refused"] == ["bad_input"] * 3
    raw, _ = opened.fixed_value(places)
    good = (status >= 0).all(axis=1)
    assert 5 < good.sum() < 500
    for i, (word, *y) in enumerate(found):
        assert (word == "ok") == bool(good[i])
        if good[i]:
            assert y == raw[i].tolist()
