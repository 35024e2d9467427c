"""What every table offers, however it is stored: names, units, blocks of rows, the decimal mark."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from .decimal_mark import Marks, proof, undecided
from .dialect import Dialect
from .layout import Layout

BLOCK = 65536  # rows held in memory
FIRST = 1024  # rows that decide most decimal marks


@dataclass
class Block:
    """rows [N] of as many cells as there are columns; `wrong[i]` says why row i is none (its cells
    are then filled up or cut, and quoted there); lines [N] of the file."""

    rows: list[list[str]] = field(default_factory=list)
    lines: Sequence[int] = ()
    wrong: dict[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, i: int) -> list[str]:
        """The cells of column i, one per row [N]."""
        return [row[i] for row in self.rows]


class Source:
    """What all tables have: names, units, blocks of rows and the decimal mark."""

    typed = False
    """Numbers are stored as numbers, so that only text cells could have another mark."""
    has_marks = True
    """Whether any cell can have a decimal mark."""
    is_plain = False
    """Text with neither quotes nor # nor spare cells: a line is a row, its cells parted by the
    separator."""
    encoding = "utf-8"
    line_count = 0
    """Lines of a text file, the last one also without its end."""

    def __init__(
        self,
        path: str,
        layout: Layout,
        declared: Dialect,
        hint: Dialect,
        categorical: Collection[str],
    ) -> None:
        self.path, self.layout, self._declared, self._hint, self._categorical = (
            path,
            layout,
            declared,
            hint,
            categorical,
        )
        self._found: dict[frozenset[str] | None, Marks] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return self.layout.names

    @property
    def units(self) -> dict[str, str]:
        """The units that a row below the header gives, by column."""
        return self.layout.units

    @property
    def declared(self) -> dict[str, str]:
        """What the caller said about the dialect, for the metadata of a model."""
        return self._declared.declared()

    @property
    def dialect(self) -> Dialect:
        """How the file is written, as declared or found."""
        return self.layout.dialect

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """The rows in blocks of at most `size`."""
        raise NotImplementedError

    def marks(self, needed: Collection[str] | None = None) -> Marks:
        """The decimal mark of the file, from the columns `needed` as numbers (default: all that
        hold numbers only) and, where their cells leave it open, from the others. Raises InputError
        where it stays open."""
        key = None if needed is None else frozenset(needed)
        if key not in self._found:
            self._found[key] = self._marks(key)
        return self._found[key]

    def settle(self, needed: Collection[str]) -> Marks:
        """`marks` once the whole file has been looked through. Raises InputError where a column
        looks like thousands."""
        marks = self.marks(needed)
        columns = {
            self.names.index(name): marks.column(name) for name in needed if name in self.names
        }
        for block in self.blocks(FIRST) if self.has_marks else ():
            for i, column in columns.items():
                column.look(block.column(i), block.lines)
            if all(column.settled for column in columns.values()):
                break
        for column in columns.values():
            column.finish()
        return marks

    def _marks(self, needed: frozenset[str] | None) -> Marks:
        if self._declared.decimal or self.typed:
            return Marks(
                self.path,
                self._declared.decimal or ".",
                trusted=True,
                typed=not self._declared.decimal,
            )
        numeric = [name for name in self.names if name not in self._categorical]
        chosen = numeric if needed is None else [name for name in self.names if name in needed]
        others = [name for name in numeric if needed is not None and name not in needed]
        found, doubtful = proof(self.path, self._cells(chosen, first=True), clean=needed is None)
        if found is None and self._hint.decimal != "," and self._points_only():
            return Marks(self.path)
        if found is None:
            found, doubtful = proof(self.path, self._cells(chosen), clean=needed is None)
        if found is None and (doubtful or needed is None):
            found, more = proof(self.path, self._cells(others or chosen), clean=needed is not None)
            doubtful = doubtful or more
        return found or undecided(self.path, self.dialect.separator, doubtful, self._hint.decimal)

    def _points_only(self) -> bool:
        """Whether every cell with a mark has one point, so that the decimal mark is not in
        doubt."""
        return False

    def _cells(
        self, names: Sequence[str], first: bool = False
    ) -> Iterator[tuple[str, list[str], list[int]]]:
        """Columns with their cells and lines, block after block; `first`: only the first rows."""
        if not names or not self.has_marks:
            return
        places = [(self.names.index(name), name) for name in names]
        for block in self.blocks(FIRST if first else BLOCK):
            right = (
                [i for i in range(len(block)) if i not in block.wrong]
                if block.wrong
                else range(len(block))
            )
            for i, name in places:
                yield name, [block.rows[r][i] for r in right], [block.lines[r] for r in right]
            if first:
                return
