"""Score archives of parts (Parquet or CSV files, folders, patterns) anew with a model, a file at a
time: values, intervals, familiarity, status and, with limits, verdict of every row. What is there
already of the same model, limits and input is not made again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any

from ...errors import InputError
from ..arguments import add_json, add_model, assignments, share_of, split_names
from ..console import ANSWERED, NO_VALUE, emit, table
from ..options.dialect import add_dialect, declared
from ..options.stated import WORKERS, choice, several, state, value
from ..trusted.options import add_trust, load_model

HELP = "score archives of parts anew: values, intervals and verdicts of every row"
QUIET = 2.0
"""Seconds between two lines of progress, and before the first."""
SHOWN = 5

ARCHIVE = (
    value("archive", "TABLES", "Parquet or CSV files, folders of them, patterns in quotes",
          nargs="+"),
    value("-o --output", "DIR", "where outputs go: DIR/MODEL-DIGEST/TABLE, a folder for each model",
          required=True),
)  # fmt: skip
COLUMNS = (
    value("--limits", "FILE.toml", "limits that give verdicts"),
    several("--keep", "COLUMN", "columns that are copied (default: id, part, time, timestamp where"
            " they are there)"),
    several("--measured", "NAME", "outputs whose column NAME holds measured values; measured.NAME"
            " is read anyway"),
    several("--column", "NAME=COLUMN", "the column of an input of another name"),
    value("--level", "P", "level of the intervals, 95%% or 0.95 (not with --limits)"),
)  # fmt: skip
WORK = (
    choice("--to", ("parquet", "csv"), "kind of the outputs (default: as the input)"),
    value("--previous", "DIR", "folder of another model's outputs to compare with (default: the"
          " newest in -o)"),
    WORKERS,
    value("--dask", "ADDRESS", "work on a Dask cluster, whose machines have the files under the"
          " same paths"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge score`."""
    add_model(parser)
    add_trust(parser)
    state(parser, ARCHIVE, COLUMNS, WORK)
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Score, count, compare; returns the exit code: 3 where no row has a value."""
    if args.workers is not None and args.workers < 1:
        raise InputError(f"--workers is {args.workers}; give 1 or more")
    if args.level and args.limits:
        raise InputError("--level changes what limits are held against; leave one of them out")
    model = load_model(args, args.backend)
    from sna_export.partitions import cores
    from sna_export.score import Job, score

    job = Job(
        args.model, sha256(model.artifact or b"").hexdigest(), args.output, args.limits or "",
        tuple(split_names(args.keep)), tuple(split_names(args.measured)),
        assignments(args.column, model.input_names),
        None if args.level is None else share_of("--level", args.level),
        args.to or "", declared(args), args.backend,
    )  # fmt: skip
    found = score(
        job, args.archive, workers=args.workers or cores(), dask=args.dask,
        previous=args.previous, progress=_Told(),
    )  # fmt: skip
    answered = any(s in found.counts["statuses"] for s in ANSWERING)
    answer = {
        "status": "ok" if answered or not found.counts["rows"] else "bad_input",
        "folder": found.folder, "files": found.files, "made": found.made, **found.counts,
        "measured": _measured(found.counts), "reasons": found.reasons,
        "previous": found.previous, "differences": found.differences,
    }  # fmt: skip
    emit(args, answer, _lines(answer))
    return ANSWERED if answer["status"] == "ok" else NO_VALUE


ANSWERING = ("ok", "edge", "unfamiliar", "extrapolated")
"""Statuses of rows that have a value."""


class _Told:
    """Lines of progress on stderr, none where it is quickly over."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        if done and time.monotonic() - self._last >= QUIET:
            print(f"{done} of {of} files", file=sys.stderr, flush=True)
            self._last = time.monotonic()


def _measured(counts: Mapping[str, Any]) -> dict[str, Any]:
    """Of every output that was measured: rows, mean and root mean square of measured less value,
    share inside the intervals, None where there are none."""
    return {
        name: {
            "rows": int(n), "bias": total / n, "rmse": (squares / n) ** 0.5,
            "inside": held / told if told else None,
        }
        for name, (n, total, squares, held, told) in counts["measured"].items()
    }  # fmt: skip


def _lines(answer: Mapping[str, Any]) -> Iterator[str]:
    statuses = ", ".join(f"{n} {word}" for word, n in answer["statuses"].items())
    again = answer["files"] - answer["made"]
    kept = f", {again} of them as they were" if again else ""
    counted = f"{_many(answer['rows'], 'row')} of {_many(answer['files'], 'file')}{kept}"
    yield f"{counted}: {statuses}" if statuses else counted
    if "verdicts" in answer:
        yield ""
        yield from _verdicts(answer["verdicts"])
    if answer["measured"]:
        yield ""
        rows = [
            [n, f"{m['rows']}", *(f"{m[k]:.4g}" for k in ("bias", "rmse")), _percent(m["inside"])]
            for n, m in answer["measured"].items()
        ]
        yield from table(["measured", "rows", "bias", "rmse", "in the interval"], rows)
    if answer["differences"]:
        yield ""
        yield from _differences(answer["previous"], answer["differences"])
    for one in answer["reasons"][:SHOWN]:
        yield f"{one['file']}, {one['place']}: {one['status']}: {one['reason']}"
    yield f"outputs in {answer['folder']}"


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"


def _verdicts(verdicts: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """How many parts have which verdict, and what was measured of them."""
    heads = ["verdict", "measured good", "measured bad", "not measured"]
    rows = [
        [word, *(str(n[key]) for key in ("good", "bad", "not measured"))]
        for word, n in sorted(verdicts.items())
        if any(n.values())
    ]
    yield from table(heads, rows)


def _differences(previous: str, found: Mapping[str, Any]) -> Iterator[str]:
    rows = [
        [name, str(d["rows"]), *(f"{d[key]:.4g}" for key in ("mean", "rms", "largest"))]
        for name, d in found["outputs"].items()
        if d["rows"]
    ]
    yield from table([f"less {os.path.basename(previous)}", "rows", "mean", "rms", "largest"], rows)
    for key, n in found["verdicts"].items():
        yield f"{n} verdicts changed from {key}"
    if found["verdicts"] and found.get("other_limits"):
        yield "limits changed too since then: verdicts differ by model and limits"
