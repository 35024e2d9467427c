"""Intervals stay inside the range of their link, are never empty, and end where the domain ends."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, Status, level_axis, spline_axis
from sna_edge.cli import main
from sna_edge.inverse.query.limits import bands
from sna_edge.quality import judge
from sna_edge.quality.limits import parse_limits

Floats = np.ndarray
LINKS = [
    ("logistic", 1.0, 0.0), ("logistic", 100.0, 0.0), ("logistic", -2.0, 1.0),
    ("logistic", 3.0, -1.5),
    ("exp", 1.0, 0.0), ("exp", 40.0, -3.0), ("exp", -2.0, 5.0), ("exp", 1e-6, 0.0),
]  # fmt: skip
SPACES = ["output", "link"]


def steep(
    link: str, scale: float, offset: float, interval: Interval | None, axes: int = 1
) -> Model:
    """f = 60 (x - 1/2): both ends of the link are reached to the last bit."""
    made = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=1, degree=1) for d in range(axes)]
    tables = (np.array([[-30.0], [30.0]]), *(np.ones((2, 1)) for _ in range(axes - 1)))
    return Model(made, CP.full(tables), [Output("y", "", link, scale, offset, 0.0, interval)])


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("link,scale,offset", LINKS)
def test_an_interval_stays_in_the_range_of_its_link(
    link: str, scale: float, offset: float, space: str
) -> None:
    """A share was said to lie between 0.873 and 1.079."""
    width = 0.2 * abs(scale) if space == "output" else 0.7
    model = steep(link, scale, offset, Interval(0.9, width, 1.5 * width, space))
    found = model.evaluate(np.linspace(0, 1, 101)[:, None])
    far = offset + scale if link == "logistic" else np.copysign(np.inf, scale)
    assert (
        np.isfinite(found.lower).all()
        and (found.lower >= min(offset, far)).all()
        and (found.upper <= max(offset, far)).all()
    )
    assert (found.lower <= found.value).all() and (found.value <= found.upper).all()
    assert (found.lower < found.upper).all()  # a value that has rounded to an end keeps a width


@pytest.mark.parametrize("widths", [0.0, 0.05, 0.5, 2.0, 1e6])
@pytest.mark.parametrize("link,scale,offset", LINKS)
def test_limits_at_the_end_of_a_link_ask_nothing(
    link: str, scale: float, offset: float, widths: float
) -> None:
    model = steep(link, scale, offset, Interval(0.9, widths, widths))
    low, high = model.outputs[0].ends
    band = bands(model, {"y": (low, high)})[0]
    assert band.low == -np.inf and band.high == np.inf


PLAIN = [Interval(0.9, 0.1, 0.2), Interval(0.9, 0.1, 0.2, "link")]


def several(link: str, interval: Interval, levels: bool = False) -> Model:
    axes = [spline_axis("a", "", 0.0, 1.0, spans=3), spline_axis("b", "", -1.0, 1.0, spans=2)]
    axes += [level_axis("c", ("p", "q"))] if levels else []
    rng = np.random.default_rng(1)
    cp = CP.full([rng.random((a.basis.n_rows, 2)) for a in axes], np.ones((2, 2)))
    return Model(
        axes,
        cp,
        [
            Output("y", "", link, 2.0, 0.5, 0.0, interval),
            Output("z", "", link, 1.0, 0.0, 0.0, None),
        ],
    )


@pytest.mark.parametrize("levels", [False, True])
@pytest.mark.parametrize("interval", PLAIN)
@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_there_is_no_interval_outside_the_domain(
    link: str, interval: Interval, levels: bool
) -> None:
    """`--extrapolate` said "90 %" with an unchanged width."""
    model = several(link, interval, levels)
    x = np.array([[0.5, 0.0], [1.5, 0.0], [-9.0, 3.0], [0.2, -1.01], [1.0, 1.0]])
    x = np.c_[x, np.zeros(5)] if levels else x
    found = model.evaluate(x, extrapolate=True, level_index=True)
    outside = found.status == Status.EXTRAPOLATED
    assert outside.tolist() == [False, True, True, True, False]
    assert np.isfinite(found.value).all() and np.isfinite(found.lower[~outside, 0]).all()
    assert np.isnan(found.lower[outside]).all() and np.isnan(found.upper[outside]).all()
    limits = parse_limits({"outputs": {"y": {"LSL": -1e9, "USL": 1e9}}}, model)
    assert judge(model, limits, found).verdict.tolist() == ["ACCEPT", *["NO VERDICT"] * 3, "ACCEPT"]


@pytest.fixture
def saved(tmp_path: Path) -> str:
    several("identity", PLAIN[0]).save(tmp_path / "m.sna")
    return str(tmp_path / "m.sna")


def test_the_words_say_that_there_is_none(
    saved: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["query", saved, "--at", "a=1.5", "b=0", "--extrapolate"]) == 0
    said = capsys.readouterr().out
    assert "no interval outside the domain" in said and "90 %" not in said
    main(["query", saved, "--at", "a=1.5", "b=0", "--extrapolate", "--json"])
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)["outputs"]["y"]
    assert answer["lower"] is None and answer["upper"] is None and answer["value"] is not None
    table = tmp_path / "t.csv"
    table.write_text("a,b\n0.5,0\n1.5,0\n")
    main(["query", saved, "--table", str(table), "-o", str(tmp_path / "o.csv"), "--extrapolate"])
    with open(tmp_path / "o.csv", newline="") as file:
        first, second = csv.DictReader(file)
    assert (
        first["y_lower"]
        and first["y_upper"]
        and second["y"]
        and second["y_lower"] == second["y_upper"] == ""
    )
