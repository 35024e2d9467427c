"""Records of a station: how fast they are written and how soon a day of a year of them is drawn.

python tools/station/history_bench.py [--records 3000000] [--write]
python tools/station/history_bench.py --fast --records 30000000 [--write]

Makes a year of records of one press (two outputs, some 900 bytes a record, as `sna-edge station`
writes them), in turns with a bare `executemany` of the same rows into the same tables, one commit
for as many rows: the ratio is what numbering, digests and minutes cost. Then asks of the records
what the page asks, in a process that has read nothing yet; the second time is that of the question
asked again. Run it alone (`chrt -r 1`). --write: docs/tables/station_records.md.

--fast: the year is made within SQLite, in a twentieth of the time; its records have no digests, so
that nothing is verified, and only the questions are measured: docs/tables/station_year.md. 30
million records take 40 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sna_edge.station.drafts import Draft
from sna_edge.station.parts import Answer
from sna_edge.station.records import History, Keep, Records, chart, figures, points, verify
from sna_edge.station.records.ready import iso
from sna_edge.station.records.schema import database, to_write
from sna_edge.station.records.transaction import NEW, POINT

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "station_records.md"
YEAR_TABLE = TABLE.with_name("station_year.md")
YEAR, DAY = 365 * 86_400.0, 86_400.0
END = 1_790_000_000.0
GROUP, AHEAD = 500, 4000
"""Records of a group; drafts that wait."""
SAMPLE = 100_000
"""Records that are written in turns with bare rows."""
DIGEST = "0f" * 32
NAMES = ("cement", "slag", "ash", "water", "plasticizer", "coarse", "fine", "age")


def tails() -> list[str]:
    """What follows the outputs in a text, a hundred times with other readings."""
    draw, found = random.Random(1), list[str]()
    for _ in range(100):
        told = {
            "reading": {name: draw.random() for name in NAMES},
            "model": {"sha256": DIGEST, "version": 3, "signature": "verified"}, "limits": DIGEST,
            "config": DIGEST, "version": "0.9.0",
        }  # fmt: skip
        found.append(json.dumps(told)[1:])
    return found


TAILS = tails()


def draft(k: int, at: float, draw: random.Random) -> Draft:
    """A verdict as the judging thread makes it."""
    outputs = {}
    for name in ("width", "depth"):
        value = draw.gauss(40.0, 1.0)
        outputs[name] = {
            "value": value, "lower": value - 1.7, "upper": value + 1.7, "LSL": 36.0, "USL": 44.0,
            "margin": min(value - 36.0, 44.0 - value), "p_in_spec": draw.random(),
        }  # fmt: skip
    word = "ACCEPT" if draw.random() < 0.97 else "REJECT"
    part = f"P{k:09d}"
    text = (
        f'{{"schema": 1, "kind": "verdict", "station": "press-1", "part": "{part}", "sequence": 0,'
        f' "recipe": "default", "door": "http", "time": "{iso(at)}", "clock": "synchronised",'
        f' "verdict": "{word}", "status": "OK", "outputs": {json.dumps(outputs)}, {TAILS[k % 100]}'
    )
    return Draft("verdict", "press-1", text, at, part, 0, "", "default", word, outputs)


def drafts(first: int, count: int, of: int) -> list[Draft]:
    """Drafts `first` to `first + count` of a year of `of` records."""
    draw = random.Random(first)
    return [draft(k, END - YEAR + k * YEAR / of, draw) for k in range(first, first + count)]


def written(records: Records, made: list[Draft]) -> float:
    """Seconds until all are acknowledged."""
    free, failed = threading.Semaphore(AHEAD // GROUP), list[str]()

    def done(answers: list[Answer], words: str) -> None:
        failed.extend([words] * bool(words))
        free.release()

    start = time.perf_counter()
    for i in range(0, len(made), GROUP):
        free.acquire()
        records.append(made[i : i + GROUP], done)
    for _ in range(AHEAD // GROUP):
        free.acquire()
    assert not failed, failed[0]
    return time.perf_counter() - start


def bare(source: Path, target: Path, first: int) -> float:
    """Seconds of writing the records from number `first` again, as rows that are ready."""
    with sqlite3.connect(database(source)) as db:
        rows = db.execute("SELECT * FROM records WHERE number >= ?", (first,)).fetchall()
        dots = db.execute("SELECT * FROM points WHERE record >= ? ORDER BY record", (first,))
        points_of = dots.fetchall()
    target.mkdir(exist_ok=True)
    db = to_write(target, 1.0)
    start, each = time.perf_counter(), len(points_of) // len(rows)
    for i in range(0, len(rows), GROUP):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(NEW, rows[i : i + GROUP])
        db.executemany(POINT, points_of[i * each : (i + GROUP) * each])
        db.execute("COMMIT")
    seconds = time.perf_counter() - start
    db.close()
    return seconds


def speed(folder: Path, count: int) -> tuple[float, float]:
    """(records a second, bare rows a second), best of four turns."""
    best, plain = 0.0, 0.0
    records = Records(folder / "sample")
    try:
        for turn in range(4):
            made = drafts(turn * count // 4, count // 4, 30_000_000)
            best = max(best, len(made) / written(records, made))
            seconds = bare(folder / "sample", folder / "bare", turn * (count // 4) + 1)
            plain = max(plain, len(made) / seconds)
    finally:
        records.stop()
    return best, plain


def year(folder: Path, count: int) -> float:
    """Write the year; megabytes that the process came to."""
    records = Records(folder / "data", Keep())
    for first in range(0, count, 2000):
        written(records, drafts(first, min(2000, count - first), count))
    records.stop(60.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


CHUNK = """
CREATE TEMP TABLE chunk AS WITH RECURSIVE
    n (k) AS (SELECT :first UNION ALL SELECT k + 1 FROM n WHERE k + 1 < :end),
    u (k, a, b, c) AS (SELECT k, (k * 2654435761 % 1000003) / 1000003.0,
        (k * 40503 % 999983) / 999983.0, (k * 69621 % 1000033) / 1000033.0 FROM n)
