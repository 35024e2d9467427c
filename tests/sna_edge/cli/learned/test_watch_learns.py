"""watch with measured values: options, tables, key rings, files."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from sna_edge.cli.trusted.watched import Watched
from sna_edge.cli.words import watch
from sna_edge.signing import PublicKey
from sna_edge.signing.keys import key_id
from sna_edge.signing.signer import signed

from ...signing.signed_files import KEY, PUBLIC
from ..conftest import small_model

LIMITS = {"outputs": {"width": {"LSL": 50.0, "USL": 500.0}}}


def rows(measured: bool, count: int = 60) -> str:
    """A table of parts whose width comes out 4 um above the model."""
    lines = ["id,power,speed,spot" + (",measured.width" if measured else "")]
    for i in range(count):
        power, speed = 120 + 37 * i % 250, 0.6 + 0.13 * i % 0.8
        width = 50 + power / 4 - 10 * speed + 4 + (i % 7 - 3) / 3
        lines.append(f"{i},{power},{speed},A" + (f",{width}" if measured else ""))
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, limits, parts without and with measured widths."""
    small_model().save(tmp_path / "model.sna")
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS))
    (tmp_path / "parts.csv").write_text(rows(False))
    (tmp_path / "measured.csv").write_text(rows(True))
    return tmp_path


def words(folder: Path, table: str, *more: object) -> list[object]:
    return ["watch", folder / "model.sna", "--limits", folder / "limits.json", "--table",
            folder / table, *more]  # fmt: skip


def answers(out: str) -> list[dict]:
    return [json.loads(text) for text in out.splitlines()]


def test_without_measured_values_nothing_changes(sna, folder: Path) -> None:
    plain = sna(*words(folder, "parts.csv", "--learn", "off")).out
    for mode in ((), ("--learn", "width"), ("--learn", "recalibrate")):
        said = sna(*words(folder, "parts.csv", *mode))
        assert said.out == plain and not said.err
    assert sorted(os.listdir(folder)) == ["limits.json", "measured.csv", "model.sna", "parts.csv"]


def test_widths_by_default_values_when_asked(sna, folder: Path) -> None:
    said = sna(*words(folder, "measured.csv"))
    assert said.err.splitlines()[0] == (
        "sna-edge watch: what is learned is forgotten at the end; --learned FILE keeps it"
    )
    last = answers(said.out)[-1]
    assert "model_value" not in last["outputs"]["width"] and last["correction"]["labels"] == 59
    last = answers(sna(*words(folder, "measured.csv", "--learn", "recalibrate")).out)[-1]
    one = last["outputs"]["width"]
    assert one["value"] - one["model_value"] == pytest.approx(4.0, abs=0.8)
    off = answers(sna(*words(folder, "measured.csv", "--learn", "off")).out)[-1]
    assert "measured" not in off and "correction" not in off


def test_what_was_learned_is_kept_and_not_learned_twice(sna, folder: Path) -> None:
    more = ("--learned", folder / "line.learned")
    first = answers(sna(*words(folder, "measured.csv", *more)).out)
    again = answers(sna(*words(folder, "measured.csv", *more)).out)
    assert again[-1]["correction"]["labels"] == 60
    assert {a["measured"]["width"]["learned"] for a in again} == {False}
    assert first[0].get("correction") is None
    said = sna(*words(folder, "measured.csv", *more, "--learn", "off")).sentence()
    assert "--learned needs --learn" in said


@pytest.mark.parametrize("corrections", [False, True])
def test_the_key_ring_allows_corrections_or_not(sna, folder: Path, corrections: bool) -> None:
    pytest.importorskip("cryptography")
    data = signed(small_model().to_bytes(), key_id(PUBLIC), 1, KEY.sign)
    (folder / "model.sna").write_bytes(data)
    (folder / "keys.txt").write_text(PublicKey(PUBLIC, corrections=corrections).line)
    keys = ("--keys", folder / "keys.txt")
    asked = sna(*words(folder, "measured.csv", *keys, "--learn", "width"))
    if not corrections:
        assert "add the word corrections to the line of its key" in asked.sentence()
    last = answers(sna(*words(folder, "measured.csv", *keys)).out)[-1]
    assert ("correction" in last) == corrections
    assert last["measured"]["width"]["covered"]["parts"] == 60


