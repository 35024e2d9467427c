"""`sna-edge sweep`."""

from __future__ import annotations

import re
from typing import Any

import pytest

import sna_edge


def test_distributions_of_outputs(sna: Any, model_file: Any, tmp_path: Any) -> None:
    given = tmp_path / "inputs.toml"
    given.write_text("power = 'normal(250, 10)'\nspeed = 'uniform'\n")
    words = ["sweep", model_file, "--inputs", given, "--rest", "uniform", "--samples", "1e4"]
    found = sna(*words, "--json", "--quantiles", "0.5").json
    assert found["status"] == "ok" and found["answered"] == 10_000
    assert [q["p"] for q in found["outputs"][0]["quantiles"]] == [0.5]
    name, middle = found["outputs"][0]["name"], found["outputs"][0]["quantiles"][0]["value"]
    text = sna(*words, "--input", "power=250", "--spec", f"{name}={middle}:").out
    assert f"{name}: mean" in text and "power 250" in text and "inside" in text
    assert "10,000 samples" in text


def test_digits_down_to_the_standard_error(sna: Any, tmp_path: Any) -> None:
    """A mean of 1000000.08 +- 0.01 was 1000000, quantiles 5 apart the same number, and a limit of
    1000005 was 1e+06."""
    axis = sna_edge.spline_axis("x", "", -10.0, 10.0, spans=1, degree=1)
    line = sna_edge.CP.full([[[-10.0], [10.0]]], [[1.0]])
    model = sna_edge.Model([axis], line, [sna_edge.Output("y", offset=1e6)])
    model.save(tmp_path / "m.sna")
    words = ["sweep", tmp_path / "m.sna", "--input", "x=normal(0, 1)", "--samples", "1e4"]
    text = sna(*words, "--spec", "y=1000001.5:").out
    (mean,) = re.findall(r"mean ([\d.]+) \+- 0.01,", text)
    assert len(mean.partition(".")[2]) >= 2 and "1000001.5 to inf" in text
    assert len(re.findall(r"\d\.\d+ +99999\d\.\d\d", text)) >= 4


def test_all_points_of_a_grid(sna: Any, model_file: Any) -> None:
    words = ["sweep", model_file, "--rest", "uniform", "--input", "power=grid(25)"]
    text = sna(*words, "speed=grid(4)").out
    assert "100 points of a grid" in text and "+-" not in text and "standard error" not in text
    found = sna(*words, "--json").json
    assert (found["samples"], found["design"], found["outputs"][0]["mean_se"]) == (25, "grid", None)
    assert "leave --samples out" in sna(*words, "--samples", "26").sentence()


def test_sobol_points(sna: Any, model_file: Any) -> None:
    words = ["sweep", model_file, "--rest", "uniform", "--design", "sobol"]
    text = sna(*words, "--samples", "1000").out
    assert "1,000 Sobol' points" in text and "+-" not in text
    assert "1,024 Sobol' points, a power of two, would lie more evenly" in text
    text = sna(*words, "--samples", "8192", "--replicates", "8").out
    assert "8,192 Sobol' points in 8 replicates" in text
    assert "+-" in text and "would lie" not in text and "standard error" not in text
    assert sna(*words, "--json").json["samples"] == 2**20
    answer = sna(*words, "--samples", "1000", "--replicates", "8")
    assert answer.code == 2 and "give --samples 1024" in answer.sentence()


def test_a_picture_with_limits(sna: Any, model_file: Any, tmp_path: Any) -> None:
    pytest.importorskip("matplotlib")
    words = ["sweep", model_file, "--rest", "uniform", "--samples", "1e4"]
    name = sna(*words, "--json").json["outputs"][0]["name"]
    path = tmp_path / "found.svg"
    assert sna(*words, "--spec", f"{name}=0:1e9", "--plot", path).code == 0
    text = path.read_text()
    assert all(word in text for word in ("share per bin", "mean", "samples with a value"))
    assert "svg" in sna(*words, "--plot", tmp_path / "found.gif").sentence()


def test_bad_words_are_one_sentence(sna: Any, model_file: Any, tmp_path: Any) -> None:
    given = tmp_path / "inputs.toml"
    given.write_text("power = [1]\n")
    words = ["sweep", model_file, "--rest", "uniform"]
    for more, said in (
        (["--samples", "1.5"], "whole number"),
        (["--samples", "many"], "whole number"),
        (["--spec", "y"], "NAME=VALUE"),
        (["--spec", "y=3"], "NAME=LOW:HIGH"),
        (["--inputs", given], "power is no distribution"),
        (["--input", "power=gamma(2)"], "no distribution"),
        (["--workers", "0"], "--workers is 0"),
    ):
        answer = sna(*words, *more)
        assert answer.code == 2 and said in answer.sentence()
    assert "no distribution for" in sna("sweep", model_file).sentence()
