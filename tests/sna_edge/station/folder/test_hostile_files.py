"""Files that were made to break the folder's door, and the good ones between them."""

from __future__ import annotations

import json
import os

import pytest

from ..plants import STATION, process
from ..waiting import until

FOLDER = STATION + '[folder.inbox]\npath = "in"\nstation = "press-1"\nseconds = 0.02\n'
GOOD = b"power\n200\n290\n"
FILES = {
    b"bin.csv": bytes(range(256)) * 20,
    b"empty.csv": b"",
    b"head.csv": b"part,power\n",
    b"nul.csv": b"part,power\nN1\0,200\n",
    b"quote.csv": b'part,power\n"Q1,200\nQ2,200\n',
    b"huge.csv": b"part,power\nH1," + b"9" * 300_000 + b"\n",
    b"dup.csv": b"power,power\n200,210\n",
    b"zip.csv": b"PK\x03\x04" + bytes(100),
    b"parquet.csv": b"PAR1" + bytes(100),
    b"bytes.csv": b"part,power\nL\xe41,\xff\xfe12\n",
    b"rag.csv": b"part,power\nR1,200,5\nR2\n",
    b"seq.csv": b"part,sequence,power\nS1,-1,200\nS2,999999999999999999999,200\n",
    b"lines.csv": b'part,power\n"a\nb",200\n"=cmd()",bad\n',
    b"\xff.csv": b"power\nbad\n",
}
LEFT = {"fifo.csv", "link.csv", "dir.csv", "done", "wrong"}
NAMES = (b"sur\xff.csv", b"\x1b[31m\nevil.csv", b"x" * 240 + b".csv", b"'; DROP TABLE.csv")


@pytest.fixture
def plant(tmp_path):
    (tmp_path / "in").mkdir()
    made = process(tmp_path, station=FOLDER)
    yield made
    made.stop()


def put(tmp_path, name, data):
    temporary = os.fsencode(tmp_path / "in") + b"/.new"
    with open(temporary, "wb") as file:
        file.write(data)
    os.replace(temporary, os.fsencode(tmp_path / "in") + b"/" + name)


def verdicts(plant):
    found = [json.loads(text) for text in plant.plant.records.texts]
    return {r["part"]: r["verdict"] for r in found if r["kind"] == "verdict"}


def alarms(plant):
    texts = [text for text in plant.plant.records.texts if '"event": "alarm"' in text]
    return [json.loads(text)["why"] for text in texts]


def test_hostile_files_end_nothing_and_good_ones_between_them_are_judged(plant, tmp_path):
    folder, door = tmp_path / "in", plant.plant.doors["folder.inbox"]
    os.mkfifo(folder / "fifo.csv")
    os.symlink("/etc/passwd", folder / "link.csv")
    (folder / "dir.csv").mkdir()
    for round_ in range(2):  # the second time names are taken
        for n, (name, data) in enumerate(FILES.items()):
            put(tmp_path, name, data)
            put(tmp_path, b"good%d-%d.csv" % (round_, n), b"part,power\nG%d-%d,200\n" % (round_, n))
        for name in NAMES:
            put(tmp_path, name, GOOD if round_ == 0 else GOOD.replace(b"290", b"280"))
        until(lambda: {f.name for f in folder.iterdir()} == LEFT)
    found = verdicts(plant)
    assert all(found[f"G{r}-{n}"] == "ACCEPT" for r in range(2) for n in range(len(FILES)))
    assert sum(v == "REJECT" for v in found.values()) == 2 * len(NAMES)
    accepted = [part for part, verdict in found.items() if verdict == "ACCEPT"]
    assert len(accepted) == 2 * (len(FILES) + len(NAMES))
    assert all(part.isprintable() and len(part) <= 200 for part in found)
    assert door.state()["up"]
    until(lambda: len(alarms(plant)) >= 2 * 9)
    assert all(why.isprintable() for why in alarms(plant))


def test_nothing_is_written_where_a_planted_link_leads(plant, tmp_path):
    folder, outside = tmp_path / "in", tmp_path / "outside"
    outside.write_text("untouched")
    until((folder / "wrong").exists)
    os.symlink(outside, folder / "wrong" / "bad.csv.why.txt")
    os.symlink(outside, folder / "done" / "good.csv.verdicts.csv")
    os.symlink(outside, folder / "done" / ".verdicts")
    put(tmp_path, b"bad.csv", b"")
    put(tmp_path, b"good.csv", GOOD)
    until((folder / "done" / "good.csv.2").exists)
    until((folder / "wrong" / "bad.csv.2").exists)
    assert outside.read_text() == "untouched"
    assert (folder / "done" / "good.csv.2.verdicts.csv").read_text().count("\n") == 3


def test_a_large_file_takes_no_more_memory_than_a_small_one(plant, tmp_path):
    put(tmp_path, b"warm.csv", b"power\n" + b"200\n" * 2000)
    until((tmp_path / "in" / "done" / "warm.csv").exists)
    submitted, submit = [], plant.desk.submit
    plant.desk.submit = lambda some, done: submitted.append(len(some)) or submit(some, done)
    put(tmp_path, b"large.csv", b"power\n" + b"200\n" * 20_000)
    until((tmp_path / "in" / "done" / "large.csv").exists, 120)
    assert sum(submitted) == 20_000 and max(submitted) <= 256


def test_a_table_that_breaks_in_the_middle_says_how_far_it_was_judged(plant, tmp_path, monkeypatch):
    from sna_edge.station.folder import door

    def broken(*args, rows=door.rows):
        for n, one in enumerate(rows(*args)):
            if n == 600:
                raise ZeroDivisionError("of ours")
            yield one

    monkeypatch.setattr(door, "rows", broken)
    put(tmp_path, b"a.csv", b"power\n" + b"200\n" * 1000)
    until((tmp_path / "in" / "wrong" / "a.csv.why.txt").exists)
    why = (tmp_path / "in" / "wrong" / "a.csv.why.txt").read_text()
    assert "its first 512 rows have their records" in why and len(verdicts(plant)) == 512
    assert plant.plant.doors["folder.inbox"].state()["up"]
