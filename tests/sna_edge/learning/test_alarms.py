"""Alarms: found quickly, rarely false, thresholds of blocks of own residuals, kept over a
restart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge.learning.alarms.watchers import INDEPENDENT, MOST, Watchers, surprise, thresholds
from sna_edge.learning.report import report

from .conftest import learning_line, stream, told


def delays(change: object, starts: int = 200) -> list[int]:
    """Measured parts from a change up to the alarm."""
    found = []
    for seed in range(starts):
        rng, watchers = np.random.default_rng(seed), Watchers()
        for i in range(50):
            watchers.update(float(rng.normal()), i)
        for i in range(1, 500):
            z = float(np.clip(change(rng.normal()), -MOST, MOST))  # type: ignore[operator]
            if watchers.update(z, 50 + i):
                break
        found.append(i)
    return found


def test_a_shift_of_one_deviation_and_a_double_scale_are_found() -> None:
    assert np.quantile(delays(lambda z: z + 1.0), 0.95) <= 30
    assert np.quantile(delays(lambda z: z - 1.0), 0.95) <= 30
    assert np.quantile(delays(lambda z: 2.0 * z), 0.95) <= 60


def test_false_alarms_are_rare() -> None:
    rng, watchers = np.random.default_rng(5), Watchers()
    z = np.clip(rng.normal(size=10_000), -MOST, MOST).tolist()
    assert sum(len(watchers.update(v, i)) for i, v in enumerate(z, 1)) <= 2


def test_surprise_has_the_mean_of_one() -> None:
    z = np.random.default_rng(0).normal(size=4000).tolist()
    assert np.mean([surprise(v) for v in z]) == pytest.approx(1.0, abs=0.05)


def test_residuals_that_hang_together_raise_the_thresholds() -> None:
    rng, z = np.random.default_rng(0), [0.0]
    for _ in range(1500):
        z.append(0.9 * z[-1] + np.sqrt(1 - 0.81) * float(rng.normal()))
    high = thresholds(z, streams=60)
    assert high[0] > 2.0 * INDEPENDENT[0]
    alone = thresholds(rng.normal(size=1500).clip(-MOST, MOST).tolist(), streams=60)
    assert alone[0] < 1.5 * INDEPENDENT[0]


def test_an_alarm_says_what_moved_since_when_and_what_to_do() -> None:
    said = list[str]()
    line = learning_line("width", tell=said.append)
    told(line, *stream(100, shift=0.0))
    answers = told(line, *stream(100, shift=6.0, seed=2))
    raised = [a["alarms"] for a in answers if "alarms" in a]
    assert len(raised) == 1 and raised[0] == [said[-1]]
    assert raised[0][0].startswith("width: measured values lie higher than the model says, by ")
    todo = "measured parts; look at sensors and process, then refit"
    assert raised[0][0].endswith(f"{todo}, or use --learn recalibrate")
    line = learning_line("recalibrate")
    answers = told(line, *stream(100, shift=6.0))  # alarmed before a correction has proved itself
    (first,) = next(a["alarms"] for a in answers if "alarms" in a)
    assert first.endswith(f"{todo}; no correction is better than the model yet")
    assert line.learner
    (stands,) = report(line.learner.knowledge)["outputs"]["width"]["alarms"]
    assert stands.endswith(f"{todo}; the correction in use follows it")


def test_a_standing_alarm_is_not_raised_again_after_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "learned")
    line = learning_line("width", path)
    told(line, *stream(60, shift=8.0))
    assert line.learner
    line.learner.close()
    again = learning_line("width", path)
    answers = told(again, *[r | {"id": f"q{r['id']}"} for r in stream(60, shift=8.0, seed=3)])
    assert not any("alarms" in a for a in answers)


def test_a_damaged_number_of_alarms_is_refused() -> None:
    with pytest.raises(ValueError, match="watchers"):
        Watchers.restored({"sums": [0.0]})


def test_a_step_is_seen_where_seasons_have_moved_the_mean() -> None:
    """Thresholds that a season passes are high; beside its slow mean a step is not."""
    rng = np.random.default_rng(0)
    season = 0.6 * np.sin(np.arange(4000) / 4000 * 4 * np.pi)
    z = np.clip(season + 0.8 * rng.normal(size=4000), -MOST, MOST)
    watchers = Watchers(thresholds(z.tolist(), streams=60))
    assert sum(len(watchers.update(v, i)) for i, v in enumerate(z.tolist())) <= 4
    kinds = set()
    for i, v in enumerate(np.clip(0.9 + 0.8 * rng.normal(size=150), -MOST, MOST).tolist()):
        kinds |= {alarm.kind for alarm in watchers.update(v, 4000 + i)}
    assert kinds & {"higher", "higher of late"}


def test_one_drift_is_said_once() -> None:
    watchers, rng = Watchers(), np.random.default_rng(0)
    said = [a.kind for i in range(400) for a in watchers.update(2.0 + float(rng.normal()) / 2, i)]
    assert said == ["higher"]
    back = [a.kind for i in range(400) for a in watchers.update(float(rng.normal()), 400 + i)]
    assert "higher" not in back and not any(watchers.standing[:2])
