"""What a candidate misses is noise, or a function that another one may find."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit.candidates.baseline import baseline
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.data.folds import Folds, fold_of_rows
from sna_export.fit.data.samples import AxisSpec, Samples
from sna_export.fit.validation.noise import only_noise

Floats = NDArray[np.float64]
N = 320_000
RNG = np.random.default_rng(4)
X = RNG.random((N, 4))
NOISE = RNG.normal(size=N)


def linear(extra: Floats, **known: object) -> tuple[Candidate, Samples]:
    """The best polynomial of rows that a line and `extra` make, noise of one beside."""
    samples = replace(Samples.of(X, 5.0 * X[:, 0] + extra), **known)  # type: ignore[arg-type]
    folds = Folds(fold_of_rows(X, 6, 0))
    return baseline(samples, ("identity",), folds, TimeBudget()), samples


def test_noise_is_noise() -> None:
    assert only_noise(*linear(NOISE))
    assert only_noise(*linear(NOISE * (1.0 + X[:, 1])))


@pytest.mark.parametrize(
    "missed",
    [
        np.sin(5.0 * X[:, 1]) * np.sin(5.0 * X[:, 2]) * np.sin(5.0 * X[:, 3]),
        np.sin(60.0 * X[:, 1]),
        np.sin(25.0 * X[:, 1]) * np.sin(25.0 * X[:, 2]),
        np.maximum(X[:, 1] - 0.9, 0.0) * 20.0,
    ],
    ids=["slow", "fast", "two fast ones", "a kink"],
)
def test_a_function_that_explains_a_twentieth_is_not(missed: Floats) -> None:
    _, samples = linear(NOISE)
    at_least = missed * np.sqrt(0.05) / np.std(missed)
    assert not only_noise(*linear(NOISE + at_least))


def test_what_cannot_be_told_is_not_said() -> None:
    candidate, samples = linear(NOISE)
    assert not only_noise(candidate, replace(samples, weight=np.ones(N)))
    few = replace(
        candidate,
        rows=candidate.rows[:4000],
        measured=candidate.measured[:4000],
        predicted=candidate.predicted[:4000],
    )
    assert not only_noise(few, samples)
    exact = replace(candidate, predicted=candidate.measured)
    assert not only_noise(exact, samples)


def test_levels_are_inputs_as_others() -> None:
    x = X.copy()
    x[:, 3] = np.floor(3.0 * x[:, 3])
    axes = [AxisSpec("abc"[d]) for d in range(3)] + [AxisSpec("d", levels=("p", "q", "r"))]
    samples = Samples.of(x, 5.0 * x[:, 0] + NOISE, axes)
    folds = Folds(fold_of_rows(x, 6, 0))
    assert only_noise(baseline(samples, ("identity",), folds, TimeBudget()), samples)
