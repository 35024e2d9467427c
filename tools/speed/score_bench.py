"""Rows a second of `sna-edge score` beside reading the same columns alone, in turns: processor time
of each part, memory.

    python tools/speed/score_bench.py [--rows 5000000] [--csv-rows 1500000] [--files 10] [--write]

Seven inputs, cubic, 32 modes; one process. `--files` measures a folder of so many Parquet files of
`--rows` rows, too (10 of 5,000,000 take 4 GB), by WORKERS processes. Writes docs/tables/score.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import sna_edge
from sna_export.partitions import run
from sna_export.score import Job, score
from sna_export.score import partition as module
from sna_export.score.batches import rows_of
from sna_export.score.outputs import CsvOut
from sna_export.score.parquet import ParquetOut
from sna_export.score.partition import partition, task_of
from sna_export.sealed.folder import digest_of

TABLE = Path(__file__).resolve().parents[2] / "docs" / "tables" / "score.md"
INPUTS, MODES, SPANS = 7, 32, 16
PIECE = 1 << 18
TURNS = 3
WORKERS = 2
OUTS = (CsvOut, ParquetOut)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--csv-rows", type=int, default=1_500_000)
    parser.add_argument("--files", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write docs/tables/score.md")
    parser.add_argument("--child", nargs=3, metavar=("WHAT", "FOLDER", "FILE"))
    args = parser.parse_args()
    if args.child:
        print(json.dumps(child(*args.child)))
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model().save(folder / "m.sna")
        (folder / "limits.toml").write_text("[outputs.y]\nLSL = -0.5\nUSL = 0.5\n")
        rows = []
        for kind, n in (("parquet", args.rows), ("csv", args.csv_rows)):
            for count in (n // 5, n):
                path = made(folder, kind, count)
                rows.append((kind, count, measured(folder, path)))
                path.unlink()
        text = markdown(rows)
        if args.files:
            text += "\n\n" + many(folder, args.files, args.rows)
    print(text)
    if args.write:
        TABLE.write_text(text + "\n", encoding="utf-8")
    return 0


def model() -> sna_edge.Model:
    """Seven inputs, cubic splines, an interval."""
    r = np.random.default_rng(0)
    axes = [sna_edge.spline_axis(f"x{d}", "", 0.0, 1.0, spans=SPANS, degree=3)
            for d in range(INPUTS)]  # fmt: skip
    tables = [1.0 + 0.3 * r.standard_normal((SPANS + 3, MODES)) for _ in axes]
    weights = r.standard_normal((MODES, 1)) / MODES
    interval = sna_edge.Interval(0.9, 0.1, 0.1)
    return sna_edge.Model(
        axes, sna_edge.CP.full(tables, weights), [sna_edge.Output("y", interval=interval)]
    )


def made(folder: Path, kind: str, rows: int) -> Path:
    """A table of an id, the inputs and a measured value, written in pieces."""
    path, r = folder / f"parts.{kind}", np.random.default_rng(1)
    names = ["id", *(f"x{d}" for d in range(INPUTS)), "measured.y"]
    writer = None
    with path.open("w") as text:
        for first in range(0, rows, PIECE):
            n = min(PIECE, rows - first)
            columns = [np.arange(first, first + n), *r.random((INPUTS, n)), r.normal(size=n)]
            if kind == "csv":
                text.write("" if first else ",".join(names) + "\n")
                np.savetxt(text, np.stack(columns, axis=1), fmt="%.7g", delimiter=",")
                continue
            table = pa.table(columns, names)
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table)
    if writer is not None:
        writer.close()
    return path


def measured(folder: Path, path: Path) -> dict[str, float]:
    """Medians over turns, in which reading alone and a score follow each other: processor seconds
    of both and of the parts of a score; the largest memory of a score, MB."""
    found: dict[str, list[float]] = {}
    for _ in range(TURNS):
        for what in ("alone", "score"):
            words = [sys.executable, __file__, "--child", what, str(folder), str(path)]
            done = subprocess.run(words, capture_output=True, text=True, check=True)
            for key, value in json.loads(done.stdout).items():
                found.setdefault(key, []).append(value)
    return {key: float(np.median(values)) for key, values in found.items()}


def many(folder: Path, files: int, rows: int) -> str:
    """A row of seconds and memory of a folder of files, read alone and scored."""
    archive = folder / "archive"
    archive.mkdir()
    for i in range(files):
        made(folder, "parquet", rows).rename(archive / f"{i}.parquet")
    load, found = os.getloadavg()[0], {}
    for what in ("read", "whole"):
        words = [sys.executable, __file__, "--child", what, str(folder), str(archive)]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found[what] = json.loads(done.stdout)
    a, b = found["read"], found["whole"]
    return "\n".join([
        f"{files} files of {rows:,} rows by {WORKERS} processes, starts included, once, while the"
        f" machine had a load of {load:.1f} on {os.cpu_count()} processors.",
        "",
        "| | clock | processor | memory of a process | rows/s |",
        "|---|---|---|---|---|",
        *(f"| {name} | {m['clock']:.1f} s | {m['processor']:.1f} s | {m['MB']:.0f} MB |"
          f" {files * rows / m['clock'] / 1e6:.2f} million |"
          for name, m in (("reading alone", a), ("score", b))),
        f"| score / reading alone | {b['clock'] / a['clock']:.1f} |"
        f" {b['processor'] / a['processor']:.1f} | | |",
    ])  # fmt: skip


def whole(what: str, job: Job, archive: str) -> dict[str, float]:
    """Seconds of all processes together and the memory of the largest, MB."""
    begin = time.perf_counter()
    if what == "read":
        tasks = [[str(path), asdict(job)] for path in sorted(Path(archive).iterdir())]
        run(tasks, read, None, WORKERS)
    else:
        assert score(job, [archive], workers=WORKERS).made == len(list(Path(archive).iterdir()))
    clock = time.perf_counter() - begin
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "clock": clock, "processor": sum(u.ru_utime + u.ru_stime for u in used),
        "MB": max(u.ru_maxrss for u in used) / 1024,
    }  # fmt: skip


def read(task: list[Any]) -> int:
    """The rows of a file, read as a score reads them."""
    path, told = task
    job = Job(**told)
    return sum(len(batch) for batch in rows_of(path, sna_edge.load(job.model), job).batches())


def child(what: str, folder: str, path: str) -> dict[str, float]:
    """Processor seconds without imports, by parts of the work, and memory in MB."""
    place = os.path.join(folder, "m.sna")
    with open(place, "rb") as file:
        digest = sha256(file.read()).hexdigest()
    job = Job(place, digest, tempfile.mkdtemp(dir=folder), os.path.join(folder, "limits.toml"))
    if what in ("read", "whole"):
        return whole(what, job, path)
    _warm(job, Path(path))
    model = sna_edge.load(place)
    begin = time.process_time()
    if what == "alone":
        for _ in rows_of(path, model, job).batches():
            pass
        return {"alone": time.process_time() - begin}
    parts = dict.fromkeys(("digest", "reading", "answers", "writing"), 0.0)
    with timed(parts):
        told = partition(task_of(job, digest_of(job.limits), path, os.path.basename(path)))
    assert told["made"]
    return {**parts, "score": time.process_time() - begin, "MB": peak()}


def _warm(job: Job, path: Path) -> None:
    """A few rows of the same kind scored, so that imports and first calls are not counted."""
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    few = made(folder, path.suffix[1:], 10)
    partition(task_of(replace(job, folder=str(folder)), digest_of(job.limits), str(few), few.name))


@contextmanager
def timed(parts: dict[str, float]) -> Iterator[None]:
    """Inside, the processor time of the parts of `partition` is added to `parts`."""
    names = {"digest": (module, "digest_of"), "answers": (module.Judge, "__call__"),
             "counts": (module.Counts, "add"), "reading": (module, "rows_of")}  # fmt: skip
    kept = {key: getattr(*place) for key, place in names.items()}
    outs = [(out, name, getattr(out, name)) for out in OUTS for name in ("write", "finish")]
    module.digest_of = _adding(parts, "digest", kept["digest"])
    module.rows_of = lambda *given: _TimedRows(kept["reading"], given, parts)
    module.Judge.__call__ = _adding(parts, "answers", kept["answers"])
    module.Counts.add = _adding(parts, "answers", kept["counts"])
    for out, name, before in outs:
        setattr(out, name, _adding(parts, "writing", before))
    try:
        yield
    finally:
        for key, (owner, name) in names.items():
            setattr(owner, name, kept[key])
        for out, name, before in outs:
            setattr(out, name, before)


def _adding(parts: dict[str, float], key: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def timing(*given: Any) -> Any:
        begin = time.thread_time()
        try:
            return work(*given)
        finally:
            parts[key] += time.thread_time() - begin

    return timing


class _TimedRows:
    """Rows whose batches are timed."""

    def __init__(self, made: Callable[..., Any], given: Any, parts: dict[str, float]) -> None:
        self._parts = parts
        self._rows = _adding(parts, "reading", made)(*given)

    def batches(self) -> Iterator[Any]:
        """Those of the rows."""
        after = _adding(self._parts, "reading", partial(next, self._rows.batches()))
        with suppress(StopIteration):
            while True:
                yield after()


def peak() -> float:
    """The largest memory of this process since it began, MB."""
    status = Path("/proc/self/status").read_text()
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def markdown(rows: list[tuple[str, int, dict[str, float]]]) -> str:
    lines = [
        f"One process on {processor()}; seconds are of the processor, medians of {TURNS} turns.",
        "",
        "| table | rows | reading alone | score in all | of it reading | digest of the input |"
        " answers, counts | writing | score / reading alone | rows/s | memory |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for kind, n, m in rows:
        keys = ("alone", "score", "reading", "digest", "answers", "writing")
        seconds = " | ".join(f"{m[key]:.2f} s" for key in keys)
        lines.append(
            f"| {kind} | {n:,} | {seconds} | {m['score'] / m['alone']:.1f} |"
            f" {n / m['score'] / 1e6:.2f} million | {m['MB']:.0f} MB |"
        )
    return "\n".join(lines)


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    sys.exit(main())
