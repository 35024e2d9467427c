"""A table in, the same table with answers out: a block of rows at a time, standard library and
numpy only."""

from __future__ import annotations

import csv
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.output import Output
from ..durable.disk import BESIDE
from ..durable.whole import led_to, naming, takes_bytes
from ..errors import InputError
from ..status import MEANING, Status
from ..table import Block, Source
from .columns import Columns
from .console import ANSWERED, NO_VALUE, with_unit

Floats = NDArray[np.float64]
SHOWN = 5  # reasons that are printed

Answer = Callable[[dict[str, Floats]], tuple[NDArray[Any], Floats]]

Remarks = Callable[[dict[str, Floats]], dict[int, str]]


@dataclass
class Outcome:
    """Rows per status, and line, status and reason of the first rows that have one."""

    counts: Counter[int] = field(default_factory=Counter)
    reasons: list[dict[str, Any]] = field(default_factory=list)

    def code(self) -> int:
        """0 where a row has an answer, else 3."""
        return ANSWERED if any(status >= 0 for status in self.counts) else NO_VALUE


def answer_table(
    source: Source,
    target: str,
    needed: Mapping[str, Axis | Output],
    answers: Sequence[str],
    answer: Answer,
    *,
    remarks: Remarks | None = None,
    labels: Mapping[str, Sequence[str]] | None = None,
    may_lack: frozenset[str] = frozenset(),
) -> Outcome:
    """Write `source` with `status`, `reason` and the columns `answers` to `target`, as UTF-8 with
    commas and decimal points.

    `answer` gives status [N] and numbers [N, len(answers)] for the columns `needed` (coordinates of
    an axis, numbers of an output, in the units of the model; NaN for a cell that is no number). A
    column whose name is taken by an answer is written as NAME_in; `remarks` {row: text} of those
    columns are added to the reasons; answers in `labels` are written by the label that their number
    counts. Cells of `may_lack` may be empty: `answer` has NaN; another cell there that is no number
    is bad input. Raises InputError for a table without a needed column or without rows, for numbers
    that contradict each other's decimal mark and for units of another
    kind.
    """
    found, columns = Outcome(), Columns(source, needed)
    with whole(target) as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_header(source.names, ["status", "reason", *answers]))
        named = {answers.index(name): words for name, words in (labels or {}).items()}
        for block in source.blocks():
            cells, given = columns.read(block)
            columns.spot(block, may_lack, given, cells)
            status, numbers = answer(given)
            if block.wrong:
                status, numbers = status.copy(), numbers.copy()
                status[list(block.wrong)], numbers[list(block.wrong)] = Status.BAD_INPUT, np.nan
            reasons = _reasons(block, status, columns, given, cells)
            for row, text in (remarks(given) if remarks else {}).items():
                if row not in block.wrong:
                    reasons[row] = "; ".join(filter(None, (reasons[row], text)))
            _count(found, block, status, reasons)
            writer.writerows(
                [*row, *new]
                for row, new in zip(
                    block.rows, _cells(status, reasons, numbers, named), strict=True
                )
            )
        if not found.counts:
            raise InputError(f"{source.path} has no rows below its header; give a table with rows")
        columns.finish()
    return found


def summary(found: Outcome, target: str) -> tuple[dict[str, Any], list[str]]:
    """What was written: for --json and in words."""
    words = {Status(s).label: n for s, n in found.counts.items()}
    total = sum(found.counts.values())
    lines = [
        f"{total} rows answered, written to {target}: "
        + ", ".join(f"{n} {w}" for w, n in words.items())
    ]
    lines += [
        f"line {r['line']}: {r['status']}: {r['reason']}"
        for r in found.reasons
        if Status[r["status"].upper()] < 0
    ]
    status = Status.OK if found.code() == ANSWERED else found.counts.most_common(1)[0][0]
    return {
        "status": Status(status).label,
        "rows": total,
        "statuses": words,
        "output": target,
        "reasons": found.reasons,
    }, lines


