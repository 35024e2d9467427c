"""Level sets: every solution meets its target, solutions differ, and what cannot be reached is
said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sna_edge import InputError, Model, Status
from sna_edge.inverse import level_set

from ....clock import Clock


def test_solutions_meet_the_target_on_random_models(random_model: Callable[..., Model]) -> None:
    for seed in range(60):
        model = random_model(seed)
        x = np.stack(
            [np.random.default_rng(seed).uniform(a.lower, a.upper, 500) for a in model.axes], axis=1
        )
        y = model.value(x)
        if np.ptp(y) < 1e-9 * np.abs(y).max():
            continue
        target = float(np.quantile(y, 0.6))
        found = level_set(model, target, ["x2", "x0", "x1"], 16)
        assert found.status in (Status.OK, Status.SEVERAL), seed
        back = model.value({name: found.x[:, i] for i, name in enumerate(found.names)})
        assert np.abs(back - target).max() <= 1e-8 * np.ptp(y), seed
        assert back == pytest.approx(found.value)


def test_solutions_are_spread(tracks: Model) -> None:
    found = level_set(tracks, {"width": 90.0}, ["power", "speed"], 64, at={"alloy": "316L"})
    z = (found.x - [100.0, 0.2]) / [300.0, 1.8]
    distance = np.linalg.norm(z[:, None] - z[None], axis=2) + 9.0 * np.eye(64)
    assert found.status == Status.SEVERAL and len(found) == 64
    assert distance.min() > 1e-4
    # a dense walk along the curve is nowhere far from a solution
    dense = level_set(tracks, {"width": 90.0}, ["power", "speed"], 1000, at={"alloy": "316L"})
    far = np.linalg.norm(((dense.x - [100.0, 0.2]) / [300.0, 1.8])[:, None] - z[None], axis=2).min(
        axis=1
    )
    assert far.max() < 0.06
    assert found.fill < 0.06


def test_two_outputs_and_a_categorical_unknown(tracks: Model) -> None:
    planted = tracks.value({"power": 230.0, "speed": 0.9, "alloy": "IN718"})
    target = {"width": float(planted[0]), "depth": float(planted[1])}
    found = level_set(tracks, target, ["alloy", "speed", "power"], 8)
    assert {"IN718"} <= {s["alloy"] for s in found.solutions}
    best = min(
        found.solutions, key=lambda s: abs(s["power"] - 230.0) + 1e3 * (s["alloy"] != "IN718")
    )
    assert best["power"] == pytest.approx(230.0, abs=1e-5) and best["speed"] == pytest.approx(
        0.9, abs=1e-7
    )


def test_tolerances_make_an_overdetermined_target_reachable(tracks: Model) -> None:
    at = {"alloy": "316L", "speed": 0.9}
    y = tracks.value({"power": 230.0, **at})
    target = {"width": float(y[0]) + 0.5, "depth": float(y[1]) * 1.01}
    tight = level_set(tracks, target, ["power"], 4, at=at)
    assert tight.status == Status.UNREACHABLE and tight.nearest is not None
    loose = level_set(tracks, target, ["power"], 4, at=at, tolerance={"width": 1.0, "depth": 3.0})
    assert loose.status >= 0
    assert np.all(np.abs(loose.value - list(target.values())) <= [1.0, 3.0])


def test_only_levels_unknown(tracks: Model) -> None:
    y = tracks.value({"power": 230.0, "speed": 0.9, "alloy": "IN718"})
    found = level_set(
        tracks, {"width": float(y[0])}, ["alloy"], at={"power": 230.0, "speed": 0.9}, tolerance=1e-6
    )
    assert found.solutions == [{"alloy": "IN718"}]


@pytest.mark.parametrize("target", [{"width": 5000.0}, {"depth": -3.0}, {"depth": 1e9}])
def test_unreachable_targets_name_the_nearest(tracks: Model, target: dict[str, float]) -> None:
    found = level_set(tracks, target, ["power", "speed"], 8, at={"alloy": "316L"})
    assert found.status == Status.UNREACHABLE and not len(found)
    assert found.nearest is not None
    ((name, wanted),) = target.items()
    corners = tracks.grid(
        {"power": np.linspace(100, 400, 30), "speed": np.linspace(0.2, 2, 30)}, {"alloy": "316L"}
    )
    y = corners[..., tracks.output_names.index(name)]
    assert found.nearest.value[name] == pytest.approx(y.max() if wanted > 0 else y.min(), rel=1e-6)


def test_same_seed_same_answer(tracks: Model) -> None:
    first, again, other = (
        level_set(tracks, {"width": 90.0}, ["power", "speed"], 8, at={"alloy": "316L"}, seed=s).x
        for s in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_bad_values_and_names(tracks: Model) -> None:
    at = {"alloy": "316L"}
    assert (
        level_set(tracks, {"width": np.nan}, ["power", "speed"], at=at).status == Status.BAD_INPUT
    )
    assert (
        level_set(tracks, {"width": 90.0}, ["power"], at=at | {"speed": 9.0}).status
        == Status.OUT_OF_DOMAIN
    )
    for wrong in (
        {"n": 0},
        {"tolerance": -1.0},
        {"tolerance": {"depth": 1.0}},
        {"deadline_ms": 0.0},
    ):
        with pytest.raises(InputError):
            level_set(tracks, {"width": 90.0}, ["power", "speed"], at=at, **wrong)  # type: ignore[arg-type]


def test_deadline_is_kept(random_model: Callable[..., Model]) -> None:
    model = random_model(3, dimensions=6, link="identity")
    level_set(model, 0.1, model.input_names, 20000, deadline_ms=50.0)
    clock = Clock()
    found = level_set(model, 0.1, model.input_names, 20000, deadline_ms=200.0)
    assert 1000.0 * clock.seconds < 400.0  # the bench measures the 10 %
    assert found.status in (Status.DEADLINE, Status.SEVERAL)
