"""Known batches have offsets of their own, a new one the interval of a new one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_export.calibrate.between_groups import components
from sna_export.fit import fit
from sna_export.fit.plant.known_groups import Known, _offsets
from sna_export.table import Table

GROUPS, BETWEEN, WITHIN = 12, 0.5, 0.15


def columns(
    count: int = 200, seed: int = 0, between: float = BETWEEN
) -> tuple[dict[str, Any], Any]:
    """The table, and the offset of every group."""
    rng = np.random.default_rng(0)
    offset, group = between * rng.normal(size=GROUPS), rng.integers(0, GROUPS, count)
    a, b = rng.uniform(size=(2, count))
    y = np.sin(4.0 * a) + b + offset[group] + WITHIN * rng.normal(size=count)
    lots = np.array([f"L{i:02d}" for i in range(GROUPS)])
    return {"a": a, "b": b, "lot": lots[group], "y": y}, offset


@pytest.fixture(scope="module")
def found() -> Any:
    return fit(Table.of(columns()[0]), ["y"], groups="lot", known_groups=True)


def at(lots: Any, count: int = 400) -> tuple[dict[str, Any], Any]:
    rng = np.random.default_rng(7)
    a, b = rng.uniform(0.05, 0.95, size=(2, count))
    return {"a": a, "b": b, "lot": np.resize(lots, count)}, np.sin(4.0 * a) + b


def test_known_groups_have_their_offset_and_a_narrower_interval(found: Any, tmp_path: Any) -> None:
    offset = columns()[1]
    path = tmp_path / "m.sna"
    found.model.save(path)
    model = sna_edge.load(path)
    names = [f"L{i:02d}" for i in range(GROUPS)]
    query, shared = at(names)
    answer = model.evaluate(query)
    truth = shared + np.resize(offset, len(shared))
    assert float(np.std(answer.value[:, 0] - truth)) < 0.1
    later = truth + WITHIN * np.random.default_rng(8).normal(size=len(truth))
    inside = (answer.lower[:, 0] <= later) & (later <= answer.upper[:, 0])
    assert 0.82 < inside.mean() < 0.98
    new = model.evaluate(query | {"lot": ["new"] * len(shared)})
    assert np.median(new.upper - new.lower) > 1.7 * np.median(answer.upper - answer.lower)
    assert found.report["known_groups"]["narrower"]["y"] < 0.6
    assert found.report["groups"]["y"]["within"] == pytest.approx(WITHIN, rel=0.25)


def test_the_shared_function_is_better_known_than_without(found: Any) -> None:
    plain = fit(Table.of(columns()[0]), ["y"], groups="lot")
    query, shared = at(["new"])
    mine = float(np.std(found.model.value(query)[:, 0] - shared))
    inputs = {n: v for n, v in query.items() if n != "lot"}
    assert mine < 0.8 * float(np.std(plain.model.value(inputs)[:, 0] - shared))


def test_an_unknown_label_has_no_value(found: Any) -> None:
    assert found.model.evaluate({"a": 0.5, "b": 0.5, "lot": "L99"}).status[0] < 0


def test_offsets_of_few_rows_are_shrunk_more() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(8), [1, 40, 40, 40, 40, 40, 40, 2])
    residual = np.array([1.0, 0.5, -0.5, 0.4, -0.4, 0.3, -0.3, -1.0])[group]
    residual = residual + 0.5 * rng.normal(size=len(group))
    part = components(residual, group)
    means = np.bincount(group, residual) / np.bincount(group) - part.mean
    shrunk = _offsets(part, 9) / np.r_[means, 1.0]
    assert shrunk[0] < shrunk[7] < shrunk[1] < 1.0 and shrunk[8] == 0.0
    told = Known(tuple("abcdefgh"), group, (part,), residual[:, None])
    narrower = told.narrower(0)
    assert narrower[0] > narrower[7] > narrower[1]


def test_groups_that_do_not_differ_have_no_offsets() -> None:
    given, _ = columns(between=0.0)
    made = fit(Table.of(given), ["y"], groups="lot", known_groups=True)
    query, _ = at([f"L{i:02d}" for i in range(GROUPS)], 24)
    apart = made.model.value(query) - made.model.value(query | {"lot": ["new"] * 24})
    assert np.abs(apart).max() < 0.1


def test_few_rows_and_several_outputs() -> None:
    given, _ = columns(40)
    given["y 2"] = np.exp(given["y"])
    made = fit(Table.of(given), ["y", "y 2"], groups="lot", known_groups=True)
    assert made.model.input_names[-1] == "lot" and made.report["known_groups"]["narrower"] == {}
    assert made.model({"a": 0.5, "b": 0.5, "lot": "L03"}).shape == (2,)


def test_rows_of_no_weight_are_as_good_as_not_there() -> None:
    """They left before the rows were counted, which ended a fit in an index out of range."""
    given, _ = columns(60)
    table = Table.of(given | {"w": np.r_[np.zeros(4), np.ones(56)]})
    asked: dict[str, Any] = {"groups": "lot", "known_groups": True, "effort": "quick"}
    made = fit(table, ["y"], weights="w", **asked)
    alone = fit(Table.of({name: v[4:] for name, v in given.items()}), ["y"], **asked)
    place = {"a": 0.5, "b": 0.5, "lot": "L03"}
    assert made.model(place) == pytest.approx(alone.model(place), rel=1e-9)  # same rows, same seed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "known groups need the column"),
        ({"groups": "lot", "time": "a"}, "known groups and time cannot be combined"),
        ({"groups": "lot", "holdout": "20%"}, "known groups and holdout cannot be combined"),
        ({"groups": "row"}, "'row' names 200 groups; at most 63 can be known"),
    ],
)
def test_what_does_not_go_together(options: dict[str, Any], said: str) -> None:
    table = Table.of(columns()[0] | {"row": np.arange(200.0)})
    with pytest.raises(InputError, match=said):
        fit(table, ["y"], known_groups=True, **options)
