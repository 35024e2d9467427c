"""The disk is full or read-only, the database is held by another program, its files are damaged."""

from __future__ import annotations

import os
import random
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sna_edge.errors import InputError
from sna_edge.station.records import verify

from .holds import Reference, events, faults, records
from .outcome import Outcome, closed, parts_go_on
from .senders import HttpSender, Told
from .site import HTTP, STARTED, Broken, Site, until

SIZE = 12 << 20
"""Bytes of the small disk."""
POWERLESS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
"""Makes root keep to the permissions of files."""


def no_mount() -> str:
    """Why no small disk can be made here; "" where it can."""
    if os.geteuid():
        return "only root makes a small disk (tmpfs)"
    done = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
    return "" if not done.returncode else "no file system can be mounted here"


def no_permissions() -> str:
    """Why nothing can be made read-only here."""
    bound = os.geteuid() or shutil.which("setpriv")
    return "" if bound else "root writes everywhere, and there is no setpriv"


@contextmanager
def small_disk(path: Path) -> Iterator[Path]:
    """A file system of its own at `path`. Raises Broken."""
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Broken(f"no small disk: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)


def full(folder: Path, times: int, draw: random.Random) -> Outcome:
    """A file of somebody else fills the disk up to a drawn byte, and goes again."""
    with small_disk(folder / "disk") as disk:
        site = Site(folder, HTTP, data=disk / "data")
        return _refusing(site, times, draw, lambda: _filled(disk, draw), lambda: _freed(disk))


def limited(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Files may grow no more (RLIMIT_FSIZE, errno EFBIG), as by a quota, and may again."""
    site = Site(folder, HTTP)

    def limit(size: int) -> None:
        assert site.process is not None
        most = resource.RLIM_INFINITY
        resource.prlimit(site.process.pid, resource.RLIMIT_FSIZE, (size, most))

    def small() -> None:
        limit(draw.randrange(1 << 16))

    return _refusing(site, times, draw, small, lambda: limit(resource.RLIM_INFINITY))


def locked(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Another program holds the database, up to twice as long as the station waits for it."""
    site, held = Site(folder, HTTP), list[sqlite3.Connection]()

    def hold() -> None:
        other = sqlite3.connect(site.data / "records.sqlite", timeout=120, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        held.append(other)

    def leave() -> None:
        other = held.pop()
        other.execute("ROLLBACK")
        other.close()

    return _refusing(site, times, draw, hold, leave, seconds=4.5)


def _refusing(
    site: Site,
    times: int,
    draw: random.Random,
    spoil: Callable[[], object],
    mend: Callable[[], object],
    seconds: float = 0.0,
) -> Outcome:
    """Spoil and mend the place of the records: what was refused meanwhile is told in an event."""
    site.start()
    told, reference = Told(), Reference(site)
    senders = [HttpSender(told, site, draw.randrange(10**6))]
    wrong = list[str]()
    try:
        for _ in range(times):
            time.sleep(draw.uniform(0.05, 0.3))
            spoil()
            before = told.refused
            end = time.monotonic() + (draw.uniform(0.2, seconds) if seconds else 20.0)
            while time.monotonic() < end and (seconds or told.refused == before):
                time.sleep(0.01)
            silent = told.refused > before and not seconds and _silent(told, site)
            mend()
            if silent:
                wrong.append("nothing can be recorded, and /health says that all is well")
            parts_go_on(told, site)
        if told.refused and not events(records(site.data), "records not written"):
            wrong.append("no event tells that records were not written")
        outcome = closed(site, told, reference, [*senders], times)
    finally:
        senders[0].stopping.set()
        site.kill()
    outcome.faults += wrong
    return outcome


def _silent(told: Told, site: Site) -> bool:
    """Whether /health says that all is well, before and after a part that gets no record. On a
    disk with a little room small groups are written between large ones that are not."""
    for n in range(3):
        part = f"S{len(told.power)}.{n}"
        told.power[part] = 200.0
        before = site.health()
        status, found = site.post(part=part, power=200.0)
        if status == 200:
            told.heard(found)
        if status == 200 or before != 200 or site.health() != 200:
            return False
    return True


def _filled(disk: Path, draw: random.Random) -> None:
    with open(disk / "filler", "ab", buffering=0) as file:
        for size in (1 << 16, 4096):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    left = draw.choice((0, 0, 4096, 12288, 40960))
    os.truncate(disk / "filler", max(os.path.getsize(disk / "filler") - left, 0))


def _freed(disk: Path) -> None:
    (disk / "filler").unlink(missing_ok=True)


def read_only(folder: Path, times: int, draw: random.Random) -> Outcome:
    """The data folder may not be written by the station: refused at the start in
    one sentence; while it runs what it can still write is written, or it is refused."""
    site = Site(folder, HTTP)
    site.before = POWERLESS if not os.geteuid() else []
    told, reference, wrong = Told(), Reference(site), list[str]()
    senders = []
    try:
        for _ in range(times):
            if site.process is None or site.process.poll() is not None:
                site.start()
            sender = HttpSender(told, site, draw.randrange(10**6))
            senders.append(sender)
            time.sleep(draw.uniform(0.1, 0.4))
            _modes(site.data, 0o400, 0o500)
            time.sleep(draw.uniform(0.1, 0.6))
            if draw.random() < 0.5:
                sender.stop()
                site.kill()
                wrong += _refused_start(site)
                _modes(site.data, 0o600, 0o700)
                site.start()
            else:
                _modes(site.data, 0o600, 0o700)
                sender.stop()
            parts_go_on(told, site)
        outcome = closed(site, told, reference, [], times)
    finally:
        for sender in senders:
            sender.stopping.set()
        site.kill()
    outcome.faults += wrong
    return outcome


def _modes(data: Path, files: int, folder: int) -> None:
    """Modes of all files and folders in `data`, which is a folder itself."""
    for path in [data, *data.rglob("*")]:
        if path.is_dir():
            os.chmod(path, 0o700)
    for path in [*data.rglob("*"), data]:
        os.chmod(path, folder if path.is_dir() else files)


def _refused_start(site: Site) -> Iterator[str]:
    """A start that cannot work ends with one sentence."""
    said = len(site.said())
    process = site.spawn().process
    assert process is not None
    try:
        code = process.wait(STARTED)
    except subprocess.TimeoutExpired:
        starts = site.health() == 200
        process.kill()
        yield f"without a folder to write it {'starts' if starts else 'neither starts nor ends'}"
        return
    words = site.said()[said:]
    if not code or "Traceback" in words or not words.strip():
        yield f"a start without a folder to write ends with {code}: {words[-300:]}"


def torn(folder: Path, times: int, draw: random.Random) -> Outcome:
    """Killed under load; then bytes of its files are cut off or written over, in copies. It starts
    and says what is missing, or it refuses to start with a sentence; no number is given twice, and
    verify names the first record that was lost."""
    site, told = Site(folder, HTTP), Told()
    reference = Reference(site)
    site.start()
    sender = HttpSender(told, site, draw.randrange(10**6))
    until(lambda: len(told.numbers) > 100, "parts")
    time.sleep(draw.uniform(0.0, 1.0))
    site.kill()
    sender.stop()
    wrong = faults(site, told, reference)
    whole, kept = folder / "whole", dict(told.numbers)
    site.data.rename(whole)
    for n in range(times):
        shutil.copytree(whole, site.data)
        what = _damaged(site.data, draw)
        wrong += [f"{what}: {words}" for words in _after(site, kept, n)]
        site.kill()
        shutil.rmtree(site.data)
    return Outcome(times, len(kept), wrong)


def _damaged(data: Path, draw: random.Random) -> str:
    names = [
        p.name for p in data.iterdir() if p.is_file() and p.stat().st_size and p.suffix != ".lock"
    ]
    path = data / draw.choice([n for n in names if not n.endswith("-shm")] + ["records.sqlite-wal"])
    if not path.exists():
        path = data / "records.sqlite"
    size, how = path.stat().st_size, draw.choice(("cut", "garbled", "zeroed", "gone"))
    place = draw.randrange(size)
    if how == "gone":
        path.unlink()
    elif how == "cut":
        os.truncate(path, place)
    else:
        count = min(draw.choice((1, 8, 512, 4096)), size - place)
        with open(path, "r+b") as file:
            file.seek(place)
            file.write(bytes(count) if how == "zeroed" else draw.randbytes(count))
    return f"{path.name} {how} at {place} of {size}"


def _after(site: Site, kept: dict[str, int], n: int) -> Iterator[str]:
    """What is wrong with a station on damaged files."""
    lost, before = _lost(site.data, kept), len(site.said())
    try:
        site.start()
    except Broken:
        words = site.said()[before:]
        if "Traceback" in words or "sna-edge" not in words:
            yield f"it ends without a sentence: {words[-300:]}"
        return
    answers = [site.post(part=f"N{n}-{i}", power=200.0) for i in range(3)]
    numbers = {found["record"] for status, found in answers if status == 200}
    if used := numbers & set(kept.values()):
        yield f"number {min(used)} is given twice"
    if not numbers and site.health() == 200:
        yield f"nothing is recorded ({answers[0]}), and /health says that all is well"
    for part, number in list(kept.items())[-5:]:
        status, found = site.post(part=part, power=-1.0)
        if status == 200 and part not in lost and not found["part"].startswith(f"{part}~"):
            yield f"{part} was record {number} and is judged once more as {found['record']}"
    words = site.said()[before:]
    if "Traceback" in words or "internal fault" in words:
        yield f"it says {words[-300:]}"
    if lost and (told := _verified(site.data)) is not None and told > min(lost.values()):
        yield f"record {min(lost.values())} is lost and verify names {told}"


def _lost(data: Path, kept: dict[str, int]) -> dict[str, int]:
    """Acknowledged parts whose record the damage has taken, as a reader finds."""
    copy = data.with_name("looked-at")
    shutil.copytree(data, copy)
    try:
        with closing(sqlite3.connect(copy / "records.sqlite")) as db:
            there = dict(db.execute("SELECT part, number FROM records NOT INDEXED WHERE kind = 0"))
    except sqlite3.Error:
        there = {}
    finally:
        shutil.rmtree(copy)
    return {part: number for part, number in kept.items() if there.get(part) != number}


def _verified(data: Path) -> int | None:
    """The first record that verify names; None where it says in a sentence that it cannot read."""
    try:
        found = verify(data).broken
    except InputError:
        return None
    return 1 << 60 if found is None else found