def test_a_process_killed_while_it_learns_loses_and_repeats_nothing(folder: Path) -> None:
    lines = [
        json.dumps({"id": i, "power": 200 + i % 50, "speed": 1, "spot": "A",
                    "measured": {"width": 95.0 + i % 3}})
        for i in range(40)
    ]  # fmt: skip
    command = [sys.executable, "-m", "sna_edge", "watch", str(folder / "model.sna"), "--limits",
               str(folder / "limits.json"), "--learned", str(folder / "learned")]  # fmt: skip
    sent = 0
    for stop in (7, 19, 31, 40):
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert child.stdin is not None and child.stdout is not None
        for text in lines[max(sent - 3, 0) : stop]:  # the last ones again
            child.stdin.write(text + "\n")
            child.stdin.flush()
            last = json.loads(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdin.close()
        child.stdout.close()
        sent = stop
    assert last["measured"]["width"]["covered"]["parts"] == 40


def test_a_file_that_cannot_be_used(sna, folder: Path) -> None:
    (folder / "learned").write_text("something else")
    said = sna(*words(folder, "measured.csv", "--learned", folder / "learned")).sentence()
    assert "damaged, or no such file" in said
    said = sna(*words(folder, "measured.csv", "--learned", folder / "no" / "file")).sentence()
    assert "cannot use the learned state" in said


def test_reference_rows_set_the_thresholds(sna, folder: Path) -> None:
    (folder / "before.csv").write_text(rows(True, 150).replace("measured.width", "width"))
    said = sna(*words(folder, "measured.csv", "--reference", folder / "before.csv"))
    assert said.code == 0 and "measured values lie" not in said.err  # as far off as before
    said = sna(*words(folder, "measured.csv"))
    assert "width: measured values lie higher than the model says" in said.err
    (folder / "few.csv").write_text(rows(True, 20).replace("measured.width", "width"))
    few = sna(*words(folder, "measured.csv", "--reference", folder / "few.csv")).sentence()
    assert "fewer than 100 rows with all inputs" in few


def moved(folder: Path, name: str, by: float, count: int = 400) -> str:
    """A table of parts in random order; from part 200 on the speed is higher."""
    rng = np.random.default_rng(len(name))
    given = zip(rng.uniform(150, 350, count).tolist(), rng.normal(1, 0.08, count).tolist())
    lines = [f"p{i},{p},{s + by * (i >= 200)},A" for i, (p, s) in enumerate(given)]
    (folder / name).write_text("\n".join(["id,power,speed,spot", *lines]) + "\n")
    return name


@pytest.mark.parametrize("mode", ["off", "width", "recalibrate"])
def test_inputs_that_move_are_found_without_measured_values(sna, folder: Path, mode: str) -> None:
    reference = folder / moved(folder, "before.csv", 0.0)
    table = moved(folder, "now.csv", 0.2)
    said = sna(*words(folder, table, "--reference", reference, "--learn", mode))
    found = answers(said.out)
    at = [a["line"] for a in found if "alarms" in a]
    assert len(at) == 1 and 202 <= at[0] <= 215
    (sentence,) = found[at[0] - 1]["alarms"]
    begin = "input speed lies higher than in the reference rows, by "
    assert sentence.startswith(begin) and "since part p20" in sentence and "sensor" in sentence
    assert sentence in said.err
    quiet = sna(*words(folder, moved(folder, "same.csv", 0.0), "--reference", reference))
    assert "lies higher" not in quiet.err and "lies lower" not in quiet.err
    plain = sna(*words(folder, table)).out  # the words are the same without
    drop = [{k: v for k, v in a.items() if k != "alarms"} for a in found]
    assert drop == answers(plain)


def test_an_alarm_of_the_inputs_stands_over_a_restart(sna, folder: Path) -> None:
    more = ("--reference", folder / moved(folder, "before.csv", 0.0))
    more = (*more, "--learned", folder / "learned")
    moved(folder, "first.csv", 0.2)
    moved(folder, "later.csv", 0.2)
    text = (folder / "later.csv").read_text().splitlines()
    (folder / "later.csv").write_text("\n".join([text[0], *text[220:]]) + "\n")
    assert "input speed" in sna(*words(folder, "first.csv", *more)).err
    assert "input speed" not in sna(*words(folder, "later.csv", *more)).err
    (folder / "learned").unlink()
    assert "input speed" in sna(*words(folder, "later.csv", *more)).err


@pytest.fixture
def store(sna, folder: Path) -> Path:
    """A store with release 1; release 2 lies beside it."""
    for version in (1, 2):
        small_model().replace(metadata={"release": version}).save(folder / f"{version}.sna")
    assert sna("install", folder / "1.sna", "--store", folder / "store").code == 0
    return folder / "store"


@pytest.mark.parametrize("broken", [False, True])
def test_what_was_learned_goes_and_comes_back_with_its_model(
    sna, folder: Path, store: Path, broken: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    watch.configure(parser)
    given = ["--store", store, "--limits", folder / "limits.json", "--table", folder / "parts.csv"]
    watched = Watched(parser.parse_args([*map(str, given), "--follow"]))
    part = {"id": 1, "power": 200.0, "speed": 1.0, "spot": "A"}
    label = {"id": 1, "measured": {"width": 95.0}}
    watched.now().readings([part, label])
    before = watched.now().readings([part])[0]
    assert before["correction"]["labels"] == 1
    if broken:  # the new model cannot judge here: the old one goes on, and into its own file
        digest = sha256((folder / "2.sna").read_bytes()).hexdigest()
        (folder / f"parts.csv.learned.{digest[:16]}").write_text("something else")
        sna("install", folder / "2.sna", "--store", store)
        watched.now().readings([part | {"id": 2}, label | {"id": 2}])
    else:
        sna("install", folder / "2.sna", "--store", store)
        assert "correction" not in watched.now().readings([part])[0]
        sna("store", "rollback", store)
        assert watched.now().readings([part])[0]["correction"] == before["correction"]
        watched.now().readings([part | {"id": 2}, label | {"id": 2}])
    watched.close()
    again = Watched(parser.parse_args([*map(str, given), "--follow"]))
    assert again.now().readings([part])[0]["correction"]["labels"] == 2
    again.close()
    assert "what is learned now is forgotten" not in capsys.readouterr().err
