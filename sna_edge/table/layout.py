"""The head of a table: separator, column names, units, and where its rows begin."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from ..errors import InputError
from .dialect import SEPARATORS, Dialect
from .numbers import is_number
from .records import QUOTE, RawRecord, Splitter, cells_of, outside_quotes
from .unit_row import refuse_other, units_of

SEP_LINE = re.compile(r'[\s\ufeff]*"?sep=(.)"?[ \t]*(?:\r\n|\n|\r|$)', re.IGNORECASE)
ERRORS = ("#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!")
"""Cells that a spreadsheet writes; they begin no comment."""


@dataclass(frozen=True)
class Layout:
    """names of the columns; units of those that have one; `spare` empty cells end every row;
    `after`: the head's last line."""

    dialect: Dialect
    names: tuple[str, ...]
    units: dict[str, str] = field(default_factory=dict)
    spare: int = 0
    after: int = 1

    def row(self, cells: list[str]) -> tuple[list[str], str]:
        """The cells of the columns, or the cells as they are and why they are no row."""
        width = len(self.names)
        if len(cells) == width and not self.spare:  # the usual row, without a slice and a loop
            return cells, ""
        if len(cells) == width + self.spare and not any(cell.strip() for cell in cells[width:]):
            return cells[:width], ""
        surplus = [cell.strip() for cell in cells[width:] if cell.strip()][:3]
        beyond = "".join(f"; beyond the last column: {cell!r}" for cell in surplus)
        return cells, f"{len(cells)} cells for {width} columns{beyond}"

    def skips(self, cells: list[str]) -> bool:
        """Whether a record is blank (no cell is filled) or a comment."""
        if cells and cells[0][:1].isalnum():  # most rows
            return False
        return not any(cell.strip() for cell in cells) or (
            cells[0][:1] == "#" and self.is_comment(cells)
        )

    def is_comment(self, cells: list[str]) -> bool:
        """A record that begins with #; one with as many cells as the header is a row where another
        cell is a number."""
        if cells[0].strip() in ERRORS:
            return False
        return len(cells) != len(self.names) + self.spare or not any(map(is_number, cells[1:]))


def find_layout(
    text: str,
    final: bool,
    source: str,
    declared: Dialect,
    hint: Dialect,
    categorical: Collection[str],
) -> Layout | None:
    """The layout that the beginning of a table shows; None while header and first row are not
    complete.

    Raises InputError: no header, a repeated name, a quote that is not closed.
    """
    quote, told = declared.quote or QUOTE, SEP_LINE.match(text)
    separator = declared.separator or (told[1] if told else "")
    splitter = Splitter(separator or SEPARATORS, quote)
    raws = splitter.feed(text) + (splitter.close() if final else [])
    raws = [raw for raw in raws if raw.text.strip()][1 if told else 0 :]
    comments = []
    while raws and raws[0].text.startswith("#"):
        comments.append(raws.pop(0))
    rows = [raw for raw in raws if not raw.text.startswith("#")]
    if len(rows) < 2 and not final:
        return None
    header, first = _header(comments, rows, separator, quote, hint.separator)
    if header is None:
        raise InputError(
            f"{source} is empty, it has no header line; give a table with column names in its first"
            " line"
        )
    if header.wrong:
        raise InputError(f"{source}, line {header.line}: {header.wrong}")
    try:
        separator = separator or choose(
            header.text, first.text if first else "", quote, hint.separator
        )
        cells = [cells_of(raw.text, separator, quote) if raw else [] for raw in (header, first)]
    except InputError as error:
        raise InputError(f"{source}, line {header.line}: {error}") from None
    return _layout(
        source,
        replace(declared, separator=separator, quote=quote),
        header,
        first,
        cells,
        categorical,
    )


def _header(
    comments: list[RawRecord], rows: list[RawRecord], separator: str, quote: str, hint: str
) -> tuple[RawRecord | None, RawRecord | None]:
    """Header and first row. The header may be the last comment (`# a,b,y`), or begin with # itself
    (`#,a,y`)."""
    header, first = (*rows, None, None)[:2]
    if comments and header is None:
        return comments[-1], None
    if comments and header is not None:
        last = comments[-1]
        mark = separator or choose(last.text, header.text, quote, hint)
        names, cells = cells_of(last.text, mark, quote), cells_of(header.text, mark, quote)
        if (
            len(names) == len(cells) > 1
            and any(map(is_number, cells))
            and not any(map(is_number, names))
        ):
            return (
                RawRecord(
                    last.line, last.text[1:].lstrip() if last.text[1:2].isspace() else last.text
                ),
                header,
            )
    return header, first


def choose(header: str, first: str, quote: str = QUOTE, hint: str = "") -> str:
    """The separator that parts header and first row into as many cells, most of them numbers below;
    a semicolon where there is none."""
    outside = outside_quotes(header, SEPARATORS, quote)
    found = [mark for mark in SEPARATORS if mark in outside]
    if not found:
        return hint or ";"

    def worth(mark: str) -> tuple[bool, float, int, bool, int]:
        cells = cells_of(first, mark, quote)
        same = len(cells) == len(cells_of(header, mark, quote))
        return (
            same,
            sum(map(is_number, cells)) / len(cells) if same else 0.0,
            outside.count(mark),
            mark == hint,
            -SEPARATORS.index(mark),
        )

    return max(found, key=worth)


def _layout(
    source: str,
    dialect: Dialect,
    header: RawRecord,
    first: RawRecord | None,
    read: Sequence[list[str]],
    categorical: Collection[str],
) -> Layout:
    cells = read[1]
    names, spare = trimmed([" ".join(cell.split()) for cell in read[0]], cells)
    check_names(source, names)
    after = header.line + _breaks(header.text)
    units = (
        units_of(cells[: len(names)], [name in categorical for name in names])
        if len(cells) == len(names) + spare
        else None
    )
    if first is None or units is None:
        return Layout(dialect, tuple(names), {}, spare, after)
    after = first.line + _breaks(first.text)
    named = {name: unit for name, unit in zip(names, units, strict=True) if unit}
    refuse_other(source, named)
    return Layout(dialect, tuple(names), named, spare, after)


def _breaks(text: str) -> int:
    """Line breaks inside a record."""
    return len(re.findall(r"\r\n|\n|\r", text))


def trimmed(names: list[str], first: Sequence[str]) -> tuple[list[str], int]:
    """Names without the empty ones that separators at the line's end leave, and how many empty
    cells end the first row."""
    kept = list(names)
    told = max((i + 1 for i, cell in enumerate(first) if cell.strip()), default=0)
    while len(kept) > told and not kept[-1]:
        kept.pop()
    surplus = first[len(kept) :]
    return kept, len(surplus) if not "".join(surplus).strip() else 0


def check_names(source: str, names: Sequence[str]) -> None:
    """Raises InputError for no name at all and for a repeated one."""
    if not any(names):
        raise InputError(
            f"{source} has no header line; give a table with column names in its first line"
        )
    seen = set[str]()
    for column, name in enumerate(names):
        if "\0" in name:
            raise InputError(
                f"{source}: the name of column {column + 1} holds a NUL byte; fix the file or"
                " declare its --encoding"
            )
        if name and name in seen:
            raise InputError(f"{source}: column name {name!r} occurs twice; rename one")
        seen.add(name)
