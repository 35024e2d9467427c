"""The next experiment: beliefs against closed forms, worths against sampling, rows where they must
be."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import sna_edge
from sna_edge import CP, Model, Output, spline_axis
from sna_edge.errors import InputError
from sna_export.design import Factor, Measured, Space, domain_of, next_by_model, next_by_rows
from sna_export.design.belief import given, of_model, of_rows
from sna_export.design.belief.process import ProcessBelief
from sna_export.design.goals import Goal, Learn, improvement, nearer

LINE = spline_axis("x", "", 0, 1, spans=1, degree=1)
SPACE = Space((Factor("a", 0, 1), Factor("b", 0, 1)))
RNG = np.random.default_rng(7)


def line_model(link: str = "identity", slope: float = 2.0) -> Model:
    """f = 1 + slope x, one mode."""
    cp = CP((np.array([[0.0], [slope]]),), (np.array([0]),), np.ones((1, 1)))
    return Model([LINE], cp, [Output("y", link=link, bias=1.0)])


def wave(x: np.ndarray) -> np.ndarray:
    return np.sin(5 * x[:, 0]) * (0.5 + x[:, 1])


def measured(count: int = 25, noise: float = 0.0) -> Measured:
    x = np.random.default_rng(count).random((count, 2))
    y = wave(x) + noise * np.random.default_rng(1).standard_normal(count)
    return Measured(x, y[:, None])


def test_the_belief_of_a_line_is_that_of_linear_regression() -> None:
    """f = b + W phi(x): the prediction variance is s^2 / N (1 + (x - m)^2 / var x), and penalties
    change it little."""
    x = np.random.default_rng(0).random((400, 1))
    y = 1 + 2 * x + 0.1 * np.random.default_rng(1).standard_normal((400, 1))
    belief = of_model(line_model(), x, y)[0]
    at = np.array([[0.0], [0.5], [1.0]])
    noise = np.var(y - 1 - 2 * x)
    expected = noise / 400 * (1 + (at[:, 0] - x.mean()) ** 2 / x.var())
    assert belief.noise(at) == pytest.approx([noise] * 3, rel=0.02)
    assert belief.variance(at) == pytest.approx(expected, rel=0.05)
    assert np.diag(belief.covariance(at, at)) == pytest.approx(belief.variance(at))


def test_a_belief_of_rows_answers_them_and_is_sure_there() -> None:
    rows = measured()
    belief = of_rows(SPACE, rows.x, rows.y[:, 0])
    assert belief.mean(rows.x) == pytest.approx(rows.y[:, 0], abs=1e-3)
    far = np.array([[3.0, 3.0]])
    assert belief.variance(rows.x).max() < 1e-3 * belief.variance(far)[0]
    new = np.random.default_rng(3).random((200, 2))
    z = (belief.mean(new) - wave(new)) / np.sqrt(belief.variance(new))
    assert 0.1 < np.sqrt(np.mean(z**2)) < 2.0


def test_a_rough_process_is_taken_for_kinks_alone() -> None:
    x = np.random.default_rng(5).random((40, 2))
    kernel = np.exp(-cdist(x, x, "cityblock"))
    cusp = np.linalg.cholesky(kernel) @ np.random.default_rng(6).standard_normal(40)
    assert of_rows(SPACE, x, cusp, rough=True).hyper.laplace
    assert not of_rows(SPACE, x, wave(x), rough=True).hyper.laplace
    assert not of_rows(SPACE, x, cusp).hyper.laplace


def test_a_measurement_as_expected_changes_the_variance_as_refitting_does() -> None:
    """Kernel and noise kept: the formula of the posterior, applied twice, is that of all rows."""
    rows = measured(12)
    belief = of_rows(SPACE, rows.x, rows.y[:, 0])
    new = np.array([[0.3, 0.4], [0.8, 0.1]])
    both = np.concatenate([rows.x, new])
    y = np.concatenate([rows.y[:, 0], belief.mean(new)])
    b = belief
    again = ProcessBelief.of(b.inputs, b.hyper, both, y, b.centre, b.spread)
    at = np.random.default_rng(0).random((20, 2))
    fresh = given(belief, new)
    assert fresh.variance(at) == pytest.approx(again.variance(at), abs=1e-6 * belief.spread)
    assert fresh.covariance(at, at) == pytest.approx(
        again.covariance(at, at), abs=1e-6 * belief.spread
    )


@pytest.mark.parametrize(("mean", "spread"), [(0.3, 1.0), (-2.0, 0.5), (1.5, 2.0)])
def test_worths_are_those_of_a_million_draws(mean: float, spread: float) -> None:
    draws = mean + spread * np.random.default_rng(0).standard_normal(1_000_000)
    m, s = np.array([mean]), np.array([spread])
    error = 5e-3 * spread  # five standard errors of the mean of draws
    assert improvement(m, s)[0] == pytest.approx(np.maximum(draws, 0).mean(), abs=error)
    assert nearer(m, s, 0.7)[0] == pytest.approx(
        np.maximum(0.7 - np.abs(draws), 0).mean(), abs=error
    )


def test_what_a_row_tells_is_what_its_measurement_takes_away() -> None:
    rows = measured(15, 0.05)
    belief = of_rows(SPACE, rows.x, rows.y[:, 0])
    reference = SPACE.sobol(128, 0)
    learn = Learn([belief], [Output("y")], reference)
    x = np.array([[0.1, 0.9], [0.5, 0.5]])
    before = belief.variance(reference).sum()
    gone = [(before - given(belief, row[None]).variance(reference).sum()) / before for row in x]
    assert learn(x, x[:0]) == pytest.approx(gone, rel=1e-5)


@pytest.mark.parametrize("by_model", [False, True])
def test_rows_that_tell_most_are_where_none_were(by_model: bool) -> None:
    x = np.random.default_rng(2).random((60, 2))
    x = x[x[:, 0] < 0.6]
    rows = Measured(x, wave(x)[:, None])
    if by_model:
        fitted = separable()
        plan = next_by_model(domain_of(fitted), 3, fitted, rows)
    else:
        plan = next_by_rows(SPACE, 3, rows, ["y"])
    assert np.all(plan.x[:, 0] > 0.6) and len(np.unique(plan.x, axis=0)) == 3


def separable() -> Model:
    """sin(5 a) (0.5 + b) as splines."""
    axes = [spline_axis(name, "", 0, 1, spans=8) for name in "ab"]
    t = np.linspace(0, 1, 200)
    tables = [
        np.linalg.lstsq(axis.basis.design(t), v, rcond=None)[0][:, None]
        for axis, v in zip(axes, (np.sin(5 * t), 0.5 + t), strict=True)
    ]
    return Model(axes, CP.full(tables), [Output("y")])


@pytest.mark.parametrize("by_model", [False, True])
@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        ("max", lambda y: y > 1.3),
        ("min", lambda y: y < -1.2),
        ("0.9", lambda y: np.abs(y - 0.9) < 0.15),
        ("0.85:0.95", lambda y: np.abs(y - 0.9) < 0.15),
        ("1.35:", lambda y: y > 1.25),
    ],
)
def test_rows_for_a_target_reach_it(by_model: bool, goal: str, reached) -> None:
    rows = measured(30)
    if by_model:
        plan = next_by_model(SPACE, 3, separable(), rows, targets={"y": goal})
    else:
        plan = next_by_rows(SPACE, 3, rows, ["y"], targets={"y": goal})
    assert reached(wave(plan.x)).any()
    assert len(np.unique(plan.x, axis=0)) == 3


def test_rows_of_a_batch_differ() -> None:
    plan = next_by_rows(SPACE, 6, measured(20), ["y"])
    from scipy.spatial.distance import pdist

    assert pdist(plan.x).min() > 0.05


def test_a_cost_moves_rows_to_where_they_are_cheap() -> None:
    rows = measured(12)
    free = next_by_rows(SPACE, 5, rows, ["y"]).x
    priced = next_by_rows(SPACE, 5, rows, ["y"], cost="0.01 + a").x
    assert priced[:, 0].mean() < free[:, 0].mean() - 0.1
    with pytest.raises(InputError, match="not above 0 everywhere"):
        next_by_rows(SPACE, 5, rows, ["y"], cost="a - 0.5")


def test_planned_rows_count_as_measured_ones() -> None:
    rows = measured(20)
    first = next_by_rows(SPACE, 1, rows, ["y"]).x
    planned = Measured(np.concatenate([rows.x, first]), np.concatenate([rows.y, [[np.nan]]]))
    second = next_by_rows(SPACE, 1, planned, ["y"]).x
    both = next_by_rows(SPACE, 2, rows, ["y"]).x
    assert both[0].tolist() == first[0].tolist()
    assert np.abs(second - first).max() > 0.1


def test_steps_levels_and_rules_hold() -> None:
    space = Space((Factor("a", 0, 1, step=0.25), Factor("b", 0, 1)), ("a + b <= 1.2",))
    plan = next_by_rows(space, 6, measured(20), ["y"], targets={"y": "max"})
    assert np.all(plan.x[:, 0] % 0.25 == 0) and np.all(plan.x.sum(axis=1) <= 1.2 + 1e-9)


def test_a_solved_model_without_rows_is_spread_by_its_gradient() -> None:
    """Of y = a^3 + b / 100 rows differ by what a changes: its distances are those that count."""
    axes = [spline_axis(name, "", 0, 1, spans=2) for name in "ab"]
    t = np.linspace(0, 1, 99)
    fit = np.linalg.lstsq(axes[0].basis.design(t), np.stack([t**3, t / 100], 1), rcond=None)[0]
    cp = CP((fit[:, :1], fit[:, 1:]), (np.array([0]), np.array([1])), np.ones((2, 1)))
    model = Model(axes, cp, [Output("y")])
    plan = next_by_model(domain_of(model), 8, model)
    assert "no measured rows" in plan.said
    gaps = np.diff(np.sort(plan.x[:, 0]))
    assert gaps.min() > 0.05
    with pytest.raises(InputError, match="give --measured"):
        next_by_model(domain_of(model), 8, model, targets={"y": "max"})


def test_a_local_scale_makes_rows_tell_less_where_they_scatter() -> None:
    from sna_edge.core.beside import Calibration, Companion, Coordinate, CoordinateSource, Role

    model = line_model()
    x = np.random.default_rng(0).random((50, 1))
    y = 1 + 2 * x + 0.1 * np.random.default_rng(1).standard_normal((50, 1))
    rising = Model(
        [LINE],
        CP((np.array([[0.0], [np.log(2.0)]]),), (np.array([0]),), np.ones((1, 1))),
        [Output("s", link="exp")],
    )
    companion = Companion(Role.SCALE, rising, (Coordinate(CoordinateSource.INPUT, 0),), output=0)
    told = Calibration(50, np.linspace(-2, 2, 33)[None], np.zeros(1), spaces=("output",))
    wide = model.replace(companions=(companion,), calibration=told)
    at = np.array([[0.0], [1.0]])
    flat, local = (of_model(m, x, y)[0].noise(at) for m in (model, wide))
    assert flat[0] == flat[1]
    assert local[1] / local[0] == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: Goal.of(0, "y", "most"), "target y=most is not understood"),
        (lambda: Goal.of(0, "y", "3:2"), "not understood"),
        (lambda: next_by_rows(SPACE, 2, measured(2), ["y"]), "2 measured rows"),
        (lambda: next_by_rows(SPACE, 2, measured(9), ["y"], targets={"z": "max"}), "no output"),
        (
            lambda: of_model(line_model("exp"), np.eye(3)[:, :1], -np.ones((3, 1))),
            "row 1 of the measured rows lies outside",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(ask, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ask()


def test_a_tensor_train_has_no_coefficients_of_its_own() -> None:
    train = sna_edge.TT((np.ones((2, 1, 2)), np.ones((2, 2, 2))), np.ones((2, 1)))
    model = Model([LINE, spline_axis("z", "", 0, 1, spans=1, degree=1)], train, [Output("y")])
    with pytest.raises(InputError, match="tensor train"):
        next_by_model(domain_of(model), 2, model, measured(9))
