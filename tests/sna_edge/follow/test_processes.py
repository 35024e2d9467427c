"""The processes that follow a table: killed at any moment and started again, they answer every row,
and repeat at most the last batch."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.cli import main
from sna_edge.follow.note import Notes

HEADER = "id,power,time\n"
ROWS = 400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    power = spline_axis("power", "W", 0.0, 1000.0, spans=1, degree=1)
    tables = (np.array([[0.0], [1000.0]]),)
    Model(
        [power],
        CP(tables, (np.array([0]),), np.array([[1.0]])),
        [Output("y", interval=Interval(0.9, 1.0, 1.0))],
    ).save(tmp_path / "m.sna")
    (tmp_path / "l.json").write_text(json.dumps({"outputs": {"y": {"LSL": -10.0, "USL": 2000.0}}}))
    (tmp_path / "t.csv").write_text(HEADER)
    return tmp_path


def row(i: int) -> str:
    return f"{i},{i / 2},{i}.50\n"


def command(word: str, folder: Path, root: Path) -> list[str]:
    if word == "watch":
        return [
            sys.executable,
            "-m",
            "sna_edge",
            "watch",
            "m.sna",
            "--limits",
            "l.json",
            "--table",
            "t.csv",
            "--follow",
        ]
    script = str(root / "examples" / "raspberry_pi" / "query_loop.py")
    return [
        sys.executable,
        script,
        "m.sna",
        "t.csv",
        "--follow",
        "--out",
        "answers",
        "--backend",
        "numpy",
    ]


def ids(word: str, folder: Path) -> list[tuple[int, str, str]]:
    """(number of the row, its time, its answer) in the order given, of those that are whole."""
    lines = (folder / "answers").read_text().rpartition("\n")[0].splitlines()
    if word == "watch":
        return [(int(a["id"]), a["time"], a["verdict"]) for a in map(json.loads, lines)]
    return [(int(r["id"]), r["time"], r["status"]) for r in csv.DictReader(lines)]


def unnoted(word: str, folder: Path) -> int:
    """Rows that are answered and not noted as such: those of one batch."""
    notes = Notes(str(folder / "t.csv.state"), str(folder / "t.csv"))
    answered = max((i for i, *_ in ids(word, folder)), default=0)
    return answered - (notes.note.count if notes.note else 0)


def appended(folder: Path, rng: random.Random, first: int, last: int) -> None:
    """Rows in pieces cut anywhere; once in a while the table is rotated."""
    text = "".join(row(i) for i in range(first, last + 1)).encode()
    while text:
        size = rng.randrange(1, 400)
        with open(folder / "t.csv", "ab") as file:
            file.write(text[:size])
        text = text[size:]
        time.sleep(0.003)


@pytest.mark.parametrize("word", ["watch", "query_loop"])
def test_killed_at_random_every_row_is_answered(word: str, folder: Path, root: Path) -> None:
    rng, given, rotations, cut = random.Random(7), 0, 0, 0
    for life in range(6):
        with open(folder / "answers", "ab") as out:
            process = subprocess.Popen(
                command(word, folder, root), cwd=folder, stdout=out, stderr=subprocess.PIPE
            )
        time.sleep(0.25)
        appended(folder, rng, given + 1, given := given + ROWS // 6)
        deadline = time.monotonic() + 120
        while not life and not (folder / "t.csv.state").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        if life in (2, 4):
            rotations += 1
            (folder / "t.csv").rename(folder / f"t.csv.{rotations}")
            (folder / "t.csv").write_text(HEADER)
        time.sleep(rng.uniform(0.0, 0.5))
        process.kill()
        process.communicate()
        cut += unnoted(word, folder)
    with open(folder / "answers", "ab") as out:
        process = subprocess.Popen(
            command(word, folder, root), cwd=folder, stdout=out, stderr=subprocess.PIPE
        )
    whole = f'"count": {given},'.encode()
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and whole not in (folder / "t.csv.state").read_bytes():
        time.sleep(0.1)
    process.kill()
    _, said = process.communicate()
    found = ids(word, folder)
    assert sorted({i for i, *_ in found}) == list(range(1, given + 1)), said
    assert {(t, a) for i, t, a in found} == {
        (f"{i}.50", "ACCEPT" if word == "watch" else "ok") for i in range(1, given + 1)
    }
    repeated = len(found) - given
    assert repeated <= cut, "at most the batch at each cut comes again"


@pytest.mark.parametrize("word", ["watch", "query_loop"])
def test_a_broken_pipe_is_an_error_and_skips_nothing(word: str, folder: Path, root: Path) -> None:
    (folder / "t.csv").write_text(HEADER + "".join(map(row, range(1, 900))))
    words = [w for w in command(word, folder, root) if w not in ("--out", "answers")]
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait(120) == 1 and "nothing reads" in said and "Traceback" not in said
    assert not (folder / "t.csv.state").exists()


def test_half_a_row_is_not_answered(folder: Path, root: Path) -> None:
    """`9,1` of a row that becomes `9,180,..` was answered as one watt."""
    (folder / "t.csv").write_text(HEADER + row(1) + "9,1")
    for word in ("watch", "query_loop"):
        with open(folder / "answers", "wb") as out:
            process = subprocess.Popen(
                [*command(word, folder, root), "--state", word],
                cwd=folder,
                stdout=out,
                stderr=subprocess.PIPE,
            )
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and not (folder / word).exists():
            time.sleep(0.05)
        time.sleep(0.3)
        process.kill()
        process.communicate()
        assert [i for i, *_ in ids(word, folder)] == [1]


@pytest.mark.parametrize(
    "cell", ["0_1", "1_000", "nan", "NaN", "inf", "１", "१", "0x1", "", "1e999", "--1", "1 bananas"]
)
def test_what_is_no_number_is_not_answered(cell: str, folder: Path, root: Path) -> None:
    sys.path.insert(0, str(root / "examples" / "raspberry_pi"))
    import query_loop  # type: ignore[import-not-found]

    sys.path.pop(0)
    (folder / "t.csv").write_text(HEADER + f"1,{cell},1.0\n" + row(2))
    done = query_loop.main(
        [
            str(folder / "m.sna"),
            str(folder / "t.csv"),
            "--out",
            str(folder / "answers"),
            "--backend",
            "numpy",
        ]
    )
    assert done["counts"] == {"bad_input": 1, "ok": 1}
    assert [r["id"] for r in csv.DictReader((folder / "answers").read_text().splitlines())] == [
        "1",
        "2",
    ]


REFUSED = {
    "state without follow": (["--table", "t.csv", "--state", "s"], "--state needs --follow"),
    "follow without a table": (["--follow"], "--follow needs --table"),
    "no table": (["--table", "none.csv", "--follow"], "no such file: none.csv"),
    "a folder": (["--table", ".", "--follow"], "folder"),
    "an empty table": (["--table", "empty.csv"], "is empty"),
    "no column": (["--table", "other.csv"], "has no column 'power'"),
    "a name twice": (["--table", "twice.csv"], "occurs twice"),
    "damaged state": (
        ["--table", "t.csv", "--follow", "--state", "l.json"],
        "is damaged; delete it",
    ),
    "no place for the state": (
        ["--table", "full.csv", "--follow", "--state", "none/s"],
        "cannot write the state file",
    ),
    "state on standard input": (["--table", "-", "--follow", "--state", "s"], "leave it out"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusals_are_one_sentence(
    case: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    Path("empty.csv").write_text("")
    Path("other.csv").write_text("id,watts\n1,2\n")
    Path("twice.csv").write_text("id,power,power\n1,2,900\n")
    Path("full.csv").write_text(HEADER + row(1))
    words, said = REFUSED[case]
    assert main(["watch", "m.sna", "--limits", "l.json", *words]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and "internal error" not in err


def test_a_table_on_standard_input(folder: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "sna_edge",
        "watch",
        "m.sna",
        "--limits",
        "l.json",
        "--table",
        "-",
        "--follow",
    ]
    text = "id;power;time\n1;2,5;x\n2;3,5"
    done = subprocess.run(
        words, cwd=folder, input=text.encode("utf-16"), capture_output=True, check=True
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["verdict"] for a in answers] == ["ACCEPT", "NO VERDICT"] and answers[0]["outputs"][
        "y"
    ]["value"] == pytest.approx(2.5)
    assert os.listdir(folder).count("-.state") == 0
