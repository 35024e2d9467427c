"""Folds, samples, conformal intervals, assembly and the choice among candidates."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import sna_edge
from sna_edge.core.output import Interval, Output
from sna_edge.errors import InputError
from sna_edge.status import Status
from sna_export.fit import AxisSpec, fit_arrays
from sna_export.fit.candidates.breaks import data_bases
from sna_export.fit.data.folds import fold_of_rows
from sna_export.fit.data.samples import Samples, linear_targets, values
from sna_export.fit.pipeline.conformal import conformal_quantile, widened, with_intervals


def test_equal_rows_share_a_fold_and_folds_are_even() -> None:
    rng = np.random.default_rng(0)
    x = np.repeat(rng.random((500, 3)), 2, axis=0)[rng.permutation(1000)]
    folds = fold_of_rows(x, 6, seed=1)
    _, group = np.unique(x, axis=0, return_inverse=True)
    assert all(len(set(folds[group == g])) == 1 for g in range(500))
    assert set(folds) == set(range(6))
    assert np.bincount(folds).min() > 130
    assert np.array_equal(folds, fold_of_rows(x, 6, seed=1))
    assert not np.array_equal(folds, fold_of_rows(x, 6, seed=2))
    moved = rng.permutation(1000)
    assert np.array_equal(fold_of_rows(x[moved], 6, seed=1), folds[moved])


@pytest.mark.parametrize("count", [9, 19, 64, 1000])
def test_conformal_quantile_covers(count: int) -> None:
    rng = np.random.default_rng(count)
    covered = [
        np.abs(rng.standard_normal()) <= conformal_quantile(rng.standard_normal(count))
        for _ in range(4000)
    ]
    exact = np.ceil(0.9 * (count + 1)) / (count + 1)
    assert abs(np.mean(covered) - exact) < 0.015


def test_intervals_follow_the_link_where_that_is_narrower() -> None:
    rng = np.random.default_rng(0)
    f = rng.normal(0.0, 1.0, (2000, 1))
    noisy = f + 0.1 * rng.standard_normal(f.shape)
    (output,) = with_intervals(
        [Output("y", link="exp", scale=3.0)], 3.0 * np.exp(noisy), 3.0 * np.exp(f)
    )
    assert output.interval is not None and output.interval.space == "link"
    assert abs(output.interval.below - 0.1645) < 0.01
    (plain,) = with_intervals([Output("y")], noisy, f)
    assert plain.interval is not None and plain.interval.space == "output"


def test_widened_adds_to_both_sides() -> None:
    (output,) = widened([Output("y", interval=Interval(0.9, 1.0, 2.0))], 0.5)
    assert output.interval == Interval(0.9, 1.5, 2.5)


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_targets_and_values_are_inverse(link: str) -> None:
    y = np.random.default_rng(1).uniform(0.05, 0.95, (50, 1))
    samples = Samples.of(np.arange(50.0)[:, None], y)
    outputs = samples.outputs(link)
    np.testing.assert_allclose(values(outputs, linear_targets(outputs, y)), y, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((1, 2)), [1.0], "1 row"),
        (np.empty((0, 2)), np.empty(0), "0 rows"),
        (np.random.default_rng(0).random((9, 2)), np.ones(9), "constant"),
        (np.array([[1.0], [np.nan], [2.0]]), [1.0, 2.0, 3.0], "row 2 of input 'x0'"),
        (np.array([[1.0], [2.0], [3.0]]), [1.0, np.inf, 3.0], "row 2 of output 'y'"),
        (np.ones((8, 2)), np.arange(8.0), "same inputs"),
    ],
)
def test_rows_that_cannot_be_fitted_are_named(x: np.ndarray, y: np.ndarray, words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_arrays(x, y)


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_links_refuse_values_outside_their_range(link: str) -> None:
    x = np.arange(20.0)[:, None]
    with pytest.raises(InputError, match=f"link {link}"):
        fit_arrays(x, np.linspace(-1.0, 2.0, 20), link=link)


def test_few_values_get_few_rows() -> None:
    rng = np.random.default_rng(0)
    x = np.c_[rng.random(500), rng.integers(0, 3, 500), rng.integers(0, 2, 500)]
    bases = data_bases(Samples.of(x, rng.random(500)), 3, 6)
    assert [b.n_rows for b in bases] == [9, 3, 2]


def table_of_two(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = np.c_[rng.random(count), rng.integers(0, 3, count), rng.uniform(2.0, 5.0, count)]
    level = np.array([0.0, 1.0, 3.0])[x[:, 1].astype(int)]
    y = np.c_[2.0 * x[:, 0] + level, np.exp(x[:, 2] - 3.0) * (1.0 + x[:, 0])]
    return x, y + 0.05 * rng.standard_normal(y.shape)


@pytest.fixture(scope="module")
def two() -> tuple:
    rng = np.random.default_rng(0)
    x, y = table_of_two(240, rng)
    axes = [
        AxisSpec("a", "mm"),
        AxisSpec("metal", levels=("steel", "brass", "zinc")),
        AxisSpec("c", domain=(1.0, 5.0)),
    ]
    return fit_arrays(x, y, axes, ["p", "q"], seed=3), axes, x, y


def test_several_outputs_and_a_categorical_axis(two: tuple) -> None:
    found, _, x, y = two
    fresh, truth = table_of_two(400, np.random.default_rng(9))
    error = np.sqrt(
        np.mean(
            (found.model.evaluate(fresh, extrapolate=True, level_index=True).value - truth) ** 2,
            axis=0,
        )
    )
    assert np.all(error < 0.065)
    assert [a.kind for a in found.model.axes] == ["continuous", "categorical", "continuous"]
    assert (found.model.axes[2].lower, found.model.axes[2].upper) == (1.0, 5.0)
    assert found.model.axes[0].unit == "mm"
    assert found.model.value({"a": 0.5, "metal": "zinc", "c": 3.0}).shape == (2,)


def test_report_and_provenance(two: tuple) -> None:
    found, _, x, y = two
    kept = found.model.metadata["fit"]
    assert kept["rows"] == 240 and kept["seed"] == 3
    assert "why" not in kept and "cross-validated" in found.report["why"]
    assert set(found.report["outputs"]) == {"p", "q"}
    for k, name in enumerate(("p", "q")):
        score = found.report["outputs"][name]
        residual = found.measured[:, k] - found.predicted[:, k]
        assert score["rmse"] == pytest.approx(np.sqrt(np.mean(residual**2)))
        assert 0.88 <= score["coverage"] <= 0.93
    assert found.inputs.shape == (240, 3)
    assert {c["kind"] for c in found.report["candidates"]} <= {"teacher", "direct", "baseline"}


def test_support_counts_rows_per_span(two: tuple) -> None:
    found, _, x, _ = two
    axis = found.model.axes[1]
    assert list(axis.support) == [min(255, int((x[:, 1] == level).sum())) for level in range(3)]


def test_same_seed_same_bytes(two: tuple) -> None:
    found, axes, x, y = two
    again = fit_arrays(x, y, axes, ["p", "q"], seed=3)
    assert again.model.to_bytes() == found.model.to_bytes()


def test_the_file_gives_the_model_back(two: tuple) -> None:
    found, _, x, _ = two
    loaded = sna_edge.from_bytes(found.model.to_bytes())
    # float32 tables: 4e-6 of the output range
    again, before = (m.value(x, level_index=True) for m in (loaded, found.model))
    np.testing.assert_allclose(again, before, rtol=0.0, atol=4e-6 * np.ptp(found.measured))
    assert loaded.outputs[0].interval is not None


def test_a_time_limit_is_kept() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((1500, 6))
    heard: list[float] = []
    found = fit_arrays(
        x,
        np.sin(5 * x).sum(axis=1),
        time_limit=2.0,
        progress=lambda text, past, left: heard.append(left),
    )
    assert found.report["seconds"] < 8.0  # about 2.1 on a quiet machine
    assert heard and min(heard) < 2.0


def test_a_time_limit_is_kept_on_a_table_too_large_to_be_searched_whole() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((100_000, 6))
    y = (
        np.sin(6 * x[:, 0] * x[:, 1])
        + x[:, 2:].sum(axis=1) ** 2
        + 0.01 * rng.standard_normal(len(x))
    )
    assert fit_arrays(x, y, time_limit=6.0).report["seconds"] < 12.0  # 6.3 on a quiet machine


@pytest.mark.parametrize("places", [(0.5, 0.5, 0.5), (0.37, 0.62, 0.2)])
def test_kinks_are_met_where_they_are(places: tuple[float, ...]) -> None:
    rng = np.random.default_rng(2)
    x, fresh = rng.random((400, 3)), rng.uniform(0.05, 0.95, (2000, 3))

    def truth(z: np.ndarray) -> np.ndarray:
        return np.prod(1.0 + np.abs(2.0 * z - 2.0 * np.array(places)), axis=1)

    found = fit_arrays(x, truth(x))
    error = found.model.value(fresh)[:, 0] - truth(fresh)
    assert np.sqrt(np.mean(error**2)) < 1e-6 * truth(fresh).std()


def test_noise_is_not_interpolated() -> None:
    rng = np.random.default_rng(4)
    x = rng.random((150, 2))
    truth = 3.0 * x[:, 0] + np.sin(6.0 * x[:, 1])
    found = fit_arrays(x, truth + 0.5 * rng.standard_normal(150))
    assert np.sqrt(np.mean((found.model.value(x)[:, 0] - truth) ** 2)) < 0.25
    fresh = rng.random((2000, 2))
    answer = found.model.evaluate(fresh, extrapolate=True)
    new = 3.0 * fresh[:, 0] + np.sin(6.0 * fresh[:, 1]) + 0.5 * rng.standard_normal(2000)
    inside = answer.status != Status.EXTRAPOLATED
    assert (
        0.84 < np.mean(((new >= answer.lower[:, 0]) & (new <= answer.upper[:, 0]))[inside]) < 0.96
    )


def test_axis_specs_are_plain_records() -> None:
    assert [f.name for f in dataclasses.fields(AxisSpec)] == ["name", "unit", "levels", "domain"]


def test_costly_candidates_are_left_out_and_polish_ends_by_its_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from sna_export.fit.candidates import trial
    from sna_export.fit.candidates.rank_search import rank_search

    assert [trial.affordable(60, p, 10_000, 4e11) for p in (100, 1000, 3000)] == [
        60,
        40,
        trial.LEAST_STEPS,
    ]
    x = np.random.default_rng(0).random((300, 3))
    y = np.sin(6 * x[:, 0] * x[:, 1]) + x[:, 2] + 0.3 * np.random.default_rng(1).normal(size=300)
    samples = Samples.of(x, y)
    target = (samples.y - samples.y.mean()) / samples.y.std()

    def names() -> list[str]:
        return [
            c.name
            for c in rank_search(samples, target, np.random.default_rng(2), max_parameters=400)
        ]

    assert any(n.startswith("CP rank 2") for n in names())
    monkeypatch.setattr(trial, "GROWTH_WORK", 1.0)
    assert all(n.startswith(("additive", "pairwise")) for n in names())
