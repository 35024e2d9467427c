"""The C library in JavaScript gives what Python gives."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Model, Status
from sna_edge.errors import InputError
from sna_edge.signing.signer import signed

from ...c_library import KEPT_1_1, ROOT
from ...model_kinds import KINDS

FOLDER = ROOT / "export" / "wasm"
EXACT = 1e-13
"""Of the range: the same sums of doubles, in another order."""


def ask(model: Path, rows: np.ndarray, level: float | None = None) -> dict[str, Any]:
    """What ask.mjs says of rows [N, inputs]."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    asked = model.with_name("rows.json")
    asked.write_text(json.dumps([[None if v != v else v for v in row] for row in rows.tolist()]))
    program = Path(__file__).with_name("ask.mjs")
    words = [node, program, FOLDER / "sna.js", FOLDER / "sna.wasm", model, asked]
    words += [] if level is None else [str(level)]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def numbers(value: Any) -> np.ndarray:
    return np.array(value, dtype=float)


def rows_of(model: Model, count: int = 40, seed: int = 0) -> tuple[np.ndarray, dict[str, Any]]:
    """Rows [N, asked] in and around the domain, levels as indices, and the same as a query."""
    rng = np.random.default_rng(seed)
    derived = set() if model.readings is None else set(model.readings.formulas)
    columns: dict[str, np.ndarray] = {}
    for d, axis in enumerate(model.axes):
        if d in derived:
            continue
        if axis.level_names:
            columns[axis.name] = rng.integers(0, len(axis.level_names), count).astype(float)
        else:
            columns[axis.name] = rng.uniform(
                axis.lower - 0.02 * axis.width, axis.upper + 0.02 * axis.width, count
            )
            columns[axis.name][:2] = axis.lower, axis.upper
    for raw in () if model.readings is None else model.readings.raw:
        columns[raw.name] = rng.uniform(raw.lower, raw.upper, count)
    return np.stack(list(columns.values()), axis=1), columns


def models() -> dict[str, Model]:
    kept = {path.stem: sna_edge.load(path, backend="numpy") for path in KEPT_1_1}
    return {**{name: make() for name, make in KINDS.items()}, **kept}


@pytest.mark.parametrize("name", [*KINDS, *(path.stem for path in KEPT_1_1)])
def test_answers_are_those_of_python(name: str, tmp_path: Path) -> None:
    (tmp_path / "m.sna").write_bytes(
        KINDS[name]().to_bytes()
        if name in KINDS
        else next(p for p in KEPT_1_1 if p.stem == name).read_bytes()
    )
    model = sna_edge.load(tmp_path / "m.sna", backend="numpy")
    rows, query = rows_of(model)
    found = ask(tmp_path / "m.sna", rows)
    expected = model.evaluate(query, level_index=True)
    width = np.array([o["upper"] - o["lower"] for o in found["outputs"]])
    assert [o["name"] for o in found["outputs"]] == model.output_names
    assert [i["name"] for i in found["inputs"]] == list(query)
    values = numbers(found["values"]).reshape(expected.value.shape)
    np.testing.assert_allclose(values / width, expected.value / width, rtol=EXACT, atol=EXACT)
    assert found["told"] == [Status(s).label for s in expected.status.tolist()]
    shape = expected.lower.shape
    for side in ("lower", "upper"):
        np.testing.assert_allclose(
            numbers(found[side]).reshape(shape) / width,
            getattr(expected, side) / width,
            rtol=1e-12,
            atol=1e-12,
        )
    for i, one in enumerate(found["one"]):
        np.testing.assert_array_equal(numbers(one["value"]), values[i])
        assert one["status"] == found["statuses"][i]
        assert one["told"] == found["told"][i]
        np.testing.assert_array_equal(
            numbers(one["upper"]), numbers(found["upper"]).reshape(shape)[i]
        )


@pytest.mark.parametrize("name", [path.stem for path in KEPT_1_1])
def test_familiarity_is_that_of_python(name: str, tmp_path: Path) -> None:
    path = next(p for p in KEPT_1_1 if p.stem == name)
    shutil.copy(path, tmp_path / "m.sna")
    model = sna_edge.load(path, backend="numpy")
    rows, query = rows_of(model, seed=1)
    found = ask(tmp_path / "m.sna", rows)
    if not model._tells_familiarity:
        assert found["p"] is None and found["one"][0]["p"] is None
        return
    expected = model.familiarity(query, level_index=True)
    np.testing.assert_allclose(numbers(found["p"]), expected.p, rtol=1e-9, atol=1e-12)
    assert [one["familiar"] for one in found["one"]] == [
        Status(s).label for s in expected.status.tolist()
    ]


