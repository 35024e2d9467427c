"""What is learned: widths that restore the level, corrections that are used while they are
better, all of it bounded and taken back."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.learning import Learner
from sna_edge.learning.output.recalibration import LAMBDA, Recalibration
from sna_edge.learning.output.scale import Scale
from sna_edge.quality import Limit, Line, LineLimits

from .conftest import SHA256, learning_line, stream, told, track_model


def covered(answers: list[dict]) -> float:
    """Of the last 500 measured parts."""
    inside = [a["measured"]["width"]["inside"] for a in answers if "measured" in a]
    return float(np.mean(inside[-500:]))


def test_widths_restore_the_level_and_nothing_else_changes() -> None:
    answers = told(learning_line("width"), *stream(1200))
    assert 0.86 < covered(answers) < 0.94
    last = [a for a in answers if "outputs" in a][-1]
    assert last["correction"]["labels"] > 1000
    assert "model_value" not in last["outputs"]["width"]
    # parts lie 7 um higher than predicted: the upper tail grew, the lower one shrank
    one = last["outputs"]["width"]
    assert one["upper"] - one["value"] > 7.0 and one["value"] - one["lower"] < 2.0


def test_a_correction_takes_the_shift_away() -> None:
    line = learning_line("recalibrate")
    answers = [a for a in told(line, *stream(400)) if "outputs" in a]
    one = answers[-1]["outputs"]["width"]
    assert one["value"] - one["model_value"] == pytest.approx(7.0, abs=1.5)
    assert answers[0]["outputs"]["width"].get("model_value") is None
    assert one["upper"] - one["lower"] < 9.0  # 2 um of scatter, 10 um in the model
    assert line.learner
    line.learner.knowledge.forget()
    (after,) = told(line, {"power": 200.0, "speed": 1.0})
    assert after["outputs"]["width"]["value"] == 100.0 and "correction" not in after


def test_a_correction_is_used_only_while_it_is_better() -> None:
    line = learning_line("recalibrate")
    told(line, *stream(400, shift=0.0))
    assert line.learner and not line.learner.knowledge.outputs[0].used
    told(line, *stream(400, shift=9.0, seed=1))
    assert line.learner.knowledge.outputs[0].used
    assert not line.learner.knowledge.outputs[1].used  # depth was never measured


def test_widths_stay_between_their_bounds() -> None:
    line = learning_line("width")
    told(line, *stream(300, shift=1e9))
    assert line.learner and line.learner.knowledge.outputs[0].factors == pytest.approx((0.25, 20.0))


def test_one_gross_error_moves_little() -> None:
    line = learning_line("recalibrate")
    told(line, *stream(200))
    before = told(line, {"power": 200.0, "speed": 1.0})[0]["outputs"]["width"]["value"]
    told(line, {"id": "e", "power": 200.0, "speed": 1.0}, {"id": "e", "measured": {"width": 1e9}})
    after = told(line, {"power": 200.0, "speed": 1.0})[0]["outputs"]["width"]["value"]
    assert abs(after - before) < 3.0


def test_recursion_is_the_least_squares_of_what_is_remembered() -> None:
    line = learning_line("recalibrate")
    features = line.learner.knowledge.features  # type: ignore[union-attr]
    one = Recalibration(features)
    rng = np.random.default_rng(0)
    x = np.c_[rng.uniform(100, 300, 60), rng.uniform(0.5, 1.5, 60)]
    phi, u = features(x), track_model().value(x)[:, 0]
    y = u + 3.0 + 0.01 * (x[:, 0] - 200.0)
    for i in range(60):
        one.update(phi[i], float(u[i]), 5.0, float(y[i]))
    weights = LAMBDA ** np.arange(59, -1, -1)
    kept = np.clip(u, one.mean - one.reach, one.mean + one.reach)
    p = np.c_[phi, 2.0 * (kept - one.mean) / one.reach]  # mean and range have moved a little
    information = (p * weights[:, None]).T @ p + one.prior
    theta = np.linalg.solve(information, p.T @ (weights * (y - kept)))
    assert p @ one.theta == pytest.approx(p @ theta, abs=0.5)
    scale = Scale(0.9)
    scale.begin(5.0)
    moved = one.moved(scale)
    assert moved is not None
    said = [moved.of(float(u[i]), 5.0, 5.0, phi[i])[0] for i in range(60)]
    assert said == pytest.approx(y, abs=0.7)


def test_observing_changes_nothing_but_says_what_is_in_doubt() -> None:
    readings = stream(100)
    answers = told(learning_line("observe"), *readings)
    plain = told(learning_line("width"), *[r for r in readings if "power" in r])
    said = ("line", "in_doubt", "remark")
    drop = [{k: v for k, v in a.items() if k not in said} for a in answers if "outputs" in a]
    assert drop == [{k: v for k, v in a.items() if k != "line"} for a in plain]
    assert any("in_doubt" in a for a in answers)
    assert answers[-1]["measured"]["width"]["covered"]["share"] < 0.9


@pytest.mark.parametrize("mode", ["width", "recalibrate"])
def test_a_value_at_the_end_of_its_link_stays_that_of_the_model(mode: str) -> None:
    """Where a share rounds to 1 its linear part is infinite: there is nothing to add to."""
    axis = spline_axis("a", "", 0.0, 10.0, spans=1, degree=1)
    cp = CP((np.array([[-40.0], [60.0]]),), (np.array([0]),), np.ones((1, 1)))
    share = Output("y", link="logistic", interval=Interval(0.9, 3.0, 3.0, space="link"))
    model = Model([axis], cp, [share])
    line = Line(model, LineLimits((Limit("y", lsl=0.5),)), learner=Learner(model, SHA256, mode))
    plain = Line(model, line.limits)
    for a in np.linspace(3.7, 4.2, 60).tolist():
        y = float(model.value({"a": [a]})[0, 0])
        told(line, {"a": a, "measured": {"y": y * 1.05 + 0.001}})
    assert line.learner and line.learner.knowledge.outputs[0].used == (mode == "recalibrate")
    between, (one,) = told(line, {"a": 4.1}, {"a": 7.6}), told(plain, {"a": 9.9})
    assert all(a["outputs"]["y"]["lower"] < a["outputs"]["y"]["upper"] for a in between)
    (learned,) = told(line, {"a": 9.9})
    assert one["outputs"]["y"]["value"] == 1.0 and learned["outputs"] == one["outputs"]
    assert learned["verdict"] == one["verdict"] == "ACCEPT"
