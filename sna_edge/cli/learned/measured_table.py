"""The table of --measured: rows of measured values as they come, for parts that are judged
meanwhile."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...errors import InputError, SnaError
from ...follow import Growing
from ...learning.joined import Joined, Row, answered
from ...learning.measured import COLUMN
from ...model import Model
from ...quality import Line
from ...quality.readings import Reading
from ...table import Dialect, Marks, Measure, Record, open_table
from ...values.naming import Quantities, bare, bracketed, column_of
from ..options.dialect import declared, hint_for

IDS = ("id", "part")
SHOWN = 3
"""Ids that a sentence names."""


class MeasuredTable:
    """The table at --measured, joined to the parts of `line`. `follow`: it may grow and is looked
    at with every batch of parts; else it is read whole before the first one. Raises InputError
    where it cannot be read."""

    def __init__(
        self, args: argparse.Namespace, line: Line, follow: bool, tell: Callable[[str], None]
    ) -> None:
        self._args, self._follow, self._tell = args, follow, tell
        self._path: str = args.measured[0]
        self._begin(line)

    def _begin(self, line: Line) -> None:
        """Read it from its begin beside this line."""
        assert line.learner is not None
        self._line, self._joined = line, Joined(line.learner)
        self._columns: tuple[int, dict[str, int]] | None = None
        self._batches = self._growing() if self._follow else self._whole()
        self._take(silent=True)
        if self._follow:
            self._say_waiting("of parts that are not remembered; they wait for theirs")

    def _take(self, *, silent: bool = False) -> None:
        """All that is there now. `silent`: it may have been there before a restart."""
        for rows in self._batches:
            self._joined.add(rows, silent=silent)
            if not rows and self._follow:
                return

    def answers(
        self, line: Line, readings: Sequence[Reading | str], first: int, **options: Any
    ) -> tuple[list[dict[str, Any]], list[int]]:
        """Answers to readings of parts and to what came of the table, and for each the number of
        its reading, -1 for a row of the table. Verdicts go on where it cannot be read any more."""
        try:
            if line is not self._line:
                self._begin(line)
            self._take()
        except (SnaError, OSError) as error:
            said = " ".join(str(error).split())
            self._tell(f"{said}; no measured values are read from now on")
            self._batches = iter(())
        mixed = self._joined.mixed(readings)
        found = line.readings([reading for _, reading in mixed], first, **options)
        count = iter(range(len(readings)))
        return answered(mixed, found, first), [-1 if row else next(count) for row, _ in mixed]

    def finish(self) -> None:
        """After the last part: say what has found none."""
        self._say_waiting("of no part that was judged")

    def _say_waiting(self, what: str) -> None:
        if ids := self._joined.waiting:
            more = ", .." if len(ids) > SHOWN else ""
            named = ", ".join(map(repr, ids[:SHOWN]))
            self._tell(
                f"{self._path}: measured values of {len(ids)} ids ({named}{more}) are {what}"
            )

    def _growing(self) -> Iterator[list[Row]]:
        """Rows as they come; an empty list where nothing has."""
        if not os.path.exists(self._path):
            self._tell(f"{self._path} is not there yet; it is read once it is")
        while not os.path.exists(self._path):
            yield []
        model = self._line.model
        records = Growing(
            self._path, follow=True, declared=Dialect(**declared(self._args)),
            hint=hint_for(model.metadata), categorical=IDS,
            needed=Quantities([b + n for n in model.output_names for b in ("", COLUMN)]), pause=0,
        )  # fmt: skip
        for batch in records.looks():
            yield self._rows(records.names, records.units, records.number, batch)

    def _whole(self) -> Iterator[list[Row]]:
        """Rows of a file that is there as a whole: text, a workbook, a Parquet file."""
        hint = hint_for(self._line.model.metadata)
        source = open_table(self._path, hint, **declared(self._args), categorical=IDS)
        columns = self._found(source.names, source.units)
        marks = source.settle([source.names[i] for i in columns[1].values()])
        for block in source.blocks():
            records = [
                Record(at, row, block.wrong.get(i, ""))
                for i, (at, row) in enumerate(zip(block.lines, block.rows, strict=True))
            ]
            yield self._rows(source.names, source.units, marks.number, records)

    def _found(self, names: Sequence[str], units: Mapping[str, str]) -> tuple[int, dict[str, int]]:
        """The columns; says which look like those of an output and are not read."""
        found = _columns(self._path, names, units, self._line.model)
        for name in self._line.model.output_names:
            read = found[1].get(name)
            for column in (c for i, c in enumerate(names) if _alike(c, name) and i != read):
                why = f"name it {name!r}" if read is None else f"{names[read]!r} is"
                self._tell(f"{self._path}: column {column!r} is not read; {why}")
        return found

    def _rows(
        self, names: Sequence[str], units: Mapping[str, str], number: Callable[[str], float],
        records: Sequence[Record],
    ) -> list[Row]:  # fmt: skip
        if not records:
            return []
        if self._columns is None:
            self._columns = self._found(names, units)
        assert self._line.learner is not None
        at, columns = self._columns
        own = {name: unit for name, i in columns.items() if (unit := _unit(names[i], name, units))}
        found = list[Row]()
        for record in records:
            if record.wrong:
                found.append(Row(record.line, "", {}, reason=record.wrong))
                continue
            given = {name: record.cells[i].strip() or None for name, i in columns.items()}
            values, _, wrong = self._line.learner.measured.read(given, number, own)
            identity = record.cells[at].strip()
            if values or wrong:
                reason = "" if identity else f"{names[at]} is empty, so it is of no part"
                found.append(Row(record.line, identity, values, wrong, reason))
        return found


def _alike(column: str, name: str) -> bool:
    """Whether a reader would take the column for that of the output."""
    return bare(column.removeprefix(COLUMN)).casefold() == bare(name).casefold()


def _unit(column: str, name: str, units: Mapping[str, str]) -> str:
    """Of the column of an output: that of the row of units, else the one in brackets that the name
    itself does not have."""
    return units.get(column) or ("" if column.removeprefix(COLUMN) == name else bracketed(column))


def _columns(
    path: str, names: Sequence[str], units: Mapping[str, str], model: Model
) -> tuple[int, dict[str, int]]:
    """Where the ids stand, and where the outputs: columns `NAME` or `measured.NAME`, also with a
    unit in brackets. Raises InputError where a table lacks them or gives a unit of another
    kind."""
    ids = [names.index(name) for name in IDS if name in names]
    if not ids:
        raise InputError(
            f"{path} has no column id or part to join by; its columns are {', '.join(names)}"
        )
    found = {name: names.index(column) for name in model.output_names
             if (column := column_of(name, names, COLUMN))}  # fmt: skip
    if not found:
        raise InputError(
            f"{path} has no column of an output ({', '.join(model.output_names)}); its columns are"
            f" {', '.join(names)}"
        )
    for output in model.outputs:
        own = _unit(names[found[output.name]], output.name, units) if output.name in found else ""
        if own:
            Measure(Marks(path), output.name, output.unit, own, "output")
    return ids[0], found
