"""`sna-edge export --to st`: names, what is refused, files, statuses, and the test block."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Axis, Interval, Model, Output
from sna_edge.cli import main
from sna_edge.core.basis import bspline, uniform_breaks
from sna_edge.errors import BackendError, InputError
from sna_export.st import command, export
from sna_export.st.block import NOTHING, Plan, function_block
from sna_export.st.cost import worst
from sna_export.st.names import WORDS, Names, block_name
from sna_export.st.run import Machine, machine
from sna_export.st.syntax import read
from sna_export.st.testing import _decided, golden
from sna_export.st.text import real

from ...c_library import KEPT_1_1
from ...c_models import zoo
from ...model_kinds import KINDS, model_on, spline_model


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("power", "power"),
        ("Laser Power", "laser_power"),
        ("a__b", "a_b"),
        ("exp", "x_exp"),
        ("REAL", "x_real"),
        ("s", "x_s"),
        ("mode", "x_mode"),
        ("a1_table", "x_a1_table"),
        ("7 zones", "x_7_zones"),
        ("Größe", "grosse"),
        ("温度", "in1"),
        ("n" * 40, "n" * 24),
    ],
)
def test_names_are_identifiers(text: str, name: str) -> None:
    assert Names().new(text, "in1") == name


def test_long_names_keep_their_ends_apart() -> None:
    names = Names()
    long = "melt pool depth at the middle of the track"
    made = [names.new(long, "", tail) for tail in ("", "_lower", "_upper")]
    assert made == ["melt_pool_depth_at_the_m" + tail for tail in ("", "_lower", "_upper")]
    assert names.new(long.upper(), "") == "melt_pool_depth_at_the_m_2"


@pytest.mark.parametrize("path", KEPT_1_1, ids=lambda p: p.stem)
def test_no_variable_is_a_word_of_the_language(path: Path) -> None:
    """Not those of the test block either; each once whatever the case, at most 32 characters."""
    model = sna_edge.load(path, backend="numpy")
    plan = Plan(model, model.artifact or b"", "sna_m")
    for unit in command.real_blocks(plan).units:
        names = [name.lower() for name in unit.variables]
        assert len(set(names)) == len(names)
        assert not WORDS & set(names)
        assert max(map(len, names)) <= 32


def test_names_of_blocks() -> None:
    assert [block_name(s) for s in ("m", "exp", "温度")] == ["sna_m", "sna_exp", "sna_model"]
    assert len(block_name("n" * 40) + "_int_test") == 32


def named(inputs: list[str], outputs: list[str]) -> Model:
    axes = [Axis(n, "", bspline(uniform_breaks(0.0, 1.0, 3), 2)) for n in inputs]
    return model_on(axes, outputs=[Output(n) for n in outputs])


def plan_of(model: Model) -> Plan:
    data = model.to_bytes()
    return Plan(sna_edge.from_bytes(data, backend="numpy"), data, "sna_m")


def block_of(model: Model) -> tuple[Plan, Machine]:
    plan = plan_of(model)
    return plan, machine(read(function_block(plan).text()), plan.name)


def test_names_that_would_break_the_file(tmp_path: Path) -> None:
    model = named(["a *) b", "status", "sna_m"], ["status", "A (* B"])
    plan, found = block_of(model)
    assert plan.inputs == ["a_b", "status_2", "sna_m_2"]
    assert plan.outputs == ["status_3", "a_b_2"]
    assert found.call(a_b=0.5, status_2=0.5, sna_m_2=0.5)["valid"]


def test_files_say_what_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    zoo()["graded-3-int16"].save(tmp_path / "plate.sna")
    assert main(["export", str(tmp_path / "plate.sna"), "--to", "st", "-o", str(tmp_path)]) == 0
    assert "not run on a PLC compiler" in capsys.readouterr().out
    for name in ("plate.st", "plate_int.st"):
        text = (tmp_path / name).read_text(encoding="ascii")
        assert text.count("Not run on a PLC compiler") == 3  # of the file, and of both blocks
        assert [u.name for u in read(text)][1].endswith("_test")
    report = json.loads((tmp_path / "plate_st_resources.json").read_text())
    assert [r["block"] for r in report] == ["sna_plate", "sna_plate_int"]


def test_whole_numbers_are_left_out_where_not_wanted(tmp_path: Path) -> None:
    """And those of an earlier export go."""
    model = zoo()["graded-3-int16"]
    assert [p.name for p in export(model, tmp_path, "m")[0]][1] == "m_int.st"
    files, _, _ = export(model, tmp_path, "m", integers=False)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in files)


def test_a_file_of_another_hand_is_kept(tmp_path: Path) -> None:
    (tmp_path / "m_int.st").write_text("mine")
    export(KINDS["hat"](), tmp_path, "m")
    assert (tmp_path / "m_int.st").read_text() == "mine"
    (tmp_path / "n.st").write_text("mine")
    with pytest.raises(InputError, match="not written by sna-edge"):
        export(KINDS["hat"](), tmp_path, "n")


def test_formulas_are_left_to_the_caller(tmp_path: Path) -> None:
    path = next(p for p in KEPT_1_1 if p.stem == "everything")
    _, said, _ = export(sna_edge.load(path, backend="numpy"), tmp_path, "m")
    formula = "density = 0.5 * power / (hatch * room^0.25)"
    assert f"left to the caller: {formula}" in said
    assert f"by the caller: {formula}" in (tmp_path / "m.st").read_text()


def test_shares_of_several_labels_are_left_to_the_caller(tmp_path: Path) -> None:
    """Before, nothing told that these outputs are no probabilities."""
    labels = ["high", "low", "middle"]
    outputs = [Output(f"grade:{label}", link="exp") for label in labels]
    told = {"target": "grade", "kind": "several", "labels": labels, "threshold": 0.5}
    classes = [{**told, "outputs": [one.name for one in outputs]}]
    axis = Axis("x", "", bspline(uniform_breaks(0.0, 1.0, 1), 1))
    work = sna_edge.CP.full([np.eye(2)], np.ones((2, 3)))
    model = Model([axis], work, outputs, metadata={"classes": classes})
    _, said, _ = export(model, tmp_path, "m")
    assert "the caller divides each output by their sum" in said
    note = "(* grade:low; P(low) is its share in the sum over the labels of grade *)"
    assert f"grade_low : REAL; {note}" in (tmp_path / "m.st").read_text()


def test_units_are_told_once(tmp_path: Path) -> None:
    axis = Axis("power [W]", "W", bspline(uniform_breaks(0.0, 1.0, 3), 2))
    export(model_on([axis]), tmp_path, "m")
    assert "(* power [W], 0 .. 1 *)" in (tmp_path / "m.st").read_text()


def test_what_real_does_not_carry_is_refused(tmp_path: Path) -> None:
    seconds = [Axis("time", "s", bspline(uniform_breaks(1.6e9, 1.6e9 + 60, 3), 2))]
    with pytest.raises(InputError, match=r"REAL does not carry.*'time'.*or take another unit"):
        export(model_on(seconds), tmp_path, "m")
    tiny = [Axis("gap", "m", bspline(uniform_breaks(0.0, 1e-29, 3), 2))]
    with pytest.raises(InputError, match=r"'gap' has a span of 3.33e-30 m; fit it in a smaller"):
        export(model_on(tiny), tmp_path, "m")
    with pytest.raises(InputError, match=r"REAL does not carry 1e\+39"):
        real(1e39)
    with pytest.raises(InputError, match=r"level 99.99 % "):
        export(sna_edge.load(KEPT_1_1[1]), tmp_path, "m", level=0.9999)
    assert list(tmp_path.iterdir()) == []


def test_a_block_that_answers_otherwise_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(plan: Plan) -> Any:
        block = function_block(plan)
        block.body = [line.replace("value[0] := prod;", "value[0] := prod + 0.0001;")
                      for line in block.body]  # fmt: skip
        return block

    monkeypatch.setattr(command, "function_block", wrong)
    with pytest.raises(BackendError, match="differs from the model by"):
        export(KINDS["hat"](), tmp_path, "m")
    assert list(tmp_path.iterdir()) == []


def test_statuses() -> None:
    plan, found = block_of(zoo()["sparse-float32"])
    names, good = plan.inputs, [100.0, 1.0, 90.0, 1, 60.0]

    def ask(place: int, value: float) -> dict[str, Any]:
        given = [*good]
        given[place] = value
        return found.call(**dict(zip(names, given, strict=True)))

    assert (ask(0, 100.0)["status"], ask(0, 160.0)["status"]) == (0, 4)  # no row in the 2nd span
    for place, value in [(0, 79.0), (1, 2.6), (3, 3), (3, -1), (4, 1e38)]:
        told = ask(place, value)
        assert (told["status"], told["outside"], told["valid"]) == (-1, place + 1, False)
        assert told[plan.outputs[0]] == np.float32(NOTHING)
    assert ask(1, np.nan)["status"] == ask(1, np.inf)["status"] == -2
    for end in (80.0, 400.0):
        assert ask(0, end)["valid"]
    assert ask(0, 80.0 - 1e-5)["valid"]  # within the rounding at an end
    assert ask(0, 100.0)["valid"]  # nothing of the last call is left


def test_a_value_that_overflows_is_none() -> None:
    axis = sna_edge.spline_axis("heat", "", 0.0, 1.0, spans=2)
    work = sna_edge.CP.full([np.linspace(0.0, 1.0, 5)[:, None]], [[70.0]])
    steep = Model([axis], work, [Output("y", link="exp", scale=1e4)])
    plan, found = block_of(steep)
    found.values["weight"][0] *= np.float32(1.5)
    told = [found.call(heat=x) for x in (0.5, 1.0)]
    assert [(t["status"], t["valid"]) for t in told] == [(0, True), (-4, False)]
    assert told[1][plan.outputs[0]] == np.float32(NOTHING)


def test_the_test_block_counts_what_is_wrong() -> None:
    plan = plan_of(KINDS["mixed axes"]())
    text = command.real_blocks(plan).text
    good = machine(read(text), f"{plan.name}_test")
    count = len(golden(plan))
    told = [good.call() for _ in range(count)]
    assert [t["done"] for t in told] == [False] * (count - 1) + [True]
    assert told[-1]["passed"] and not told[-2]["passed"] and good.call()["passed"]
    bad = machine(read(text), f"{plan.name}_test")
    bad.values["y1"] = [
        y + np.float32(0.01) * (i in (0, 5)) for i, y in enumerate(bad.values["y1"])
    ]
    bad.values["wanted"][3] = 4
    told = [bad.call() for _ in range(count)]
    assert (told[-1]["done"], told[-1]["passed"], told[-1]["failed"]) == (True, False, 3)


def test_points_at_a_break_decide_nothing() -> None:
    """Rounding may put them on either side; without spans that lack rows they stay."""
    x = np.array([[v, 1.0, 90.0, 1.0, 60.0] for v in (80.0, 144.0, 144.00001, 150.0)])
    assert _decided(plan_of(zoo()["sparse-float32"]), x)[:, 0].tolist() == [80.0, 150.0]
    assert len(_decided(plan_of(KINDS["mixed axes"]()), x[:, :4])) == 4


def test_operations_of_a_call() -> None:
    """A mode takes p + 1 products an axis, one for each axis but the first, and the weights."""
    few, many = (
        worst(read(function_block(plan_of(spline_model(2, 12, modes))).text())[0])
        for modes in (5, 9)
    )
    assert many["multiplications"] - few["multiplications"] == 4 * (2 * 4 + 1 + 1)


def test_bytes_of_the_report(tmp_path: Path) -> None:
    export(KINDS["hat"](), tmp_path, "m")
    (told,) = json.loads((tmp_path / "m_st_resources.json").read_text())
    text = (tmp_path / "m.st").read_text()
    tables = [v for v in read(text)[0].variables.values() if v.part == "CONSTANT"]
    assert told["constants_bytes"] == sum(4 * v.size for v in tables if v.kind == "REAL")
    assert told["text_bytes"] == len(text)


def steep() -> Model:
    """y = exp(70 + f): what rounds 70 moves y by more than 1e-6 of itself."""
    axes = [sna_edge.spline_axis(name, "", 0.0, 1.0, spans=3) for name in ("a", "b")]
    return model_on(axes, outputs=[Output("y", link="exp", bias=70.0)])


def cancelling() -> Model:
    """y = 30 b - 29 (b + 0.1): 1.2 % of its terms."""
    a, b = (sna_edge.spline_axis(name, "", 0.0, 1.0, spans=3) for name in ("a", "b"))
    line = np.linspace(0.0, 1.0, 6)[:, None] + [[0.0, 0.1]]
    return Model([a, b], CP.full([np.ones((6, 2)), line], [[30.0], [-29.0]]), [Output("y")])


def noisy() -> Model:
    """An interval of 10 around values of 1e-6: its ends are rounded as 10 is."""
    interval = Interval(0.9, 10.0, 10.0)
    axes = [sna_edge.spline_axis("a", "", 0.0, 1.0, spans=3)]
    return model_on(axes, outputs=[Output("y", scale=1e-6, interval=interval)])


@pytest.mark.parametrize("model", [steep, cancelling, noisy], ids=lambda m: m.__name__)
def test_what_real_can_tell_is_what_is_asked_of_a_block(
    model: Callable[[], Model], tmp_path: Path
) -> None:
    files, told, checked = export(model(), tmp_path, "m")
    assert checked and "test block passed" in told and files[0].exists()
