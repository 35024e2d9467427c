"""Fits of labels, counts and positive numbers from a table to a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

import sna_edge
from sna_edge.errors import InputError
from sna_export.fit import fit
from sna_export.fit.pipeline.pipeline import fit_table
from sna_export.fit.pipeline.result import FitResult
from sna_export.table import Table

ROWS = 400


def columns() -> dict[str, Any]:
    """a, b, c in 0..10 and targets that follow a wave of a and a slope of b."""
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 10, (ROWS, 3))
    f = 3.0 * np.sin(x[:, 0]) + 0.5 * (x[:, 1] - 5.0)
    hours = rng.uniform(0.5, 5.0, ROWS)
    rate = np.exp(0.3 * np.sin(x[:, 0]) + 0.2 * x[:, 1])
    return {
        "a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "hours": hours,
        "part": np.where(rng.random(ROWS) < expit(f), "ok", "nok"),
        "passed": (rng.random(ROWS) < expit(f)).astype(float),
        "grade": np.array(["low", "middle", "high"])[
            np.digitize(f + rng.logistic(size=ROWS), [-1.5, 2.0])],
        "faults": rng.poisson(rate).astype(float),
        "faults_in_time": rng.poisson(rate * hours).astype(float),
        "wear": rng.gamma(5.0, rate / 5.0),
    }  # fmt: skip


TABLE = Table.of(columns())
INPUTS = ["a", "b", "c"]
POINT = {"a": 1.6, "b": 5.0, "c": 5.0}


def fitted(target: str, **options: Any) -> FitResult:
    return fit(TABLE, [target], INPUTS, **{"plain": True, **options})


@pytest.fixture(scope="module")
def two() -> FitResult:
    return fit(TABLE, ["part"], INPUTS)


def test_two_labels_give_the_probability_of_the_last(two: FitResult) -> None:
    model = two.model
    assert model.output_names == ["part:ok"]
    p = float(model(POINT)[0])
    assert abs(p - expit(3.0 * np.sin(1.6))) < 0.07
    assert model.classes[0].named(model(POINT)) == ["ok"]
    said = two.report["classes"]["part"]
    assert said["log_loss"] < 0.75 * said["base_log_loss"] and said["auc"] > 0.8
    assert said["calibration_error"] < said["calibration_error_by_chance"] + 0.03
    assert np.sum(said["confusion"]) == ROWS == len(two.predicted)


def test_familiarity_stays_and_a_class_has_no_interval(two: FitResult, tmp_path: Path) -> None:
    two.model.save(tmp_path / "m.sna")
    model = sna_edge.load(tmp_path / "m.sna")
    assert model.classes == two.model.classes
    assert 0 < model.familiarity(POINT).p <= 1
    found = model.evaluate(POINT)
    assert np.isnan(found.lower) and np.isnan(found.upper) and found.status == 0


def test_left_out_probabilities_come_from_models_without_the_row(two: FitResult) -> None:
    """A table of chance has no row that says anything of another one."""
    rng = np.random.default_rng(5)
    table = Table.of({"x": rng.uniform(size=120), "y": rng.choice(["p", "q"], 120)})
    found = fit(table, ["y"], plain=True)
    said = found.report["classes"]["y"]
    assert said["log_loss"] > said["base_log_loss"] - 0.03
    assert found.report["chosen"] == "constant"


@pytest.mark.parametrize("count", [12, 200])
def test_rows_without_a_miss_are_not_certain(count: int) -> None:
    """N rows do not show that a miss is rarer than about one in N."""
    rows = {"x": np.arange(count), "y": np.where(np.arange(count) < count // 2, "p", "q")}
    model = fit(Table.of(rows), ["y"], plain=True).model
    p = model(np.array([[0.0], [count - 1.0]]))[:, 0]
    assert 0.01 / count < p[0] < 4.0 / count and 0.01 / count < 1.0 - p[1] < 4.0 / count


def test_the_positive_label_and_the_threshold_are_chosen() -> None:
    model = fitted("part", positive="nok", threshold=0.2).model
    assert model.output_names == ["part:nok"] and model.classes[0].labels == ("ok", "nok")
    middle = model(POINT | {"a": 3.5})
    assert 0.2 < float(middle[0]) < 0.9 and model.classes[0].named(middle) == ["nok"]


def test_numbers_are_labels_only_where_asked() -> None:
    assert fitted("passed", family="bernoulli").model.output_names == ["passed:1"]
    table = Table.of({k: v[:60] for k, v in columns().items() if k in ("a", "passed")})
    one, other = fit(table, ["passed"], plain=True), fit_table(table, ["passed"], plain=True)
    assert one.model.to_bytes() == other.model.to_bytes()


def test_ordered_labels_share_their_modes() -> None:
    found = fitted("grade", order=("low", "middle", "high"))
    model = found.model
    assert model.output_names == ["grade:above low", "grade:above middle"]
    weights = model.interaction.weights
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    rows = np.random.default_rng(1).uniform(1, 9, (50, 3))
    np.testing.assert_allclose(model.classes[0].probabilities(model(rows)).sum(axis=1), 1.0)


def test_probabilities_of_ordered_labels_come_near_the_truth() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 10, (2500, 2))
    f = 3.0 * np.sin(x[:, 0]) + 0.5 * (x[:, 1] - 5.0)
    labels = np.array(["low", "mid", "high"])
    grade = labels[np.digitize(f + rng.logistic(size=len(f)), [-1.5, 2.0])]
    fitted_rows = {"a": x[:2000, 0], "b": x[:2000, 1], "grade": grade[:2000]}
    found = fit(Table.of(fitted_rows), ["grade"], order=tuple(labels), plain=True)
    p = found.model.classes[0].probabilities(found.model.evaluate(x[2000:], extrapolate=True).value)
    truth = np.c_[expit(-1.5 - f[2000:]), expit(f[2000:] - 2.0)]
    assert np.abs(p[:, [0, 2]] - truth).mean() < 0.03
    assert abs(found.report["calibration"]["factor"] - 1.0) < 0.1


def test_several_labels_are_shares_of_their_outputs(tmp_path: Path) -> None:
    found = fitted("grade")
    model = found.model
    assert model.output_names == ["grade:high", "grade:low", "grade:middle"]
    x = np.random.default_rng(1).uniform(1, 9, (200, 3))
    classes = model.classes[0]
    y = model(x)
    np.testing.assert_allclose(np.log(y).mean(axis=1), 0.0, atol=1e-9)
    np.testing.assert_allclose(classes.probabilities(y), y / y.sum(axis=1)[:, None])
    f = 3.0 * np.sin(x[:, 0]) + 0.5 * (x[:, 1] - 5.0)
    assert np.abs(classes.probabilities(y)[:, 1] - expit(-1.5 - f)).mean() < 0.08
    model.save(tmp_path / "m.sna")
    loaded = sna_edge.load(tmp_path / "m.sna")  # by the fastest backend there is
    np.testing.assert_allclose(loaded(x), y, rtol=1e-4)
    said = found.report["classes"]["grade"]
    assert said["log_loss"] < 0.8 * said["base_log_loss"] and said["auc"] > 0.75


def test_quick_effort_says_what_it_skipped() -> None:
    found = fitted("part", effort="quick")
    assert "products of two inputs were not tried" in " ".join(found.report["notes"])
    assert [c["name"] for c in found.report["candidates"]] == ["constant", "linear", "additive"]


def test_counts_and_rates() -> None:
    truth = np.exp(0.3 * np.sin(1.6) + 1.0)
    counts = fitted("faults", family="poisson").model
    rates = fitted("faults_in_time", exposure="hours").model
    for model in (counts, rates):
        assert model.outputs[0].link == "exp" and not model.classes
        assert abs(float(model(POINT)[0]) / truth - 1.0) < 0.1
    assert counts.outputs[0].interval is not None and rates.outputs[0].interval is None


def test_positive_numbers() -> None:
    found = fitted("wear", family="gamma")
    x = np.random.default_rng(1).uniform(1, 9, (200, 3))
    off = np.log(found.model(x)[:, 0]) - 0.3 * np.sin(x[:, 0]) - 0.2 * x[:, 1]
    assert np.sqrt(np.mean(off**2)) < 0.1  # measurements scatter by 0.45
    assert found.report["outputs"]["wear"]["deviance_explained"] > 0.4


def test_groups_are_held_out_together() -> None:
    lots = {**columns(), "lot": np.repeat([f"l{i}" for i in range(8)], ROWS // 8)}
    found = fit(Table.of(lots), ["part"], INPUTS, groups="lot", plain=True)
    assert "8 groups" in found.report["folds"] and found.group is not None


def test_rows_of_weight_zero_say_nothing() -> None:
    rows = columns()
    half = np.arange(ROWS) < ROWS // 2
    rows["part"] = np.where(half, rows["part"], "ok")
    weighed = fit(Table.of({**rows, "w": half * 1.0}), ["part"], INPUTS, weights="w", plain=True)
    alone = fit(Table.of({k: v[half] for k, v in rows.items()}), ["part"], INPUTS, plain=True)
    np.testing.assert_allclose(weighed.model(POINT), alone.model(POINT), rtol=1e-6)


REFUSED = {
    "positive": ({"target": "part", "positive": "maybe"}, "not one of two labels"),
    "order": ({"target": "grade", "order": ("low", "mid", "high")}, "once, from low to high"),
    "several": ({"target": "grade", "family": "bernoulli"}, "has 3 labels"),
    "threshold": ({"target": "part", "threshold": 1.5}, "no probability"),
    "no count": ({"target": "wear", "family": "poisson"}, "is no count"),
    "not positive": ({"target": "faults", "family": "gamma"}, "positive numbers"),
    "robust": ({"target": "part", "robust": True}, "takes no --robust"),
    "exposure": ({"target": "wear", "exposure": "hours"}, "is no count"),
    "unknown": ({"target": "part", "family": "weibull"}, "use one of auto"),
    "exposed input": (
        {"target": "faults", "exposure": "a"}, "is the exposure"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused(name: str) -> None:
    options, words = REFUSED[name]
    target = str(options["target"])
    with pytest.raises(InputError, match=words):
        fitted(target, **{k: v for k, v in options.items() if k != "target"})  # type: ignore[attr-defined]


def test_missing_and_lone_labels_are_named() -> None:
    rows = {"x": [*range(10)], "y": ["a"] * 5 + ["b"] * 4 + [""]}
    with pytest.raises(InputError, match=r"row 10 .* the label is missing"):
        fit(Table.of(rows), ["y"])
    lone = {"x": rows["x"], "y": ["a"] * 9 + ["b"]}
    with pytest.raises(InputError, match="'b' in one row alone"):
        fit(Table.of(lone), ["y"])