@pytest.mark.parametrize("name", ["cp 3 outputs", "mixed axes", "train", "link exp", "everything"])
def test_gradients_are_differences(name: str, tmp_path: Path) -> None:
    """By every input that is asked, through formulas too."""
    path = tmp_path / "m.sna"
    kept = {p.stem: p for p in KEPT_1_1}
    path.write_bytes(kept[name].read_bytes() if name in kept else KINDS[name]().to_bytes())
    model = sna_edge.load(path, backend="numpy")
    rows, query = rows_of(model, 30, seed=2)
    found = ask(path, rows)
    n, k = rows.shape[1], len(model.outputs)
    names = list(query)
    checked = 0
    for d, entry in enumerate(found["inputs"]):
        if entry.get("levels"):
            assert all(np.isnan(numbers(o["gradient"])[d]) for o in found["one"])
            continue
        step = 1e-6 * (entry["upper"] - entry["lower"])
        up, down = (
            model.evaluate(
                {**query, names[d]: query[names[d]] + sign * step}, level_index=True
            ).value
            for sign in (1, -1)
        )
        for i, one in enumerate(found["one"]):
            slope = (up[i] - down[i]) / (2 * step)
            got = numbers(one["gradient"]).reshape(k, n)[:, d]
            if i > 1 and np.isfinite(slope).all() and np.isfinite(got).all():  # not the ends
                width = np.array([o["upper"] - o["lower"] for o in found["outputs"]])
                unit = width / (entry["upper"] - entry["lower"])
                np.testing.assert_allclose(got / unit, slope / unit, atol=2e-4, rtol=2e-4)
                checked += 1
    assert checked > 20


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_levels_of_intervals(level: float, tmp_path: Path) -> None:
    path = next(p for p in KEPT_1_1 if p.stem == "everything")
    shutil.copy(path, tmp_path / "m.sna")
    model = sna_edge.load(path, backend="numpy")
    rows, query = rows_of(model, seed=3)
    try:
        expected = model.evaluate(query, level_index=True, level=level)
    except InputError:
        pytest.skip("the rows of this file do not support the level")
    found = ask(tmp_path / "m.sna", rows, level)
    np.testing.assert_allclose(
        numbers(found["lower"]).reshape(expected.lower.shape), expected.lower, rtol=1e-9
    )
    assert found["told"] == [Status(s).label for s in expected.status.tolist()]


def test_who_signed_and_the_least_p_are_those_of_the_file(tmp_path: Path) -> None:
    path, found = tmp_path / "m.sna", {}
    for name, model in models().items():
        if name not in [p.stem for p in KEPT_1_1] and name != "mixed axes":
            continue
        data = model.to_bytes()
        for sealed in (data, signed(data, bytes(range(16)), 3, lambda message: bytes([7]) * 64)):
            path.write_bytes(sealed)
            told = ask(path, rows_of(model, 2)[0])
            assert told["signed"] == (sealed is not data)
            known = model.calibration
            least = known.least_p if known is not None and known.n_scores else 0.0
            assert told["leastP"] == least
        found[name] = told["leastP"]
    assert max(found.values()) > 0 and min(found.values()) == 0


SINGULAR = """
import { formulaSlopes, preparedFormula } from '%s';
const [SUM, PROGRAM, POWERS] = [1, 2, 0];
const reads = (index) => ({ kind: 0, index });
const step = (index) => ({ kind: 3, index });
const at = (formula, terms, x) => {
  const by = [0, 0];
  const made = preparedFormula({ formula, constant: 1, terms }, (term) => term.index);
  formulaSlopes(made, x, 0, by);
  return by.map(String);
};
const powers = [{ kind: 0, index: 0, number: 0.5 }, { kind: 0, index: 1, number: 1 }];
console.log(JSON.stringify([
  at(PROGRAM, [reads(0), reads(1), step(2), step(8)], [0, 3]),  // sqrt(a b)
  at(PROGRAM, [reads(0), step(8), reads(1), step(2)], [0, 3]),  // sqrt(a) b
  at(POWERS, powers, [0, 3]),
  at(POWERS, powers, [0, 0]),
]));
"""


def test_a_root_of_nothing_moves_no_other_slope() -> None:
    """sqrt(a b) at a = 0 does not move with b; by a its slope is infinite, 0 where b is 0 too."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    program = SINGULAR % (FOLDER / "sna_formulas.js").as_uri()
    words = [node, "--input-type=module", "--eval", program]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [["Infinity", "0"]] * 3 + [["0", "0"]]
