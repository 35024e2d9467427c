"""The model's own error in estimates and posteriors: repeats do not average it away, sets cover,
noise alone on request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, TT, Axis, Model, Output, level_axis, spline_axis
from sna_edge.cli.main import main
from sna_edge.core.basis import periodic_bspline, uniform_breaks
from sna_edge.core.output import Interval
from sna_edge.inverse import Estimate, StudentT, estimate, posterior
from sna_edge.inverse.bayes.density.model_error import (
    MOST_GROUPS,
    Shared,
    Whitening,
    model_std,
    with_model_error,
)
from sna_edge.inverse.bayes.density.observations import read

M = 0.05  # the model's standard deviation before the link and the scale
HALF = 1.6448536269514722 * M


def model_of(
    link: str = "identity",
    space: str = "output",
    kind: str = "cp",
    outputs: int = 1,
    half: float = HALF,
) -> Model:
    """t, lot, a -> y = g(1 + a + 0.1 t), linear before the link, with a 90 % interval."""
    axes = [
        spline_axis("t", "", 0.0, 1.0, spans=4),
        level_axis("lot", ("p", "q")),
        spline_axis("a", "", 0.0, 2.0, spans=4),
    ]
    t, a = _identity(axes[0]), _identity(axes[2])
    lot = np.ones((2, 2))
    tables = [np.hstack([t, np.ones_like(t)]), lot, np.hstack([np.ones_like(a), a])]
    out = [
        Output("yz"[k], link=link, bias=-1.0, interval=Interval(0.9, half, half, space))
        for k in range(outputs)
    ]
    if kind == "cp":
        return Model(axes, CP.full(tables, np.tile([[0.1], [1.0]], (1, outputs))), out)
    cores = [
        np.stack([np.ones_like(t), 0.1 * t], 2),
        np.tile(np.eye(2), (2, 1, 1)),
        np.stack([np.ones_like(a), np.ones_like(a)], 1),
    ]
    cores[2][:, 0, 0] = a[:, 0]
    return Model(axes, TT(tuple(cores), np.ones((1, outputs))), out)


def _identity(axis: Any) -> np.ndarray:
    """Coefficients of x -> x."""
    x = np.linspace(axis.lower, axis.upper, 50)
    span, local = axis.basis.values(x)
    design = np.zeros((50, axis.basis.n_rows))
    for i in range(axis.basis.degree + 1):
        design[np.arange(50), axis.basis.first_row[span] + i] = local[:, i]
    return np.linalg.lstsq(design, x, rcond=None)[0][:, None]


def readings(model: Model, count: int, spread: float = 0.0, a: float = 1.0) -> dict[str, Any]:
    t = 0.5 + spread * np.linspace(-1, 1, count)
    y = model.value({"t": t, "lot": ["q"] * count, "a": a})
    return {"t": t, "lot": ["q"] * count, **{o: y[:, k] for k, o in enumerate(model.output_names)}}


ONE = [
    ("one reading", {}, 1, 0.0, 1e-4),
    ("nine repeats", {}, 9, 0.0, 1e-4),
    ("a thousand repeats", {}, 1000, 0.0, 1e-3),
    ("repeats of a setting that is met to a thousandth", {}, 50, 1e-3, 1e-4),
    ("an exp link, interval before it", {"link": "exp", "space": "link"}, 20, 0.0, 1e-4),
    ("a logistic link, interval before it", {"link": "logistic", "space": "link"}, 20, 0.0, 1e-5),
    (
        "noise as large as the error, through a link",
        {"link": "exp", "space": "link"},
        4000,
        0.0,
        0.1,
    ),
    ("a train", {"kind": "tt"}, 20, 0.0, 1e-4),
    ("a train with a link", {"kind": "tt", "link": "exp", "space": "link"}, 20, 0.0, 1e-4),
    ("outliers allowed", {"heavy": True}, 20, 0.0, 1e-4),
    ("the native backend", {"backend": "native"}, 20, 0.0, 1e-4),
    ("tiny noise", {}, 5, 0.0, 1e-9),
]


@pytest.mark.parametrize(
    ("words", "count", "spread", "noise"), [row[1:] for row in ONE], ids=[row[0] for row in ONE]
)
def test_repeats_do_not_average_the_models_error_away(
    words: dict[str, Any], count: int, spread: float, noise: float
) -> None:
    """20 readings of one part were answered to a fourth of what one reading says, with a model that
    is off by 20 times as much."""
    words = dict(words)
    heavy, backend = words.pop("heavy", False), words.pop("backend", "numpy")
    if backend == "native":
        pytest.importorskip("sna_edge_native")
    model = model_of(**words).with_backend(backend)
    data = readings(model, count, spread)
    found = estimate(model, data, ["a"], StudentT(noise) if heavy else noise)
    assert found.uncertainty == found.to_dict()["uncertainty"] == "noise and model"
    assert abs(found.x[0, 0] - 1.0) < 1e-3
    assert 0.9 * M < found.deviation[0, 0] < 1.15 * np.hypot(M, noise)
    drawn = posterior(model, data, ["a"], StudentT(noise) if heavy else noise, n=600)
    assert 0.8 * M < drawn.deviation[0] < 1.25 * np.hypot(M, noise)
    alone = estimate(model, data, ["a"], StudentT(noise) if heavy else noise, noise_only=True)
    assert alone.uncertainty == "noise" and alone.deviation[0, 0] < 0.5 * found.deviation[0, 0]


def test_noise_only_is_the_model_without_its_interval() -> None:
    model = model_of("exp", "link")
    bare = model.replace(outputs=[replace(o, interval=None) for o in model.outputs])
    data = readings(model, 7, 0.3)
    a, b = estimate(model, data, ["a"], 0.01, noise_only=True), estimate(bare, data, ["a"], 0.01)
    assert (
        np.array_equal(a.x, b.x)
        and np.array_equal(a.covariance, b.covariance)
        and b.uncertainty == "noise"
    )
    p, q = (
        posterior(model, data, ["a"], 0.01, n=50, noise_only=True),
        posterior(bare, data, ["a"], 0.01, n=50),
    )
    assert np.array_equal(p.x, q.x)


@pytest.mark.parametrize("seed", range(8))
def test_whitening_is_the_inverse_of_the_covariance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = model_of(outputs=2)
    count = int(rng.integers(1, 12))
    t = rng.choice(rng.uniform(0, 1, 4), count)
    lots = rng.choice(["p", "q"], count)
    data = read(
        model,
        {"t": t, "lot": list(lots), "y": rng.normal(size=count), "z": rng.normal(size=count)},
        ["a"],
        0.1,
        None,
    )
    data = with_model_error(model, data)
    shared = Shared.of(model, data, MOST_GROUPS)
    assert shared is not None
    place, lot = t[data.point], lots[data.point]
    k = (
        np.exp(-4.0 * np.abs(place[:, None] - place))
        * (lot[:, None] == lot)
        * (data.output[:, None] == data.output)
    )
    covariance = np.diag(data.sigma**2) + np.outer(data.model, data.model) * k
    r = rng.normal(size=(len(data.y), 3))
    white = Whitening(shared)(r / data.sigma[:, None])
    assert np.allclose(white.T @ white, r.T @ np.linalg.solve(covariance, r), rtol=1e-9)


def test_an_output_without_an_interval_and_a_period_are_whitened_too() -> None:
    """Beside an output with an interval: its own rows stay as they are. Angles of 359 and 1 degree
    are near."""
    axes = [
        Axis("t", "", periodic_bspline(uniform_breaks(0.0, 1.0, 4), 3)),
        spline_axis("a", "", 0.0, 1.0, spans=1, degree=1),
    ]
    cp = CP.full([np.ones((axis.basis.n_rows, 2)) for axis in axes], np.eye(2))
    model = Model(axes, cp, [Output("y", interval=Interval(0.9, HALF, HALF)), Output("z")])
    t, rng = np.array([0.02, 0.98, 0.5, 0.98]), np.random.default_rng(0)
    data = with_model_error(
        model,
        read(model, {"t": t, "y": rng.normal(size=4), "z": rng.normal(size=4)}, ["a"], 0.1, None),
    )
    shared = Shared.of(model, data, MOST_GROUPS)
    assert shared is not None
    gap = np.abs(t[data.point][:, None] - t[data.point])
    k = np.exp(-4.0 * np.minimum(gap, 1.0 - gap)) * (data.output[:, None] == data.output)
    covariance = np.diag(data.sigma**2) + np.outer(data.model, data.model) * k
    r = rng.normal(size=(len(data.y), 3))
    white = Whitening(shared)(r / data.sigma[:, None])
    assert np.allclose(white.T @ white, r.T @ np.linalg.solve(covariance, r), rtol=1e-9)
    assert np.array_equal(data.model > 0, data.output == 0)


@pytest.mark.parametrize("link", ["exp", "logistic"])
@pytest.mark.parametrize(
    ("factor", "before"), [(0.1, True), (0.99, True), (1.01, False), (10.0, False)]
)
def test_numbers_go_before_the_link_where_the_error_there_is_wider_than_their_noise(
    link: str, factor: float, before: bool
) -> None:
    model = model_of(link=link, space="link")
    output = model.outputs[0]
    y = output.value(np.array([0.3]))
    noise = factor * M * float(np.abs(output.slope(np.array([0.3])))[0])
    plain = read(model, {"t": [0.5], "lot": ["p"], "y": y}, ["a"], noise, None)
    data = with_model_error(model, plain)
    assert (data.seen_as[0].link == "identity") == before
    np.testing.assert_allclose(data.y, [0.3] if before else y)
    np.testing.assert_allclose(data.sigma / data.model, [factor])


def test_many_known_inputs_are_put_together() -> None:
    model = model_of()
    t = np.linspace(0, 1, 5000)
    data = with_model_error(
        model, read(model, {"t": t, "y": np.ones(5000)}, ["a"], 0.1, {"lot": "p"})
    )
    shared = Shared.of(model, data, MOST_GROUPS)
    assert shared is not None and MOST_GROUPS / 4 < len(shared.correlation) <= MOST_GROUPS
    found = estimate(
        model,
        {"t": t, "y": model.value({"t": t, "lot": ["p"] * 5000, "a": 1.0})[:, 0]},
        ["a"],
        0.1,
        at={"lot": "p"},
    )
    assert 0.3 * M < found.deviation[0, 0] < M, "four spans are not 5,000 independent errors"


MISFITS = [
    ("one reading", {}, 1, 0.01),
    ("five repeats", {}, 5, 0.01),
    ("noise like the error", {}, 1, M),
    ("exp", {"link": "exp", "space": "link"}, 3, 0.01),
    ("logistic", {"link": "logistic", "space": "link"}, 3, 0.002),
    ("two outputs", {"outputs": 2}, 2, 0.01),
    ("train", {"kind": "tt"}, 2, 0.01),
    ("no noise to speak of", {}, 2, 1e-6),
]


@pytest.mark.parametrize(
    ("words", "count", "noise"), [m[1:] for m in MISFITS], ids=[m[0] for m in MISFITS]
)
def test_sets_cover_the_truth_of_models_that_are_wrong(
    words: dict[str, Any], count: int, noise: float
) -> None:
    """90 % sets held 40 to 54 % of the true settings."""
    model, rng = model_of(**words), np.random.default_rng(0)
    cases, held, alone = 150, 0, 0
    for case in range(cases):
        a = float(rng.uniform(0, 2))
        part = {"t": np.full(count, 0.5), "lot": ["q"] * count}
        y = model.value({**part, "a": a})
        wrong = [
            o.value(o.linear_of(y[:, k]) + M * rng.normal()) + noise * rng.normal(size=count)
            for k, o in enumerate(model.outputs)
        ]
        data = {**part, **dict(zip(model.output_names, wrong, strict=True))}
        low, high = posterior(model, data, ["a"], noise, n=100, seed=case).interval(0.9)[0]
        held += low <= a <= high
        found: Estimate = estimate(model, data, ["a"], noise, noise_only=True)
        alone += len(found) > 0 and abs(found.x[0, 0] - a) < 1.645 * found.deviation[0, 0]
    assert 0.83 <= held / cases <= 0.97
    assert alone / cases < 0.8


def test_predictions_hold_the_models_error_too() -> None:
    for link, space in (("identity", "output"), ("exp", "link"), ("exp", "output")):
        model = model_of(link, space)
        found = estimate(model, readings(model, 30, 0.4), ["a"], 1e-4)
        y = model.value({"t": 0.1, "lot": "p", "a": float(found.x[0, 0])})[0]
        wide, alone = (
            found.predict({"t": 0.1, "lot": "p"}),
            found.predict({"t": 0.1, "lot": "p"}, noise_only=True),
        )
        own = M * (y if space == "link" else 1.0)
        assert np.allclose(
            np.square(wide.deviation) - np.square(alone.deviation), own**2, rtol=1e-4
        )
        bare = estimate(model, readings(model, 30, 0.4), ["a"], 1e-4, noise_only=True)
        assert bare.predict({"t": 0.1, "lot": "p"}).deviation[0, 0] < 1e-3


def test_a_width_in_link_space_is_a_deviation_there() -> None:
    assert model_std(Output("y")) == 0.0
    assert np.isclose(model_std(Output("y", interval=Interval(0.9, 1.0, 3.0))), 2.0 / 1.6448536)
    assert np.isclose(model_std(Output("y", interval=Interval(0.6826895, 2.0, 2.0, "link"))), 2.0)


def test_the_command_line_says_what_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, table = model_of(), tmp_path / "seen.csv"
    model.save(tmp_path / "m.sna")
    table.write_text("t,lot,y\n0.5,q,0.05\n0.5,q,0.0501\n")
    ask = [
        "inverse",
        str(tmp_path / "m.sna"),
        "--observations",
        str(table),
        "--unknown",
        "a",
        "--noise",
        "0.001",
    ]
    for more, says, wide in (
        ([], "measurement noise and model error", True),
        (["--noise-only"], "measurement noise only", False),
    ):
        for draws in ([], ["--posterior", "200"]):
            assert main([*ask, *more, *draws]) == 0
            assert says in capsys.readouterr().out
            assert main([*ask, *more, *draws, "--json"]) == 0
            answer = json.loads(capsys.readouterr().out)
            assert answer["uncertainty"] == ("noise and model" if wide else "noise")
            deviation = (
                answer["summary"]["a"]["deviation"]
                if draws
                else answer["modes"][0]["deviation"]["a"]
            )
            assert (deviation > 0.8 * M) == wide
