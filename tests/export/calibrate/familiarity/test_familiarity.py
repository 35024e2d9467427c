"""What a model that learned familiarity says: of fresh rows, of broken correlations, holes, gaps
and pairs of levels."""

from __future__ import annotations

import numpy as np
import pytest

import sna_edge
from sna_edge import InputError, Status, level_axis, spline_axis
from sna_edge.core.basis import periodic_bspline, uniform_breaks
from sna_edge.core.beside import Calibration, CoordinateSource
from sna_edge.uncertainty.companions import places
from sna_export.calibrate import calibrated
from sna_export.calibrate.familiarity import familiarity_of, with_familiarity
from sna_export.calibrate.familiarity.features import features_view, inputs_view
from sna_export.calibrate.familiarity.quantiles import of_scores

TWINS = [spline_axis(n, "", -4.5, 4.5, spans=1, degree=1) for n in "abc"]


def twins(n: int, seed: int) -> np.ndarray:
    """a and b are sensors of one quantity, c another."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3))
    x[:, 1] = x[:, 0] + 0.05 * rng.normal(size=n)
    return np.clip(x, -4.4, 4.4)


def model_of(axes, found) -> sna_edge.Model:
    flat = sna_edge.CP.full([np.ones((a.basis.n_rows, 1)) for a in axes], np.ones((1, 1)))
    model = sna_edge.Model(
        axes,
        flat,
        [sna_edge.Output("y")],
        companions=found.companions,
        calibration=Calibration(**found.calibration),
    )
    return sna_edge.from_bytes(model.to_bytes(), "numpy")


@pytest.fixture(scope="module")
def learned() -> sna_edge.Model:
    return model_of(TWINS, familiarity_of(TWINS, twins(600, 0)))


def test_fresh_rows_have_evenly_spread_p(learned) -> None:
    p = np.sort(learned.familiarity(twins(4000, 1)).p)
    for share in (0.02, 0.05, 0.2, 0.5):
        allowed = 3 * np.sqrt(share * (1 - share) * (1 / 600 + 1 / 4000))
        assert np.mean(p <= share) == pytest.approx(share, abs=allowed)


def test_broken_correlations_are_unfamiliar_each_sensor_alone_is_not(learned) -> None:
    rows = twins(300, 2)
    off = rows.copy()
    off[:, 1] += np.where(rows[:, 1] > 0, -1.0, 1.0)
    found = learned.familiarity(off)
    assert np.mean(found.p <= 0.05) > 0.97
    assert np.mean(found.status == Status.UNFAMILIAR) > 0.9


def test_a_third_of_many_rows_is_held_out_and_given_rows_are_kept() -> None:
    assert familiarity_of(TWINS, twins(4500, 3)).n_scores == 1500
    made = familiarity_of(TWINS, twins(500, 3), calibration=twins(333, 4))
    model = model_of(TWINS, made)
    p = model.familiarity(twins(333, 4)).p
    assert made.n_scores == 333 and np.mean(p <= 0.1) == pytest.approx(0.1, abs=0.01)


def test_the_same_rows_give_the_same_bytes() -> None:
    one, two = (model_of(TWINS, familiarity_of(TWINS, twins(400, 5))).to_bytes() for _ in "12")
    assert one == two


def test_few_rows_and_rows_without_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="at least 250 rows of finite numbers, here are 249"):
        familiarity_of(TWINS, twins(249, 0))
    rows = twins(300, 0)
    rows[7, 1] = np.nan
    with pytest.raises(InputError, match="finite"):
        familiarity_of(TWINS, rows)


LEVELED = [
    spline_axis("x", "", -6, 6, spans=1, degree=1),
    level_axis("machine", tuple("ABC")),
    level_axis("alloy", tuple("PQRS")),
    spline_axis("z", "", -6, 6, spans=1, degree=1),
]


def leveled(n: int, seed: int, never: bool = False) -> np.ndarray:
    """x moves with the machine, z with x; machine C never sees alloys R and S."""
    rng = np.random.default_rng(seed)
    machine, alloy = rng.integers(3, size=n), rng.integers(4, size=n)
    lost = (machine == 2) & (alloy >= 2)
    machine[lost] = rng.integers(2, size=lost.sum())
    x = 1.5 * machine - 1.5 + 0.4 * rng.normal(size=n)
    z = x + 0.1 * rng.normal(size=n)
    if never:
        machine, alloy = np.full(n, 2), rng.integers(2, 4, size=n)
    return np.stack([x, machine, alloy, z], axis=1)


def test_levels_never_seen_together_have_p_zero_whatever_the_rest() -> None:
    model = model_of(LEVELED, familiarity_of(LEVELED, leveled(900, 0)))
    found = model.familiarity(leveled(200, 1, never=True), level_index=True)
    assert (found.p == 0).all() and (found.pair == 0).all()
    fresh = model.familiarity(leveled(2000, 2), level_index=True)
    assert (fresh.pair < 0).all() and np.mean(fresh.p <= 0.05) < 0.08


def test_a_level_that_does_not_go_with_the_sensors_is_unfamiliar() -> None:
    model = model_of(LEVELED, familiarity_of(LEVELED, leveled(900, 0)))
    rows = leveled(400, 3)
    rows = rows[rows[:, 1] == 0]
    rows[:, 1] = 2
    rows[:, 2] = 0
    assert np.mean(model.familiarity(rows, level_index=True).p <= 0.05) > 0.95


def test_pairs_with_too_few_rows_are_no_table() -> None:
    axes = [level_axis("a", tuple("ABCDEFGHIJ")), level_axis("b", tuple("ABCDEFGHIJ"))]
    rng = np.random.default_rng(0)
    rows = rng.integers(10, size=(3000, 2)).astype(float)
    rare = np.exp(-rng.exponential(2, size=(300, 2)))
    few = np.floor(10 * rare).clip(0, 9)
    assert len(familiarity_of(axes, rows).pairs) == 1
    assert len(familiarity_of(axes, few).pairs) == 0


def test_features_are_uncorrelated_and_near_their_inputs() -> None:
    x = twins(2000, 0)
    x[:, 1] += 0.3 * np.random.default_rng(1).normal(size=2000)
    z = features_view(TWINS, x, 16, 3).places(x)
    np.testing.assert_allclose(np.cov(z.T), np.eye(3), atol=0.003)
    closest = np.argmax(np.abs(np.corrcoef(x.T, z.T)[:3, 3:]), axis=0)
    assert closest[2] == 2
    fewer = features_view(TWINS, x, 16, 2).coordinates
    assert [np.argmax(np.abs(c.weights)) in (0, 1) for c in fewer] == [True, True]


def test_features_of_levels_have_the_levels_means_taken_out() -> None:
    x = leveled(3000, 0)
    z = features_view(LEVELED, x, 16, 2).places(x)
    means = [z[x[:, 1] == level, 0].mean() for level in range(3)]
    assert np.ptp(means) < 0.05 and np.ptp(x[:, 0]) > 3


def test_places_are_those_of_the_reader() -> None:
    rows = leveled(400, 0)
    found = familiarity_of(LEVELED, rows)
    model = model_of(LEVELED, found)
    for view, companion in zip(
        (inputs_view(LEVELED, rows, 16), features_view(LEVELED, rows, 16, 2)),
        model.companions,
        strict=True,
    ):
        theirs = places(companion, model.axes, rows, np.zeros((len(rows), 1)))
        ours = np.clip(
            view.places(rows), [h.lower for h in view.hats], [h.upper for h in view.hats]
        )
        np.testing.assert_allclose(ours, theirs, atol=0.05)


def test_an_input_that_fills_little_of_its_domain_or_turns_has_an_axis_of_its_own() -> None:
    rng = np.random.default_rng(0)
    axes = [
        spline_axis("wide", "", 0, 1000, spans=1, degree=1),
        sna_edge.Axis("angle", "deg", periodic_bspline(uniform_breaks(0, 360, 5), 3)),
        spline_axis("full", "", 0, 1, spans=1, degree=1),
    ]
    rows = rng.uniform([10, 0, 0], [20, 360, 1], size=(500, 3))
    found = familiarity_of(axes, rows)
    sources = [c.source for c in found.companions[0].coordinates]
    feature = CoordinateSource.FEATURE
    assert sources == [feature, feature, CoordinateSource.INPUT]
    model = model_of(axes, found)
    fresh = rng.uniform([10, 0, 0], [20, 360, 1], size=(1000, 3))
    assert np.mean(model.familiarity(fresh).p <= 0.05) < 0.09
    fresh[:, 0] = 600
    assert (model.familiarity(fresh).p <= 0.05).mean() > 0.95


@pytest.mark.parametrize("axes", [LEVELED[1:3], TWINS[:1]])
def test_inputs_with_levels_alone_and_one_input_alone(axes) -> None:
    rows = leveled(900, 0)[:, 1:3] if len(axes) == 2 else twins(900, 0)[:, :1]
    found = model_of(axes, familiarity_of(axes, rows)).familiarity(rows, level_index=True)
    assert np.mean(found.p <= 0.05) < 0.08


def test_quantiles_are_places_among_the_sorted_scores() -> None:
    scores = np.random.default_rng(0).permutation(np.arange(1.0, 1000.0))
    found = of_scores(scores)
    assert found[16] == 500 and found[0] == 1 and found[-1] == 999
    assert found[6] == pytest.approx(1000 / (1 + np.exp(5)))


def test_the_sensors_that_do_not_go_together_are_named(learned) -> None:
    rows = twins(40, 6)
    rows[:, 1] = rows[:, 0] + np.where(rows[:, 0] > 0, -1.2, 1.2)
    named = [set(learned.why_unfamiliar(x).inputs) for x in rows]
    assert np.mean([n == {"a", "b"} for n in named]) > 0.9
    reason = learned.why_unfamiliar({"a": 1.0, "b": -0.5, "c": 0.25})
    assert reason.p <= 0.005 and not reason.pair
    assert reason.said in (
        "a = 1 and b = -0.5 are rare together",
        "b = -0.5 and a = 1 are rare together",
    )


def test_a_familiar_point_is_not_called_rare(learned) -> None:
    """It was, at p = 0.9996."""
    rows = twins(40, 7)
    found = [learned.why_unfamiliar(x) for x in rows]
    told = {r.said.rpartition(" are ")[2] for r in found if r.p > learned.calibration.least_p}
    assert told == {"its least usual inputs"}


def test_a_pair_of_levels_never_seen_is_named_as_written() -> None:
    model = model_of(LEVELED, familiarity_of(LEVELED, leveled(900, 0)))
    reason = model.why_unfamiliar({"x": 1.5, "machine": "C", "alloy": "S", "z": 1.5})
    assert reason.pair and reason.inputs == ("machine", "alloy") and reason.p == 0
    assert reason.said == "machine = C and alloy = S were never seen together"


def test_a_reason_is_that_of_one_point_with_a_value(learned) -> None:
    with pytest.raises(InputError, match="one point, not of 2"):
        learned.why_unfamiliar(np.zeros((2, 3)))
    with pytest.raises(InputError, match="no value"):
        learned.why_unfamiliar([9.0, 0.0, 0.0])


def test_rows_of_a_new_group_are_judged_as_such() -> None:
    """Every group has settings of its own: among rows of known groups a new one looks strange."""

    def rows(groups: int, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng, group = np.random.default_rng(seed), np.repeat(np.arange(groups), n)
        x = rng.normal(size=(groups, 3))[group] + 0.1 * rng.normal(size=(groups * n, 3))
        return np.clip(x, -4.4, 4.4), group

    (x, group), (new, _) = rows(30, 20, 0), rows(200, 5, 1)
    unfamiliar = [
        np.mean(model_of(TWINS, familiarity_of(TWINS, x, group=g)).familiarity(new).p < 0.05)
        for g in (None, group)
    ]
    assert unfamiliar[1] < 0.25 and unfamiliar[0] > 0.6


def test_what_a_model_says_of_intervals_stays_beside_familiarity() -> None:
    rows, rng = twins(400, 7), np.random.default_rng(0)
    y = rows[:, :1]
    plain = sna_edge.Model(
        TWINS,
        sna_edge.CP((np.array([[-4.5], [4.5]]), *[np.zeros((2, 0))] * 2),
                    (np.array([0]), *[np.zeros(0, int)] * 2), np.ones((1, 1))),
        [sna_edge.Output("y")],
    )  # fmt: skip
    measured = y + 0.1 * (1 + np.abs(y)) * rng.normal(size=y.shape)
    wide = calibrated(plain, rows, measured, y).model
    both = with_familiarity(with_familiarity(wide, rows), rows)
    assert len(both.companions) == len(wide.companions) + 2
    both, wide = (sna_edge.from_bytes(m.to_bytes(), "numpy") for m in (both, wide))
    for one, other in zip(_ends(wide, rows), _ends(both, rows), strict=True):
        np.testing.assert_array_equal(one, other)
    assert both.familiarity([2.0, -2.0, 0.0]).p[0] < 0.005 < both.familiarity(rows).p.min()


def _ends(model: sna_edge.Model, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    found = model.interval_at(rows, 0.9)
    return found.lower, found.upper


def test_settings_measured_again_and_again_leave_new_settings_familiar() -> None:
    """Copies of a row that is left out would make it familiar: a new setting has the rate of p."""
    rng = np.random.default_rng(4)
    axes, settings = [spline_axis(n, "", 0, 1) for n in "ab"], rng.random((300, 2))
    found = familiarity_of(axes, np.repeat(settings, 3, axis=0))
    assert found.n_scores == 300
    fresh = model_of(axes, found).familiarity(rng.random((4000, 2))).p
    assert np.mean(fresh <= 0.05) < 0.1 and np.mean(fresh <= 0.005) < 0.02
    lots = np.c_[np.arange(300) % 2, np.arange(300) // 2 % 3].astype(float)
    levels = [level_axis("c", ["x", "y"]), level_axis("d", ["u", "v", "w"])]
    assert familiarity_of(levels, lots).n_scores == 300  # levels alone always repeat