SELECT k + 1 AS number, CAST(:start + k * :step AS INTEGER) AS time, printf('P%09d', k) AS part,
    1 + (c > 0.97) AS verdict, 38.5 + 1.5 * (a + b) AS width, 38.5 + 1.5 * (a + c) AS depth FROM u;
INSERT INTO records SELECT number, 0, 1, 2, part, 0, '', verdict, time,
    printf('{"record": %d, "schema": 1, "kind": "verdict", "station": "press-1", "part": "%s", "s'
    || 'equence": 0, "recipe": "default", "time": %d, "verdict": %d, "outputs": {"width": {"value"'
    || ': %!.15g}, "depth": {"value": %!.15g}}, %s', number, part, time, verdict, width, depth,
    :tail), zeroblob(32) FROM chunk;
INSERT INTO points SELECT 1, number, time, verdict, width, width - 1.7, width + 1.7, NULL, 0.99
    FROM chunk;
INSERT INTO points SELECT 2, number, time, verdict, depth, depth - 1.7, depth + 1.7, NULL, 0.99
    FROM chunk;
INSERT INTO counts SELECT 1, 2, time / 60000 AS minute, sum(verdict = 1), sum(verdict = 2), 0, 0, 0,
    min(number), max(number) FROM chunk GROUP BY minute;
INSERT INTO minutes SELECT 1, time / 60000 AS minute, count(*), avg(width),
    sum(width * width) - count(*) * avg(width) * avg(width), min(width), max(width), 0, 0, 0
    FROM chunk GROUP BY minute;
INSERT INTO minutes SELECT 2, time / 60000 AS minute, count(*), avg(depth),
    sum(depth * depth) - count(*) * avg(depth) * avg(depth), min(depth), max(depth), 0, 0, 0
    FROM chunk GROUP BY minute;
