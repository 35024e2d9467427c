"""A process through a few rows says what the process of all rows says, where noise hides the
rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sna_export.fit.data.folds import Folds
from sna_export.teacher.gaussian_process import GaussianProcess, condition
from sna_export.teacher.induced import ALL_ROWS, InducedProcess, given_rows, induced
from sna_export.teacher.kernel import Hyper, KernelInputs

N, D = 900, 3
INPUTS = KernelInputs.of(np.zeros(D, dtype=np.int64), np.zeros(D), np.ones(D))
HYPER = Hyper(np.full((1, D), 0.6), np.ones(1), 0.04, np.full(D, 0.01))
X = np.random.default_rng(0).random((N, D))
V = np.sin(4 * X[:, 0]) * X[:, 1] + X[:, 2] + 0.2 * np.random.default_rng(1).normal(size=N)
FRESH = np.random.default_rng(2).random((400, D))
KNOWN = 1.0, 2.0, np.zeros(0)
FOLDS = Folds(np.arange(N) % 5)
BETWEEN = 0.05
"""Of the standard deviation of the noise, in units of which both are as near."""


def few(weight: np.ndarray | None = None) -> InducedProcess:
    found = induced(INPUTS, HYPER, X, V, *KNOWN, weight)
    assert found is not None
    return found


def every(weight: np.ndarray | None = None) -> GaussianProcess:
    return condition(INPUTS, HYPER, X, V, *KNOWN, weight)


def rms(a: np.ndarray) -> float:
    return float(np.sqrt(np.mean(a**2)))


@pytest.mark.parametrize("weighted", [False, True])
def test_it_answers_as_all_rows_do(weighted: bool) -> None:
    weight = np.random.default_rng(3).uniform(0.2, 1.8, N) if weighted else None
    one, other = few(weight), every(weight)
    assert len(one.alpha) < N / 3
    limit = BETWEEN * 2.0 * HYPER.noise**0.5
    assert rms(one.predict(FRESH) - other.predict(FRESH)) < limit
    assert rms(one.held_out(FOLDS) - other.held_out(FOLDS)) < limit
    rows = FOLDS.held(1)
    left = [p.predict(FRESH, p.alpha_without(rows)[:, None])[:, 0] for p in (one, other)]
    assert rms(left[0] - left[1]) < limit
    assert rms(left[0] - one.predict(FRESH)) > rms(left[0] - left[1])


def test_left_out_rows_are_those_never_seen() -> None:
    process, rows = few(), FOLDS.held(2)
    assert process.held_out(FOLDS)[rows] == pytest.approx(
        (process.spread * V + process.centre)[rows]
        - process.predict(X[rows], process.alpha_without(rows)[:, None])[:, 0],
        abs=1e-9,
    )
    lied = V.copy()
    lied[rows] += 100.0
    again = induced(INPUTS, HYPER, X, lied, *KNOWN)
    assert again is not None
    assert again.alpha_without(rows) == pytest.approx(process.alpha_without(rows), abs=1e-8)


def test_rows_without_noise_are_all_needed() -> None:
    exact = replace(HYPER, noise=1e-9, length=np.full((1, D), 0.1))
    assert induced(INPUTS, exact, X, V, *KNOWN) is None


def test_few_rows_are_all_taken() -> None:
    assert N <= ALL_ROWS
    assert not isinstance(given_rows(INPUTS, HYPER, X, V, *KNOWN), InducedProcess)
