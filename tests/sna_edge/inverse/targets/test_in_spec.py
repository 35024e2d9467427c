"""Settings in spec with a probability: as sure as they say, different or cheapest, and honest where
there is none."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Status
from sna_edge.inverse import Knob, in_spec

from ..worth_models import plane, tent

LIMITS = {"a": (1.8, 2.2), "b": (-0.3, 0.3)}


def sampled(model, x: np.ndarray, limits) -> np.ndarray:
    """Share of 20,000 drawn parts inside the limits, per setting."""
    rows = model.predictive(x).sample(20_000, seed=5)
    low, high = np.array([limits[n] for n in "ab"]).T
    return ((rows >= low) & (rows <= high)).all(axis=2).mean(axis=0)


@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.9])
def test_settings_are_as_sure_as_they_say_and_differ(correlation: float) -> None:
    model = plane(correlation)
    found = in_spec(model, LIMITS, ["x", "y"], 0.95, n=12)
    assert found.status == Status.SEVERAL and len(found) == 12
    assert (found.probability >= 0.95).all() and (found.x[:, 0] <= 1.2 + 1e-9).all()
    assert sampled(model, found.x, LIMITS) == pytest.approx(found.probability, abs=0.01)
    gap = np.linalg.norm(found.x[:, None] - found.x, axis=2) + 9 * np.eye(12)
    assert gap.min() > 0.02
    assert found.worth is not None and not found.worth.unfamiliar.any()
    assert np.array_equal(found.x, in_spec(model, LIMITS, ["x", "y"], 0.95, n=12).x)


def test_the_cheapest_setting_is_as_cheap_as_a_fine_grid_finds() -> None:
    model, near = plane(0.5), {"x": 0.6, "y": 1.6}
    found = in_spec(model, LIMITS, ["x", "y"], 0.95, near=near)
    assert len(found) == 1 and found.probability[0] >= 0.95
    grid = np.stack(np.meshgrid(*2 * [np.linspace(0.6, 1.6, 401)]), axis=-1).reshape(-1, 2)
    sure = model.predictive(grid).joint_probability([1.8, -0.3], [2.2, 0.3])
    cost = np.linalg.norm(grid - [0.6, 1.6], axis=1) / 2
    assert found.cost[0] <= cost[sure >= 0.95].min() + 1e-4


def test_bounds_steps_costs_and_fixed_inputs_are_kept() -> None:
    knobs = {"x": Knob(0.9, 1.1, step=0.05), "y": Knob(0.97, 1.5, step=0.04)}
    found = in_spec(plane(), LIMITS, knobs, 0.9, n=50)
    x, y = found.x.T
    assert len(found) > 5 and (x >= 0.9).all() and (x <= 1.1 + 1e-12).all()
    assert (x - 0.9) / 0.05 == pytest.approx(np.rint((x - 0.9) / 0.05), abs=1e-9)
    assert (y - 0.97) / 0.04 == pytest.approx(np.rint((y - 0.97) / 0.04), abs=1e-9)
    near = {"x": 0.5, "y": 0.9}
    dear = in_spec(plane(), {"a": (1.9, None)}, {"x": Knob(cost=9.0), "y": Knob()}, near=near)
    assert dear.x[0, 0] == pytest.approx(0.5, abs=0.02) and dear.x[0, 1] > 1.4
    one = in_spec(plane(), {"a": (1.9, None)}, ["y"], 0.95, at={"x": 1.0}, near={"y": 0.0})
    assert one.x[0, 0] == pytest.approx(0.9 + 0.02 * np.log(19), abs=2e-3)


def test_the_local_width_decides() -> None:
    """y is 0.9 at 0.9 and at 1.1, where sigma is 1.5 times as large: sure at the first alone."""
    limits = {"y": (0.8, 1.0)}
    found = in_spec(tent(wide=True), limits, ["x"], 0.98, n=30)
    narrow = in_spec(tent(), limits, ["x"], 0.98, n=30)
    assert found.x.max() < narrow.x.max() - 0.01
    assert found.x.min() == pytest.approx(narrow.x.min(), abs=0.01)


def test_unfamiliar_settings_are_given_only_where_there_are_no_others() -> None:
    found = in_spec(plane(), {"a": (3.3, None)}, ["x", "y"], 0.95, n=5)
    assert found.status == Status.UNFAMILIAR and (found.x[:, 0] > 1.2).all()
    assert found.message == "all 5 settings lie where inputs are unlike the training rows"
    assert in_spec(plane(told=False), {"a": (3.3, None)}, ["x", "y"]).status == Status.SEVERAL


def test_what_cannot_be_reached_says_how_far_it_goes_and_where() -> None:
    tight = {"a": (1.99, 2.01), "b": (-0.3, 0.3)}
    found = in_spec(plane(), tight, ["x", "y"], 0.95)
    assert found.status == Status.NOT_CONVERGED and not len(found)
    best = 2 / (1 + np.exp(-0.01 / 0.02)) - 1
    assert found.best == pytest.approx(best, abs=2e-3) and found.nearest is not None
    assert found.nearest.value["a"] == pytest.approx(2.0, abs=2e-3)
    said = (
        "no setting was found whose parts are in spec with 95 %: the best reaches 24.4 %, at x = "
    )
    assert found.message.startswith(said)
    stepped = in_spec(plane(), tight, {"x": Knob(step=0.5), "y": Knob(step=0.5)}, 0.95)
    assert stepped.status == Status.UNREACHABLE and stepped.message.startswith("there is no")
    assert stepped.to_dict()["best_probability"] == stepped.best


def test_a_deadline_cuts_the_search_and_says_so() -> None:
    found = in_spec(plane(), LIMITS, ["x", "y"], 0.95, n=2000, deadline_ms=30)
    assert found.status in (Status.DEADLINE, Status.SEVERAL)
    none = in_spec(plane(), {"a": (1.99, 2.01)}, ["x", "y"], 0.95, deadline_ms=0.05)
    assert none.status == Status.DEADLINE and "deadline" in none.message


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"probability": 1.0}, "between 0 and 1"),
        ({"probability": 0.9999}, "needs 9,999 calibration rows; this model has 500"),
        ({"limits": {"q": (0, 1)}}, "not an output"),
        ({"near": {"x": 1.0}}, "lacks 'y'"),
        ({"n": 0}, "at least one"),
    ],
)
def test_wrong_questions_are_refused(change, part) -> None:
    with pytest.raises(InputError, match=part):
        in_spec(plane(), **{"limits": LIMITS, "unknowns": ["x", "y"], **change})


def test_a_model_without_residuals_cannot_say() -> None:
    with pytest.raises(InputError, match="no quantiles of residuals"):
        in_spec(plane().replace(companions=(), calibration=None), LIMITS, ["x", "y"])
