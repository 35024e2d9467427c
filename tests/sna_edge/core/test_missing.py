"""Readings that may be missing: usual values given the others, and who is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.core.missing import Gaps, is_missing
from sna_edge.errors import InputError
from sna_edge.quality import Limit, Line, LineLimits

AXES = (
    sna_edge.spline_axis("a", "", 0.0, 2.0, spans=1, degree=1),
    sna_edge.spline_axis("b", "", 0.0, 2.0, spans=1, degree=1),
    sna_edge.level_axis("lot", ("missing", "p")),
    sna_edge.level_axis("a missing", ("no", "yes")),
)
GAPS = Gaps(
    ("a", "b"),
    np.array([1.0, 1.0]),
    np.array([[1.0, 0.5], [0.5, 1.0]]),
    {"a": "a missing"},
    ("lot",),
)


def model(gaps: bool = True) -> sna_edge.Model:
    """y = a + b + 10 where the lot is missing + 100 where a is."""
    tables = [[[0.0], [2.0]], [[0.0], [2.0]], [[10.0], [0.0]], [[0.0], [100.0]]]
    cp = sna_edge.CP(
        tuple(np.array(t) for t in tables),
        tuple(np.array([i]) for i in range(4)),
        np.ones((4, 1)),
    )
    told = {"missing": GAPS.metadata()} if gaps else {}
    return sna_edge.Model(AXES, cp, [sna_edge.Output("y")], metadata=told)


def test_missing_readings_are_answered_by_what_is_usual_beside_the_others() -> None:
    m = model()
    assert m({"a": 0.5, "b": 1.5, "lot": "p"})[0] == pytest.approx(2.0)
    expected = (1.0 + 0.5 * 0.5) + 1.5 + 100.0
    for absent in ({}, {"a": None}, {"a": float("nan")}):
        found = m.evaluate({"b": 1.5, "lot": "p", **absent})
        assert found.value[0, 0] == pytest.approx(expected)
        assert found.absent is not None and found.absent.tolist() == [[True, False, False, False]]
    assert m({"b": 1.5})[0] == pytest.approx(expected + 10.0)
    rows = m.value({"a": [np.nan, 0.5], "b": [1.5, 1.5], "lot": ["p", ""]})
    np.testing.assert_allclose(rows[:, 0], [expected, 12.0])
    whole = m.evaluate({"a": 0.5, "b": 1.5, "lot": "p"})
    assert whole.absent is not None and not whole.absent.any()


def test_an_input_that_was_never_missing_is_needed() -> None:
    with pytest.raises(InputError, match="'b' is missing"):
        model()({"a": 0.5, "lot": "p"})
    found = model().evaluate({"a": 0.5, "b": float("nan"), "lot": "p"})
    assert found.status[0] < 0 and np.isnan(found.value[0, 0])


def test_a_model_without_gaps_refuses_as_before() -> None:
    with pytest.raises(InputError, match="is missing"):
        model(False)({"b": 1.5, "lot": "p", "a missing": "no"})
    given = {"a": float("nan"), "b": 1.5, "lot": "p", "a missing": "no"}
    found = model(False).evaluate(given)
    assert found.status[0] < 0 and found.absent is None


def test_usual_values_stay_in_the_domain() -> None:
    far = Gaps(("a", "b"), np.array([9.0, 1.0]), np.eye(2), {"a": ""}, ())
    x, absent = far.filled(AXES, np.array([[np.nan, 1.0, 1.0, 0.0]]))
    assert x[0].tolist() == [2.0, 1.0, 1.0, 0.0] and absent[0, 0]


def test_a_file_keeps_it_and_a_damaged_one_is_named(tmp_path: Any) -> None:
    path = tmp_path / "m.sna"
    model().save(path)
    read = sna_edge.load(path)
    assert read({"b": 1.5})[0] == pytest.approx(model()({"b": 1.5})[0])
    broken = {**GAPS.metadata(), "mean": ["x"]}
    with pytest.raises(InputError, match="fit it again"):
        model().replace(metadata={"missing": broken})({"b": 1.5})


def test_a_line_says_what_was_missing() -> None:
    line = Line(model(), LineLimits((Limit("y", usl=500.0),)))
    one, other, bad, lost = line.readings(
        [
            {"a": 0.5, "b": 1.5, "lot": "p"},
            {"b": 1.5, "a": "NA"},
            {"a": "abc", "b": 1.5, "lot": "p"},
            {"a": 0.5, "lot": "p"},
        ]
    )
    assert one["verdict"] == "ACCEPT" and "remark" not in one
    assert other["verdict"] == "ACCEPT" and other["remark"] == (
        "a is missing (usual beside the others: 1.25); lot is missing (a level of its own)"
    )
    assert "not a number" in bad["reason"] and "remark" not in bad
    assert lost["reason"] == "missing reading 'b'"
    assert line.readings([{"a": 0.5, "b": 1.5, "lot": ""}])[0]["remark"].startswith(
        "lot is missing"
    )


def test_words_for_nothing() -> None:
    assert all(map(is_missing, (None, float("nan"), "", " NA ", "-")))
    assert not any(map(is_missing, (0.0, "0", "none of them", False)))


@pytest.mark.parametrize("most", [None, 1, 2])
def test_a_part_that_hardly_a_sensor_has_read_gets_no_verdict(most: int | None) -> None:
    """A dead bus leaves the mean of everything: wide, inside wide limits, and of no part at all."""
    flags = {"a": "a missing", "b": ""}
    gaps = Gaps(GAPS.names, GAPS.mean, GAPS.covariance, flags, ("lot",), most)
    assert Gaps.of({"missing": gaps.metadata()}) is not None
    m = model().replace(metadata={"missing": gaps.metadata()})
    line = Line(m, LineLimits((Limit("y", lsl=-1e3, usl=1e3),)))
    dead, one, two, whole = line.lines(
        ['{"a": null}', '{"lot": "p"}', '{"b": 1, "lot": "p"}', '{"a": 1, "b": 1, "lot": "p"}']
    )
    assert (dead["verdict"], dead["status"], whole["verdict"]) == ("NO VERDICT", "ok", "ACCEPT")
    assert "no reading of the part" in dead["reason"] and "outputs" in dead
    assert two["verdict"] == "ACCEPT"
    assert one["verdict"] == ("NO VERDICT" if most == 1 else "ACCEPT")
    assert most != 1 or "2 of 3 readings are missing, in training rows at most 1" in one["reason"]
    rejecting = Line(m, LineLimits((Limit("y", usl=-1e3),)))
    assert rejecting.lines(["{}"])[0]["verdict"] == "NO VERDICT"
