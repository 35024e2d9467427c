"""A recorded table fed into a station."""

from __future__ import annotations

import json

import pytest

from sna_edge.cli import main
from sna_edge.cli.words import replay

from ..station.plants import STATION, process

HTTP = STATION + '[http]\nlisten = "127.0.0.1:0"\n'


@pytest.fixture
def station(tmp_path):
    made = process(tmp_path, station=HTTP)
    port = made.plant.doors["http"].port
    yield made, f"http://127.0.0.1:{port}/stations/press-1/parts"
    made.stop()


def test_verdicts_are_counted_against_what_was_measured(station, tmp_path, capsys):
    plant, url = station
    rows = ["200,101", "200,130", "290,146", "236,", "500,90"]
    (tmp_path / "t.csv").write_text("\n".join(["power,width", *rows]) + "\n")
    words = ["replay", str(tmp_path / "t.csv"), "--to", url, "--measured", "width", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["parts"] == 5 and told["again"] == 0
    assert told["verdicts"] == {"ACCEPT": {"bad": 1, "good": 1}, "NO VERDICT": {
        "not measured": 1, "good": 1}, "REJECT": {"bad": 1}}  # fmt: skip
    assert main([*words, "--speed", "1000"]) == 0
    assert json.loads(capsys.readouterr().out)["again"] == 5
    assert sum('"kind": "verdict"' in t for t in plant.plant.records.texts) == 5
    assert main(words[:-1]) == 0 and "5 parts in" in capsys.readouterr().out


def test_what_cannot_be_sent_is_said(station, tmp_path, capsys):
    _, url = station
    (tmp_path / "t.csv").write_text("power\n200\n")
    for to, more in ((url.replace("press-1", "press-2"), []), ("ftp://x/y", []), (url, ["width"])):
        words = ["replay", str(tmp_path / "t.csv"), "--to", to]
        assert main([*words, "--measured", *more] if more else words) == 2
        assert capsys.readouterr().err.startswith("sna-edge replay: ")


def test_how_far_it_is_and_what_was_sent_when_it_is_stopped(station, tmp_path, capsys, monkeypatch):
    _, url = station
    (tmp_path / "t.csv").write_text("power\n" + "200\n" * 5)
    monkeypatch.setattr(replay, "PROGRESS", 0.0)
    send, sent = replay.Sender.send, []

    def stopped(self, messages):
        sent.append(messages)
        if len(sent) == 4:
            raise KeyboardInterrupt
        return send(self, messages)

    monkeypatch.setattr(replay.Sender, "send", stopped)
    assert main(["replay", str(tmp_path / "t.csv"), "--to", url, "--speed", "1000"]) == 0
    said = capsys.readouterr()
    assert "3 parts in" in said.out and "stopped; what was sent" in said.err
    assert said.err.count("parts in") == 3
