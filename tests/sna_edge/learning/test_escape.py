"""A share of bad parts among accepted ones, kept by measured parts."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import InputError, Interval, Output
from sna_edge.learning import Learner
from sna_edge.learning.escape import LEAST, Accepted, Rated, below, fewest, threshold
from sna_edge.learning.output.space import Space
from sna_edge.learning.output.told import Told
from sna_edge.quality import Line, audit
from sna_edge.quality.accepting.rule import Escape
from sna_edge.quality.limits import Limit, LineLimits

from ..quality.test_accept_at import scattered
from .conftest import SHA256

EVERY = os.environ.get("SNA_EDGE_EVERY_CUT") == "1"
LIMITS = LineLimits((Limit("width", 85.0, 115.0),), escape=Escape(0.05))


def line(path: Path | None = None, mode: str = "width", limits: LineLimits = LIMITS) -> Line:
    made = Line(scattered(), limits, advice_ms=0)
    assert made.acceptance is not None
    rated = made.acceptance.rated()
    where = None if path is None else str(path)
    made.learner = Learner(made.model, SHA256, mode, where, rated=rated)
    return made


def parts(count: int, noise: float, seed: int = 0) -> list[dict[str, Any]]:
    """Parts and at once what was measured of them, with residuals of `noise` um."""
    rng, found = np.random.default_rng(seed), list[dict[str, Any]]()
    for i in range(count):
        power = float(rng.uniform(160, 240))
        width = power / 2 + noise * float(rng.normal())
        found.append({"id": i, "power": power})
        found.append({"id": i, "measured": {"width": width}})
    return found


def escaped(answers: list[dict[str, Any]], sent: list[dict[str, Any]]) -> tuple[int, int]:
    """Accepted parts, bad ones of them."""
    verdicts = [a["verdict"] for a in answers if "verdict" in a]
    widths = [s["measured"]["width"] for s in sent if "measured" in s]
    taken = [w for v, w in zip(verdicts, widths, strict=True) if v == "ACCEPT"]
    return len(taken), sum(not 85 <= w <= 115 for w in taken)


def told(made: Line, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = list[dict[str, Any]]()
    for at in range(0, len(sent), 50):
        found += made.lines([json.dumps(one) for one in sent[at : at + 50]])
    return found


def test_good_parts_loosen_the_threshold_and_the_rate_is_kept() -> None:
    sent = parts(1500, noise=4.0)
    answers = told(line(), sent)
    rules = [a["accept"] for a in answers if "accept" in a]
    assert rules[0]["threshold"] == pytest.approx(1 - 0.0434, abs=1e-3)
    assert rules[0]["by"] == "model"
    late = rules[700:]
    assert np.mean([one["threshold"] for one in late]) < 0.94
    accepted, bad = escaped(answers, sent)
    first = escaped(told(line(mode="observe"), sent), sent)
    assert accepted > 1.03 * first[0] and bad <= 0.05 * accepted


def test_bad_parts_tighten_it() -> None:
    sent = parts(1500, noise=6.5)
    without = escaped(told(line(mode="observe"), sent), sent)
    answers = told(line(), sent)
    accepted, bad = escaped(answers, sent)
    assert without[1] > 0.06 * without[0]
    assert accepted > 150 and bad <= 0.05 * accepted


def test_what_was_learned_survives_a_restart(tmp_path: Path) -> None:
    path, sent = tmp_path / "learned", parts(400, noise=4.0)
    whole = line()
    through = told(whole, sent)
    first = line(path)
    answers = told(first, sent[:500])
    first.learner.close()  # type: ignore[union-attr]
    second = line(path)
    again = told(second, sent[450:])  # the last lines are sent twice, and learned once
    second.learner.close()  # type: ignore[union-attr]
    later = [a.get("accept") for a in (*answers, *again[50:])]
    assert later == [a.get("accept") for a in through]
    one, other = (made.learner.knowledge.accepted for made in (whole, second))  # type: ignore
    assert one.bad.tolist() == other.bad.tolist() and one.p.tolist() == other.p.tolist()
    moved = line(path, limits=LineLimits((Limit("width", 80.0, 115.0),), escape=Escape(0.05)))
    found = moved.learner.knowledge.accepted  # type: ignore[union-attr]
    assert found is not None and len(found.p) < 400  # of the blocks since the last snapshot


def test_the_file_of_what_was_learned_cut_at_every_byte(tmp_path: Path) -> None:
    path, sent = tmp_path / "learned", parts(12, noise=4.0)
    first = line(path)
    told(first, sent[:12])
    first.learner._state.snapshot()  # type: ignore[union-attr]
    snapshot = path.stat().st_size
    for one in sent[12:]:
        told(first, [one])
    first.learner.close()  # type: ignore[union-attr]
    known, data = first.learner.knowledge, path.read_bytes()  # type: ignore[union-attr]
    assert known.accepted is not None and len(known.accepted.p) == 12
    for size in range(0, len(data) + 1, 1 if EVERY else max(len(data) // 100, 1)):
        path.write_bytes(data[:size])
        try:
            again = line(path)
        except InputError as error:
            assert size < snapshot and "damaged" in str(error)
            continue
        assert size >= snapshot
        told(again, sent)  # all of it sent again: nothing is lost or counted twice
        found = again.learner.knowledge.accepted  # type: ignore[union-attr]
        assert found is not None and found.bad.tolist() == known.accepted.bad.tolist()
        assert found.p == pytest.approx(known.accepted.p, abs=1e-6)
        assert found.now == pytest.approx(known.accepted.now, abs=1e-6)
        again.learner.close()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong",
    [
        {"escape.bad": np.zeros(3, np.uint8)},
        {"escape.p": np.full(2, 1.5, np.float32)},
        {"escape.p": np.full(2, np.nan, np.float32)},
        {"escape.p": np.zeros(801, np.float32), "escape.bad": np.zeros(801, np.uint8)},
    ],
)
def test_what_no_parts_have_left_is_not_put_back(wrong: dict[str, Any]) -> None:
    accepted = line().learner.knowledge.accepted  # type: ignore[union-attr]
    assert accepted is not None
    plain = {"escape.p": np.full(2, 0.9, np.float32), "escape.bad": np.zeros(2, np.uint8)}
    accepted.restored({**accepted.kept(), **plain})
    assert len(accepted.p) == 2
    with pytest.raises(ValueError):
        accepted.restored({**accepted.kept(), **plain, **wrong})


def test_a_part_counts_once_and_good_ones_when_all_is_measured() -> None:
    both = LineLimits((Limit("width", 85, 115), Limit("depth", 40, 60)), escape=Escape(0.05))
    made = line(limits=both)
    for i, measured in enumerate(
        [{"width": 100.0}, {"depth": 50.0}, {"depth": 70.0}, {"width": 130.0}]
    ):
        made.lines([json.dumps({"id": i // 2, "power": 200.0, "measured": measured})])
    accepted = made.learner.knowledge.accepted  # type: ignore[union-attr]
    assert accepted is not None and accepted.bad.tolist() == [0, 1]
    assert accepted.p == pytest.approx(made.lines(['{"power": 200}'])[0]["p_in_spec"], abs=0.02)


def test_thresholds_of_equal_low_and_bad_probabilities() -> None:
    good, bad = np.zeros(100, bool), np.ones(100, bool)
    assert threshold(np.full(100, 0.9), good, 0.05, 0.95) == (0.9, True)
    assert threshold(np.full(100, 0.3), good, 0.05, 0.95) == (LEAST, True)
    assert threshold(np.full(100, 0.99), bad, 0.05, 0.95) == (np.nextafter(0.99, 1.0), True)
    first = np.arange(200) < 3  # bad ones are the surest, yet few of those that the start accepts
    assert threshold(np.linspace(0.999, 0.951, 200), first, 0.05, 0.95) == (0.95, True)


def test_outputs_that_cannot_be_learned_have_no_part_in_it() -> None:
    small = scattered(10)  # too few rows for an interval of width
    depth = replace(small.outputs[1], interval=Interval(0.8, 3.0, 3.0))
    model = small.replace(outputs=[small.outputs[0], depth])
    made = Line(model, LineLimits((Limit("depth", usl=52.0),), escape=Escape(0.5)))
    assert made.acceptance is not None
    made.learner = Learner(model, SHA256, "width", None, rated=made.acceptance.rated())
    first = made.lines(['{"id": 1, "power": 200}'])[0]
    made.lines(['{"id": 1, "measured": {"depth": 50}}'])
    accepted = made.learner.knowledge.accepted
    assert accepted is not None and accepted.p == pytest.approx([first["p_in_spec"]])


@pytest.mark.parametrize("rate", [0.01, 0.05, 0.2])
def test_what_is_proven_is_rarely_false(rate: float) -> None:
    rng, false, found = np.random.default_rng(1), 0, 0
    assert below(0, fewest(rate), rate) <= 0.1 < below(0, fewest(rate) - 1, rate)
    for _ in range(200):
        p = rng.uniform(0.5, 1.0, 800)
        truth = 3.0 * (1.0 - p) * 2.0 * rate  # bad far more often than the model believes
        at, proven = threshold(p, rng.random(800) < truth, rate, 1.0 - rate / 6.0)
        assert at >= LEAST
        found += proven
        q = np.linspace(at, 1.0, 1000) if at <= 1 else np.ones(1)
        false += proven and float((6.0 * rate * (1.0 - q)).mean()) > rate
    assert found > 50 and false <= 0.15 * 200


@pytest.mark.parametrize("scale", [1.0, -1.0])
def test_limits_behind_a_link_are_those_of_the_output(scale: float) -> None:
    output = Output("width", "um", link="exp", scale=scale, offset=2.0)
    space = Space(0, output, 0.9, linear=True)
    told = Told(0.0, 1.0, 1.0, 0.0, (1.0, 1.0), (1.0, 1.0), 0.0, False, False)
    for limits, measured, bad in (
        ((-np.inf, 2 + scale * 3.0), 2 + scale * 3.0, False),
        ((2 + scale * 3.0, np.inf), 2 + scale * 3.0, False),
        ((-50.0, 50.0), 2 + scale * 4.0, False),
        ((-50.0, -40.0), 2 + scale * 4.0, True),
        ((-np.inf, 2 + scale * 3.0), 2 + scale * (3.0 + scale * 1e-6), True),
    ):
        accepted = Accepted(Rated(0.05, 0.95, {"width": limits}, lambda x, y: 0.9), (space,))
        u = float(space.u(np.array(measured)))
        accepted.heard(np.zeros(1), [told], np.zeros(1, np.uint8), [u])
        assert accepted.bad.tolist() == [bad]


def test_a_log_with_a_learned_threshold_is_found_again() -> None:
    answers = told(line(), parts(300, noise=6.5))
    made = {"model": {"sha256": "m"}, "limits": "l"}
    log = [json.dumps(a | made) for a in answers]
    plain = Line(scattered(), LIMITS)
    found = audit([log], lambda names: plain)
    assert found.holds and found.corrected > 200
    by = [i for i, a in enumerate(answers) if a.get("accept", {}).get("by") == "measured parts"]
    accepted = [i for i in by if answers[i]["verdict"] == "ACCEPT"]
    changed = log[accepted[-1]].replace('"ACCEPT"', '"NO VERDICT"', 1)
    assert not audit([[changed]], lambda names: plain).holds
