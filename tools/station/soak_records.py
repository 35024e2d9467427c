"""Kill the writer of records at drawn moments: is every acknowledged part there, once?

python tools/station/soak_records.py [--rounds 1000] [--seed 1]

A process records parts and says on a pipe which of them were acknowledged; it is killed (SIGKILL)
after a drawn time, and nothing may be lost. Every fifth round bytes are then taken from the end of
the log of the database (-wal) of copies, in ten drawn places, as by a disk that lies about what it
has written: records that were in them are gone, and verify has to name the first. Ends with one
line; the exit code is 1 where something was lost, doubled or not noticed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sna_edge.station.drafts import Draft
from sna_edge.station.parts import Answer
from sna_edge.station.records import Records, verify

PLACES = 10


def draft(part: str) -> Draft:
    """A verdict of some 300 bytes."""
    text = json.dumps({"kind": "verdict", "station": "s", "part": part, "reading": [0.5] * 30})
    outputs = {"width": {"value": 1.0, "lower": 0.5, "upper": 1.5}}
    return Draft("verdict", "s", text, time.time(), part, verdict="ACCEPT", outputs=outputs)


def feed(folder: str, first: int) -> None:
    """Record parts P<first>, P<first + 1>, .. as fast as they go; for each that is acknowledged a
    line `number part` on standard output. Never ends."""
    records = Records(folder, room=200)
    free = threading.Semaphore(100)

    def done(answers: list[Answer], words: str) -> None:
        told = [f"{a.number} {json.loads(a.text)['part']}\n" for a in answers]
        os.write(1, "".join(told).encode())
        free.release()

    draw = random.Random(first)
    os.write(1, b"ready\n")
    while True:
        size = draw.choice((1, 1, 1, 2, 5))
        free.acquire()
        records.append([draft(f"P{first + i}") for i in range(size)], done)
        first += size
        time.sleep(draw.choice((0.0, 0.0, 0.001)))


def killed(folder: Path, first: int, seconds: float) -> dict[str, int]:
    """Part -> number of its record, of those that a process acknowledged before it was killed."""
    command = [sys.executable, __file__, "--feed", str(folder), "--first", str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        threading.Timer(seconds, child.send_signal, (signal.SIGKILL,)).start()
        lines = child.stdout.read().decode().split("\n")[:-1]  # the last may be half a line
    return {part: int(number) for number, part in (line.split() for line in lines)}


def torn(folder: Path, acknowledged: dict[str, int], draw: random.Random) -> Iterator[str]:
    """What is wrong where bytes are taken from the end of the log of a copy."""
    copy = folder.with_name(f"{folder.name}-torn")
    for _ in range(PLACES):
        shutil.copytree(folder, copy)
        log = copy / "records.sqlite-wal"
        if log.exists() and (size := log.stat().st_size):
            os.truncate(log, draw.randrange(size))
        yield from faults(copy, acknowledged, lasting=False)
        shutil.rmtree(copy)


def faults(folder: Path, acknowledged: dict[str, int], *, lasting: bool) -> Iterator[str]:
    """What is wrong with the records of a folder after a kill."""
    found = verify(folder)
    with closing(sqlite3.connect(folder / "records.sqlite")) as db:
        rows = db.execute("SELECT part, number FROM records WHERE kind = 0").fetchall()
    there = dict(rows)
    if len(there) != len(rows):
        yield "a part has two records"
    lost = [n for part, n in acknowledged.items() if part not in there]
    if any(there.get(part, n) != n for part, n in acknowledged.items()):
        yield "a part has another record than was acknowledged"
    if lost and lasting:
        yield f"{len(lost)} acknowledged parts are lost"
    if lasting and found.broken is not None:
        yield f"verify says {found.words!r} where nothing was taken"
    if lost and (found.broken is None or found.broken > min(lost)):
        yield f"verify says {found.words or 'whole'!r}, and record {min(lost)} is lost"


def one_round(folder: Path, draw: random.Random, first: int) -> tuple[int, list[str]]:
    """(parts acknowledged, faults) of a process that is killed, and of the one after it."""
    acknowledged = killed(folder, first, draw.uniform(0.01, 0.5))
    wrong = []
    if first % 5 == 4:
        wrong += [f"torn: {words}" for words in torn(folder, acknowledged, draw)]
    wrong += faults(folder, acknowledged, lasting=True)
    records, heard = Records(folder), threading.Event()
    again: list[Answer] = []

    def done(answers: list[Answer], words: str) -> None:
        again.extend(answers)
        heard.set()

    parts = list(acknowledged)[-20:]
    records.append([draft(part) for part in parts], done)  # sent again by a client
    heard.wait(120)
    records.stop()
    if [(a.number, a.again) for a in again] != [(acknowledged[p], True) for p in parts]:
        wrong.append("parts that were sent again are not answered with their record")
    return len(acknowledged), wrong


def soak(rounds: int, seed: int) -> tuple[int, list[str]]:
    """(parts acknowledged, faults) of all rounds; a database lives for ten."""
    draw, total, wrong = random.Random(seed), 0, list[str]()
    base = Path(tempfile.mkdtemp(prefix="sna-soak-"))
    for i in range(rounds):
        folder = base / f"{i // 10}"
        count, found = one_round(folder, draw, i * 1_000_001)
        total, wrong = total + count, wrong + [f"round {i}: {words}" for words in found]
        if i % 10 == 9:
            shutil.rmtree(folder)
    shutil.rmtree(base)
    return total, wrong


def main() -> int:
    """Run the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--feed", help=argparse.SUPPRESS)
    parser.add_argument("--first", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.feed:
        feed(args.feed, args.first)
    total, wrong = soak(args.rounds, args.seed)
    print("\n".join(wrong))
    print(f"{args.rounds} kills, {total} parts acknowledged, {len(wrong)} faults")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
