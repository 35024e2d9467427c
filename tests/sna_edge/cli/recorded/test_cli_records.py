"""`sna-edge station verify, backup, restore, export` (sna_edge.cli.recorded)."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import closing

import pytest

from sna_edge.cli import main
from sna_edge.station.drafts import Draft
from sna_edge.station.records import Records

START = 1_772_323_200.0  # 2026-03-01T00:00:00Z


@pytest.fixture
def data(tmp_path):
    """The folder of three records, a day apart."""
    records, heard = Records(tmp_path / "data"), threading.Event()
    drafts = [
        Draft(
            "verdict", "press-1", f'{{"part": "P{k}"}}', START + 86_400 * k, f"P{k}",
            verdict="ACCEPT", outputs={"width": {"value": 1.5}},
        )
        for k in range(3)
    ]  # fmt: skip
    records.append(drafts, lambda answers, words: heard.set())
    assert heard.wait(60)
    records.stop()
    return tmp_path / "data"


def test_whole_and_broken(data, capsys):
    assert main(["station", "verify", str(data)]) == 0
    assert "3 records, 1 to 3, whole" in capsys.readouterr().out
    with closing(sqlite3.connect(data / "records.sqlite")) as db:
        db.execute("DELETE FROM records WHERE number = 2")
        db.commit()
    assert main(["station", "verify", str(data), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["status"], told["broken"]) == ("broken", 2)


def test_there_and_back(data, tmp_path, capsys):
    copy, again = str(tmp_path / "copy"), str(tmp_path / "again")
    assert main(["station", "backup", str(data), copy]) == 0
    assert main(["station", "restore", copy, again]) == 0
    assert main(["station", "verify", again]) == 0
    assert "3 records" in capsys.readouterr().out
    assert main(["station", "restore", copy, again]) == 2
    assert "already" in capsys.readouterr().err


def test_a_table(data, capsys):
    options = ["--zone", "Europe/Vienna", "--decimal", ",", "--from", "2026-03-02"]
    assert main(["station", "export", str(data), *options]) == 0
    head, *rows = capsys.readouterr().out.split("\r\n")[:-1]
    assert head.startswith("record;time;station;") and len(rows) == 2
    assert rows[0].startswith("2;2026-03-02T01:00:00.000+01:00;press-1;;P1;0;ACCEPT;1,5;")
    one = ["--from", "2026-03-01T00:30", "--to", "2026-03-02T00:00:00Z", "--of", "press-1"]
    assert main(["station", "export", str(data), *one]) == 0
    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize(
    "words, said",
    [
        (["verify"], "sna-edge station verify --help"),
        (["verify", "a", "b"], "unrecognized arguments: b"),
        (["backup", "a"], "required: COPY"),
        (["verify", "nothing"], "holds no records"),
        (["export", "DATA", "--from", "noon"], "no time 'noon'"),
        (["export", "DATA", "--zone", "Mars/Base"], "no time zone"),
        (["export", "DATA", "--of", "press"], "stations are press-1"),
    ],
)
def test_what_cannot_be_done(words, said, data, capsys):
    assert main(["station", *(str(data) if w == "DATA" else w for w in words)]) == 2
    assert said in capsys.readouterr().err
