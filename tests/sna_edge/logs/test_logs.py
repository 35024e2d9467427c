"""A log of watch is kept in files of a bounded size, of which the oldest go, and read again in the
order in which it was written, also after power cuts and on full disks."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
from pathlib import Path

import pytest

from sna_edge.durable import Disk
from sna_edge.errors import InputError
from sna_edge.logs import KeptLog, files_of, line_blocks


def lines(path: Path) -> list[str]:
    files = files_of([str(path)])
    return [line.decode().rstrip("\n") for block in line_blocks(files, 3) for line in block]


def test_lines_come_back_in_their_order_from_all_files_of_a_log(tmp_path: Path) -> None:
    path = tmp_path / "a log.jsonl"
    log = KeptLog(str(path), size=50)
    for i in range(40):
        log.write(f'{{"line": {i}}}\n')
    log.close()
    assert len(files_of([str(path)])) == 10
    first = tmp_path / "a log.jsonl.000001"
    (tmp_path / f"{first.name}.gz").write_bytes(gzip.compress(first.read_bytes()))
    first.unlink()
    wanted = [f'{{"line": {i}}}' for i in range(40)]
    assert lines(path) == wanted
    every = sorted(map(str, tmp_path.glob("a log.jsonl*")))  # as a shell lists them, with the lock
    again = [line for block in line_blocks(files_of(every)) for line in block]
    assert [line.decode().rstrip() for line in again] == wanted
    path.unlink()
    assert lines(path) == wanted[: len(lines(path))] and len(lines(path)) > 30


def test_files_of_logrotate_stand_the_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for name, text in (("log", "3\n"), ("log.1", "2\n"), ("log.2", "1\n"), ("log.old", "x\n")):
        (tmp_path / name).write_text(text)
    assert lines(path) == ["1", "2", "3"]


def test_the_oldest_files_go_by_size_and_by_age(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = KeptLog(str(path), size=100, keep=350)
    for i in range(100):
        log.write(f"line {i:04d}\n")
    assert sum(f.stat().st_size for f in tmp_path.glob("log*")) <= 350
    assert lines(path)[-1] == "line 0099" and "line 0000" not in lines(path)
    log.close()
    for one in files_of([str(path)])[:-1]:
        os.utime(one, (1.0, 1.0))  # written long ago, or by a clock that was not set
    log = KeptLog(str(path), size=100, days=30)
    for i in range(10):
        log.write(f"more {i:04d}\n")
    assert lines(path)[0] == "line 0090" or lines(path)[0].startswith("more")
    assert lines(path)[-1] == "more 0009"
    log.close()
    log = KeptLog(str(path), size=100, keep=10)
    log.write("x" * 200 + "\n")
    assert lines(path) == ["x" * 200]  # the newest full file stays
    log.close()


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_line_that_a_power_cut_has_cut_ends_before_the_next_one(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "log"
    log = KeptLog(str(path))
    log.write("first 1\nsecond 2\n")
    log.close()
    os.truncate(path, path.stat().st_size - cut)
    log = KeptLog(str(path))
    log.write("third 3\n")
    log.close()
    assert lines(path)[0] == "first 1" and lines(path)[-1] == "third 3"


class Synced(Disk):
    """A disk that counts what is brought to it."""

    count = 0

    def sync(self, path: str) -> None:
        self.count += 1
        super().sync(path)


def test_the_last_lines_do_not_wait_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, disk = [100.0], Synced()
    monkeypatch.setattr("sna_edge.logs.keep.monotonic", lambda: now[0])
    log = KeptLog(str(tmp_path / "log"), disk=disk)
    log.write("line\n")
    for seconds, wanted in ((0.5, 0), (1.1, 1), (5.0, 1)):
        now[0] = 100.0 + seconds
        log.rest()
        assert disk.count == wanted
    log.close()


@pytest.mark.parametrize("between", ["/", "///"])
def test_files_are_numbered_on_and_those_of_others_stay(tmp_path: Path, between: str) -> None:
    for name in ("log.7", "log.2024", "log.000041", "log.123456", "log.123457.gz"):
        (tmp_path / name).write_text("x" * 50)
    log = KeptLog(f"{tmp_path}{between}log", size=30, keep=100)
    log.write("x" * 40 + "\n")
    log.close()
    names = sorted(os.listdir(tmp_path))
    assert names == ["log", "log.123457.gz", "log.123458", "log.2024", "log.7", "log.lock"]


class Killed(Exception):
    """The process ends."""


class Dying(Disk):
    """A disk on which the process is killed at its nth operation, a write half done."""

    def __init__(self, at: int) -> None:
        self.left = at

    def _live(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def append(self, path: str, data: bytes) -> None:
        if data and self.left == 0:
            super().append(path, data[: len(data) // 2])
        self._live()
        super().append(path, data)

    def sync(self, path: str) -> None:
        self._live()

    def replace(self, source: str, target: str) -> None:
        self._live()
        super().replace(source, target)

    def sync_folder(self, path: str) -> None:
        self._live()

    def remove(self, path: str) -> None:
        self._live()
        super().remove(path)


@pytest.mark.parametrize("at", range(1, 30))
def test_a_kill_at_any_operation_loses_no_line_that_was_written(tmp_path: Path, at: int) -> None:
    path, written = tmp_path / "log", list[str]()
    log = KeptLog(str(path), size=30, keep=10**6, disk=Dying(at))
    try:
        for i in range(100):
            log.write(f"line {i:04d}\n")
            written.append(f"line {i:04d}")
    except Killed:
        log._stack.close()  # as the end of a process does
    assert len(written) < 100
    log = KeptLog(str(path), size=30)
    log.write("after\n")
    log.close()
    found = lines(path)
    assert [f for f in found if f in written] == written and found[-1] == "after"
    assert len(found) <= len(written) + 2  # the line that was being written, whole or torn


class Full(Disk):
    """A disk without room while `full`."""

    full = False

    def append(self, path: str, data: bytes) -> None:
        if self.full and data:
            super().append(path, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device", path)
        super().append(path, data)


def test_a_full_disk_is_said_once_and_ends_nothing(tmp_path: Path) -> None:
    disk, said = Full(), list[str]()
    path = tmp_path / "log"
    log = KeptLog(str(path), tell=said.append, disk=disk)
    log.write("one\n")
    disk.full = True
    log.write("two two\n")
    log.write("three\n")
    disk.full = False
    log.write("four\n")
    assert len(said) == 2 and "No space" in said[0] and "2 lines are lost" in said[1]
    assert lines(path)[0] == "one" and lines(path)[-1] == "four"
    log.write("five\n")
    log.close()
    assert len(said) == 2


def test_what_is_no_log_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = str(tmp_path / "log")
    log = KeptLog(path)
    with pytest.raises(InputError, match="another process"):
        KeptLog(path)
    log.close()
    with pytest.raises(InputError, match="--log FILE"):
        KeptLog(str(tmp_path / "nowhere" / "log"))
    damaged = tmp_path / "log.gz"
    damaged.write_bytes(gzip.compress(b"x" * 1000)[:-10])
    with pytest.raises(InputError, match="unpacked"):
        list(line_blocks([str(damaged)]))
    shutil.rmtree(tmp_path)
    assert files_of([path]) == [path]