DROP TABLE chunk
"""
"""Records of some whole minutes, as `sna-edge station` would have written them, but for digests."""


def made_fast(folder: Path, count: int) -> None:
    """The year, made within SQLite; `count` is made a number of records in each minute."""
    minutes, data = int(YEAR / 60), folder / "data"
    each = count // minutes
    assert each, "give at least one record for each minute of a year"
    data.mkdir()
    db = to_write(data, 1.0)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -200000")
    db.execute("INSERT INTO names VALUES (1, 'press-1'), (2, 'default')")
    db.execute("INSERT INTO series VALUES (1, 1, 2, 'width'), (2, 1, 2, 'depth')")
    start = (END - YEAR) // 60 * 60_000
    for minute in range(0, minutes, 1440):
        first, end = minute * each, min(minute + 1440, minutes) * each
        given = {"first": first, "end": end, "start": start, "step": 60_000 / each,
                 "tail": TAILS[minute // 1440 % len(TAILS)]}  # fmt: skip
        db.execute("BEGIN")
        for statement in CHUNK.split(";"):
            db.execute(statement, given)
        db.execute("COMMIT")
    db.execute("INSERT INTO places VALUES (1, 2, ?)", (minutes * each,))
    db.execute("PRAGMA journal_mode = WAL")
    db.close()


def questions(folder: str, count: int) -> dict[str, tuple[float, float]]:
    """Question -> seconds when it is asked first and again, on an opened history."""
    history = History(folder)
    day = END - 100 * DAY
    name = "press-1", "default", "width"
    part = f"P{count // 2:09d}"
    asked: dict[str, Callable[[], object]] = {
        "a day's chart, by the minute": lambda: chart(history, *name, day, day + DAY),
        "a year's chart, 600 steps": lambda: chart(history, *name, END - YEAR, END, 600),
        "counts per verdict, a day": lambda: history.counts(start=day, end=day + DAY),
        "count, mean and deviation, a day": lambda: figures(history, *name, day, day + DAY),
        "all points of a day": lambda: points(
            history, *name, 10**6, start=day, end=day + DAY
        ),
        "the newest 200 points": lambda: points(history, *name, 200),
        "the newest 50 records": lambda: history.latest(50, station="press-1"),
        "the newest 20 events": lambda: history.latest(20, kind="event"),
        "a part by its id": lambda: history.find(part),
    }  # fmt: skip
    found = {}
    for question, ask in asked.items():
        times = []
        for _ in range(2):
            start = time.perf_counter()
            ask()
            times.append(time.perf_counter() - start)
        found[question] = (times[0], times[1])
    return found


def dropped_cache() -> bool:
    """Whether the kernel has forgotten what it had read of the disk."""
    try:
        os.sync()
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def asked(count: int, folder: Path) -> list[str]:
    """Rows of the questions, asked in a process that has read nothing."""
    cold = "read from the disk" if dropped_cache() else "first"
    command = [sys.executable, __file__, "--records", str(count), "--ask", str(folder / "data")]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return [
        f"| {name} | {first * 1e3:,.1f} ms {cold}, {again * 1e3:,.1f} ms again |"
        for name, (first, again) in told.items()
    ]


def fast_table(count: int, folder: Path) -> str:
    """Only the questions, of records made fast."""
    made_fast(folder, count)
    size = os.path.getsize(database(folder / "data"))
    lines = [
        f"| {count / 1e6:.3g} million records, two outputs | |",
        "|---|---|",
        f"| bytes a record, text and tables | {size / count:,.0f} |",
        *asked(count, folder),
    ]
    return "\n".join(lines) + "\n"


def table(count: int, folder: Path) -> str:
    """Measure all of it."""
    sample = min(SAMPLE, count)
    memory = year(folder, count)
    fast, plain = speed(folder, sample)
    size = os.path.getsize(database(folder / "data"))
    rows = asked(count, folder)
    start = time.perf_counter()
    checked = verify(folder / "data")
    seconds = time.perf_counter() - start
    assert checked.broken is None and checked.records == count
    lines = [
        f"| {count / 1e6:.3g} million records, two outputs | |",
        "|---|---|",
        f"| written, each acknowledged one on the disk | {fast:,.0f} a second |",
        f"| bare rows, the same commits | {plain:,.0f} a second, ratio {fast / plain:.2f} |",
        f"| bytes a record, text and tables | {size / count:,.0f} |",
        f"| most memory of the process that wrote | {memory:.0f} MB |",
        f"| verify | {count / seconds:,.0f} records a second |",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Make a year, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=3_000_000)
    parser.add_argument("--write", action="store_true", help="docs/tables/station_records.md")
    parser.add_argument("--folder", help="where the records are made, a temporary one by default")
    parser.add_argument("--fast", action="store_true", help="only the questions")
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.ask:
        print(json.dumps(questions(args.ask, args.records)))
        return
    folder = Path(tempfile.mkdtemp(prefix="sna-year-", dir=args.folder))
    try:
        text = (fast_table if args.fast else table)(args.records, folder)
    finally:
        shutil.rmtree(folder)
    print(text, end="")
    if args.write:
        (YEAR_TABLE if args.fast else TABLE).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
