"""Backups of a station that writes, and tables for people."""

from __future__ import annotations

import csv
import io
import shutil
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from sna_edge.errors import InputError
from sna_edge.station.records import History, Records, backup, restore, verify, write_csv

from .made import START, appended, event, measurement, verdict


def test_a_backup_while_the_station_writes(tmp_path):
    records, stop, count = Records(tmp_path / "data"), threading.Event(), [0]

    def feed() -> None:
        while not stop.is_set():
            first = count[0]
            appended(records, *(verdict(f"P{i}") for i in range(first, first + 50)))
            count[0] = first + 50

    feeding = threading.Thread(target=feed)
    feeding.start()
    while count[0] < 500:
        time.sleep(0.01)
    least = count[0]
    found = backup(tmp_path / "data", tmp_path / "copy")
    stop.set()
    feeding.join()
    records.stop()
    assert found.broken is None and least <= found.last <= count[0]
    assert (tmp_path / "copy").is_dir() and not (tmp_path / "copy" / "head").exists()
    made = restore(tmp_path / "copy", tmp_path / "again")
    assert (made.last, made.digest) == (found.last, found.digest)
    records = Records(tmp_path / "again")
    old, new = appended(records, verdict("P3"), verdict("new")).answers
    assert (old.number, old.again, new.number) == (4, True, found.last + 1)
    records.stop()
    assert verify(tmp_path / "again").broken is None


@pytest.fixture
def few(tmp_path):
    records = Records(tmp_path / "data")
    appended(records, *(verdict(f"P{i}") for i in range(5)))
    records.stop()
    return tmp_path / "data"


def test_nothing_is_written_over(few, tmp_path):
    backup(few, tmp_path / "copy")
    for name in ("copy", "data"):
        with pytest.raises(InputError, match=r"holds records\.sqlite already"):
            backup(few, tmp_path / name)
    with pytest.raises(InputError, match=r"holds records\.sqlite already"):
        restore(tmp_path / "copy", few)
    with pytest.raises(InputError, match="holds no records"):
        restore(tmp_path / "nothing", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_broken_backup_is_not_restored(few, tmp_path):
    backup(few, tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "records.sqlite")) as db:
        db.execute("DELETE FROM records WHERE number > 3")
        db.commit()
    with pytest.raises(InputError, match=r"not whole: records 4 to 5"):
        restore(tmp_path / "copy", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_backup_of_cut_records_shows_it_too(few, tmp_path):
    with closing(sqlite3.connect(few / "records.sqlite")) as db:
        db.execute("DELETE FROM records WHERE number > 3")
        db.commit()
    assert backup(few, tmp_path / "copy").broken == 4


def test_a_backup_without_room_leaves_nothing(few, tmp_path, monkeypatch):
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sna_edge.station.records.copies.DISK.sync", full)
    with pytest.raises(InputError, match=r"copied into .*No space left .*name a new folder"):
        backup(few, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_a_backup_into_a_file_says_so_and_leaves_it(few, tmp_path):
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(InputError, match=r"copied into .*File exists"):
        backup(few, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


def test_a_backup_of_damaged_records_speaks_of_these(few, tmp_path, monkeypatch):
    def damaged(*args: object) -> None:
        raise sqlite3.DatabaseError("database disk image is malformed")

    monkeypatch.setattr("sna_edge.station.records.copies._copy", damaged)
    with pytest.raises(InputError, match=f"records in {few} is damaged"):
        backup(few, tmp_path / "copy")


@pytest.fixture
def table(tmp_path):
    """What write_csv makes of four verdicts, with options."""
    records = Records(tmp_path / "data")
    appended(
        records,
        verdict("P1", 1.5, time=START),
        verdict("=HYPERLINK(1)", 2.5, time=START + 60, verdict="REJECT", measured=2.75),
        event("P1"),
        verdict("P;3", 3.5, time=START + 120, station="press-2"),
        measurement("P1", 1.625, 1.5),
        measurement("P1", 1.75, 1.5),
        verdict("P4", 4.5, time=START + 86_400),
    )
    records.stop()

    def written(**options):
        history, file = History(tmp_path / "data"), io.StringIO(newline="")
        count = write_csv(history, file, **options)
        history.close()
        separator = ";" if options.get("decimal") == "," else ","
        rows = list(csv.reader(io.StringIO(file.getvalue()), delimiter=separator))
        assert count == len(rows) - 1
        return rows

    return written


def test_verdicts_as_a_table(table):
    head, *rows = table()
    assert head[:7] == ["record", "time", "station", "recipe", "part", "sequence", "verdict"]
    assert head[7:] == [f"width {n}" for n in ("value", "lower", "upper", "p_in_spec", "measured")]
    assert [row[0] for row in rows] == ["1", "2", "4", "7"]
    assert rows[0][6:] == ["ACCEPT", "1.5", "0.5", "2.5", "0.9", "1.75"]
    assert (rows[1][4], rows[1][6], rows[1][-1]) == ("'=HYPERLINK(1)", "REJECT", "2.75")
    assert rows[2][4] == "P;3" and rows[3][-1] == ""


def test_times_of_a_zone(table):
    # START is 2026-09-21T14:13:20Z, summer time in Vienna
    assert table()[1][1] == "2026-09-21T14:13:20.000+00:00"
    assert table(zone="Europe/Vienna")[1][1] == "2026-09-21T16:13:20.000+02:00"
    assert table(zone="local")[1][1][:4] == "2026"
    for wrong in ("Europe/Nowhere", "../../etc/passwd", ""):
        with pytest.raises(InputError, match="no time zone"):
            table(zone=wrong)


def test_a_comma_for_the_decimal_point(table):
    assert table(decimal=",")[1][7:] == ["1,5", "0,5", "2,5", "0,9", "1,75"]
    with pytest.raises(InputError, match="decimal"):
        table(decimal="'")


def test_part_of_the_records(table):
    assert [row[0] for row in table(station="press-2")[1:]] == ["4"]
    assert [row[0] for row in table(start=START + 30, end=START + 100)[1:]] == ["2"]
    assert table(start=START + 1e6)[1:] == []


def test_a_copy_of_the_folder_by_hand_is_as_good(few, tmp_path):
    shutil.copytree(few, tmp_path / "copied")
    assert verify(tmp_path / "copied") == verify(few)
