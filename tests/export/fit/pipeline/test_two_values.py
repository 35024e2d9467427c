"""Outputs that are only ever pass or fail: the interval holds single outcomes, and it is said
so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge import Output
from sna_edge.artifact import read
from sna_edge.cli import main
from sna_export.fit import fit_arrays
from sna_export.fit.pipeline.conformal import two_values, with_intervals

TWO = [[0, 1], [1, 0], [-1, 1], [5, 7], [0, 100], [0.25, 0.75], [-3, -2], [1e6, 2e6]]
MORE = [[0, 1, 2], [0, 0.5, 1], [0, 1e-9, 1], np.linspace(0, 1, 40)]


@pytest.mark.parametrize("values", TWO)
def test_two_values_are_found(values: list[float]) -> None:
    y = np.resize(np.asarray(values, dtype=float), 40)[:, None]
    assert two_values([Output("y")], y) == {"y": sorted(map(float, values))}


@pytest.mark.parametrize("values", MORE)
def test_more_values_are_not(values: list[float]) -> None:
    assert two_values([Output("y")], np.resize(np.asarray(values, dtype=float), 40)[:, None]) == {}


def test_one_row_of_its_own_is_no_outcome() -> None:
    assert two_values([Output("y")], np.array([[0.0], [0.0], [1.0]])) == {}


def passed(seed: int = 0, rows: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.random((rows, 2))
    return x, (x[:, 0] + 0.2 * rng.standard_normal(rows) > 0.5).astype(float)


@pytest.mark.parametrize("link", ["logistic", "identity"])
def test_the_interval_of_pass_and_fail_says_what_it_holds(
    link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    x, y = passed()
    model = fit_arrays(x, y, names=["passed"], link=link).model
    found = model.evaluate(np.random.default_rng(1).uniform(x.min(axis=0), x.max(axis=0), (500, 2)))
    if link == "logistic":
        assert (found.lower >= 0).all() and (found.upper <= 1).all()
    fresh, truth = passed(7, 2000)
    answer = model.evaluate(fresh)
    inside = answer.status >= 0
    held = (truth >= answer.lower[:, 0]) & (truth <= answer.upper[:, 0])
    assert held[inside].mean() > 0.85
    (tmp_path / "m.sna").write_bytes(model.to_bytes())
    assert read(tmp_path / "m.sna").metadata["fit"]["outcomes"] == {"passed": [0.0, 1.0]}
    main(["query", str(tmp_path / "m.sna"), "--at", "x0=0.5", "x1=0.5"])
    assert "90 % interval of single outcomes, 0 or 1:" in capsys.readouterr().out
    main(["info", str(tmp_path / "m.sna")])
    assert "up to 98.34 % of outcomes" in capsys.readouterr().out


def test_the_cut_width_counts_in_the_choice_of_the_space() -> None:
    """Both candidates are compared as they are answered."""
    rng = np.random.default_rng(0)
    p = rng.uniform(0.4, 0.6, 400)[:, None]
    y = np.clip(p + 0.6 * rng.standard_normal(p.shape), 1e-6, 1 - 1e-6)
    interval = with_intervals([Output("y", link="logistic")], y, p)[0].interval
    assert interval is not None and interval.space == "output"
