"""Logs and files replaced whole, after every cut of the power."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sna_edge.durable import Disk, Log, write_whole
from sna_edge.durable.log import HEAD, framed

from ...power_cuts import Act, PoweredDisk, cuts

SAMPLES = int(os.environ.get("SNA_CUTS", "600"))


def contents() -> list[bytes]:
    draw = random.Random(3)
    return [b"%d " % i + draw.randbytes(draw.randrange(70)) for i in range(9)]


def test_every_cut_of_a_log_leaves_what_was_acknowledged() -> None:
    disk, given = PoweredDisk(), contents()
    for i, content in enumerate(given):
        log = Log("/d/log", disk)
        log.append(content)
        disk.done()
        if i == 5:
            log.keep(2)
    seen = set()
    for done, _, cut in cuts(disk.acts, SAMPLES):
        log = Log("/d/log", cut)
        last = given.index(log.records[-1]) + 1 if log.records else 0
        assert done <= last <= done + 1
        assert log.records == given[last - len(log.records) : last]
        assert len(log.records) in ((last,) if last < 6 else (last, last - 4))
        seen.add(last)
        before = log.records[:]
        log.append(b"after the cut")
        assert Log("/d/log", cut).records == [*before, b"after the cut"]
    assert seen == set(range(len(given) + 1))


def test_the_second_cut_comes_while_the_first_is_mended() -> None:
    disk = PoweredDisk()
    Log("/d/log", disk).append(b"one")
    disk.append("/d/log", framed(b"two")[:-2])  # the first cut
    disk.sync("/d/log")
    base = len(disk.acts)
    Log("/d/log", disk).append(b"three")
    disk.done()
    for done, end, cut in cuts(disk.acts, SAMPLES, seed=5):
        if end >= base:
            assert Log("/d/log", cut).records in ([[b"one", b"three"]][: done + 1] if done else
                                                  [[b"one"], [b"one", b"three"]])  # fmt: skip


def test_every_cut_of_a_file_replaced_whole() -> None:
    disk = PoweredDisk()
    for data in (b"first " * 20, b"second " * 30):
        write_whole("/d/file", data, disk=disk)
        disk.done()
    for done, _, cut in cuts(disk.acts, SAMPLES):
        found = cut.read("/d/file")
        assert found in [(None, b"first " * 20), (b"first " * 20, b"second " * 30),
                         (b"second " * 30,)][done]  # fmt: skip


def test_the_simulation_finds_what_is_not_synced() -> None:
    """A log that forgets to sync, or the folder of a new file, loses what it acknowledged."""

    class Hasty(PoweredDisk):
        def sync(self, path: str) -> None:
            pass

    disk = Hasty()
    for content in contents():
        Log("/d/log", disk).append(content)
        disk.done()
    lost = sum(len(Log("/d/log", cut).records) < done for done, _, cut in cuts(disk.acts, 50))
    assert lost > 10
    disk = PoweredDisk()
    write_whole("/d/file", b"a", disk=disk)
    disk.acts = [a for a in disk.acts if a.kind != "sync_folder"] + [Act("done")]
    assert any(cut.read("/d/file") is None for done, _, cut in cuts(disk.acts, 20) if done)


def test_a_cut_at_any_byte_and_a_damaged_byte_anywhere(tmp_path: Path) -> None:
    path, given = tmp_path / "log", contents()
    log = Log(path)
    for content in given:
        log.append(content)
    data = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600 and log.size == len(data)
    ends = [0]
    for content in given:
        ends.append(ends[-1] + HEAD.size + len(content))
    for size in range(len(data)):
        path.write_bytes(data[:size])
        cut = Log(path)
        count = max(i for i, end in enumerate(ends) if end <= size)
        assert cut.records == given[:count] and cut.skipped == size - ends[count]
    for place in range(0, len(data), 3):
        changed = bytearray(data)
        changed[place] ^= 4
        path.write_bytes(changed)
        hurt = max(i for i, end in enumerate(ends) if end <= place)
        found = Log(path).records
        assert found == given[:hurt] + given[hurt + 1 :]


def test_what_fails_changes_nothing(tmp_path: Path) -> None:
    class Full(Disk):
        def append(self, path: str, data: bytes) -> None:
            super().append(path, data[:5])
            raise OSError(28, "No space left on device")

        def write(self, path: str, data: bytes, mode: int) -> None:
            raise OSError(28, "No space left on device")

    path = tmp_path / "log"
    Log(path).append(b"one")
    full = Log(path, Full())
    for _ in range(3):
        with pytest.raises(OSError, match="No space"):
            full.append(b"two")
    full.disk = Disk()
    full.append(b"three")
    assert Log(path).records == [b"one", b"three"]
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"x", disk=Full())
    assert os.listdir(tmp_path) == ["log"] and Log(path).records == [b"one", b"three"]


def test_killed_while_it_writes(tmp_path: Path) -> None:
    """SIGKILL: what the process said it had written is there."""
    path = tmp_path / "log"
    code = (
        "import sys; from sna_edge.durable import Log\n"
        "log = Log(sys.argv[1]); n = int(log.records[-1].split()[0]) if log.records else 0\n"
        "while True:\n"
        "    n += 1; log.append(b'%d ' % n + bytes(5000)); print(n, flush=True)\n"
        "    if log.size > 60000: log.keep(3)\n"
    )
    said = 0
    for lines in (40, 3, 25, 14):
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(lines):
            said = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        said = max([said, *(int(n) for n in child.stdout.read().split("\n") if n)])
        child.wait()
        records = [int(r.split()[0]) for r in Log(path).records]
        assert said <= records[-1] <= said + 1
        assert records == list(range(records[0], records[-1] + 1))


def test_a_link_stays_one_and_a_pipe_takes_the_bytes(tmp_path: Path) -> None:
    """-o current.sna where that is a link, -o /dev/null: neither name is replaced by a file."""
    link, target, pipe = tmp_path / "current", tmp_path / "release-7", tmp_path / "pipe"
    target.write_bytes(b"seven")
    link.symlink_to(target.name)
    write_whole(link, b"eight")
    assert link.is_symlink() and target.read_bytes() == b"eight"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_whole(pipe, b"through")
    assert os.read(reader, 99) == b"through" and pipe.is_fifo()
    os.close(reader)


def test_an_error_of_the_disk_names_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    class Full(Disk):
        def write(self, path: str, data: bytes, mode: int) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError) as told:
        write_whole(tmp_path / "model.sna", b"x", disk=Full())
    assert told.value.filename == str(tmp_path / "model.sna")
