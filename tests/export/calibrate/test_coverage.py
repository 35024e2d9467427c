"""Coverage by part: a perfect model is not blamed, a wrong width is found where it is wrong."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from sna_edge import level_axis, spline_axis
from sna_export.calibrate.coverage import coverage, perfect


def found(x, sigma, width, level=0.9, seed=0, axes=None):
    """Coverage of a line whose noise is sigma [n] and whose interval is +- width [n]."""
    y = x[:, 0] + sigma * np.random.default_rng(seed).normal(size=len(x))
    axes = axes or [spline_axis(f"x{d}", "m", 0, 1) for d in range(x.shape[1])]
    return coverage(axes, x, y, x[:, 0], x[:, 0] - width, x[:, 0] + width, level)


def test_one_width_is_too_narrow_where_the_noise_is_large() -> None:
    x = np.random.default_rng(1).uniform(size=(800, 2))
    got = found(x, 0.1 + x[:, 0], 1.1)
    assert [p.verdict for p in got.by_prediction][::3] == ["high", "low"]
    assert [p.verdict for p in got.by_input["x0"]] == ["high", "as promised", "low"]
    assert {p.verdict for p in got.by_input["x1"]} == {"as promised"}
    assert "highest quarter" in got.sentences()[0]


def test_a_perfect_model_is_blamed_in_one_table_of_twenty() -> None:
    x = np.random.default_rng(2).uniform(size=(300, 3))
    said = [found(x, 1.0, 1.6449, seed=s) for s in range(400)]
    for parts in (
        lambda f: f.by_prediction,
        lambda f: [p for of in f.by_input.values() for p in of],
    ):
        blamed = np.mean([any(p.verdict in ("low", "high") for p in parts(f)) for f in said])
        assert 0.005 < blamed < 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_parts_are_levels_few_values_or_thirds_and_ties_stay_together() -> None:
    rng = np.random.default_rng(3)
    x = np.c_[
        rng.uniform(size=600), rng.integers(0, 2, 600) * 2, rng.integers(1, 4, 600), [5] * 600
    ]
    axes = [
        spline_axis("a", "m", 0, 1),
        level_axis("machine", ("A", "B", "C")),
        spline_axis("layers", "", 1, 4),
        spline_axis("fixed", "", 0, 9),
    ]
    got = found(x, 0.1, 0.2, axes=axes)
    assert [p.where for p in got.by_input["machine"]] == ["A", "C"]
    assert [p.where for p in got.by_input["layers"]] == ["1", "2", "3"]
    assert len(got.by_input["a"]) == 3
    assert "fixed" not in got.by_input
    assert all(sum(p.rows for p in of) == 600 for of in got.by_input.values())
    steps = found(np.round(x[:, :1] * 2) / 2, 0.1, 0.2)
    assert [p.name for p in steps.by_prediction] == [p.where for p in steps.by_prediction]
    assert sum(p.rows for p in steps.by_prediction) == 600


def test_rows_without_a_reading_are_in_no_part_of_its_input() -> None:
    rng = np.random.default_rng(3)
    x = np.c_[rng.uniform(size=(300, 2)), rng.integers(0, 2, 300), [np.nan] * 300]
    x[::10, 1:] = np.nan
    axes = [spline_axis(name, "m", 0, 1) for name in "ab"]
    axes += [level_axis("machine", ("A", "B")), spline_axis("lost", "m", 0, 1)]
    got = found(x, 0.1, 0.2, axes=axes)
    assert [len(of) for of in got.by_input.values()] == [3, 3, 2]
    assert [sum(p.rows for p in of) for of in got.by_input.values()] == [300, 270, 270]


@pytest.mark.parametrize("n", [1, 3, 20])
def test_few_rows_say_so(n: int) -> None:
    x = np.random.default_rng(4).uniform(size=(n, 1))
    got = found(x, 0.1, 0.3)
    assert {p.verdict for p in got.by_prediction} == {"few"}
    assert "too few rows to tell" in got.sentences()[0]


def test_the_range_of_counts_is_the_binomial_one() -> None:
    assert perfect(100, 0.9) == (84, 95)
    assert perfect(1, 0.9) == (0, 1)
    wide = perfect(100, 0.9, of=12)
    assert wide[0] < 84 and wide[1] > 95


def test_rows_of_groups_that_differ_are_called_missed_as_rarely_as_free_ones() -> None:
    """A perfect model of thirteen batches, each with its own setting: of a hundred tables five."""
    axis, missed, called = [spline_axis("a", "", 0, 1)], 0, 0
    group = np.arange(260) % 13
    for seed in range(60):
        rng = np.random.default_rng(seed)
        x = rng.random(13)[group]
        y = x + 0.3 * rng.normal(size=13)[group] + 0.1 * rng.normal(size=260)
        ends = x - 1.645 * np.hypot(0.3, 0.1), x + 1.645 * np.hypot(0.3, 0.1)
        for of_groups, alike in ((group, 0.9), (None, 0.0)):
            found = coverage(axis, x[:, None], y, x, *ends, 0.9, of_groups, alike)
            parts = (*found.by_prediction, *found.by_input["a"])
            low = any(p.verdict == "low" for p in parts)
            missed, called = missed + (low and alike > 0), called + (low and alike == 0)
        assert coverage(axis, x[:, None], y, x, *ends, 0.9, group, 0.9).sentences()
    assert missed <= 6 and called > 20
    grouped = coverage(axis, x[:, None], x, x, *ends, 0.9, group, 0.9)
    assert grouped.sentences() == [
        "too few groups to tell by quarter of the prediction (13 in all)"
    ]


@pytest.mark.parametrize("rows", [1, 7, 63, 250, 1000, 9999])
@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_what_a_perfect_model_has_inside_are_binomial_quantiles(rows: int, level: float) -> None:
    """As scipy.stats has them, which takes longer to import than a quick fit takes."""
    for of, worth in ((1, 1.0), (12, 1.7)):
        free, tail = max(int(rows / worth), 1), 0.025 / of
        least = math.floor(float(binom.ppf(tail, free, level)) * rows / free)
        most = math.ceil(float(binom.isf(tail, free, level)) * rows / free)
        assert perfect(rows, level, of, worth) == (least, most)
