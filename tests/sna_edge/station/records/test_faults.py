"""The disk is full, somebody holds the database, the process is killed: what was acknowledged is
there once, and the records go on by themselves."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from sna_edge.station.records import Records, schema, verify

from .made import appended, verdict


@pytest.mark.parametrize("step", ["begin", "write", "commit"])
@pytest.mark.parametrize(
    "error, words",
    [
        (sqlite3.OperationalError("database or disk is full"), "is full"),
        (OSError(28, "No space left on device"), "is full"),
        (sqlite3.OperationalError("disk I/O error"), "see to its disk"),
        (sqlite3.DatabaseError("database disk image is malformed"), "restore a"),
        (ZeroDivisionError("a fault of ours"), "a fault of ours"),
    ],
)
def test_a_failure_acknowledges_nothing_and_passes(tmp_path, step, error, words):
    broken, heard = [False], list[str]()

    def fail(at: str) -> None:
        if broken[0] and at == step:
            raise error

    records = Records(tmp_path, fail=fail, heard=heard.append)
    appended(records, verdict("P0"))
    broken[0] = True
    for part in ("P1", "P2"):
        got = appended(records, verdict(part))
        assert got.answers == [] and words in got.words
    assert not records.state()["up"] and heard == [got.words]
    broken[0] = False
    until = time.monotonic() + 60
    while not records.state()["up"]:  # also when nobody sends anything
        assert time.monotonic() < until
        time.sleep(0.05)
    one, old = appended(records, verdict("P1"), verdict("P0")).answers
    records.stop()
    assert (one.number, one.again, old.number, old.again) == (3, False, 1, True)
    assert heard[1:] == [""]
    with closing(sqlite3.connect(tmp_path / "records.sqlite")) as db:
        told = json.loads(db.execute("SELECT text FROM records WHERE number = 2").fetchone()[0])
    assert (told["event"], told["not_recorded"]) == ("records not written", 2)
    assert verify(tmp_path).broken is None


def test_a_failure_behind_the_commit_leaves_one_record(tmp_path):
    broken = [True]

    def fail(at: str) -> None:
        if broken[0] and at == "committed":
            raise OSError("too late")

    records = Records(tmp_path, fail=fail)
    assert appended(records, verdict("P1")).answers == []
    broken[0] = False
    [again] = appended(records, verdict("P1")).answers
    records.stop()
    assert (again.number, again.again) == (1, True)
    assert verify(tmp_path).broken is None


def test_another_program_holds_the_database(tmp_path):
    records = Records(tmp_path, busy=0.1)
    appended(records, verdict("P0"))
    with closing(sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        got = appended(records, verdict("P1"))
        assert got.answers == [] and "another program holds" in got.words
        assert records.seen([verdict("P0").key])  # readers go on
    [answer] = appended(records, verdict("P1")).answers
    records.stop()
    assert not answer.again
    found = verify(tmp_path)
    assert (found.broken, found.records) == (None, 3)


@pytest.fixture
def small(tmp_path):
    """A file system of 1 MB."""
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("a small file system can be mounted by root only")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this machine mounts no file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=False)


def _parts(first, count=50):
    return [verdict(f"P{i}") for i in range(first, first + count)]


def _texts(folder):
    with closing(sqlite3.connect(folder / "records.sqlite")) as db:
        return dict(db.execute("SELECT number, text FROM records ORDER BY number"))


def test_a_full_disk(small):
    ballast = small / "other"
    ballast.write_bytes(bytes(200_000))
    records = Records(small / "data")
    kept, refused = {}, 0
    for k in range(0, 3000, 50):
        got = appended(records, *_parts(k))
        kept |= {answer.number: answer.text for answer in got.answers}
        refused += bool(got.words)
        assert not got.words or ("disk of" in got.words and "is full" in got.words)
    assert len(kept) > 100 and refused > 30
    assert records.seen([verdict("P0").key])
    ballast.unlink()
    got = appended(records, *_parts(9000))
    records.stop()
    assert len(got.answers) == 50
    kept |= {answer.number: answer.text for answer in got.answers}
    assert verify(small / "data").broken is None
    there = _texts(small / "data")
    assert {number: there.get(number) for number in kept} == kept
    assert {json.loads(there[n])["kind"] for n in there.keys() - kept.keys()} == {"event"}


def test_a_station_that_is_stopped_on_a_full_disk_loses_nothing(small):
    records = Records(small / "data")
    kept = {}
    while not (got := appended(records, *_parts(len(kept)))).words:
        kept |= {answer.number: answer.text for answer in got.answers}
    assert records.stop()
    found, there = verify(small / "data"), _texts(small / "data")
    assert found.broken is None
    assert {number: there.get(number) for number in kept} == kept


def test_the_log_of_the_database_stays_small(tmp_path, monkeypatch):
    """Also where a reader held it up for a while."""
    monkeypatch.setattr(schema, "WAL_PAGES", 100)
    monkeypatch.setattr(schema, "WAL_BYTES", bound := 1 << 20)
    records, log = Records(tmp_path), tmp_path / "records.sqlite-wal"

    def fill(first: int, groups: int) -> None:
        for k in range(first, first + groups * 100, 100):
            appended(records, *_parts(k, 100))

    fill(0, 30)
    assert log.stat().st_size < 1.5 * bound
    with closing(sqlite3.connect(tmp_path / "records.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM records").fetchone()
        fill(10_000, 30)
        assert log.stat().st_size > 1.5 * bound  # nothing else can be done
    fill(20_000, 10)
    assert log.stat().st_size < 1.5 * bound
    records.stop()
    assert not log.exists()


def test_an_older_database_is_brought_up(tmp_path, monkeypatch):
    Records(tmp_path).stop()
    monkeypatch.setattr(schema, "VERSION", 2)
    calls: list[str] = []

    def half(db: sqlite3.Connection) -> None:
        calls.append("half")
        db.execute("CREATE TABLE half (x)")
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setitem(schema.MIGRATIONS, 1, half)
    with pytest.raises(ValueError, match="see to its disk"):
        Records(tmp_path)
    monkeypatch.setitem(schema.MIGRATIONS, 1, lambda db: db.execute("CREATE TABLE whole (x)"))
    Records(tmp_path).stop()
    with closing(sqlite3.connect(tmp_path / "records.sqlite")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
    assert "whole" in names and "half" not in names and calls == ["half"]


def _soak(root: Path):
    path = root / "tools" / "station" / "soak_records.py"
    spec = importlib.util.spec_from_file_location("soak_records", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_killed_at_drawn_moments(root):
    """The short form of tools/station/soak_records.py."""
    total, seed = 0, 7
    while total <= 50:  # more rounds on a slow machine
        acknowledged, wrong = _soak(root).soak(5, seed)
        assert wrong == []
        total, seed = total + acknowledged, seed + 1


def test_the_soak_notices(root, tmp_path):
    """What it is for: a lost part, a part that is there with another number, a quiet cut."""
    soak = _soak(root)
    while len(acknowledged := soak.killed(tmp_path / "data", 0, 0.5)) < 5:
        shutil.rmtree(tmp_path / "data", ignore_errors=True)  # a slow machine
    assert list(soak.faults(tmp_path / "data", acknowledged, lasting=True)) == []
    last = max(acknowledged.values())
    wrong = acknowledged | {"Q": last + 1}
    assert "lost" in " ".join(soak.faults(tmp_path / "data", wrong, lasting=True))
    wrong = {part: number + 1 for part, number in acknowledged.items()}
    assert "another record" in " ".join(soak.faults(tmp_path / "data", wrong, lasting=True))
    for name in ("head", "anchors.log"):
        (tmp_path / "data" / name).unlink(missing_ok=True)
    with closing(sqlite3.connect(tmp_path / "data" / "records.sqlite")) as db:
        db.execute("DELETE FROM records WHERE number >= ?", (last,))
        db.commit()
    found = " ".join(soak.faults(tmp_path / "data", acknowledged, lasting=False))
    assert "'whole', and record" in found, (found, last, len(acknowledged))