@contextmanager
def whole(path: str) -> Iterator[TextIO]:
    """A text file that appears under `path` only when all of it is written."""
    if takes_bytes(path):
        with open(path, "w", newline="", encoding="utf-8") as out:
            yield out
        return
    name = led_to(path)
    with naming(path):
        folder = os.path.dirname(os.path.abspath(name))
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=BESIDE)
        try:
            with os.fdopen(handle, "w", newline="", encoding="utf-8") as out:
                yield out
            os.chmod(temporary, 0o644)
            os.replace(temporary, name)
        except BaseException:
            os.unlink(temporary)
            raise


def _header(names: Sequence[str], added: Sequence[str]) -> list[str]:
    """Names of which no two are equal: answers keep theirs, a column of the table in their way
    becomes NAME_in."""
    new: list[str] = []
    for name in added:
        new.append(free_name(name, "_", new))
    taken = [*new, *(name for name in names if name not in new)]
    old: list[str] = []
    for i, name in enumerate(names, 1):
        again = f"{name}_in" if name in new else f"column {i}" if not name else ""
        old.append(free_name(again, "", taken) if again else name)
        taken.append(old[-1])
    return old + new


def free_name(name: str, between: str, taken: Sequence[str]) -> str:
    """The name, or with the first number from 2 on that makes it a new one."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}{between}{number}", number + 1
    return found


def _reasons(
    block: Block,
    status: NDArray[Any],
    columns: Columns,
    given: Mapping[str, Floats],
    cells: Mapping[str, list[str]],
) -> list[str]:
    """Why a row has another status than ok, in words."""
    needed, readers = columns.needed, columns.readers
    found = [""] * len(block)
    for row in np.flatnonzero(status != Status.OK).tolist():
        state = Status(int(status[row]))
        if row in block.wrong:
            found[row] = block.wrong[row]
        elif state == Status.BAD_INPUT:
            empty = [name for name in needed if np.isnan(given[name][row])]
            bad = [
                readers[name].wrong(cells[name][row]) if name in readers else f"{name!r} is empty"
                for name in empty
            ]
            found[row] = "; ".join(bad) or MEANING[state]
        elif state in (Status.OUT_OF_DOMAIN, Status.EXTRAPOLATED):
            found[row] = "; ".join(_outside(needed, given, cells, row)) or MEANING[state]
        else:
            found[row] = MEANING[state]
    return found


def _outside(
    needed: Mapping[str, Axis | Output],
    given: Mapping[str, Floats],
    cells: Mapping[str, list[str]],
    row: int,
) -> list[str]:
    """Every input that lies outside, and how far."""
    found = []
    for name, axis in needed.items():
        excess = float(axis.excess(given[name][row])) if isinstance(axis, Axis) else 0.0
        if not isinstance(axis, Axis) or not excess:
            continue
        if axis.kind == "categorical":
            found.append(
                f"{name!r} has a level that was not in the training data:"
                f" {cells[name][row].strip()!r}; {axis.describe()}"
            )
        else:
            side = "above" if excess > 0 else "below"
            found.append(
                f"{name!r} is {with_unit(abs(excess), axis.unit)} {side} its domain,"
                f" {axis.describe()}"
            )
    return found


def _count(found: Outcome, block: Block, status: NDArray[Any], reasons: list[str]) -> None:
    found.counts.update(status.tolist())
    for row in np.flatnonzero(status != Status.OK).tolist():
        if len(found.reasons) >= SHOWN:
            return
        found.reasons.append(
            {
                "line": block.lines[row],
                "status": Status(int(status[row])).label,
                "reason": reasons[row],
            }
        )


def _cells(
    status: NDArray[Any],
    reasons: list[str],
    numbers: Floats,
    labels: Mapping[int, Sequence[str]],
) -> Iterator[tuple[str, ...]]:
    """The cells to append to every row."""
    words = {s: Status(s).label for s in set(status.tolist())}
    columns = [list(map(repr, column)) for column in numbers.T.tolist()]
    for k, names in labels.items():
        columns[k] = [names[int(v)] if v >= 0 else "" for v in numbers[:, k].tolist()]
    for column, empty in zip(columns, np.isnan(numbers).T, strict=True):
        for row in np.flatnonzero(empty).tolist():
            column[row] = ""
    return zip([words[s] for s in status.tolist()], reasons, *columns, strict=True)
