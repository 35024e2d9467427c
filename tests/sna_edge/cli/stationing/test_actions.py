"""`sna-edge station ACTION`: arguments, help and errors of each action."""

from __future__ import annotations

import pytest

from sna_edge.cli import main

from ...station.plants import STATION, folder

RUNNING = ("limits", "models", "people", "gage", "correct", "retention")
ACTIONS = ("check", "token", "unit", "verify", "backup", "restore", "export", *RUNNING)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_explains_itself(action, capsys):
    assert main(["station", action, "--help"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"usage: sna-edge station {action} [-h]")
    assert ("--zone" in said) == (action == "export")
    assert ("--role" in said) == (action in ("token", "people"))
    assert ("--token-file" in said) == (action in RUNNING)


@pytest.mark.parametrize(
    "words, said",
    [
        (["fry", "x"], "no action 'fry'"),
        (["a.toml", "b.toml"], "unrecognized arguments: b.toml; see sna-edge station --help"),
        (["verify", "d", "--zone", "UTC"], "unrecognized arguments: --zone UTC"),
        ([], "required: CONFIG.toml"),
        (["none.toml"], "no such file"),
    ],
)
def test_usage_is_one_sentence(words, said, capsys):
    assert main(["station", *words]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_check_and_unit_from_the_command_line(tmp_path, capsys):
    path = str(folder(tmp_path, station=STATION + "[http]\n"))
    assert main(["station", "check", path]) == 0
    assert "doors: http" in capsys.readouterr().out
    unit = tmp_path / "line-1.service"
    assert main(["station", "unit", path, "--user", "sna", "-o", str(unit)]) == 0
    assert "systemctl enable --now line-1" in capsys.readouterr().out
    assert f" station {path}\n" in unit.read_text() and "User=sna" in unit.read_text()
    assert main(["station", "unit", path]) == 2
    assert "below /var/lib/sna-station only" in capsys.readouterr().err
