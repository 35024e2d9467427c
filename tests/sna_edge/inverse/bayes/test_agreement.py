"""Observations that the model cannot give: refused or remarked, and never answered with a tiny
+-."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, InputError, Model, Output, Status, level_axis, spline_axis
from sna_edge.cli.main import main
from sna_edge.core.output import Interval
from sna_edge.inverse import StudentT, estimate, posterior
from sna_edge.inverse.bayes.agreement import agreement
from sna_edge.inverse.bayes.estimation_problem import prepare


def plate(
    link: str = "identity",
    interval: Interval | None = None,
    outputs: int = 1,
    backend: str = "numpy",
) -> Model:
    """t, lot, a, b -> y (and z), between about 0 and 3 before the link."""
    axes = [spline_axis(n, "", 0.0, 1.0, spans=4) for n in "tab"]
    axes.insert(1, level_axis("lot", ("p", "q")))
    x = np.linspace(0, 1, 7)[:, None]
    tables = [
        np.hstack([1 + 0.2 * x, x]),
        np.array([[1.0, 1.0], [0.9, 1.1]]),
        np.hstack([x, x**2]),
        np.hstack([1 + 0.5 * x, 1 - x]),
    ]
    weights = np.array([[1.0, 0.4], [0.5, 1.0]])[:, :outputs]
    model = Model(
        axes,
        CP.full(tables, weights),
        [Output("yz"[k], link=link, interval=interval) for k in range(outputs)],
    )
    return model.with_backend(backend)


def seen(model: Model, count: int = 6, **changed: float) -> dict[str, Any]:
    """Exact readings at a = 0.4, b = 0.6, the first one replaced."""
    t = np.linspace(0, 1, count)
    y = model.value({"t": t, "lot": ["q"] * count, "a": 0.4, "b": 0.6})
    data: dict[str, Any] = {
        "t": t,
        "lot": ["q"] * count,
        **{o: y[:, k].copy() for k, o in enumerate(model.output_names)},
    }
    for name, value in changed.items():
        data[name][0] = value
    return data


WIDE = Interval(0.9, 0.05, 0.05)
FAR: list[tuple[str, Model, dict[str, Any], Any]] = [
    ("one reading, a billion", plate(), {"t": 0.5, "lot": "q", "y": 1e9}, 0.002),
    ("a little out of reach", plate(), {"t": 0.5, "lot": "q", "y": 4.0}, 0.002),
    ("below everything", plate(), {"t": 0.5, "lot": "q", "y": -3.0}, 0.002),
    (
        "every reading in another unit",
        plate(),
        {**seen(plate()), "y": 1000.0 * seen(plate())["y"]},
        0.01,
    ),
    ("with an interval", plate(interval=WIDE), {"t": 0.5, "lot": "q", "y": 1e9}, 0.002),
    ("an exp link", plate("exp"), {"t": 0.5, "lot": "q", "y": 1e9}, 0.002),
    (
        "an exp link, negative",
        plate("exp", Interval(0.9, 0.1, 0.1, "link")),
        {"t": 0.5, "lot": "q", "y": -5.0},
        0.002,
    ),
    ("a share above one", plate("logistic"), {"t": 0.5, "lot": "q", "y": 1.5}, 0.002),
    (
        "outliers allowed, all of them out",
        plate(),
        {"t": 0.5, "lot": "q", "y": 1e6},
        StudentT(0.002),
    ),
    ("both outputs", plate(outputs=2), {"t": 0.5, "lot": "q", "y": 50.0, "z": -50.0}, 0.002),
    ("native", plate(), {"t": 0.5, "lot": "q", "y": 1e9}, 0.002),
]


@pytest.mark.parametrize(("model", "data", "noise"), [f[1:] for f in FAR], ids=[f[0] for f in FAR])
def test_a_reading_out_of_reach_is_unreachable(
    model: Model, data: dict[str, Any], noise: Any, request: pytest.FixtureRequest
) -> None:
    """An observation 1e9 outside the range was answered with +-0.002 and no remark."""
    if "native" in request.node.name:
        pytest.importorskip("sna_edge_native")
        model = model.with_backend("native")
    for words in ({}, {"noise_only": True}):
        found = estimate(model, data, ["a", "b"], noise, **words)
        assert found.status == Status.UNREACHABLE and not len(found) and found.nearest is not None
        assert "is not reached" in found.message and "check the reading" in found.message
        drawn = posterior(model, data, ["a", "b"], noise, n=50, **words)
        assert (
            drawn.status == Status.UNREACHABLE and not len(drawn) and drawn.message == found.message
        )
        answer = found.to_dict()
        assert answer["misfit"]["fits"] is False and answer["misfit"]["chi_square"] > 30
        json.dumps(answer)


SWINGS = 0.1 * np.sin(99.0 * np.arange(40))
OFF: list[tuple[str, Model, dict[str, Any], float]] = [
    ("one of six a billion", plate(), seen(plate(), y=1e9), 0.01),
    ("one of six out of reach", plate(), seen(plate(), y=9.0), 0.01),
    ("one of six elsewhere", plate(), seen(plate(), y=0.1), 0.01),
    (
        "two outputs that contradict each other",
        plate(outputs=2),
        seen(plate(outputs=2), y=0.2),
        0.01,
    ),
    (
        "a drift that the model does not have",
        plate(),
        {**seen(plate()), "y": seen(plate())["y"] + 0.5 * np.cos(9 * np.arange(6))},
        0.01,
    ),
    (
        "noise stated a hundredth of what it is",
        plate(),
        {**seen(plate(), 40), "y": seen(plate(), 40)["y"] + SWINGS},
        1e-3,
    ),
    ("the same through a link", plate("exp"), seen(plate("exp"), y=9.0), 0.01),
    ("with an interval", plate(interval=WIDE), seen(plate(interval=WIDE), y=0.1), 0.002),
]


@pytest.mark.parametrize(("model", "data", "noise"), [o[1:] for o in OFF], ids=[o[0] for o in OFF])
def test_disagreement_is_said_and_widens(model: Model, data: dict[str, Any], noise: float) -> None:
    clean = estimate(model, seen(model, len(data["t"])), ["a", "b"], noise)
    found = estimate(model, data, ["a", "b"], noise)
    assert clean.agreement is not None and clean.agreement.fits and "misfit" not in clean.message
    assert found.agreement is not None and "misfit:" in found.message and len(found)
    assert found.agreement.widened > 1.5 and found.agreement.widened == pytest.approx(
        found.agreement.factor
    )
    assert (found.deviation[0] > 1.5 * np.minimum(clean.deviation[0], 0.05)).any()
    alone = estimate(model, data, ["a", "b"], noise, noise_only=True)
    assert (
        "misfit:" in alone.message
        and alone.agreement is not None
        and alone.agreement.widened == 1.0
    )
    drawn = posterior(model, data, ["a", "b"], noise, n=100)
    assert "misfit:" in drawn.message and drawn.to_dict()["misfit"]["fits"] is False


def test_chance_is_not_called_misfit() -> None:
    model, rng, said = plate(), np.random.default_rng(0), 0
    for _ in range(60):
        data = seen(model, 8)
        data["y"] = data["y"] + 0.05 * rng.normal(size=8)
        said += "misfit" in estimate(model, data, ["a", "b"], 0.05).message
    assert said == 0


def test_the_command_line_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, table = tmp_path / "m.sna", tmp_path / "seen.csv"
    plate().save(model)
    table.write_text("t,lot,y\n0.5,q,1e9\n")
    ask = [
        "inverse",
        str(model),
        "--observations",
        str(table),
        "--unknown",
        "a,b",
        "--noise",
        "0.002",
    ]
    for draws in ([], ["--posterior", "100"]):
        assert main([*ask, *draws]) == 3
        out = capsys.readouterr().out
        assert (
            "unreachable: y = 1e+09 is not reached" in out
            and "+-" not in out.split("unreachable")[0]
        )
        assert main([*ask, *draws, "--json"]) == 3
        answer = json.loads(capsys.readouterr().out)
        assert answer["status"] == "unreachable" and answer["solutions"] == []


@pytest.mark.parametrize("stopped", [False, True])
def test_a_place_where_a_search_was_cut_is_no_misfit(stopped: bool) -> None:
    query = prepare(plate(), seen(plate()), ["a", "b"], 0.002, None, None, None)
    if stopped:
        query.budget.stop()
    found = agreement(query, np.array([0.9, 0.1]))
    assert (
        not found.fits
        and not found.far
        and ("the search was cut" in found.words) == stopped == ("misfit" not in found.words)
    )


def test_a_reading_on_a_narrow_peak_is_not_called_out_of_reach() -> None:
    """Scattered settings miss the peak, and its reading with them; a search for it alone does
    not."""
    axis = spline_axis("a", "", 0.0, 1.0, spans=40)
    x = np.linspace(0.0, 1.0, 43)
    model = Model(
        [axis], CP.full([np.exp(-0.5 * ((x - 0.3731) / 0.05) ** 2)[:, None]]), [Output("y")]
    )
    top = float(model.value(np.linspace(0.0, 1.0, 4001)[:, None]).max())
    query = prepare(model, {"y": np.array([top, 0.0, 0.0, 0.0])}, ["a"], 1e-5, None, None, None)
    found = agreement(query, np.array([0.95]))
    assert not found.fits and "is not reached" not in found.words
    higher = prepare(
        model, {"y": np.array([1.1 * top, 0.0, 0.0, 0.0])}, ["a"], 1e-5, None, None, None
    )
    assert "is not reached" in agreement(higher, np.array([0.95])).words


@pytest.mark.parametrize("unknowns", [[], ["a", "a"], ["a", "b", "a"]])
def test_unknowns_are_named_once_each(unknowns: list[str]) -> None:
    for ask in (estimate, posterior):
        with pytest.raises(InputError, match="list at least one unknown input"):
            ask(plate(), seen(plate()), unknowns, 0.01)
