"""Capability of a setting and of a running line: figures against their formulas and against drawn
parts, confidence intervals that cover, logs with and without corrections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP
from sna_edge.cli import main
from sna_edge.inverse.query.scatter import Scatter
from sna_edge.learning import Learner
from sna_edge.numerics import normal
from sna_edge.quality import Limit, Line, LineLimits
from sna_edge.quality.capability import figures
from sna_edge.quality.capability.setting import setting
from sna_edge.quality.capability.stream import Stream

from ..test_accept_at import scattered

LIMITS = LineLimits((Limit("width", 92.0, 111.0), Limit("depth", usl=55.0)))


def test_figures_of_a_normal_distribution_are_those_of_the_formulas() -> None:
    mean, s, lsl, usl = 3.0, 0.5, 1.8, 5.0
    y = mean + s * np.random.default_rng(0).standard_normal(4000)
    found = figures.of_values(y, lsl, usl)
    from math import erf, sqrt

    low, high = (0.5 * (1 - erf(z / sqrt(2))) for z in ((mean - lsl) / s, (usl - mean) / s))
    exact = figures.of_shares(low, high)
    assert exact["Ppk"] == pytest.approx((mean - lsl) / (3 * s), abs=1e-3)
    assert exact["Pp"] == pytest.approx((usl - lsl) / (6 * s), abs=1e-3)
    assert exact["ppm"] == pytest.approx(1e6 * (low + high))
    for name in ("Pp", "Ppk", "Cp", "Cpk"):
        assert found[name] == pytest.approx(
            exact["Pp" if name in ("Pp", "Cp") else "Ppk"], rel=0.05
        )
    assert found["Ppk_95"][0] < exact["Ppk"] < found["Ppk_95"][1]
    drifting = figures.of_values(np.sort(y), lsl, usl)  # Cpk sees only one part to the next
    assert drifting["Ppk"] == pytest.approx(found["Ppk"]) and drifting["Cpk"] > 10 * found["Cpk"]
    one_sided = figures.of_values(y, -np.inf, usl)
    assert "Pp" not in one_sided and "Pp" not in figures.of_shares(None, high)
    assert figures.of_values(y[:9], lsl, usl) == {} == figures.of_values(np.ones(20), lsl, usl)
    assert figures.of_values(np.append(y, 1e308), lsl, usl) == {}  # a code of a gauge, no width


def test_confidence_intervals_cover() -> None:
    rng, inside, held = np.random.default_rng(1), 0, 0
    for _ in range(300):
        found = figures.of_values(rng.standard_normal(60), -3.0, 4.0)
        inside += found["Ppk_95"][0] <= 1.0 <= found["Ppk_95"][1]
        q = rng.beta(1, 9, 1000)  # predicted; the truth is twice as much
        bad = rng.random(1000) < 2.0 * q
        told = figures.corrected_share(q, q[:200], bad[:200].astype(float))
        held += told["ppm_95"][0] <= 2e5 <= told["ppm_95"][1]
    assert 0.90 <= inside / 300 <= 0.99 and 0.90 <= held / 300 <= 0.99


def test_a_share_has_the_interval_of_wilson() -> None:
    found = figures.share(5, 100)
    assert found["ppm"] == 50_000 and found["parts"] == 100
    for end in found["ppm_95"]:  # where the score of 5 of 100 is 1.96 standard errors
        q = end / 1e6
        assert abs(0.05 - q) == pytest.approx(figures.Z95 * np.sqrt(q * (1 - q) / 100))
    assert figures.share(0, 10)["ppm_95"][0] == 0.0


def test_a_setting_makes_what_drawn_parts_are() -> None:
    model, x = scattered(correlation=0.5), np.array([204.0])
    drawn = model.predictive(x[None], level_index=True).sample(40_000, seed=1)[:, 0]
    found = setting(model, LIMITS, x)
    width = found["outputs"]["width"]
    outside = (drawn[:, 0] < 92) | (drawn[:, 0] > 111)
    assert width["ppm"] == pytest.approx(1e6 * outside.mean(), rel=0.15)
    assert width["Ppk"] == pytest.approx((111 - 102) / 12, abs=0.02)
    good = ~outside & (drawn[:, 1] <= 55)
    assert found["yield"] == pytest.approx(good.mean(), abs=0.003)
    wider = setting(model, LIMITS, x, Scatter.of(model, {"power": 4.0}))
    spread = np.hypot(4.0, 2.0)  # of width: its own and half the scatter of power
    assert wider["outputs"]["width"]["Ppk"] == pytest.approx((111 - 102) / (3 * spread), abs=0.03)
    assert setting(model, LIMITS, np.array([900.0]))["status"] == "out_of_domain"
    sure = setting(model, LineLimits((Limit("width", usl=200.0),)), x)["outputs"]["width"]
    assert sure["at_least"] and sure["ppm"] == pytest.approx(1000.0)  # 999 rows know no less


def test_a_part_that_leaves_the_domain_is_outside_once() -> None:
    model, scatter = scattered(), 30.0  # of power, in a domain from 100 to 300
    both = LineLimits((Limit("width", 10.0, 190.0), Limit("depth", usl=190.0)))
    found = setting(model, both, np.array([145.0]), Scatter.of(model, {"power": scatter}))
    left = float(normal.below(np.array(-45.0 / scatter)))
    for one in found["outputs"].values():
        assert one["ppm"] == pytest.approx(1e6 * left, abs=3e3) and one["ppm"] <= found["ppm"] + 1


def test_measured_parts_are_joined_as_the_line_joins_them() -> None:
    stream = Stream(scattered(), LineLimits((Limit("width", 88.0, 115.0),)), 1000)
    measured = [{"id": one, "measured": {"width": {"value": 100.0}}} for one in (7, "7 ", 7.0)]
    stream.add([{"id": "7", "verdict": "ACCEPT", "outputs": {}, "p_in_spec": 0.9, "reading": {}}])
    stream.add(measured)
    assert stream.told()["measured"]["parts"] == 1


@pytest.mark.parametrize("most", [1000, 40])
def test_ids_that_begin_anew_are_other_parts(most: int) -> None:
    stream, bad = Stream(scattered(), LineLimits((Limit("width", 88.0, 115.0),)), most), 130.0
    for shift, width in ((0, bad), (1, 100.0), (1, 100.0)):  # the second shift is sent twice
        for i in range(20):
            reading = {"id": i, "power": 200.0 + shift}
            said = {"outputs": {"width": {"LSL": 88.0, "USL": 115.0}}, "p_in_spec": 0.9}
            part = {"id": i, "verdict": "ACCEPT", **said}
            stream.add([part | {"reading": reading}])
            stream.add([{"id": i, "measured": {"width": {"value": width}}}])
    told = stream.told()
    assert told["parts"] == told["measured"]["parts"] == 40 and told["measured"]["bad"] == 20
    assert told["predicted"]["ppm"] == pytest.approx(0.1e6)
    assert told["both"]["ppm"] == pytest.approx(0.5e6)


def lines(shift: float, count: int = 600) -> tuple[list[dict[str, Any]], float]:
    """Parts, one in three measured at once; the share of bad ones."""
    rng, found, bad = np.random.default_rng(2), list[dict[str, Any]](), 0
    for i in range(count):
        power = float(rng.uniform(180, 220))
        width = power / 2 + shift + 4 * float(rng.normal())
        bad += not 88 <= width <= 115
        found.append({"id": i, "power": power})
        if i % 3 == 0:
            found.append({"id": i, "measured": {"width": width}})
    return found, bad / count


@pytest.mark.parametrize(("mode", "shift"), [("off", 0.0), ("width", 3.0), ("recalibrate", 3.0)])
def test_a_log_of_a_line_says_its_share_of_bad_parts(mode: str, shift: float) -> None:
    model, limits = scattered(), LineLimits((Limit("width", 88.0, 115.0),))
    sent, true = lines(shift)
    learner = None if mode == "off" else Learner(model, "00" * 32, mode)
    line = Line(model, limits, learner=learner)
    log = [a for one in sent for a in line.lines([json.dumps(one)])]
    stream = Stream(model, limits, 1000)
    for at in range(0, len(log), 100):
        stream.add(log[at : at + 100])
    found = stream.told()
    assert found["parts"] == 600
    if mode == "off":
        assert "measured" not in found and found["predicted"]["ppm"] == pytest.approx(
            1e6 * true, rel=0.3
        )
        return
    both, alone = found["both"], found["measured"]
    assert both["ppm_95"][0] <= 1e6 * true <= both["ppm_95"][1]
    assert np.ptp(both["ppm_95"]) < 1.05 * np.ptp(alone["ppm_95"])
    assert found["outputs"]["width"]["parts"] == 200 == alone["parts"]
    asked = Line(model, LineLimits(limits.outputs, accept_at=0.5), learner=None)
    asked.learner = Learner(model, "00" * 32, mode)
    p = [a["p_in_spec"] for one in sent for a in asked.lines([json.dumps(one)]) if "verdict" in a]
    assert found["predicted"]["yield"] == pytest.approx(np.mean(p), abs=1e-3)
    few = Stream(model, limits, 50)
    few.add(log)
    assert few.told()["parts"] == 50 == few.told()["outputs"]["width"]["parts"]


def test_other_limits_and_another_model_are_not_mixed_with_those_of_the_log() -> None:
    first = LineLimits((Limit("width", 88.0, 115.0),), accept_at=0.5)
    line = Line(scattered(), first)
    texts = [json.dumps({"id": i, "power": 190.0 + i}) for i in range(20)]
    log = line.lines(texts)
    tight = LineLimits((Limit("width", 97.0, 103.0),))
    asked = Line(scattered(), LineLimits(tight.outputs, accept_at=0.5)).lines(texts)
    wanted = np.mean([a["p_in_spec"] for a in asked])
    assert wanted < 0.6 < log[0]["p_in_spec"]
    shifted = scattered().replace(  # another model, whose widths are 5 um above
        interaction=CP((np.array([[55.0], [155.0]]),), (np.array([0]),), np.array([[1.0, 0.5]]))
    )
    for model in (scattered(), shifted):
        stream = Stream(model, tight, 100)
        stream.add(log)
        assert stream.told()["predicted"]["yield"] == pytest.approx(wanted, abs=1e-9)


def test_measured_values_belong_to_their_part_with_and_without_an_id() -> None:
    limits = LineLimits((Limit("width", 88.0, 115.0),), accept_at=0.5)
    line, stream = Line(scattered(), limits), Stream(scattered(), limits, 100)
    line.learner = Learner(line.model, "00" * 32, "observe")
    for i in range(10):
        told = {"power": 200.0, "measured": {"width": 100.0}}
        stream.add(line.lines([json.dumps(told)]))
        stream.add(line.lines([json.dumps({"id": float(i), "power": 200.0})]))
    told = stream.told()
    assert told["measured"]["parts"] == 10 and "both" in told
    answers = [{"id": str(i), "measured": {"width": {"value": 120.0}}} for i in range(10)]
    answers += [{"id": "nan", "measured": {"width": {"value": float("nan")}}}]
    stream.add(answers)
    again = stream.told()
    assert again["measured"]["parts"] == 20 and again["measured"]["bad"] == 10
    assert again["both"]["ppm"] == pytest.approx(5e5)


def test_the_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, limits, log = (str(tmp_path / name) for name in ("m.sna", "limits.toml", "a log.jsonl"))
    scattered().save(model)
    Path(limits).write_text("[outputs.width]\nLSL = 88\nUSL = 115\n", encoding="utf-8")
    words = ["capability", model, "--limits", limits]
    assert main([*words, "--at", "power=204 W", "--scatter", "power=0.004kW", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["outputs"]["width"]["Ppk"] == pytest.approx(13 / (3 * np.hypot(4, 2)), abs=0.03)
    assert main([*words, "--at", "power=204"]) == 0
    told = capsys.readouterr().out
    assert "at least 1.03  0.84 to 1.19   999  at most 2e+03" in told
    assert main([*words, "--at", "power=900"]) == 3
    line = Line(scattered(), LineLimits((Limit("width", 88.0, 115.0),)))
    answers = line.lines(['{"power": 200}', '{"id": 1, "power": 210}'])
    text = "\n".join(map(json.dumps, answers))
    Path(log).write_text("no JSON\n\n[1]\n{}\n" + text, encoding="utf-8")
    assert main([*words, "--log", log, "--last", "5"]) == 0
    assert "parts: 2" in capsys.readouterr().out
    Path(log).write_text("{}\n", encoding="utf-8")
    for more, said in (
        ([], "exactly one of --at, --log and --table"),
        (["--log", log], "neither verdicts"),
        (["--log", str(tmp_path / "none.jsonl")], "none.jsonl"),
        (["--log", log, "--last", "0"], "at least one"),
        (["--log", log, "--scatter", "power=1"], "goes with --at"),
        (["--at", "power=204", "--last", "5"], "goes with --log"),
        (["--at", "speed=1"], "speed"),
        (["--at", "power=204", "--scatter", "power=-1"], "0 or more"),
    ):
        assert main([*words, *more]) == 2
        assert said in capsys.readouterr().err
    scattered().replace(calibration=None).save(model)
    assert main([*words, "--at", "power=204"]) == 2
    assert "no capability" in capsys.readouterr().err
