"""Files in, verdicts out: every row once, whatever happens between."""

from __future__ import annotations

import csv
import json
import os
import re

import pytest

from ..plants import STATION, process
from ..waiting import until

FOLDER = STATION + '[folder.inbox]\npath = "in"\nstation = "press-1"\nseconds = 0.02\n'


@pytest.fixture
def plant(tmp_path):
    (tmp_path / "in").mkdir()
    made = process(tmp_path, station=FOLDER)
    yield made
    made.stop()


def put(tmp_path, name, text):
    """As a careful sender does: under another name, then renamed."""
    (tmp_path / "in" / f".{name}").write_text(text)
    os.replace(tmp_path / "in" / f".{name}", tmp_path / "in" / name)


def came(path):
    until(path.exists, what=f"{path} did not come")
    return path


def looked(plant):
    """Looks of the door from now on, each what it has found."""
    door, found = plant.plant.doors["folder.inbox"], []
    names = door._names
    door._names = lambda: found.append(names()) or found[-1]
    return found


def test_a_table_is_judged_and_moved_with_its_verdicts_beside_it(plant, tmp_path):
    put(tmp_path, "a.csv", "part;power;measured.width\n;kW;um\nA1;0,2;101,5\nA2;0,29;\n;0,2;\n")
    came(tmp_path / "in" / "done" / "a.csv")
    with open(tmp_path / "in" / "done" / "a.csv.verdicts.csv", newline="") as file:
        found = list(csv.DictReader(file))
    assert [r["verdict"] for r in found] == ["ACCEPT", "REJECT", "ACCEPT"]
    assert [r["part"] for r in found][:2] == ["A1", "A2"]
    assert re.fullmatch(r"a\.csv@20\d\d-[-\dT:.]*Z:5", found[2]["part"])
    first = json.loads(next(t for t in plant.plant.records.texts if '"A1"' in t))
    assert first["measured"]["width"]["value"] == 101.5 and first["door"] == "folder"


@pytest.mark.parametrize(("written", "records"), [((5e8, 5e8), 2), ((5e8, 6e8), 4)])
def test_a_file_that_comes_again_gives_no_second_record_and_a_new_one_of_its_name_does(
    plant, tmp_path, written, records
):
    """Machines write the next parts into a file of the same name, with the same settings too."""
    for at in written:
        (tmp_path / "a.csv").write_text("power\n200\n210\n")
        os.utime(tmp_path / "a.csv", (at, at))
        os.replace(tmp_path / "a.csv", tmp_path / "in" / "a.csv")
        until(lambda: not (tmp_path / "in" / "a.csv").exists())
    came(tmp_path / "in" / "done" / "a.csv.2")
    assert sum('"kind": "verdict"' in t for t in plant.plant.records.texts) == records


def test_what_is_no_table_is_put_aside_and_said(plant, tmp_path):
    put(tmp_path, "b.csv", "")
    put(tmp_path, "c.csv", "power\n")
    why = came(tmp_path / "in" / "wrong" / "b.csv.why.txt").read_text()
    assert why.strip() and came(tmp_path / "in" / "wrong" / "c.csv")
    came(tmp_path / "in" / "wrong" / "b.csv")
    until(lambda: any("b.csv was not read" in t for t in plant.plant.records.texts))


def test_links_and_other_names_are_left_alone(plant, tmp_path):
    (tmp_path / "secret.csv").write_text("power\n200\n")
    os.symlink(tmp_path / "secret.csv", tmp_path / "in" / "link.csv")
    put(tmp_path, "note.txt", "power\n200\n")
    looks = looked(plant)
    until(lambda: len(looks) > 3)
    assert (tmp_path / "in" / "link.csv").is_symlink() and (tmp_path / "in" / "note.txt").exists()
    assert not any('"kind": "verdict"' in t for t in plant.plant.records.texts)


def test_a_full_disk_holds_the_file_back_until_there_is_room(plant, tmp_path):
    plant.plant.records.full = "the disk is full"
    put(tmp_path, "a.csv", "power\n200\n")
    until(lambda: plant.plant.records.refused > 3)  # it was tried again
    assert (tmp_path / "in" / "a.csv").exists()
    plant.plant.records.full = ""
    came(tmp_path / "in" / "done" / "a.csv")


def test_of_many_files_some_have_their_turn_and_then_the_others(plant, tmp_path, monkeypatch):
    monkeypatch.setattr("sna_edge.station.folder.door.FILES", 3)
    looks, names = looked(plant), [f"f{n}.csv" for n in range(9)]
    (tmp_path / "in" / "a.txt").write_text("no table")
    for name in names:
        put(tmp_path, name, f"part,power\n{name},200\n")
    for name in names:
        came(tmp_path / "in" / "done" / name)
    assert max(map(len, looks)) == 3
