"""Declared sensor tolerances: 500.3 W of a sensor that is good to 0.5 W counts as 500 W where the
domain ends, and says so."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sna_edge import InputError, Interval, Model, Output, spline_axis
from sna_edge.cli import main
from sna_edge.core.interaction import CP
from sna_edge.quality import Line
from sna_edge.quality.limits import parse_limits

CASES = [
    # input, domain, tolerance, reading, counted as (None: outside)
    ("power", (100.0, 500.0), 0.5, 500.3, 500.0),
    ("power", (100.0, 500.0), 0.5, 500.5, 500.0),
    ("power", (100.0, 500.0), 0.5, 500.51, None),
    ("power", (100.0, 500.0), 0.5, 99.6, 100.0),
    ("power", (100.0, 500.0), 0.5, 99.5, 100.0),
    ("power", (100.0, 500.0), 0.5, 99.4, None),
    ("power", (100.0, 500.0), 0.0, 500.3, None),
    ("power", (0.1, 0.3), 0.1, 0.4, 0.3),
    ("power", (0.1, 0.3), 0.1, 0.0, 0.1),
    ("power", (-0.3, 0.7), 0.1, 0.7 + 0.1, 0.7),
    ("power", (-0.3, 0.7), 0.1, -0.3 - 0.1, -0.3),
    ("power", (1e-6, 4e-5), 1e-7, 4.01e-5, 4e-5),
    ("power", (1e6, 1e7), 10.0, 1e7 + 10.0, 1e7),
    ("power", (-500.0, -100.0), 0.5, -500.4, -500.0),
    ("power", (100.0, 500.0), 0.5, 300.0, 300.0),
    ("power", (100.0, 500.0), 0.5, 500.0, 500.0),
    ("power", (100.0, 500.0), 0.5, float("inf"), None),
    ("power", (100.0, 500.0), 0.5, float("nan"), None),
    ("power", (100.0, 500.0), 0.5, -1e300, None),
]


def straight(domain: tuple[float, float]) -> Model:
    """y = x + speed on the domain, speed in 0 .. 1."""
    axes = [
        spline_axis("power", "W", *domain, spans=1, degree=1),
        spline_axis("speed", "m/s", 0.0, 1.0, spans=1, degree=1),
    ]
    tables = (np.array(domain)[:, None], np.array([[0.0], [1.0]]))
    return Model(
        axes,
        CP(tables, (np.array([0]), np.array([1])), np.eye(1).repeat(2, 0)),
        [Output("y", interval=Interval(0.9, 0.0, 0.0))],
    )


@pytest.mark.parametrize(("name", "domain", "tolerance", "reading", "counted"), CASES)
def test_a_reading_within_the_tolerance_counts_as_the_border(
    name: str, domain: tuple[float, float], tolerance: float, reading: float, counted: float | None
) -> None:
    model = straight(domain)
    found = model.evaluate(
        {name: [reading, sum(domain) / 2], "speed": 0.5}, tolerance={name: tolerance}
    )
    assert found.status[1] == 0 and (found.moved is not None or not tolerance)
    if counted is None:
        assert found.status[0] < 0 and np.isnan(found.value[0, 0])
        return
    assert found.status[0] == 0 and found.axis[0] == -1 and found.excess[0] == 0
    assert found.value[0, 0] == pytest.approx(
        model.value({name: counted, "speed": 0.5})[0], rel=1e-15
    )
    assert found.moved is not None and found.moved.tolist() == [
        [reading != counted, False],
        [False, False],
    ]


@pytest.mark.parametrize(
    ("name", "domain", "tolerance", "reading", "counted"),
    [c for c in CASES if c[2] and np.isfinite(c[3])],
)
def test_the_command_line_and_the_line_say_the_same(
    name: str,
    domain: tuple[float, float],
    tolerance: float,
    reading: float,
    counted: float | None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = straight(domain)
    model.save(tmp_path / "m.sna")
    code = main(["query", str(tmp_path / "m.sna"), "--at", f"{name}={reading!r}", "speed=0.5",
        "--sensor-tolerance",
    f"{name}={tolerance!r}",
                 "--json"])  # fmt: skip
    query = json.loads(capsys.readouterr().out)
    tables = {"inputs": {name: {"tolerance": tolerance}}, "outputs": {"y": {"LSL": -1e9}}}
    (part,) = Line(model, parse_limits(tables, model)).lines(
        [json.dumps({name: reading, "speed": 0.5})]
    )
    assert code == (3 if counted is None else 0) and query["status"] == part["status"]
    assert part["verdict"] == ("NO VERDICT" if counted is None else "ACCEPT")
    moved = counted is not None and reading != counted
    assert ("remark" in query, "remark" in part) == (moved, moved)
    if moved:
        assert (
            query["remark"]
            == part["remark"]
            == f"{name} = {reading!r} counts as {counted!r} (sensor tolerance)"
        )


def test_a_table_is_answered_with_tolerances(tmp_path: Path) -> None:
    straight((100.0, 500.0)).save(tmp_path / "m.sna")
    (tmp_path / "t.csv").write_text("power,speed\n500.3,0.5\n500.6,0.5\n400,1.05\n")
    words = [
        "query",
        str(tmp_path / "m.sna"),
        "--table",
        str(tmp_path / "t.csv"),
        "-o",
        str(tmp_path / "o.csv"),
    ]
    assert main([*words, "--sensor-tolerance", "power=0.5", "speed=0.1"]) == 0
    rows = (tmp_path / "o.csv").read_text()
    assert (
        "power = 500.3 counts as 500.0 (sensor tolerance)" in rows.splitlines()[1]
        and "counts" not in rows.splitlines()[2]
    )
    assert [
        word in rows.splitlines()[i + 1] for i, word in enumerate(("ok", "out_of_domain", "ok"))
    ] == [True] * 3


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        ({"laser": 1.0}, "not an input"),
        ({"power": -0.1}, "from 0"),
        ({"power": float("nan")}, "finite"),
        ({"power": float("inf")}, "finite"),
        ({"power": 1e9}, "wider"),
        ({"power": "0.5"}, "finite"),
        ({"power": True}, "finite"),
        ({"power": None}, "finite"),
        ({"power": 10**400}, "wider"),
    ],
)
def test_wrong_tolerances_are_named(tolerance: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        straight((100.0, 500.0)).evaluate({"power": 200.0, "speed": 0.5}, tolerance=tolerance)


@pytest.mark.parametrize(
    "text",
    [
        "power=x",
        "power",
        "power=nan",
        "laser=1",
        "power=-1",
        "power=1e9",
        "power=0_1",
        "power=1 power=2",
    ],
)
def test_wrong_options_are_one_sentence(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    straight((100.0, 500.0)).save(tmp_path / "m.sna")
    words = [
        "query",
        str(tmp_path / "m.sna"),
        "--at",
        "power=500.3",
        "speed=0.5",
        "--sensor-tolerance",
        *text.split(),
    ]
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_extrapolation_goes_on_beyond_the_tolerance() -> None:
    found = straight((100.0, 500.0)).evaluate(
        {"power": [500.3, 501.0], "speed": 0.5}, extrapolate=True, tolerance={"power": 0.5}
    )
    assert found.status.tolist() == [0, 3] and found.value[1, 0] == pytest.approx(501.5)
