"""Answer every row of a growing sensor table with a prediction, its interval and a status.

    python query_loop.py model.sna readings.csv [--backend auto] [--follow] [--state FILE] [--out
    answers.csv]

readings.csv has a column per input of the model, in any dialect; other columns are carried along as
they are. A row outside the domain, or with a reading that is not a number, gets a status and no
value: never a clamped or invented number. With --follow only whole rows are answered, each once:
the position is saved in readings.csv.state, and a restart resumes there, also after the table was
renamed, truncated or started over.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from typing import Any, TextIO

import numpy as np

import sna_edge
from sna_edge.follow import Growing
from sna_edge.table import Record, hint_of
from sna_edge.values.naming import QUANTITY
from sna_edge.values.units import converted, quantity


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model")
    parser.add_argument("readings")
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--follow", action="store_true", help="wait for new rows, for ever")
    parser.add_argument(
        "--state", help="where --follow notes what is answered (default: READINGS.state)"
    )
    parser.add_argument(
        "--out",
        help=(
            "where answered rows go (default: the screen); with --follow they are added to what is"
            " there"
        ),
    )
    args = parser.parse_args(arguments)
    model = sna_edge.load(args.model, backend=args.backend)
    print(f"{model} on {model.backend.name}", file=sys.stderr)
    levels = [axis.name for axis in model.axes if axis.kind == "categorical"]
    numbers = [name for name in model.input_names if name not in levels]
    pipe = os.path.exists(args.readings) and not os.path.isfile(args.readings)
    note = (args.state or f"{args.readings}.state") if args.follow and not pipe else None
    hint = hint_of(model.metadata.get("dialect"))
    table = Growing(
        args.readings, follow=args.follow, note=note, hint=hint, categorical=levels, needed=numbers
    )
    with opened(args.out, args.follow) if args.out else nullcontext(sys.stdout) as out:
        return answer(model, table, out, fresh=not (args.out and out.tell()))


def opened(path: str, more: bool) -> TextIO:
    """The file of answers, with `more` behind those it has; a row that was cut off there is
    ended."""
    out = open(path, "a" if more else "w", newline="", encoding="utf-8", errors="replace")  # noqa: SIM115
    if out.tell():
        with open(path, "rb") as before:
            before.seek(-1, os.SEEK_END)
            out.write("" if before.read() == b"\n" else "\n")
    return out


def answer(model: Any, table: Growing, out: TextIO, fresh: bool = True) -> dict[str, Any]:
    """One answered row per record; returns counts and the median time of a query in
    microseconds."""
    writer = csv.writer(out, lineterminator="\n")
    times, counts = [], dict[str, int]()
    for records in table:
        missing = [name for name in model.input_names if name not in table.names]
        if missing:
            sys.exit(
                f"query_loop: the readings have no column {', '.join(missing)}; the model needs"
                f" {', '.join(model.input_names)}"
            )
        if fresh:
            writer.writerow(header(model, table.names))
            fresh = False
        for record in records:
            start = time.perf_counter()
            status, cells = answered(model, table, record)
            times.append(time.perf_counter() - start)
            counts[status] = counts.get(status, 0) + 1
            writer.writerow(
                (record.cells + [""] * len(table.names))[: len(table.names)]
                + [status, *cells, record.wrong]
            )
        out.flush()
        with suppress(OSError):  # a pipe or the screen
            os.fsync(out.fileno())
    median = float(np.median(times)) * 1e6 if times else 0.0
    print(f"{len(times)} rows: {counts}, {median:.0f} us per row", file=sys.stderr)
    return {"rows": len(times), "counts": counts, "microseconds": median}


def header(model: Any, names: Iterable[str]) -> list[str]:
    """The columns of the readings, then those of the answers; a name that is taken gets _in."""
    added = [
        "status",
        *(
            f"{name} {what}"
            for name in model.output_names
            for what in ("predicted", "lower", "upper")
        ),
        "reason",
    ]
    return [f"{name}_in" if name in added else name for name in names] + added


def answered(model: Any, table: Growing, record: Record) -> tuple[str, list[str]]:
    """Status and the cells predicted, lower, upper of every output; empty where there is no
    number."""
    cells = dict(zip(table.names, record.cells, strict=False)) if not record.wrong else {}
    found = model.evaluate(
        np.array([reading(table, axis, cells.get(axis.name, "")) for axis in model.axes]),
        level_index=True,
    )
    numbers = np.stack([found.value[0], found.lower[0], found.upper[0]], axis=1).reshape(-1)
    return model.status_name(int(found.status[0])), [
        f"{v:.6g}" if np.isfinite(v) else "" for v in numbers
    ]


def reading(table: Growing, axis: Any, cell: str) -> float:
    """The coordinate of a cell: the level it means, or a number in the model's unit; NaN where it
    is missing or no number.

    Raises InputError where the row of units has one of another kind.
    """
    own = table.units.get(axis.name, "")
    try:
        number = float(axis.coordinate(cell) if axis.kind == "categorical" else table.number(cell))
        if number != number and QUANTITY.fullmatch(cell):  # 0.5 kW
            return quantity(cell, axis.unit, axis.name, table.number)
    except sna_edge.InputError:
        return float("nan")
    return converted(number, own, axis.unit, axis.name) if own and axis.unit else number


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit("query_loop: nothing reads the answers any more; stopped")
    except (sna_edge.InputError, OSError) as error:
        sys.exit(f"query_loop: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
