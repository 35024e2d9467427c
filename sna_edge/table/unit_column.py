"""A column of numbers in the unit that the model has for it: its cells, its row of units and single
cells may give another one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from ..errors import InputError
from ..values.naming import QUANTITY
from .decimal_mark import Marks
from .numbers import Floats

EXACT = 2**53


class Measure:
    """Reads the cells of the column `name` into `unit`; `own` is the unit that the table's row of
    units gives it ('' for none).

    `kind` is what the name is called in sentences. Numbers count as they are where `unit` is ''.
    Raises InputError where `own` cannot be converted.
    """

    def __init__(
        self, marks: Marks, name: str, unit: str, own: str = "", kind: str = "input"
    ) -> None:
        self._marks, self._name, self._unit, self._kind = marks, name, unit, kind
        self._column = marks.column(name)
        self._scale, self._shift = 1.0, 0.0
        self._size = 1.0
        if own and unit and own != unit:
            self._convert(own)

    def _convert(self, own: str) -> None:
        from ..values.units import conversion  # only tables with other units need it

        try:
            scale, shift = conversion(own, self._unit, self._name, self._kind)
        except InputError as error:
            raise InputError(
                f"{self._marks.source}: the row of units does not fit the model: {error}"
            ) from None
        whole = (
            max(scale.numerator, scale.denominator) < EXACT
        )  # one division rounds less than a factor that is rounded
        self._scale, self._size = (
            (float(scale.numerator), float(scale.denominator)) if whole else (float(scale), 1.0)
        )
        self._shift = float(shift)

    def numbers(self, cells: Sequence[str], lines: Sequence[int]) -> Floats:
        """NaN where a cell is neither a number nor a quantity of the same kind; `lines` are for
        messages."""
        found = self._column.numbers(cells, lines)
        odd = [
            row
            for row in np.flatnonzero(np.isnan(found)).tolist()
            if QUANTITY.fullmatch(cells[row])
        ]
        if self._scale != self._size or self._shift:
            found = found * self._scale / self._size + self._shift
        for row in odd:
            with suppress(InputError):
                found[row] = self._quantity(cells[row])
        return found

    def _quantity(self, cell: str) -> float:
        from ..values.units import quantity  # only tables with units in their cells need it

        return quantity(cell, self._unit, self._name, self._marks.number, self._kind)

    def wrong(self, cell: str) -> str:
        """Why a cell is no number."""
        if not QUANTITY.fullmatch(cell):
            return (
                f"{self._name!r} is not a finite number: {cell.strip()!r}"
                if cell.strip()
                else f"{self._name!r} is empty"
            )
        try:
            self._quantity(cell)
        except InputError as error:
            return str(error)
        return f"{self._name!r} is not a finite number: {cell.strip()!r}"

    def finish(self) -> None:
        """To be called after the last block."""
        self._column.finish()
