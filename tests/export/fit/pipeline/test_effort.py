"""Levels of effort: a quick fit is a fit, says what it left out, and a stopped one keeps what it
has."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_edge.errors import InputError
from sna_export.fit import fit_arrays
from sna_export.fit.effort import EFFORTS, QUICK
from sna_export.fit.pipeline import pipeline


def rows(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.random((count, 3))
    return x, np.sin(3 * x[:, 0] * x[:, 1]) + x[:, 2] ** 2 + 0.05 * rng.standard_normal(count)


def error(found: Any) -> float:
    """RMSE over the spread, out of fold."""
    return float(np.sqrt(1.0 - found.report["outputs"]["y"]["r2"]))


def test_a_quick_fit_is_near_the_normal_one_and_says_what_it_left_out() -> None:
    x, y = rows(200)
    quick, normal = fit_arrays(x, y, effort="quick"), fit_arrays(x, y)
    assert error(quick) < 2.0 * error(normal) and error(quick) < 0.5
    assert quick.report["skipped"] == list(QUICK.skipped)
    assert normal.report["skipped"] == [] and normal.report["effort"] == "normal"
    assert quick.model.metadata["fit"]["effort"] == "quick"
    assert "effort" not in normal.model.metadata["fit"]
    assert fit_arrays(x, y, effort="quick").model.to_bytes() == quick.model.to_bytes()


def test_a_quick_fit_of_noise_is_the_mean() -> None:
    x = np.random.default_rng(1).random((80, 3))
    y = np.random.default_rng(2).standard_normal(80)
    assert fit_arrays(x, y, effort="quick").report["outputs"]["y"]["r2"] > -0.05


def test_rows_beyond_what_a_level_sees_are_said() -> None:
    assert QUICK.left_out(QUICK.fit_rows + 1)[-1] == "rows beyond 60,000"
    assert EFFORTS["normal"].left_out(1000) == EFFORTS["thorough"].left_out(1000) == []
    with pytest.raises(InputError, match="quick, normal, thorough"):
        fit_arrays(*rows(20), effort="lazy")


@pytest.mark.parametrize("stage", ["Gaussian-process teachers", "fits to the rows", "a student"])
def test_a_stopped_fit_delivers_what_it_has(stage: str) -> None:
    """Later stops have more candidates; none of them raises."""
    stop = Event()

    def asked(message: str, _past: float, _left: float) -> None:
        if message.startswith(stage):
            stop.set()

    x, y = rows(150)
    found = fit_arrays(x, y, stop=stop, progress=asked)
    assert found.report["stopped"] and found.report["cut"]
    assert found.report["outputs"]["y"]["r2"] > 0.75
    assert np.isfinite(found.model.evaluate(x).value).all()


def test_ctrl_c_writes_the_best_so_far_and_ends_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = rows(150)
    table, made = tmp_path / "t.csv", tmp_path / "m.sna"
    np.savetxt(table, np.c_[x, y], delimiter=",", header="a,b,c,y", comments="")
    screened = pipeline.screened

    def pressed(samples: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return screened(samples)

    monkeypatch.setattr(pipeline, "screened", pressed)
    before = signal.getsignal(signal.SIGINT)
    assert main(["fit", str(table), "--target", "y", "-o", str(made)]) == 130
    said = capsys.readouterr()
    assert "stopping with the best so far" in said.err
    assert "cut short by Ctrl-C" in said.out and str(made) in said.out
    assert sna_edge.load(made)({"a": 0.5, "b": 0.5, "c": 0.5}).shape == (1,)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_quick_fit_meets_products_of_kinks() -> None:
    """Straight pieces whose break moves are tried on clean rows at every effort."""
    rng = np.random.default_rng(0)
    x, fresh = rng.random((400, 4)), rng.random((1000, 4))

    def kinks(z: np.ndarray) -> np.ndarray:
        return np.asarray(np.prod(0.5 + np.abs(z - [0.31, 0.5, 0.62, 0.4]), axis=1))

    found = fit_arrays(x, kinks(x), effort="quick", plain=True)
    error = found.model.evaluate(fresh, extrapolate=True).value[:, 0] - kinks(fresh)
    assert np.sqrt(np.mean(error**2)) < 1e-5 * kinks(fresh).std()
