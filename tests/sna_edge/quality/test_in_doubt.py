"""Intervals that measured parts speak against: said with every verdict, and nothing is accepted
meanwhile where the limits ask for it."""

from __future__ import annotations

import json

import numpy as np
import pytest

import sna_edge
from sna_edge.errors import InputError
from sna_edge.learning import Learner
from sna_edge.learning.output.coverage import Coverage
from sna_edge.quality import Limit, Line, LineLimits, audit
from sna_edge.quality.limits import parse_limits


def model() -> sna_edge.Model:
    """width = power / 2, +- 5."""
    axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    return sna_edge.Model([axis], cp, [width])


def line(mode: str = "observe", **limits: object) -> Line:
    made = Line(model(), LineLimits((Limit("width", usl=120.0),), **limits))  # type: ignore[arg-type]
    made.learner = Learner(made.model, "00" * 32, mode) if mode else None
    return made


def parts(count: int, off: float, first: int = 0, measured: bool = True) -> list[str]:
    """Accepted by their interval; what is measured lies `off` beside the model, and scatters."""
    told = []
    for i in range(first, first + count):
        told.append(json.dumps({"id": i, "power": 200.0}))
        if measured:
            told.append(
                json.dumps({"id": i, "measured": {"width": 100.0 + off + 5 * (-1) ** i / 3}})
            )
    return told


def verdicts(one: Line, texts: list[str]) -> list[dict]:
    return [a for a in one.lines(texts) if "verdict" in a]


@pytest.mark.parametrize("mode", ["observe", "width", "recalibrate"])
def test_nothing_is_accepted_after_a_jump_until_intervals_have_come_after_it(mode: str) -> None:
    one = line(mode, in_doubt="no verdict")
    before = verdicts(one, parts(100, 0.0))
    assert {a["verdict"] for a in before} == {"ACCEPT"} and not any("in_doubt" in a for a in before)
    after = verdicts(one, parts(100, -8.0, 100))
    held = [a["verdict"] == "NO VERDICT" for a in after]
    assert not held[0] and all(held[8:20])
    assert held[-1] == (mode == "observe")
    taken = next(a for a in after if a["verdict"] == "NO VERDICT")
    assert taken["in_doubt"] == ["width"] and "intervals of width in doubt" in taken["reason"]


def test_by_default_it_is_said_and_verdicts_stay() -> None:
    after = verdicts(line(), parts(60, -8.0))
    assert {a["verdict"] for a in after} == {"ACCEPT"}
    assert "intervals of width in doubt" in after[-1]["remark"] and after[-1]["in_doubt"]


def test_parts_that_are_rejected_stay_so() -> None:
    one = line(in_doubt="no verdict")
    one.lines(parts(60, -8.0))
    (answer,) = one.lines([json.dumps({"power": 280.0})])
    assert answer["verdict"] == "REJECT" and answer["in_doubt"] == ["width"]


def test_a_line_that_measures_nothing_accepts_nothing_after_so_many_parts() -> None:
    one = line(in_doubt="no verdict", measured_within=20)
    told = [a["verdict"] for a in verdicts(one, parts(30, 0.0, measured=False))]
    assert told == ["ACCEPT"] * 21 + ["NO VERDICT"] * 9
    told = [a["verdict"] for a in verdicts(one, [*parts(1, 0.0, 30), *parts(30, 0.0, 31, False)])]
    assert told == ["NO VERDICT"] + ["ACCEPT"] * 21 + ["NO VERDICT"] * 9
    (answer,) = line("", in_doubt="no verdict", measured_within=20).lines(parts(1, 0.0, 0, False))
    assert answer["verdict"] == "NO VERDICT" and "nothing that is measured" in answer["reason"]


def test_a_restart_goes_on_counting(tmp_path) -> None:
    found = []
    for first in (0, 15):
        one = line("", in_doubt="no verdict", measured_within=20)
        one.learner = Learner(one.model, "00" * 32, "width", str(tmp_path / "l"))
        found += verdicts(
            one, [*parts(1 - first // 15, 0.0, first), *parts(15, 0.0, first + 1, False)]
        )
        one.learner.close()
    assert [a["verdict"] for a in found].index("NO VERDICT") == 22


def test_a_log_judged_again_knows_what_doubt_took_back() -> None:
    for mode in ("observe", "width"):
        one = line(mode, in_doubt="no verdict")
        made = {"model": {"sha256": "m"}, "limits": "l"}
        log = [json.dumps(a | made) for a in one.lines(parts(60, -8.0))]
        assert any("NO VERDICT" in text for text in log)
        found = audit([log], lambda names: line("", in_doubt="no verdict"))
        assert not found.findings
        wrong = [text.replace('"intervals of', '"the intervals of') for text in log]
        assert audit([wrong], lambda names: line("", in_doubt="no verdict")).findings


def test_loss_of_coverage_is_found_and_rare_while_it_holds() -> None:
    rng, counts = np.random.default_rng(0), []
    for _ in range(40):
        one, lost = Coverage(), 0
        for held in (rng.random(500) < 0.9).tolist():
            one.update(held)
            lost += one.lost(0.9)
        counts.append(lost > 0)
        for n, held in enumerate((rng.random(200) < 0.6).tolist(), 1):  # noqa: B007
            one.update(held)
            if one.lost(0.9):
                break
        assert n < 120
    assert sum(counts) <= 14  # 1 - exp(-500 / 3200) of 40 are 6


WRONG = [{"in_doubt": "maybe"}, {"in_doubt": 1}] + [{"measured_within": n} for n in (0, 2.5, True)]


@pytest.mark.parametrize("entry", WRONG)
def test_wrong_entries_are_named(entry: dict) -> None:
    with pytest.raises(InputError, match=next(iter(entry))):
        parse_limits({"outputs": {"width": {"USL": 120}}, **entry}, model())
