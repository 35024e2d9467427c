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
    watched = SimpleNamespace(log=log, against=None, now=lambda: line, told="}")
    watch._stream(watched, None, source)  # type: ignore[arg-type]
    late.cancel()
    assert log.rests == 1 and json.loads(log.lines) == {"line": 1}


def test_audit_judges_what_was_rotated_away_and_says_in_which_file(
    model_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    limits, log = tmp_path / "limits.json", tmp_path / "log"
    limits.write_text(json.dumps(LIMITS))
    fed(monkeypatch, tmp_path, "".join(json.dumps(p) + "\n" for p in PARTS))
    assert main(["watch", str(model_file), "--limits", str(limits), "--log", str(log)]) == 0
    lines = log.read_text().splitlines(keepends=True)
    wrong = lines[0].replace("ACCEPT", "REJECT")
    (tmp_path / "log.000001").write_text(lines[1])
    (tmp_path / "log.000002").write_text(lines[0] + wrong)
    log.write_text(lines[0])
    words = ["audit", str(log), "--model", str(model_file), "--limits", str(limits)]
    capsys.readouterr()
    assert main(words) == 3
    told = capsys.readouterr().out
    assert told.startswith(f"{log} and 2 files rotated away from it: 2 of 3 verdicts found again")
    assert f"{log}.000002, line 2: the log says REJECT" in told
    assert main([*words, "--json"]) == 3
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert (finding["file"], finding["line"]) == (f"{log}.000002", 2)


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
