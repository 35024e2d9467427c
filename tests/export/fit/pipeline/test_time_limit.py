"""The time limit holds within 10 % and 2 s, what was cut is said, and what is left is at least the
baseline."""

from __future__ import annotations

import csv
import json
import time
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from sna_edge.cli import main
from sna_edge.errors import InputError
from sna_edge.numerics import time_budget
from sna_edge.numerics.time_budget import TimeBudget
from sna_export.fit import fit_arrays
from sna_export.fit.engine import gauss_newton
from sna_export.teacher import gaussian_process

from ....clock import Clock


def rows(count: int, inputs: int, outputs: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([count, inputs, outputs])
    x = rng.random((count, inputs))
    y = (
        2.0 * x[:, :1]
        + x[:, :1] * x[:, 1:2] * np.arange(1, outputs + 1)
        + np.sin(9.0 * x[:, 1:2]) / 4.0
    )
    return x, y + 0.02 * rng.standard_normal(y.shape)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Modules that a first fit loads are there."""
    fit_arrays(*rows(20, 2, 1))


@pytest.mark.parametrize(
    ("count", "inputs", "outputs", "limit"),
    [
        (1000, 6, 15, 1.0),
        (500, 4, 64, 1.0),
        (3000, 8, 3, 1.5),
        (12_000, 5, 2, 1.0),
        (60_000, 4, 1, 1.5),
        (300, 200, 1, 1.0),
        (400, 40, 4, 1.0),
        (60, 2, 1, 0.2),
        (9_000, 3, 1, 0.05),
    ],
)
def test_the_limit_holds_and_the_answer_is_at_least_a_polynomial(
    count: int, inputs: int, outputs: int, limit: float
) -> None:
    """30 s took 53, and 1 s with fifteen outputs took 17."""
    x, y = rows(count, inputs, outputs)
    clock = Clock()
    found = fit_arrays(x, y, time_limit=limit)
    found.model.to_bytes()
    assert clock.seconds < 1.1 * limit + 2.0
    assert found.report["cut"] and found.model.metadata["fit"]["cut"] == found.report["cut"]
    assert all(score["r2"] > 0.75 for score in found.report["outputs"].values())


def test_what_was_cut_is_said_everywhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = rows(2000, 5, 12)
    with open(tmp_path / "t.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [[*"abcde", *(f"y{k}" for k in range(12))], *np.c_[x, y].tolist()]
        )
    targets = [word for k in range(12) for word in ("--target", f"y{k}")]
    words = [
        "fit",
        str(tmp_path / "t.csv"),
        *targets,
        "--time-limit",
        "1",
        "-o",
        str(tmp_path / "m.sna"),
    ]
    clock = Clock()
    assert main(words) == 0
    assert clock.seconds < 3.1
    said = capsys.readouterr().out
    assert "cut short by the time limit: " in said and "Gaussian-process teachers" in said
    assert main([*words, "--report", str(tmp_path / "r.html"), "--json"]) == 0
    assert "Gaussian-process teachers" in json.loads(capsys.readouterr().out)["cut"]
    assert "Gaussian-process teachers" in (tmp_path / "r.html").read_text(encoding="utf-8")
    assert main(["info", str(tmp_path / "m.sna")]) == 0
    said = capsys.readouterr().out
    assert "cut short by the time limit: " in said and "Gaussian-process teachers" in said


def test_without_a_limit_nothing_is_cut_and_bytes_do_not_depend_on_the_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    x, y = rows(40, 2, 1)
    first = fit_arrays(x, y)
    assert first.report["cut"] == [] and "cut" not in first.model.metadata["fit"]
    real = time_budget.perf_counter
    monkeypatch.setattr(time_budget, "perf_counter", lambda: 1000.0 * real())
    assert fit_arrays(x, y).model.to_bytes() == first.model.to_bytes()


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_no_time_is_refused(limit: float) -> None:
    with pytest.raises(InputError, match="time limit"):
        fit_arrays(*rows(30, 2, 1), time_limit=limit)


@pytest.mark.parametrize("share", [0.6, 1.0, 1.2, 1.5])
@pytest.mark.parametrize(("count", "inputs"), [(60, 2), (150, 3)])
def test_a_limit_that_changes_the_model_says_so(count: int, inputs: int, share: float) -> None:
    """Searches ended early by a share of the limit: fewer rows, steps and ranks were tried and
    `cut` was empty."""
    seconds, free = _free(count, inputs)
    limited = fit_arrays(*rows(count, inputs, 1), time_limit=share * seconds)
    assert limited.report["cut"] or limited.model.to_bytes() == free


SLOW = [(gaussian_process, "WORTH_SEARCHING"), (gauss_newton, "AHEAD")]


@pytest.mark.parametrize(("module", "name"), SLOW)
def test_steps_that_would_end_late_are_said(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    monkeypatch.setattr(module, name, 1e9)
    assert fit_arrays(*rows(60, 2, 1), time_limit=60.0).report["cut"]


def test_a_limit_that_changes_nothing_is_not_said_to_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_budget, "perf_counter", time.process_time)  # others take none of it
    limited = fit_arrays(*rows(60, 2, 1), time_limit=90.0)
    assert limited.report["cut"] == [] and limited.model.to_bytes() == _free(60, 2)[1]


@cache
def _free(count: int, inputs: int) -> tuple[float, bytes]:
    begin = time.perf_counter()
    found = fit_arrays(*rows(count, inputs, 1)).model.to_bytes()
    return time.perf_counter() - begin, found


def test_what_was_left_out_is_said_once() -> None:
    budget = TimeBudget.for_fit(1e-6)
    assert [budget.affords(what, 1e9) for what in ("b", "a", "b")] == [False] * 3
    budget.leave_out("a")
    assert budget.cut == ["b", "a"]
    assert TimeBudget().affords("c", 1e99) and not TimeBudget().passed


def test_the_progress_of_a_limited_fit_says_the_time_left() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((1500, 6))
    heard, clock = list[float](), Clock()
    fit_arrays(
        x,
        np.sin(5 * x).sum(axis=1),
        time_limit=1.0,
        progress=lambda text, past, left: heard.append(left),
    )
    assert clock.seconds < 4.0  # about 1.1 on a quiet machine
    assert heard and min(heard) < 1.0
