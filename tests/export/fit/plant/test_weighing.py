"""Weights and measurement errors of rows: a row of weight two is the row twice, one of weight zero
is absent, and a row measured badly counts little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.core.basis import bspline
from sna_edge.errors import InputError
from sna_export.fit import fit, fit_arrays
from sna_export.fit.candidates.polynomial import fitted
from sna_export.fit.data.folds import Folds, fold_of_rows
from sna_export.fit.data.row_blocks import Rows
from sna_export.fit.data.samples import Samples
from sna_export.fit.data.weights import as_often_as_they_weigh, worth
from sna_export.fit.engine.gauss_newton import levenberg_marquardt
from sna_export.fit.engine.initialization import mode_sets, random_start
from sna_export.fit.engine.linearisation import left_out_by_fold
from sna_export.fit.pipeline.conformal import conformal_quantile
from sna_export.fit.plant.weighing import scatter_beyond
from sna_export.table import Table
from sna_export.teacher.gaussian_process import condition, fit_gaussian_process
from sna_export.teacher.kernel import KernelInputs
from sna_export.teacher.marginal_likelihood import MarginalLikelihood

Floats = NDArray[np.float64]


def rows(count: int = 90, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    """x, y and whole weights of 1 to 3."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(count, 2))
    y = np.sin(3.0 * x[:, 0]) + x[:, 1] ** 2 + 0.1 * rng.normal(size=count)
    return x, y, rng.integers(1, 4, count).astype(float)


def repeated(weight: Floats) -> NDArray[np.int64]:
    return np.repeat(np.arange(len(weight)), weight.astype(int))


def test_polynomials_take_weights_as_repeats() -> None:
    x, y, w = rows()
    one, twice = (
        replace(Samples.of(x, y), weight=w / w.mean()),
        Samples.of(x[repeated(w)], y[repeated(w)]),
    )
    folds = fold_of_rows(x, 6, 0)
    found = fitted(one, one.y, Folds(folds))
    again = fitted(twice, twice.y, Folds(folds[repeated(w)]))
    assert found.chosen == again.chosen
    np.testing.assert_allclose(found.coefficients, again.coefficients, atol=1e-9)
    np.testing.assert_allclose(found.predicted[repeated(w)], again.predicted, atol=1e-9)


def test_processes_take_weights_as_repeats() -> None:
    x, y, w = rows()
    inputs = KernelInputs.of(np.zeros(2, dtype=np.int64), np.zeros(2), np.ones(2))
    like = fit_gaussian_process(inputs, x, y, np.random.default_rng(0), rows=np.arange(len(y)))
    given = like.centre, like.spread, like.searched
    v = (y - like.centre) / like.spread
    one = condition(inputs, like.hyper, x, v, *given, w)
    twice = condition(inputs, like.hyper, x[repeated(w)], v[repeated(w)], *given)
    new = np.random.default_rng(1).uniform(size=(50, 2))
    np.testing.assert_allclose(one.predict(new), twice.predict(new), atol=1e-6)
    folds = fold_of_rows(x, 6, 0)
    some = twice.held_out(Folds(folds[repeated(w)]))
    np.testing.assert_allclose(one.held_out(Folds(folds))[repeated(w)], some, atol=1e-6)


def test_the_evidence_with_weights_has_its_slopes() -> None:
    x, y, w = rows(40)
    inputs = KernelInputs.of(np.zeros(2, dtype=np.int64), np.zeros(2), np.ones(2))
    goal = MarginalLikelihood(inputs.columns(x), y - y.mean(), inputs, 1, False, False, w)
    t, step = goal.start + 0.1, 1e-5
    slopes = [(goal(t + d)[0] - goal(t - d)[0]) / (2 * step) for d in step * np.eye(len(t))]
    np.testing.assert_allclose(goal(t)[1], slopes, rtol=1e-4, atol=1e-5)


def test_left_out_folds_take_weights_as_repeats() -> None:
    x, y, w = rows()
    bases = [bspline([0.0, 0.5, 1.0], 3)] * 2
    start = random_start(bases, mode_sets(2, 2), 1, np.random.default_rng(0))
    folds, found = fold_of_rows(x, 6, 0), []
    for x_, y_, w_, f_ in (
        (x, y, w, folds),
        (x[repeated(w)], y[repeated(w)], None, folds[repeated(w)]),
    ):
        these = Rows(start.bases, x_, y_[:, None], w_)
        solution = levenberg_marquardt(start, these, strengths=1e-4, adapt=False, tolerance=1e-12)
        found.append(left_out_by_fold(solution, these, Folds(f_)))
    np.testing.assert_allclose(found[0][repeated(w)], found[1], atol=1e-5)


def test_quantiles_take_weights_as_repeats() -> None:
    residual = np.random.default_rng(0).normal(size=200)
    w = np.random.default_rng(1).integers(1, 4, 200).astype(float)
    assert conformal_quantile(residual, 0.9, np.ones(200)) == conformal_quantile(residual, 0.9)
    near = conformal_quantile(residual[repeated(w)], 0.9)
    assert abs(conformal_quantile(residual, 0.9, w) - near) < 0.05
    taken = as_often_as_they_weigh(w)
    assert len(taken) == round(worth(w)) < 200
    assert abs(w[taken].mean() - np.average(w, weights=w)) < 0.05


