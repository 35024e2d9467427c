"""A training table with measured parts beside its rows, each part once, and the newest held out."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import isclose, isfinite
from typing import Any

from sna_edge.errors import InputError

from ..table import Table
from .columns import LIMIT, Cells, Columns
from .join import IDENTITY, Joined, Part
from .when import in_time, moment

NEAR = 1e-6
"""Of a number: readings of one part that were written with other digits."""
SHOWN = 3
Row = dict[str, str]


@dataclass
class Merged:
    """`names` of columns; `rows` of the fit, of which the last `added` are parts, and `held` rows
    of the newest parts, which take no part in it (`held_told`: corrected values of their verdicts);
    `identity`: the column of ids. What became of parts is counted: `known` ones stand in the
    training table already, `early` ones are older than asked for, `bad` {reason: parts} cannot be
    rows; `reused`: ids that were those of other parts; `foreign` {SHA-256: parts} were judged by
    other models; `levels` {input: {new level: parts}}."""

    names: tuple[str, ...]
    identity: str
    weight: str = ""
    rows: list[Row] = field(default_factory=list)
    held: list[Row] = field(default_factory=list)
    held_cells: list[Cells] = field(default_factory=list)
    held_told: list[dict[str, Any]] = field(default_factory=list)
    added: int = 0
    dropped: int = 0
    known: int = 0
    early: int = 0
    untimed: int = 0
    reused: int = 0
    corrected: int = 0
    unfamiliar: int = 0
    partial: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    foreign: Counter[str] = field(default_factory=Counter)
    levels: dict[str, Counter[str]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)

    def text(self, rows: Sequence[Row], separator: str) -> bytes:
        """Rows as a table."""
        file = io.StringIO()
        writer = csv.writer(file, delimiter=separator, lineterminator="\n")
        writer.writerow(self.names)
        writer.writerows([row.get(name, "") for name in self.names] for row in rows)
        return file.getvalue().encode()


def merged(
    table: Table,
    found: Joined,
    needs: Columns,
    *,
    own: str = "",
    since: str | None = None,
    holdout: float = 0.0,
    most: int | None = None,
    weight: float | None = None,
    weights: str = "",
    groups: str = "",
) -> Merged:
    """The rows of `table`, then the parts of `found`: those since a time, the newest share
    `holdout` held out, at most `most` rows, of which the first leave; parts weigh `weight` times as
    much as rows, in the column `weights` where there is one. `own`: SHA-256 of the model; `groups`:
    the column of those of which none is to be held out in part. Raises InputError for a time that
    is none."""
    identity = _identity(table, needs)
    column = (weights or _free("weight", table.names)) if weight is not None else ""
    extra = [n for n in (identity, column) if n and n not in table.names]
    made = Merged((*table.names, *extra), identity, column)
    kept = _chosen(made, table, found, needs, since)
    _count(made, kept, needs, own)
    old, mark = _training(table, needs, column), table.marks.decimal or "."
    split = len(kept) - round(holdout * len(kept))
    if groups and split < len(kept):
        split = _between([cells.get(groups) for _, cells in kept], split)
    new = [_row(made, part, cells, mark, weight) for part, cells in kept[:split]]
    made.held = [_row(made, part, cells, mark, None) for part, cells in kept[split:]]
    made.held_cells = [cells for _, cells in kept[split:]]
    made.held_told = [part.told for part, _ in kept[split:]]
    rows = [*old, *new]
    made.dropped = 0 if most is None else max(len(rows) - most, 0)
    made.rows = rows[made.dropped :]
    made.added = min(split, len(made.rows))
    return made


def _identity(table: Table, needs: Columns) -> str:
    """The column of ids: that of the table, or a new one."""
    for name in IDENTITY:
        if name in table.names and name not in needs.names:
            return name
    return _free("id", table.names)


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name = f"refit {name}"
    return name


def _chosen(
    made: Merged, table: Table, found: Joined, needs: Columns, since: str | None
) -> list[tuple[Part, Cells]]:
    """Parts that become rows with their cells, the oldest first."""
    start = None if since is None else moment(since)
    if since is not None and start is None:
        raise InputError(f"--since {since!r} is no time; write 2012-07-01, or a number")
    kept, known = list[tuple[Part, Cells]](), _Known(table, made.identity, needs)
    for part in found.parts:
        when = moment(part.time)
        if start is not None and (when is None or type(when) is not type(start)):
            made.untimed += 1
        elif start is not None and when < start:  # type: ignore[operator]
            made.early += 1
        else:
            try:
                cells = needs.cells(part)
            except InputError as error:
                made.bad[str(error).partition(";")[0]] += 1
                continue
            if known.has(part, cells):
                made.known += 1
            else:
                kept.append((part, cells))
    made.reused = known.reused
    return in_time(kept)


def _between(groups: Sequence[object], split: int) -> int:
    """The place nearest to `split` at which parts of one group end, so that those behind it tell of
    groups that the fit does not know; `split` where that would take more than half of them."""
    ends = [i for i in range(1, len(groups)) if groups[i - 1] != groups[i]]
    ends = [i for i in ends if 2 * i >= len(groups)]
    return min(ends, key=lambda i: abs(i - split), default=split)


class _Known:
    """Parts that are rows already: of the training table, or earlier ones of the logs. A part with
    an id is the row of that id with the same inputs, one without is a row without and the same
    values, as often as these stand there and in one file."""

    def __init__(self, table: Table, identity: str, needs: Columns) -> None:
        self._needs, self.reused = needs, 0
        self._by_id: dict[str, list[Cells]] = {}
        self._unnamed = Counter[tuple[object, ...]]()
        self._seen = Counter[tuple[str, tuple[object, ...]]]()
        text = {*needs.levels, *needs.labels, *needs.text}
        columns = {
            n: table.written(n) if n in text else table.column(n).tolist() for n in needs.names
        }
        named = table.written(identity) if identity in table.names else [""] * len(table)
        for row, name in enumerate(named):
            cells = {n: columns[n][row] for n in needs.names}
            if name:
                self._by_id.setdefault(_digits(name), []).append(cells)
            else:
                self._unnamed[_key(cells)] += 1

    def has(self, part: Part, cells: Cells) -> bool:
        """Whether a part is known; it is from now on."""
        if not part.identity:
            key = _key(cells)
            self._seen[part.source, key] += 1
            count = self._seen[part.source, key]
            if count <= self._unnamed[key]:
                return True
            part.identity = _name(key, count)
        rows = self._by_id.setdefault(part.identity, [])
        if any(self._same(row, cells) for row in rows):
            return True
        self.reused += bool(rows)
        rows.append(cells)
        return False

    def _same(self, row: Cells, cells: Cells) -> bool:
        return all(_near(row.get(n, ""), cells.get(n, "")) for n in self._needs.inputs)


def _key(cells: Cells) -> tuple[object, ...]:
    """All values of a row, empty ones left out."""
    return tuple(sorted((n, v) for n, v in cells.items() if v != "" and v == v))


def _name(key: tuple[object, ...], count: int) -> str:
    """The id of a part that came without one: its values, and which of such parts it is."""
    return f"sha256:{sha256(f'{key!r} {count}'.encode()).hexdigest()[:16]}"


def _near(one: float | str, other: float | str) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=NEAR) or (one != one and other != other)
    absent = ("", None)
    if isinstance(one, float) and one != one:
        one = ""
    return one == other or (one in absent and other in absent)


def _digits(text: str) -> str:
    """An id as parts have it: '17.0' is 17."""
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text


def _count(made: Merged, kept: Sequence[tuple[Part, Cells]], needs: Columns, own: str) -> None:
    """What people should know of the parts that are used."""
    unused = dict.fromkeys(
        name for part, _ in kept for name in part.reading if name not in (*needs.names, *IDENTITY)
    )
    made.unused = [n for n in unused if n not in (*made.names, "measured", "time", "timestamp")]
    for part, cells in kept:
        made.corrected += part.corrected
        made.unfamiliar += part.unfamiliar
        made.partial += any(name not in cells for name in needs.targets)
        if part.model and own and part.model != own:
            made.foreign[part.model] += 1
        for name, levels in needs.levels.items():
            if name in cells and cells[name] not in levels:
                made.levels.setdefault(name, Counter())[str(cells[name])] += 1


def _row(made: Merged, part: Part, cells: Cells, mark: str, weight: float | None) -> Row:
    row = {n: written(v, mark) if isinstance(v, float) else v for n, v in cells.items()}
    row |= {n: str(v).replace(".", mark) for n, v in cells.items() if LIMIT.fullmatch(str(v))}
    row[made.identity] = part.identity
    if weight is not None:
        own = cells.get(made.weight, 1.0)
        row[made.weight] = written(weight * float(own), mark)
    return row


def _training(table: Table, needs: Columns, weight: str) -> list[Row]:
    """The rows of the table: numbers that a fit reads as such with all their digits, other cells as
    they are."""
    mark = table.marks.decimal or "."
    numeric = {*needs.inputs, *needs.targets, *needs.amounts} - {*needs.levels, *needs.labels}
    columns: dict[str, Sequence[str]] = {}
    for name in table.names:
        cells = table.written(name)
        if name in numeric:
            numbers = table.column(name).tolist()
            cells = [
                written(x, mark) if isfinite(x) else cell
                for x, cell in zip(numbers, cells, strict=True)
            ]
        columns[name] = cells
    if weight and weight not in columns:
        columns[weight] = [written(1.0, mark)] * len(table)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def written(number: float, mark: str) -> str:
    """A number with all its digits; one that is whole with a mark, so that no cell looks like
    thousands."""
    return repr(float(number)).replace(".", mark)


def columns_of(
    rows: Sequence[Mapping[str, float | str]], needs: Columns
) -> dict[str, list[object]]:
    """{input: its cells}, None where one is missing."""
    return {name: [row.get(name) for row in rows] for name in (*needs.inputs, *needs.text)}
