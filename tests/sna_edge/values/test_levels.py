"""What a user writes for a level: one meaning in mappings, arrays, lists, tables, inverse questions
and readings."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, DomainError, InputError, Model, Output, Status, level_axis, spline_axis
from sna_edge.cli.main import main
from sna_edge.inverse import (
    Knob,
    advise,
    argmin,
    estimate,
    interval_set,
    invert_batch,
    level_set,
    posterior,
    roots,
)
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits
from sna_edge.values.levels import LevelIndex

NONE, SEVERAL, GONE = np.inf, -np.inf, np.nan
SEVEN = (7, 7.0, np.int64(7), np.int8(7), np.float32(7), np.float16(7), "7", " 7 ", "7.0", "+7",
    "7e0", "007", b"7", np.str_("7"),
         np.bytes_(b"7"), Decimal("7.00"), np.array(7))  # fmt: skip
OTHERS = (
    0,
    1,
    1.0,
    "1",
    True,
    np.True_,
    "seven",
    7.5,
    "7,0",
    "0_7",
    "7_",
    1e300,
    10**5000,
    np.inf,
    -np.inf,
    7j,
)
MISSING = (None, np.nan, np.float32("nan"), "", "  ", np.datetime64("NaT"), np.ma.masked)
SERIALS = ("12345678901234567", "12345678901234568")
CASES: list[tuple[tuple[str, ...], Any, float]] = [
    *((("7", "12"), v, 0.0) for v in SEVEN), *((("7", "12"), v, NONE) for v in OTHERS),
    *((("7", "12"), v, GONE) for v in MISSING),
    (("007", "7"), "007", 0.0), (("007", "7"), "7", 1.0), (("007", "7"), 7, 1.0),
    (("007", "7"), "07", SEVERAL),
    (("007", "7"), 7.0, SEVERAL),
    (("FALSE", "TRUE"), True, 1.0), (("false", "true"), np.False_, 0.0),
    (("False", "TRUE", "True"), True, 2.0), (("TRUE", "true"), True, SEVERAL),
    (("FALSE", "TRUE"), "True", NONE),
    (("1", "1.0"), 1, 0.0), (("1", "1.0"), 1.0, 1.0), (("1", "1.0"), "1.0", 1.0),
    (("1", "1.0"), "1.00", SEVERAL),
    (("1_1", "11"), "1_1", 0.0), (("1_1", "11"), 11, 1.0), (("1_1", "12"), 11, NONE),
    (("1.10", "1.1"), 1.1, 1.0),
    (("1E2", "200"), 100, 0.0), (("1E2", "100"), 100, 1.0), (("1E2", "100"), 100.0, SEVERAL),
    (("0.1", "0.2"), np.float32(0.1), 0.0),
    (SERIALS, 12345678901234567, 0.0), (SERIALS, "12345678901234568.0", 1.0),
    (SERIALS, 12345678901234568.0, SEVERAL),
    (("True", "False"), True, 0.0), (("True", "1"), True, 0.0), (("True", "1"), 1, 1.0),
    (("nan", "x"), "nan", 0.0),
    (("None", "x"), "None", 0.0), (("inf", "1"), "inf", 0.0), (("steel", "Steel"), "Steel", 1.0),
    (("A", "B"), "a", NONE),
    (("2024-01-02", "x"), np.datetime64("2024-01-02"), 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("names", "value", "index"), CASES, ids=map(str, range(len(CASES))))
def test_a_value_means_the_level_it_equals_as_written_then_as_a_number(
    names: tuple[str, ...], value: object, index: float
) -> None:
    axis = level_axis("machine", names)
    np.testing.assert_equal(axis.coordinate(value), index)
    np.testing.assert_equal(float(axis.encode(value)), index)  # type: ignore[arg-type]
    many = np.empty(3, dtype=object)
    many[:] = [value] * 3 if not isinstance(value, np.ndarray) else [value[()]] * 3
    np.testing.assert_equal(axis.encode(many), np.full(3, index))


@pytest.mark.parametrize(
    "kind",
    [
        np.int8,
        np.int64,
        np.uint16,
        np.float16,
        np.float32,
        np.float64,
        str,
        object,
        list,
        "masked",
        "bytes",
    ],
)
def test_columns_of_every_type_mean_the_same(kind: Any) -> None:
    axis = level_axis("machine", ("1", "2", "30"))
    column = [30, 1, 2, 1]
    made = {
        "masked": lambda: np.ma.array([30, 1, 2, 1], mask=[0, 0, 0, 1]),
        "bytes": lambda: np.array([b"30", b"1", b"2", b"1"]),
        list: lambda: column, object: lambda: np.array(column, dtype=object),
    }.get(kind, lambda: np.array(column).astype(kind))()  # fmt: skip
    np.testing.assert_equal(axis.encode(made), [2, 0, 1, np.nan if kind == "masked" else 0])
    assert axis.encode(np.array(column).reshape(2, 2)).shape == (2, 2)
    np.testing.assert_equal(LevelIndex(("1", "2", "30")).indices(np.array([30.0])), [2.0])


def plant() -> Model:
    """y = machine's number (1, 2, 3 -> 10, 20, 30) + x."""
    axes = [
        spline_axis("x", "", 0.0, 4.0, spans=1, degree=1),
        level_axis("machine", ("1", "2", "3")),
    ]
    tables, modes = (
        (np.array([[0.0], [4.0]]), np.array([[10.0], [20.0], [30.0]])),
        (
            np.array([0]),
            np.array([1]),
        ),
    )
    return Model(axes, CP(tables, modes, np.ones((2, 1))), [Output("y", "um")])


