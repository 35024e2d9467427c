"""examples/inline_quality: the commands of its page run, and every verdict and cause on the page is
one that `watch` gives."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, level_axis, spline_axis
from sna_edge.cli import main

PARTS = [
    {"id": 1, "power": 200.0, "speed": 900.0, "spot": 0.08, "powder": "0"},
    {"id": 2, "power": 500.0, "speed": 300.0, "spot": 0.08, "powder": "0"},
    {"id": 3, "power": 100.0, "speed": 900.0, "spot": 0.08, "powder": "30"},
    {"id": 4, "power": 200.0, "speed": 900.0, "spot": 0.08},
    {"id": 5, "power": 2000.0, "speed": 900.0, "spot": 0.08, "powder": "0"},
]


def tracks() -> Model:
    """Width and depth rise with power and fall with speed; the names and units of the example."""
    axes = [
        spline_axis("power", "W", 50, 500),
        spline_axis("speed", "mm/s", 225, 1400),
        spline_axis("spot", "mm", 0.04, 0.12),
    ]
    x = np.linspace(0, 1, axes[0].basis.n_rows)[:, None]
    tables = [0.4 + 1.6 * x, 1.5 - x, 1.2 - 0.4 * x, np.array([[1.0], [0.9], [0.8]])]
    outputs = [
        Output("width", "um", interval=Interval(0.9, 8.0, 8.0)),
        Output("depth", "um", interval=Interval(0.9, 8.0, 8.0)),
    ]
    return Model(
        [*axes, level_axis("powder", ("0", "30", "60"))], CP.full(tables, [[128.0, 96.0]]), outputs
    )


def commands(page: str) -> list[list[str]]:
    return [
        shlex.split(line, comments=True)
        for block in re.findall(r"```sh\n(.*?)```", page, re.S)
        for line in block.splitlines()
    ]


def test_commands_run_and_the_words_of_the_page_are_given(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = root / "examples" / "inline_quality"
    page = (folder / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    tracks().save("line.sna")
    Path("limits.toml").write_bytes((folder / "limits.toml").read_bytes())
    Path("parts.jsonl").write_text("".join(json.dumps(p) + "\n" for p in PARTS) + "not a reading\n")
    Path("parts.csv").write_text("id,power,speed,spot,powder\n1,200,900,0.08,0\n")
    pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
    asked = commands(page)
    assert [c[0] for c in asked] == ["python", "sna-edge", "sna-edge", "sna-edge"]
    assert (root / asked[0][1]).exists()
    answers = []
    for program, *words in asked[1:]:
        if "<" in words:
            with open(words[words.index("<") + 1], encoding="utf-8") as source:
                monkeypatch.setattr(sys, "stdin", source)
                assert main(words[: words.index("<")]) == 0, program
        else:
            assert main(words) == 0, words
        answers.append(capfd.readouterr().out)
    judged = [json.loads(line) for line in answers[0].splitlines()]
    assert [a["verdict"] for a in judged] == [
        "ACCEPT",
        "REJECT",
        "NO VERDICT",
        "NO VERDICT",
        "NO VERDICT",
        "NO VERDICT",
    ]
    advice = judged[1]["advice"]
    assert advice["status"] == "deadline" or (advice["status"] == "ok" and advice["change"]), (
        "a busy machine may cut the 50 ms short"
    )
    assert {a["status"] for a in judged} == {"ok", "bad_input", "out_of_domain"}
    assert json.loads(answers[1])["id"] == "1"
    assert answers[2].splitlines()[0] == page.rsplit("```text\n", 1)[1].splitlines()[0]
    for word in {a["verdict"] for a in judged} | {
        "straddles a limit",
        "missing",
        "not JSON",
        "out_of_domain",
        "bad_input",
    }:
        assert word in page
