"""Settings whose inputs scatter: probabilities against Monte Carlo, exact moments, the words."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output, level_axis, spline_axis
from sna_edge.cli import main
from sna_edge.core.beside import GRID, Calibration
from sna_edge.inverse import in_spec
from sna_edge.inverse.query.scatter import Scatter
from sna_edge.numerics import normal

LOGITS = (np.arange(GRID) - 16) / 2
NORMAL = normal.quantile(1.0 / (1.0 + np.exp(-LOGITS)))
LIMITS = {"width": (95.0, 110.0), "depth": (None, 75.0)}


def bent(link: str = "identity") -> Model:
    """width = 60 + 40 p (1 - p) s.., flat at the middle of power and steep at its ends; depth rises
    with both."""
    power = spline_axis("laser power", "W", 100.0, 300.0, spans=4, degree=2)
    speed = spline_axis("speed", "m/s", 0.5, 1.5, spans=2, degree=2)
    alloy = level_axis("alloy", ("A", "B"))
    u, v = np.linspace(0, 1, 6)[:, None], np.linspace(0, 1, 4)[:, None]
    one = np.array([[1.0, 1.0], [1.2, 1.0]])
    tables = (np.hstack([4 * u * (1 - u), u]), np.hstack([1.5 - v, 1 + v]), one)
    cp = CP.full(tables, [[35.0, 5.0], [10.0, 40.0]])
    beside = Calibration(999, np.stack([2.0 * NORMAL, 3.0 * NORMAL]), np.zeros(2), np.array([0.4]))
    outputs = [Output("width", "um", bias=55.0), Output("depth", "um", link=link)]
    return Model([power, speed, alloy], cp, outputs, calibration=beside)


def test_probability_and_moments_are_those_of_monte_carlo() -> None:
    model = bent()
    scatter = Scatter.of(model, {"laser power": 12.0, "speed": 0.08})
    x = np.array([[210.0, 0.9, 0.0], [150.0, 1.2, 1.0], [292.0, 0.7, 0.0]])
    low, high = np.array([95.0, -np.inf]), np.array([110.0, 75.0])
    told = scatter.probability(model, x, low, high)
    rng = np.random.default_rng(0)
    drawn = x[:, None] + rng.standard_normal((3, 40_000, 3)) * [12.0, 0.08, 0.0]
    found = model.predictive(drawn.reshape(-1, 3), level_index=True)
    y = found.sample(1)[0].reshape(3, -1, 2)
    exact = ((y >= low) & (y <= high)).all(axis=2).mean(axis=1)  # outside the domain: NaN, false
    assert np.abs(told - exact).max() < 0.01
    alone = model.predictive(x, level_index=True).joint_probability(low, high)
    assert np.abs(told - alone).max() > 0.05  # scatter matters here
    moments = scatter.moments(model, x[0])
    assert moments is not None
    values = model.value(drawn[0], level_index=True)
    assert moments[0] == pytest.approx(values.mean(axis=0), rel=2e-3)
    assert moments[1] == pytest.approx(values.std(axis=0), rel=2e-2)
    assert scatter.moments(bent("exp"), x[0]) is None


def test_the_surest_setting_moves_to_where_the_function_is_flat() -> None:
    model, at = bent(), {"alloy": "A", "speed": 0.8}
    plain = in_spec(model, LIMITS, ["laser power"], 0.9, at=at)
    given = {"laser power": 20.0, "speed": 0.05}
    robust = in_spec(model, LIMITS, ["laser power"], 0.9, at=at, scatter=given)
    assert len(plain) and len(robust) and (robust.probability >= 0.9).all()
    scattered = Scatter.of(model, given)
    low, high = np.array([95.0, -np.inf]), np.array([110.0, 75.0])

    def point(power: float) -> np.ndarray:
        return np.array([[power, 0.8, 0.0]])

    best = scattered.probability(model, point(robust.x[0, 0]), low, high)[0]
    assert best == pytest.approx(robust.probability[0])
    every = np.linspace(100, 300, 201)
    grid = [scattered.probability(model, point(p), low, high)[0] for p in every]
    assert best > max(grid) - 0.01
    weakest = min(scattered.probability(model, point(p), low, high)[0] for p in plain.x[:, 0])
    assert weakest < 0.9  # settings that are good only where nothing scatters
    worth = robust.worth
    assert worth is not None and worth.probability == pytest.approx(robust.probability)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"alloy": 1.0}, "it has levels"),
        ({"laser power": -1.0}, "0 or more"),
        ({"laser power": float("nan")}, "0 or more"),
        ({"power": 1.0}, "power"),
    ],
)
def test_what_is_no_scatter_is_said(given: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        in_spec(bent(), LIMITS, ["laser power"], at={"alloy": "A", "speed": 0.8}, scatter=given)


def test_the_word_takes_units(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "m.sna")
    bent().save(path)
    words = ["inverse", path, "--probability", "90%", "--limits", "width=95:110", "depth=:75"]
    words += ["--unknown", "laser power", "--at", "alloy=A", "speed=0.8", "--json"]
    found = []
    for scatter in ("laser power=0.02 kW", "laser power=20"):
        assert main([*words, "--scatter", scatter, "speed=0.05"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0] == found[1] and found[0]["worth"][0]["probability"] >= 0.9
    for scatter, said in (("laser power=2 mm", "same kind"), ("laser power=x", "not a number")):
        assert main([*words, "--scatter", scatter]) == 2
        assert said in capsys.readouterr().err
    plain = [*words[:2], "--target", "width=100", "--unknown", "speed", "--scatter", "speed=1"]
    assert main(plain) == 2
    assert "--scatter cannot be combined with --target" in capsys.readouterr().err
