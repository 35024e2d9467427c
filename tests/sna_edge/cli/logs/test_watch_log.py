"""`watch --log`: all answers, in files of a bounded size; audit and refit read them."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from threading import Timer
from types import SimpleNamespace

import pytest

from sna_edge.cli import main
from sna_edge.cli.words import watch

LIMITS = {"outputs": {"width": {"USL": 200.0}}}
PARTS = [
    {"id": 1, "power": 200, "speed": 1.0, "spot": "A"},
    {"id": 1, "measured": {"width": "0.091 mm"}},
    {"id": 2, "power": 300, "speed": 1.0, "spot": "B"},
]


def fed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    path = tmp_path / "parts.jsonl"
    path.write_text(text)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(open(path, "rb")))  # noqa: SIM115


@pytest.mark.parametrize("learn", ["off", "width"])
def test_the_log_holds_all_answers_and_what_was_measured_as_it_was_sent(
    model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    learn: str,
) -> None:
    limits, log = tmp_path / "limits.json", tmp_path / "the log.jsonl"
    limits.write_text(json.dumps(LIMITS))
    words = ["watch", model_file, "--limits", limits, "--log", log, "--learn", learn]
    fed(monkeypatch, tmp_path, "".join(json.dumps(p) + "\n" for p in PARTS))
    assert main([str(w) for w in words]) == 0
    assert log.read_text() == capsys.readouterr().out
    answers = [json.loads(line) for line in log.read_text().splitlines()]
    assert answers[1]["reading"] == PARTS[1] and "verdict" not in answers[1]
    assert main(["audit", str(log), "--model", str(model_file), "--limits", str(limits)]) == 0


def test_a_log_rests_while_no_lines_come() -> None:
    source, end = os.pipe()

    class Resting:
        lines, rests = "", 0

        def write(self, text: str) -> None:
            self.lines += text

        def rest(self) -> None:
            self.rests += 1
            os.close(end)  # the input ends

    log = Resting()
    late = Timer(20.0, os.close, [end])
    late.start()
    os.write(end, b"no JSON\n")
    line = SimpleNamespace(lines=lambda texts, first: [{"line": first}])
    watched = SimpleNamespace(log=log, now=lambda: line, told="}")
    watch._stream(watched, None, source)  # type: ignore[arg-type]
    late.cancel()
    assert log.rests == 1 and json.loads(log.lines) == {"line": 1}


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (["--log-size", "1MB"], "--log FILE"),
        (["--log", "{}", "--log-size", "a lot"], "16MB"),
        (["--log", "{}", "--log-size", "1GB", "--log-keep", "1MB"], "--log-keep"),
        (["--log", "{}", "--log-days", "-1"], "positive"),
        (["--log", "/dev/null"], "no file"),
        (["--log", "{}/nowhere/log"], "does not exist"),
    ],
)
def test_options_of_a_log_that_cannot_be_are_refused(
    sna: Callable[..., object],
    model_file: Path,
    tmp_path: Path,
    options: list[str],
    wrong: str,
) -> None:
    limits = tmp_path / "limits.json"
    limits.write_text(json.dumps(LIMITS))
    given = [o.replace("{}", str(tmp_path / "log")) for o in options]
    said = sna("watch", model_file, "--limits", limits, *given)
    assert said.code == 2 and wrong in said.sentence()  # type: ignore[attr-defined]
