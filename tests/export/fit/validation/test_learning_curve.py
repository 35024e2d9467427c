"""The learning curve: parts and held-out rows, what errors of a known law give, and time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Event
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sna_edge.errors import InputError
from sna_edge.numerics.time_budget import TimeBudget
from sna_edge.values.learning_told import LearningCurve, curve_of, learning_curves
from sna_export.fit import AxisSpec, fit, fit_arrays
from sna_export.fit.data.samples import Samples
from sna_export.fit.validation.arrangement import Arrangement, arranged_by_arrays
from sna_export.fit.validation.learning_curve import learning_curve
from sna_export.table import Table

Floats = NDArray[np.float64]


def rows(count: int, seed: int = 0, inputs: int = 2) -> Samples:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(count, inputs))
    return Samples.of(x, x[:, 0] + x[:, 1] ** 2)


@dataclass
class Stub:
    """A fit whose error on every row is `error`(rows fitted to, call); keeps what it was given."""

    error: Callable[[int, int], float]

    def __post_init__(self) -> None:
        self.given: list[Samples] = []
        self.judged: list[Floats] = []

    def __call__(self, samples: Samples, how: Arrangement, budget: TimeBudget) -> Any:
        self.given.append(samples)
        off = self.error(len(samples.x), len(self.given))

        def evaluate(x: Floats, **options: Any) -> Any:
            self.judged.append(x)
            return SimpleNamespace(value=(x[:, 0] + x[:, 1] ** 2 + off)[:, None])

        model = SimpleNamespace(evaluate=evaluate, input_names=[a.name for a in samples.axes])
        return SimpleNamespace(model=model)


def curve(samples: Samples, fit: Stub, how: Arrangement | None = None) -> dict[str, Any]:
    return learning_curve(samples, how or Arrangement(), fit, 0, TimeBudget())["y"]


def test_errors_of_a_known_law_are_told_exactly() -> None:
    told = curve(rows(200), Stub(lambda n, _: 2.0 / np.sqrt(n)))
    assert told["rows"] == [40, 80, 160] and told["repeats"] == 5
    assert np.allclose(told["rmse"], 2.0 / np.sqrt(told["rows"]), rtol=1e-4)  # five digits
    assert told["lowered"] == pytest.approx(1.0 - np.sqrt(0.5), abs=1e-4)
    found = curve_of(told)
    assert found is not None and found.verdict == "helps"
    assert "lowered the error by 29 %" in found.sentence()


def test_bars_and_range_are_those_of_the_repeats() -> None:
    """The range by hand: 2.1318 is the 95 % quantile of Student's t with four degrees of freedom,
    and repeats share rows, so that the variance counts 1 / 5 + 40 / 160."""
    rng = np.random.default_rng(4)
    errors = np.exp(0.3 * rng.normal(size=(5, 3)))
    told = curve(rows(200), Stub(lambda n, call: float(errors.reshape(-1)[call - 1])))
    logs, judged = np.log(errors), told["judged"] / 5 / 160
    middle = np.exp(logs.mean(axis=0))
    assert told["rmse"] == pytest.approx(middle, rel=1e-4)  # five digits
    assert told["se"] == pytest.approx(middle * logs.std(axis=0, ddof=1) / np.sqrt(5), rel=1e-4)
    step = logs[:, 2] - logs[:, 1]
    half = 2.1318 * step.std(ddof=1) * np.sqrt(1 / 5 + judged)
    low, high = 1 - np.exp(step.mean() + half), 1 - np.exp(step.mean() - half)
    assert told["lowered"] == pytest.approx(1 - np.exp(step.mean()), abs=1e-4)
    assert told["range"] == pytest.approx([low, high], abs=1e-4)
    assert 0.15 < judged <= 40 / 160  # five repeats judge nearly all of 40 rows each


def test_an_error_that_stays_is_flat_and_one_that_scatters_is_open() -> None:
    flat = curve_of(curve(rows(200), Stub(lambda n, _: 0.1)))
    rng = np.random.default_rng(3)
    wild = curve_of(curve(rows(200), Stub(lambda n, _: float(np.exp(rng.normal())))))
    assert flat is not None and flat.verdict == "flat"
    assert wild is not None and wild.verdict == "open" and wild.low < 0 < wild.high
    assert "hardly help" in flat.sentence() and "scatter of the repeats" in wild.sentence()


def test_the_same_held_out_rows_judge_nested_parts_that_hold_none_of_them() -> None:
    stub = Stub(lambda n, _: 1.0)
    samples = rows(200)
    told = curve(samples, stub)
    assert len(stub.given) == len(stub.judged) == 15
    of_repeat = [slice(3 * r, 3 * r + 3) for r in range(5)]
    for some in of_repeat:
        parts = [set(map(tuple, s.x)) for s in stub.given[some]]
        small, half, whole = parts
        assert small < half < whole
        first = stub.judged[some][0]
        assert all(np.array_equal(first, other) for other in stub.judged[some])
        assert not whole & set(map(tuple, first))
        least, most = stub.given[some][0].x.min(axis=0), stub.given[some][0].x.max(axis=0)
        assert np.all((first >= least) & (first <= most))  # nobody is asked beyond its rows
    judged = np.concatenate([stub.judged[some][0] for some in of_repeat])
    assert len(np.unique(judged, axis=0)) == len(judged) == told["judged"]


def test_groups_stay_whole_and_times_run_forward() -> None:
    samples, how = arranged_by_arrays(rows(300), [f"lot {i % 30}" for i in range(300)], None)
    stub = Stub(lambda n, _: 1.0)
    curve(samples, stub, how)
    groups = {tuple(row): int(g) for row, g in zip(samples.x, samples.group, strict=True)}  # type: ignore[arg-type]
    for seen, held in zip(stub.given, stub.judged, strict=True):
        of_held = {groups[tuple(row)] for row in held}
        assert not of_held & set(seen.group)  # type: ignore[arg-type]
        assert len(seen.x) == 10 * len(set(seen.group))  # type: ignore[arg-type]
    samples, how = arranged_by_arrays(rows(300), None, np.arange(300.0))  # type: ignore[arg-type]
    stub = Stub(lambda n, _: 1.0)
    curve(samples, stub, how)
    when = {tuple(row): t for row, t in zip(samples.x, samples.time, strict=True)}  # type: ignore[arg-type]
    for seen, held in zip(stub.given, stub.judged, strict=True):
        assert seen.time.max() < min(when[tuple(row)] for row in held)  # type: ignore[union-attr]
        assert np.ptp(seen.time) == len(seen.x) - 1  # type: ignore[arg-type]  # the latest of them


def test_weights_and_unread_cells_count_as_they_do_elsewhere() -> None:
    samples = rows(200)
    weight = np.where(np.arange(200) % 2, 2.0, 0.0) + 1e-12
    even = {tuple(row) for row in samples.x[::2]}

    class Half(Stub):
        """Errs on the rows of no weight alone."""

        def __call__(self, given: Samples, how: Arrangement, budget: TimeBudget) -> Any:
            made = super().__call__(given, how, budget)
            plain = made.model.evaluate

            def evaluate(x: Floats, **options: Any) -> Any:
                off = np.array([[5.0 if tuple(row) in even else 0.0] for row in x])
                return SimpleNamespace(value=plain(x).value + off)

            made.model.evaluate = evaluate
            return made

    plain = curve(samples, Half(lambda n, _: 1.0))
    weighed = curve(replace(samples, weight=weight), Half(lambda n, _: 1.0))
    read = np.where(np.arange(200) % 2, 0.0, 1.0)[:, None]
    limits = (samples.y - read, samples.y + read)
    limited = curve(replace(samples, limits=limits), Half(lambda n, _: 1.0))
    assert min(plain["rmse"]) > 2.0
    assert weighed["rmse"] == pytest.approx([1.0] * 3, abs=1e-4)
    assert limited["rmse"] == pytest.approx([1.0] * 3, abs=1e-4)


@pytest.mark.parametrize("count", [20, 45])
def test_few_rows_have_none_and_say_why(count: int) -> None:
    told = curve(rows(count), Stub(lambda n, _: 1.0))
    assert set(told) == {"why"} and f"{count} rows are too few" in told["why"]


def test_parts_that_no_fit_can_use_give_no_curve() -> None:
    """Outputs that are constant in a part, inputs that are, and rows of few times."""
    whole = rows(200)
    flat = np.zeros(200)
    flat[:2] = 1.0
    constant = Samples.of(whole.x, flat)
    same = Samples.of(np.r_[np.zeros((198, 2)), np.ones((2, 2))], whole.y[:, 0])
    for samples, what in ((constant, "no output changes"), (same, "no input changes")):
        stub = Stub(lambda n, _: 1.0)
        assert what in curve(samples, stub)["why"] and not stub.given
    stub = Stub(lambda n, _: 1.0)
    samples, how = arranged_by_arrays(whole, None, np.arange(200) // 20)
    assert "different times" in curve(samples, stub, how)["why"] and not stub.given


def test_repeats_that_hardly_any_row_judges_do_not_count() -> None:
    """A drift: the latest rows lie beyond all earlier ones."""
    whole = rows(200)
    drift = Samples.of(np.c_[np.arange(200.0), whole.x[:, 1]], whole.y[:, 0])
    samples, how = arranged_by_arrays(drift, None, np.arange(200))
    stub = Stub(lambda n, _: 1.0)
    told = curve(samples, stub, how)
    assert told["why"].startswith("hardly a held-out row lies inside") and not stub.judged


def test_few_groups_have_none_and_say_why() -> None:
    samples, how = arranged_by_arrays(rows(200), [str(i % 6) for i in range(200)], None)
    assert "in 6 groups" in curve(samples, Stub(lambda n, _: 1.0), how)["why"]


def test_a_repeat_that_time_has_cut_is_left_out() -> None:
    stop = Event()
    budget = TimeBudget(None, stop=stop)

    def error(n: int, call: int) -> float:
        if call == 11:  # of the fourth repeat
            stop.set()
        return 2.0 / np.sqrt(n)

    class Cut(Stub):
        def __call__(self, samples: Samples, how: Arrangement, budget: TimeBudget) -> Any:
            made = super().__call__(samples, how, budget)
            if stop.is_set():
                budget.leave_out("something of that fit")
            return made

    told = learning_curve(rows(200), Arrangement(), Cut(error), 0, budget)["y"]
    assert told["repeats"] == 3 and told["rmse"][0] == pytest.approx(2.0 / np.sqrt(40), rel=1e-4)
    assert budget.cut == ["repeats of the learning curve"]


def test_without_time_there_is_none_and_it_is_said() -> None:
    stop = Event()
    stop.set()
    budget = TimeBudget(None, stop=stop)
    assert learning_curve(rows(200), Arrangement(), Stub(lambda n, _: 1.0), 0, budget) == {}
    assert budget.cut == ["the learning curve"]


def noisy(count: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(5)
    x = rng.uniform(size=(count, 2))
    return x, np.sin(3 * x[:, 0]) + x[:, 1] + 0.1 * rng.normal(size=count)


def test_a_fit_records_it_the_same_each_time_and_else_is_the_same_fit() -> None:
    x, y = noisy(120)
    one, again = (fit_arrays(x, y, effort="quick", learning_curve=True) for _ in range(2))
    plain = fit_arrays(x, y, effort="quick")
    assert one.report["learning_curve"] == again.report["learning_curve"]
    assert learning_curves(one.model.metadata)["y"] == curve_of(one.report["learning_curve"]["y"])
    assert one.report["outputs"] == plain.report["outputs"]
    assert "learning_curve" not in plain.report and learning_curves(plain.model.metadata) == {}
    bare = one.model.replace(metadata=plain.model.metadata)
    assert bare.to_bytes() == plain.model.to_bytes()


def test_a_time_limit_leaves_it_out_in_words() -> None:
    x, y = noisy(400)
    found = fit_arrays(x, y, time_limit=0.5, learning_curve=True)
    assert "the learning curve" in found.report["cut"]
    assert "the learning curve" in found.model.metadata["fit"]["cut"]


def test_each_target_of_rows_of_its_own_has_one() -> None:
    x, y = noisy(120)
    other = np.where(np.arange(120) < 70, y, np.nan)
    table = Table.of({"a": x[:, 0], "b": x[:, 1], "y": y, "z": other})
    found = fit(table, ["y", "z"], ["a", "b"], missing="drop", effort="quick", learning_curve=True)
    assert learning_curves(found.model.metadata)["y"].rows[-1] == 96
    assert learning_curves(found.model.metadata)["z"].rows[-1] == 56


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"family": "poisson"}, "--learning-curve"),
        ({"groups": "lot", "known_groups": True}, "known groups and learning curve"),
    ],
)
def test_fits_that_have_none_refuse_it(options: dict[str, Any], said: str) -> None:
    count = np.arange(60.0)
    lot = [f"lot {i % 6}" for i in range(60)]
    table = Table.of({"a": count, "lot": lot, "y": np.round(count / 3)})
    with pytest.raises(InputError, match=said):
        fit(table, ["y"], learning_curve=True, **options)


def test_levels_that_a_part_has_not_seen_are_not_judged() -> None:
    x, y = noisy(200)
    level = np.zeros(200)
    level[:2] = 1.0
    axes = [AxisSpec("a"), AxisSpec("b"), AxisSpec("c", "", ("p", "q"))]
    samples = Samples.of(np.column_stack([x, level]), y, axes)
    stub = Stub(lambda n, _: 1.0)
    curve(samples, stub)
    for given, held in zip(stub.given, stub.judged, strict=True):
        assert set(held[:, 2]) <= set(given.x[:, 2])


GOOD: dict[str, Any] = {
    "rows": [40, 80], "rmse": [2.0, 1.5], "se": [0.1, 0.1], "lowered": 0.25, "range": [0.1, 0.3],
    "repeats": 5, "judged": 60,
}  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": [80, 40]}, {"rows": [40]}, {"rmse": [2.0]}, {"se": ["x", 0.1]}, {"range": [0.1]},
        {"lowered": float("nan")}, {"repeats": "five"}, {"rows": [0, 0]}, {"rmse": [-1.0, 1.0]},
        {"judged": 0},
    ],
)  # fmt: skip
def test_a_file_that_tells_another_shape_tells_none(wrong: dict[str, Any]) -> None:
    assert set(learning_curves({"fit": {"learning_curve": {"y": GOOD}}})) == {"y"}
    assert learning_curves({"fit": {"learning_curve": {"y": {**GOOD, **wrong}}}}) == {}
    assert learning_curves({"fit": {"learning_curve": 3}}) == {}


def test_rows_that_are_no_doubling_are_not_called_one() -> None:
    made = LearningCurve((40, 60), (2.0, 2.1), (0.1, 0.1), -0.05, -0.1, 0.01, 5, 60)
    assert made.sentence().startswith("more rows (40 to 60) did not lower the error (-5 %")
