"""Which of several candidates is chosen: by what their errors row by row can tell."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sna_edge.core.output import Output
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import AxisSpec
from sna_export.fit.candidates.baseline import baseline, mean_alone
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.data.folds import Folds
from sna_export.fit.data.samples import Samples
from sna_export.fit.validation import choice, reach

N = 400
X = np.random.default_rng(0).random((N, 2))
Y = X[:, 0] + X[:, 1] ** 2 + 0.1 * np.random.default_rng(1).standard_normal(N)
SAMPLES = Samples.of(X, Y, [AxisSpec("a"), AxisSpec("b")])
FOLDS = Folds(np.arange(N) % 5)
LARGE = baseline(SAMPLES, ("identity",), FOLDS, TimeBudget())
SMALL = mean_alone(SAMPLES, LARGE, FOLDS)
NOISE = np.random.default_rng(2).standard_normal((N, 2))


def erring(like: Candidate, size: float, others: float) -> Candidate:
    """Errors of the given size that differ from those of the others row by row by a share."""
    error = NOISE[:, :1] + others * NOISE[:, 1:]
    error *= size * like.measured.std() / np.sqrt(np.mean(error**2))
    return replace(like, predicted=like.measured + error)


@pytest.mark.parametrize(
    ("size", "others", "small"), [(0.305, 1.5, True), (0.305, 0.1, False), (0.308, 9.0, False)]
)
def test_the_smaller_wins_where_its_loss_row_by_row_is_chance(
    size: float, others: float, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same loss of 1.7 % is chance where single rows go either way, and none where all lose;
    beyond 2 % nothing is given for bytes."""
    monkeypatch.setattr(choice, "turns_of", lambda candidate, samples: 0.0)
    best, other = erring(LARGE, 0.3, 0.0), erring(SMALL, size, others)
    assert (choice.chosen([best, other], SAMPLES) is other) == small


@pytest.mark.parametrize(
    ("size", "others", "small"), [(0.312, 1.0, True), (0.312, 0.1, False), (0.32, 9.0, False)]
)
def test_the_smoother_wins_within_two_standard_errors_and_five_percent(
    size: float, others: float, small: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choice, "turns_of", lambda c, samples: 1.0 * (c.f is LARGE.f))
    best, other = erring(LARGE, 0.3, 0.0), erring(SMALL, size, others)
    assert (choice.chosen([best, other], SAMPLES) is other) == small


def behind(link: str, slope: float, size: float = 1.0) -> Candidate:
    """An answer behind a link that rises with the difference of two inputs that are nearly one,
    times `size`."""
    f: Any = SimpleNamespace(
        predict=lambda x: size * (x[:, :1] + slope * (x[:, :1] - x[:, 1:])), parameters=3
    )
    made = erring(LARGE, 0.2 if slope else 0.3, 0.1)
    named = f"slope {slope:g}"
    outputs = (Output("y", link=link),)
    return replace(made, name=named, kind="direct", f=f, outputs=outputs, notes={})


@pytest.mark.parametrize(
    ("link", "size", "taken"), [("exp", 1.0, 0.0), ("identity", 1.0, 60.0), ("exp", 1e-2, 60.0)]
)
def test_behind_exp_no_function_is_taken_that_runs_away_where_inputs_part(
    link: str, size: float, taken: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sensor that left its neighbour gave 1e8 times what was ever measured; outputs that vary by
    one percent cannot run away."""
    monkeypatch.setattr(choice, "turns_of", lambda c, samples: 0.0)
    near = X[:, :1] + 0.005 * np.random.default_rng(3).standard_normal((N, 1))
    samples = Samples.of(np.c_[X[:, :1], near], Y, [AxisSpec("a"), AxisSpec("b")])
    found = [behind(link, slope, size) for slope in (0.0, 60.0)]
    best = choice.chosen(found, samples)
    assert best.name == f"slope {taken:g}"
    (line,) = reach.said(found, best) or [""]
    assert line.startswith("slope 60 errs less on rows left out (0.2) and was not taken") == (
        taken == 0.0
    )


def test_how_far_it_runs_is_told_in_units_of_the_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """A baseline is kept, and what errs more anyway is not spoken of."""
    monkeypatch.setattr(choice, "turns_of", lambda c, samples: 0.0)
    near = X[:, :1] + 0.005 * np.random.default_rng(3).standard_normal((N, 1))
    samples = Samples.of(np.c_[X[:, :1], near], Y, [AxisSpec("a"), AxisSpec("b")])
    found = [
        reach.runs_away(replace(behind("exp", 60.0), spread=np.array([s])), samples)
        for s in (1.0, 2.0)
    ]
    assert None not in found and np.isclose(np.log(found[1]), 2.0 * np.log(found[0]))
    away = behind("exp", 60.0)
    assert reach.runs_away(replace(away, kind="baseline"), samples) is None
    best = behind("exp", 0.0)
    worse = replace(away, predicted=away.measured + 9.0, notes={})
    assert choice.chosen([best, worse], samples) is best
    assert "runs_away" in worse.notes and reach.said([best, worse], best) == []
