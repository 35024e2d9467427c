"""Every solution says what it is worth: interval, probability in spec, familiarity; familiar ones
come first."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Status
from sna_edge.inverse import interval_set, level_set, roots

from ..worth_models import LOGITS, plane, tent


@pytest.mark.parametrize("backend", ["numpy", "native"])
def test_an_unfamiliar_root_comes_last_and_is_marked(backend: str) -> None:
    if backend == "native":
        pytest.importorskip("sna_edge_native")
    model = tent().with_backend(backend)
    found = roots(model, "x", 0.5)
    assert found.values == pytest.approx([0.5, 1.5]) and found.status == Status.SEVERAL
    assert found.worth is not None
    assert found.worth.status.tolist() == [Status.OK, Status.UNFAMILIAR]
    assert found.worth.p[1] == pytest.approx(1 / 501) and found.worth.p[0] > 0.9
    assert found.message == "the last of 2 solutions lies where inputs are unlike the training rows"
    turned = roots(model, "x", 0.5, limits={"y": (None, 0.6)})
    assert turned.values == pytest.approx([0.5, 1.5])


def test_the_familiar_root_is_first_also_where_it_is_the_larger_one() -> None:
    model = tent()
    mirrored = model.companions[0].model.replace(
        interaction=model.interaction.with_tables(
            (np.array([[0.0], [1.0], [1.0]]),), np.ones((1, 1))
        )
    )
    companion = model.companions[0]
    model = model.replace(
        companions=[type(companion)(companion.role, mirrored, companion.coordinates, weight=1.0)]
    )
    found = roots(model, "x", 0.5)
    assert found.values == pytest.approx([1.5, 0.5])
    assert [s["x"] for s in found.solutions] == pytest.approx([1.5, 0.5])


def test_where_every_solution_is_unfamiliar_so_is_the_answer() -> None:
    model = tent()
    model = model.replace(calibration=_never(model))
    found = roots(model, "x", 0.5)
    assert found.status == Status.UNFAMILIAR and len(found) == 2
    assert found.message == "all 2 solutions lie where inputs are unlike the training rows"


def _never(model):
    from dataclasses import replace

    return replace(model.calibration, scores=np.linspace(5.0, 6.0, 33))


def test_interval_and_probability_are_those_of_the_level_and_the_limits() -> None:
    found = roots(tent(wide=True), "x", 0.5, level=0.8, limits={"y": (0.45, None)})
    half, worth = 0.02 * np.log(0.9 / 0.1), found.worth
    assert worth is not None and worth.levels == (0.8,)
    assert worth.lower[:, 0] == pytest.approx(0.5 - half * np.array([1.0, np.exp(2.0)]))
    sure = 1 / (1 + np.exp(-0.05 / (0.02 * np.array([1.0, np.exp(2.0)]))))
    assert worth.probability == pytest.approx(sure, abs=2e-3)
    (first, _) = found.to_dict()["worth"]
    assert first["outputs"]["y"]["level"] == 0.8 and first["status"] == "ok"
    assert first["probability"] == pytest.approx(sure[0], abs=2e-3)


def test_a_model_without_anything_beside_it_says_what_it_said() -> None:
    bare = tent().replace(companions=(), calibration=None)
    found = roots(bare, "x", 0.5)
    assert found.worth is None and set(found.to_dict()) == {"status", "solutions", "tangent"}
    with pytest.raises(InputError, match="no quantiles of residuals"):
        roots(bare, "x", 0.5, level=0.9)


def test_an_interval_set_says_how_familiar_its_middles_are() -> None:
    found = interval_set(tent(), "x", {"y": (0.2, 0.5)})
    assert found.worth is not None
    assert found.worth.unfamiliar.tolist() == [False, True]
    assert found.worth.probability[0] == pytest.approx(found.worth.probability[1])


def test_level_sets_prefer_familiar_points_and_fill_up_with_others() -> None:
    model = plane()
    found = level_set(model, {"a": 2.0}, ["x", "y"], n=20)
    assert len(found) == 20 and (found.x[:, 0] <= 1.2 + 1e-9).all() and not found.message
    some = level_set(model, {"a": 3.5}, ["x", "y"], n=20)
    assert (some.x[:, 0] >= 1.5 - 1e-9).all() and some.status == Status.UNFAMILIAR
    both = level_set(model, {"a": 3.1}, ["x", "y"], n=20, at=None)
    unlike = both.worth.unfamiliar  # type: ignore[union-attr]
    assert (np.diff(unlike.astype(int)) >= 0).all()
    assert "unlike the training rows" in both.message


def test_probabilities_are_those_of_both_outputs_together() -> None:
    limits = {"a": (1.95, 2.05), "b": (-0.05, 0.05)}
    shares = []
    for correlation in (0.0, 0.95):
        found = level_set(plane(correlation), {"a": 2.0, "b": 0.0}, ["x", "y"], n=1, limits=limits)
        told = found.worth
        assert told is not None
        rows = plane(correlation).predictive(found.x).sample(40_000, seed=1)[:, 0]
        inside = ((rows > [1.95, -0.05]) & (rows < [2.05, 0.05])).all(axis=1).mean()
        assert told.probability[0] == pytest.approx(inside, abs=0.01)
        shares.append(told.probability[0])
    alone = 2 / (1 + np.exp(-0.05 / 0.02)) - 1
    assert shares[0] == pytest.approx(alone**2, abs=5e-3) and shares[1] > shares[0] + 0.05
    assert LOGITS[0] == -8.0
