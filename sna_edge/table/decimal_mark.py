"""The decimal mark of a file: decided once from all its cells, and what contradicts it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from ..errors import InputError
from .numbers import NAMES, Floats, OpenText, is_number, mark, number, numbers

OTHER = {".": ",", ",": "."}
MOST_KEPT = 1 << 20
"""A column with so many cells that all have a mark has no thousands."""
DOUBTFUL = {
    m: re.compile(rf"^[^\S\n]*[+-]?[1-9][0-9]{{0,2}}{re.escape(m)}[0-9]{{3}}[^\S\n]*$", re.M)
    for m in OTHER
}
"""A cell whose only mark may be a decimal mark or part thousands."""
MARKED = re.compile(
    r"^(?![^\S\n]*[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}[^\S\n]*$)[^\n]*[.,][^\n]*$", re.M
)
"""Any other cell with a mark."""
Place = tuple[str, int, str]
"""Column, line and cell."""


class OpenMark(InputError):
    """Nothing in the file decides between a decimal mark and thousands."""


class Marks:
    """Numbers of a file under one decimal mark. `why` is the cell that decided it, None where
    nothing did.

    `trusted`: the mark was declared or comes from numbers that are stored as numbers, so that
    nothing is doubtful; `typed`: but for numbers that are stored as text.
    """

    def __init__(
        self,
        source: str,
        decimal: str = ".",
        why: Place | None = None,
        trusted: bool = False,
        typed: bool = False,
    ) -> None:
        self.source, self.decimal, self.why, self.trusted, self.typed = (
            source,
            decimal,
            why,
            trusted,
            typed,
        )

    def number(self, cell: str) -> float:
        """The cell as a number, NaN where it is none."""
        return number(cell, self.decimal)

    def column(self, name: str) -> Column:
        """The reader of the column `name` under this mark."""
        return Column(self, name)

    def contradiction(self, cell: str) -> str:
        """Why a cell that is no number here is one with the other mark; '' where it is not."""
        other = OTHER[self.decimal]
        if mark(cell) != other:
            return ""
        proof = (
            f" as in line {self.why[1]}, column {self.why[0]!r}: {self.why[2]!r}"
            if self.why
            else ""
        )
        return (
            f"{cell.strip()!r} has a decimal {NAMES[other]}, the file a decimal"
            f" {NAMES[self.decimal]}{proof}; write one mark in the whole file"
        )


class Column:
    """The numbers of one column, a block of cells at a time. Raises InputError with line and column
    for a cell that contradicts the file's mark, and for a column that mixes `1.000` with `999`: its
    marks look like thousands. `settled` columns cannot.
    """

    def __init__(self, marks: Marks, name: str) -> None:
        self._marks, self._name = marks, name
        self.settled = marks.trusted
        self._bare = self._zero = False
        self._grouped: tuple[int, str] | None = None
        self._kept: list[
            tuple[list[str], Sequence[int]]
        ] = []  # cells with marks, looked at once there is one without
        other = re.escape(marks.decimal)
        self._loose = re.compile(
            rf"^(?!\s*[+-]?[1-9][0-9]{{0,2}}(?:{other}[0-9]{{3}})+\s*$).*{other}", re.M
        )

    def numbers(self, cells: Sequence[str], lines: Sequence[int]) -> Floats:
        """NaN where a cell is no number; `lines` are for messages."""
        cells = list(cells)
        found = self.look(cells, lines)
        if np.isnan(found).any():
            self._check(cells, lines, found)
        return found

    def look(self, cells: list[str], lines: Sequence[int]) -> Floats:
        """`numbers`, where a cell that contradicts the mark is just none."""
        found = numbers(cells, self._marks.decimal)
        if self._marks.typed:
            self._refuse_text(cells, lines)
        if not self.settled:
            self._doubt(cells, lines, found)
        return found

    def _refuse_text(self, cells: list[str], lines: Sequence[int]) -> None:
        for line, cell in zip(lines, cells, strict=True):
            if isinstance(cell, OpenText):
                raise OpenMark(
                    f"{self._marks.source}, line {line}, column {self._name!r}: the text"
                    f" {cell.strip()!r} may have a decimal mark or thousands; make it a number in"
                    " the file, or declare --decimal . (thousands then have commas)"
                )

    def _check(self, cells: list[str], lines: Sequence[int], found: Floats) -> None:
        for row in np.flatnonzero(np.isnan(found)).tolist():
            reason = self._marks.contradiction(cells[row])
            if reason:
                raise InputError(
                    f"{self._marks.source}, line {lines[row]}, column {self._name!r}: {reason}"
                )

    def _doubt(self, cells: list[str], lines: Sequence[int], found: Floats) -> None:
        """Whole numbers below 1000 without a mark beside cells that could all be thousands."""
        marked = [self._marks.decimal in cell for cell in cells]
        if not all(marked):
            bare = np.abs(found[~np.array(marked, dtype=bool)])
            self._bare |= bool(np.isfinite(bare).any())
            self.settled = bool((bare >= 1000).any())
        if any(marked) and not self.settled:
            thousandths = 1000 * found[np.isfinite(found)]
            self.settled = not np.array_equal(np.rint(thousandths), thousandths)
            self._kept.append((cells, lines))
            self.settled |= sum(len(kept) for kept, _ in self._kept) > MOST_KEPT and not self._bare
        if self._bare and not self.settled:
            self._look()

    def _look(self) -> None:
        """Whether the kept cells could all be thousands, and the first that ends in zero."""
        for cells, lines in self._kept:
            if self._loose.search("\n".join(cells)):
                self.settled = True
                return
            for line, cell in zip(lines, cells, strict=True):
                if self._marks.decimal in cell and (self._grouped is None or not self._zero):
                    self._grouped, self._zero = (line, cell.strip()), cell.strip().endswith("0")
        self._kept = []

    def finish(self) -> None:
        """To be called after the last block. A point is doubtful with fixed digits ('1.000'), a
        comma also where no cell proves it."""
        doubtful = self._zero or (self._marks.decimal == "," and self._marks.why is None)
        if self._bare and self._grouped and doubtful and not self.settled:
            line, cell = self._grouped
            name = NAMES[self._marks.decimal]
            raise OpenMark(
                f"{self._marks.source}, line {line}, column {self._name!r}: {cell!r} may be a"
                f" decimal {name} or thousands, as the column also has whole numbers without it;"
                f" declare --decimal {self._marks.decimal} or {OTHER[self._marks.decimal]}"
            )


def proof(
    source: str, columns: Iterable[tuple[str, list[str], Sequence[int]]], *, clean: bool
) -> tuple[Marks | None, dict[str, Place]]:
    """The marks that the first cell which proves any proves, from columns of (name, cells, lines);
    and the doubtful cells by mark.

    clean: columns that hold anything but numbers prove nothing.
    """
    doubtful: dict[str, Place] = {}
    for name, cells, lines in columns:
        for row, said in _said(cells, doubtful):
            if clean and not all(is_number(cell) for cell in cells if cell.strip()):
                break
            place = name, lines[row], cells[row].strip()
            if said in (".", ","):
                return Marks(source, said, place), doubtful
            doubtful.setdefault(said[1], place)
    return None, doubtful


def _said(cells: list[str], doubtful: Mapping[str, Place]) -> Iterator[tuple[int, str]]:
    """Row and mark of the cells that prove one, and of the first doubtful ones that are new."""
    joined = "\n".join(cells)
    if joined.count("\n") != len(cells) - 1:  # line breaks inside cells: one at a time
        yield from ((row, said) for row, cell in enumerate(cells) if (said := mark(cell)))
        return
    for decimal in ".,":
        if (
            decimal in joined
            and decimal not in doubtful
            and (found := DOUBTFUL[decimal].search(joined))
        ):
            yield joined.count("\n", 0, found.start()), "?" + decimal
    for found in MARKED.finditer(joined) if "." in joined or "," in joined else ():
        if (said := mark(found[0])) in (".", ","):
            yield joined.count("\n", 0, found.start()), said


def undecided(source: str, separator: str, doubtful: dict[str, Place], hint: str = "") -> Marks:
    """The mark where no cell proves one: the hint, else point for points, comma for commas unless
    it also separates cells."""
    if hint and doubtful:
        return Marks(source, hint, trusted=True)
    if len(doubtful) == 2 or ("," in doubtful and separator == ","):
        name, line, cell = doubtful[","]
        raise OpenMark(
            f"{source}, line {line}, column {name!r}: {cell!r} may have a decimal comma or"
            " thousands, and no other cell decides; declare --decimal . or --decimal ,"
        )
    return Marks(source, next(iter(doubtful), "."))