FORMS = [1, 1.0, "1", " 1", "1.0", "01", np.int64(1), np.float32(1.0)]


@pytest.mark.parametrize("one", FORMS, ids=repr)
def test_every_question_answers_for_machine_1(one: Any) -> None:
    """`model({"machine": 1, ..})` answered for machine 2."""
    m = plant()
    assert (
        m({"x": 2.0, "machine": one})[0]
        == m(x=2.0, machine=one)[0]
        == m.at(machine=one)({"x": 2.0})[0]
        == 12.0
    )
    assert (
        m([2.0, one])[0]
        == m([[2.0, one]])[0, 0]
        == m.value(np.array([2.0, one], dtype=object))[0]
        == 12.0
    )
    assert m.evaluate({"x": [2.0, 3.0], "machine": one}).value[:, 0].tolist() == [12.0, 13.0]
    assert m.evaluate({"x": 2.0, "machine": [one, one]}).value[:, 0].tolist() == [12.0, 12.0]
    assert (
        m.grid({"machine": [one], "x": [2.0]})[0, 0, 0]
        == m.grid({"x": [2.0]}, {"machine": one})[0, 0]
        == 12.0
    )
    assert m.gradient({"x": 2.0, "machine": one})[0, 0] == pytest.approx(1.0)
    at = {"machine": one}
    assert roots(m, "x", 12.5, at).values == pytest.approx([2.5])
    assert argmin(m, "x", "y", at).value == pytest.approx(10.0)
    assert interval_set(m, "x", {"y": (11.0, 12.0)}, at).status == Status.OK
    assert level_set(m, 12.5, ["x"], 1, at=at).x[0, 0] == pytest.approx(2.5)
    assert invert_batch(m, [12.5], ["x"], at).x[0, 0] == pytest.approx(2.5)
    assert invert_batch(m, [12.5, 13.0], ["x"], {"machine": [one, one]}).x[:, 0] == pytest.approx(
        [2.5, 3.0]
    )
    for data in ({"y": [12.5], "machine": [one]}, {"y": [12.5]}):
        known = None if "machine" in data else at
        assert estimate(m, data, ["x"], 0.01, at=known).solutions[0]["x"] == pytest.approx(
            2.5, abs=1e-3
        )
        assert abs(posterior(m, data, ["x"], 0.01, None, 50, at=known).x.mean() - 2.5) < 0.02
    told = advise(
        m, {"x": 1.0, "machine": one}, {"y": (12.0, 12.5)}, {"x": Knob()}, with_interval=False
    )
    assert told.settings["x"] == pytest.approx(2.0, abs=1e-6)
    told = advise(
        m,
        {"x": 1.0, "machine": one},
        {"y": (20.5, 21.5)},
        {"machine": Knob(lower=one, upper="2")},
        with_interval=False,
    )  # type: ignore[arg-type]
    assert told.settings["machine"] == "2"


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.int32, object, str])
def test_positional_arrays_hold_levels_as_they_are_written(kind: Any) -> None:
    m = plant()
    x = np.array([[0.0, 1.0], [1.0, 3.0], [2.0, 2.0]])
    given = x.astype(int).astype(kind)
    np.testing.assert_array_equal(m.value(given)[:, 0], [10, 31, 22])
    np.testing.assert_array_equal(m.evaluate(given).value[:, 0], [10, 31, 22])
    assert m.value(given[1])[0] == 31.0
    index = np.array([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0]])
    for answer in (
        m.value(index, level_index=True),
        m.backend.value(index),
        m.evaluate(index, level_index=True).value,
    ):
        np.testing.assert_array_equal(answer[:, 0], [10, 31, 22])
    assert m.gradient(index, level_index=True).shape == (3, 1, 2)


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("one", [0, 4, 1.5, "0", "four", True, "1_0", -1])
def test_what_is_no_level_is_refused_everywhere(one: Any, backend: str, tmp_path: Path) -> None:
    import sna_edge

    plant().save(tmp_path / "m.sna")
    m = sna_edge.load(tmp_path / "m.sna", backend=backend)
    assert m.evaluate({"x": 2.0, "machine": one}).status[0] == Status.OUT_OF_DOMAIN
    named = {"machine": one}
    for call in (
        lambda: m({"x": 2.0, **named}),
        lambda: m.at(named),
        lambda: m([2.0, one]),
        lambda: m.grid({"x": [1.0]}, named),
    ):
        with pytest.raises(DomainError, match=r"machine in \{1, 2, 3\}"):
            call()
    assert roots(m, "x", 12.5, {"machine": one}).status == Status.OUT_OF_DOMAIN
    assert invert_batch(m, [12.5], ["x"], {"machine": one}).status[0] == Status.OUT_OF_DOMAIN