def test_a_whole_fit_takes_weights_as_repeats() -> None:
    x, y, w = rows(150)
    w = np.where(x[:, 0] > 0.5, 9.0, 1.0)
    y = y + np.where(w == 1.0, 0.3, 0.0) * np.random.default_rng(2).normal(size=150)
    one, twice = fit_arrays(x, y, weights=w), fit_arrays(x[repeated(w)], y[repeated(w)])
    new = np.random.default_rng(1).uniform(0.05, 0.95, size=(300, 2))
    truth = np.sin(3.0 * new[:, 0]) + new[:, 1] ** 2
    apart = float(np.sqrt(np.mean((one.model.value(new) - twice.model.value(new)) ** 2)))
    assert apart < 0.05 < 0.2 * truth.std()
    assert one.report["weights"]["worth"] == pytest.approx(worth(w), rel=1e-4)
    first, second = (f.report["outputs"]["y"] for f in (one, twice))
    assert first["rmse"] == pytest.approx(second["rmse"], rel=0.15)
    assert first["r2"] == pytest.approx(second["r2"], abs=0.05)


def test_rows_of_weight_zero_are_absent() -> None:
    x, y, w = rows()
    w[::7] = 0.0
    kept = w > 0
    whole = Table.of({"a": x[:, 0], "b": x[:, 1], "y": y, "n": 1.0 * (w > 0.0)})
    some = Table.of({"a": x[kept, 0], "b": x[kept, 1], "y": y[kept], "n": np.ones(kept.sum())})
    one, other = (fit(t, ["y"], weights="n") for t in (whole, some))
    assert one.report["weights"]["absent"] == 13 and "weights" not in other.report
    for found in (one, other):
        found.model.metadata["fit"].pop("weights", None)
    assert one.model.to_bytes() == other.model.to_bytes()
    assert "n" not in one.model.input_names


def test_equal_weights_are_none() -> None:
    x, y, _ = rows()
    same = fit_arrays(x, y, weights=np.full(len(y), 3.0)).model.to_bytes()
    assert same == fit_arrays(x, y).model.to_bytes()


def noisy(seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """x, y, the standard deviations of measurements and the truth; a third is measured badly."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(150, 2))
    truth = np.sin(3.0 * x[:, 0]) + x[:, 1] ** 2
    s = np.where(rng.random(150) < 0.33, 1.0, 0.05)
    return x, truth + s * rng.normal(size=150), s, truth


def test_badly_measured_rows_count_little() -> None:
    gains = []
    for seed in range(3):
        x, y, s, truth = noisy(seed)
        found, plain = fit_arrays(x, y, error=s), fit_arrays(x, y)
        errors = [float(np.std(f.model.value(x)[:, 0] - truth)) for f in (found, plain)]
        gains.append(errors[0] / errors[1])
        answer = found.model.evaluate(x, level=0.9)
        good = s < 0.1
        inside = (answer.lower[:, 0] <= y) & (y <= answer.upper[:, 0])
        assert inside[good].mean() > 0.8
        assert float(np.median(answer.upper - answer.lower)) < 1.0  # of a typical, good measurement
    assert np.median(gains) < 0.6


def test_scatter_beside_the_errors_is_found() -> None:
    x, y, s, _ = noisy(0)
    y = y + 0.2 * np.random.default_rng(9).normal(size=len(y))
    assert 0.1 < scatter_beyond(Samples.of(x, y), s, 0) < 0.35


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([1.0, -2.0, 1.0, 1.0], "row 2 (line 3), column 'n': the weight '-2' is negative"),
        ([1.0, 1.0, np.nan, 1.0], "row 3 (line 4), column 'n': the weight '' is no finite number"),
        ([0.0, 0.0, 0.0, 0.0], "column 'n': every weight is 0"),
    ],
)
def test_weights_that_cannot_be_used(column: list[float], said: str) -> None:
    table = Table.of({"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 4.0, 3.0], "n": column})
    with pytest.raises(InputError) as told:
        fit(table, ["y"], weights="n")
    assert said in str(told.value)


def test_a_column_of_weights_is_no_input() -> None:
    table = Table.of({"x": [1.0, 2.0, 3.0, 4.0], "y": [1.0, 2.0, 4.0, 3.0], "n": [1.0] * 4})
    with pytest.raises(InputError, match="says what rows weigh and cannot be an input"):
        fit(table, ["y"], ["x", "n"], weights="n")
    with pytest.raises(InputError, match="no column 'm'"):
        fit(table, ["y"], weights="m")


def test_errors_of_several_targets_are_refused() -> None:
    x, y, s, _ = noisy(0)
    with pytest.raises(InputError, match="of one target"):
        fit_arrays(x, np.stack([y, -y], axis=1), error=s)
