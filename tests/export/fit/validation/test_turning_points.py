"""Turning points of curves, and the smoother of two candidates as good."""

from dataclasses import replace

import numpy as np
import pytest

from sna_edge.core.output import Output
from sna_export.fit import AxisSpec, fit_arrays
from sna_export.fit.candidates.candidate import Candidate
from sna_export.fit.data.samples import Samples
from sna_export.fit.engine.initialization import mode_sets, random_start
from sna_export.fit.validation.choice import chosen
from sna_export.fit.validation.turning_points import turning_points, turns

X = np.linspace(0.0, 1.0, 61)


@pytest.mark.parametrize("waves", [1, 2, 3])
def test_a_sine_turns_twice_a_wave(waves: int) -> None:
    assert turns(np.sin(2 * np.pi * waves * X)[None], 0.01).tolist() == [2 * waves]


def test_small_swings_do_not_count() -> None:
    wavy = X + 0.004 * np.sin(60 * X)
    assert turns(np.stack([wavy, -wavy]), 0.01).tolist() == [0, 0]
    assert turns(np.stack([wavy + 0 * X, 5 * (wavy - X)]), 0.01)[1] > 5


def test_slices_end_at_the_percentiles() -> None:
    x = np.c_[np.linspace(0.0, 1.0, 101), np.zeros(101)]
    y = x[:, :1]

    def at_the_end(at: np.ndarray) -> np.ndarray:
        return np.where(at[:, :1] > 0.97, 0.5, at[:, :1])

    assert turning_points(at_the_end, x, y, [0, 1]).tolist() == [[0.0, 0.0]]


def _candidate(samples: Samples, wave: float, noise: float, seed: int) -> Candidate:
    from sna_edge.core.basis import bspline
    from sna_export.fit.data.free_coefficients import free_design

    basis = bspline(np.linspace(0.0, 1.0, 25), 3)
    rng = np.random.default_rng(seed)
    f = random_start([basis], mode_sets(1, 0, additive=True), 1, rng)
    grid = np.linspace(0.0, 1.0, 400)
    values = grid + wave * np.sin(60 * grid)
    fitted = np.linalg.lstsq(free_design(basis, grid), values, rcond=None)[0]
    one = f.tables[0] * 0.0
    one[:, 0] = fitted
    rest = [np.zeros_like(t) for t in f.tables[1:]]
    rest[-1][0, 0] = 1.0
    f = f.with_tables([one, *rest])
    y = samples.y
    off = rng.standard_normal(y.shape)
    predicted = y + noise * off / np.sqrt(np.mean(off**2))
    return Candidate(
        f"wave {wave}", "direct", f, (Output("y"),), np.zeros(1), np.ones(1),
        np.arange(len(y)), y, predicted, 0.0,
    )  # fmt: skip


def test_of_two_as_good_the_smoother_is_chosen() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((200, 1))
    samples = Samples.of(x, x + 0.1 * rng.standard_normal((200, 1)))
    wavy, smooth = _candidate(samples, 0.05, 0.1, 1), _candidate(samples, 0.0, 0.1015, 2)
    assert chosen([wavy, smooth], samples) is smooth
    worse = _candidate(samples, 0.0, 0.1015, 1)  # than the wavy one in every row
    assert chosen([wavy, worse], samples) is wavy
    far = replace(smooth, predicted=samples.y + 2 * (smooth.predicted - samples.y))
    assert chosen([wavy, far], samples) is wavy


def test_the_report_says_how_often_curves_turn() -> None:
    x = np.random.default_rng(0).random((60, 2))
    y = np.sin(9.0 * x[:, 0]) + x[:, 1]
    found = fit_arrays(x, y, [AxisSpec("a"), AxisSpec("b")], ["depth"])
    told = found.report["outputs"]["depth"]["turning_points"]
    assert told == {"a": pytest.approx(3.0, abs=0.2), "b": 0.0}
    assert "turning_points" not in found.model.metadata["fit"]["outputs"]["depth"]