def test_two_levels_that_are_one_number_are_said_to_be(tmp_path: Path) -> None:
    m = Model(
        [level_axis("lot", ("1", "1.0"))],
        CP.full([np.array([[1.0], [2.0]])], [[1.0]]),
        [Output("y")],
    )
    assert (m(lot=1)[0], m(lot=1.0)[0], m(lot="1")[0], m(lot="1.0")[0]) == (1.0, 2.0, 1.0, 2.0)
    assert m.evaluate({"lot": "1.00"}).status[0] == Status.OUT_OF_DOMAIN
    for call in (lambda: m(lot="1.00"), lambda: m.at(lot="01")):
        with pytest.raises(DomainError, match="several levels as a number"):
            call()
    line = Line(m, parse_limits({"outputs": {"y": {"USL": 3}}}, m))
    assert "several levels" in line.lines(['{"lot": "1.00"}'])[0]["reason"]
    with pytest.raises(InputError, match="level_index"):
        m.value({"lot": "1"}, level_index=True)


WRITTEN = pytest.mark.parametrize("cell", ["1", "1.0", " 1 ", "01", "1e0"])


@WRITTEN
def test_the_command_line_says_what_python_says(
    cell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The value at a setting; the input behind one measurement."""
    path = tmp_path / "m.sna"
    plant().save(path)
    assert main(["query", str(path), "--json", "--at", "x=2", f"machine={cell}"]) == 0
    assert json.loads(capsys.readouterr().out)["outputs"]["y"]["value"] == pytest.approx(12.0)
    (tmp_path / "s.csv").write_text(f"machine,y\n{cell},12.5\n")
    seen = ["--observations", str(tmp_path / "s.csv"), "--unknown", "x", "--noise", "0.01"]
    assert main(["inverse", str(path), "--json", *seen]) == 0
    assert json.loads(capsys.readouterr().out)["solutions"][0]["x"] == pytest.approx(2.5, abs=1e-3)


@WRITTEN
def test_tables_say_what_python_says(cell: str, tmp_path: Path) -> None:
    """A level in a column, or beside the table."""
    path, given, out = (tmp_path / name for name in ("m.sna", "t.csv", "o.csv"))
    plant().save(path)

    def answered(word: str, table: str, *more: str) -> str:
        given.write_text(table)
        asked = ["--json", "--table", str(given), "-o", str(out), *more]
        assert main([word, str(path), *asked]) == 0
        return out.read_text()

    assert ",ok,,12." in answered("query", f"x,machine,y\n2,{cell},12.5\n")
    assert ",ok,,2.5" in answered("inverse", f"x,machine,y\n2,{cell},12.5\n", "--unknown", "x")
    at = ["--unknown", "x", "--at", f"machine={cell}"]
    assert ",ok,,2.5" in answered("inverse", "y\n12.5\n", *at)


@WRITTEN
def test_watch_says_what_python_says(cell: str) -> None:
    m = plant()
    limits = {"outputs": {"y": {"LSL": 15, "USL": 17}}, "knobs": {"x": {}}}
    line = Line(m, parse_limits(limits, m), advice_ms=5000)
    for reading in (
        json.dumps({"x": 2, "machine": cell}),
        '{"x": 2, "machine": 1}',
        '{"x": 2, "machine": 1.0}',
    ):
        answer = line.lines([reading])[0]
        assert answer["verdict"] == "REJECT"
        assert answer["outputs"]["y"]["value"] == pytest.approx(12.0)
        assert answer["advice"]["after"]["y"]["value"] == pytest.approx(14.0, abs=0.1)


def test_a_model_with_levels_goes_through_internal_ways_unchanged(tmp_path: Path) -> None:
    """Certificates, reports and golden vectors hold coordinates, not what users write."""
    from sna_export.certify.comparison import points_of
    from sna_export.quantize import quantize

    m = plant()
    small = quantize(m, "int16", data=np.array([[1.0, 3.0], [2.0, 2.0]]))
    again = quantize(m, "int16", data=np.array([[1.0, 2.0], [2.0, 1.0]]), level_index=True)
    assert small.to_bytes() == again.to_bytes()
    assert (
        np.abs(
            small.value(points_of(m), level_index=True) - m.value(points_of(m), level_index=True)
        ).max()
        < 0.01
    )
