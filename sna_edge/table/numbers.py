"""One number parser for all tables: which mark is the decimal mark is decided once per file.

A number is [+-] digits, a decimal mark, digits, an exponent; ASCII digits only. Thousands may be
parted (1.000,5 1,000.5 1 000,5 1'000.5) in groups of three. `nan`, `inf`, `1_000`, hexadecimal and
full-width digits are no numbers.
"""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from ..values.naming import QUANTITY

Floats = NDArray[np.float64]
PARTS = " '\u00a0\u2009\u202f\u2019"
"""Marks between thousands that are never decimal marks: blank, apostrophes, no-break, thin and
narrow blanks."""
DROPPED = {
    mark: str.maketrans({**dict.fromkeys(PARTS), ("," if mark == "." else "."): None, mark: "."})
    for mark in ".,"
}
NAMES = {".": "point", ",": "comma"}
_slip = re.compile(",(?![0-9])").search
"""A decimal comma without a digit behind it: float() would take a point there."""


def _pattern(decimal: str, other: str) -> re.Pattern[str]:
    mark = re.escape(other + PARTS)
    grouped = rf"[1-9][0-9]{{0,2}}(?:([{mark}])[0-9]{{3}}(?:\1[0-9]{{3}})*)(?:{decimal}[0-9]+)?"
    digits = "*" if other == "," else "+"  # `5.` is a number, `5,` is a slip
    plain = rf"(?:[0-9]+(?:{decimal}[0-9]{digits})?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return re.compile(rf"[+-]?(?:{grouped}|{plain})")


SHAPES = {".": _pattern(r"\.", ","), ",": _pattern(",", ".")}


class OpenText(str):
    """Text in a file of typed cells that may be a number with a decimal mark or with thousands."""


def number(cell: str, decimal: str = ".") -> float:
    """The cell as a finite number, NaN where it is none."""
    if cell.isascii() and "_" not in cell and (decimal == "." or not ("." in cell or _slip(cell))):
        try:
            found = float(cell if decimal == "." else cell.replace(",", "."))
        except ValueError:
            pass
        else:
            return found if math.isfinite(found) else math.nan
    text = cell.strip()
    if not SHAPES[decimal].fullmatch(text):
        return math.nan
    found = float(text.translate(DROPPED[decimal]))
    return found if math.isfinite(found) else math.nan


def is_number(cell: str) -> bool:
    """A finite number with a decimal point or with a decimal comma."""
    return number(cell) == number(cell) or number(cell, ",") == number(cell, ",")


def mark(cell: str) -> str:
    """What a cell says about the decimal mark: '.' or ',' where only that one makes it a number,
    '?.' or '?,' where its only mark may be either ('1.000'), '' where it has none or is no number,
    also none with a unit."""
    if "." not in cell and "," not in cell:
        return ""
    quantity = QUANTITY.fullmatch(cell)
    text = quantity[1] if quantity else cell.strip()
    point, comma = (SHAPES[m].fullmatch(text) is not None for m in ".,")
    if point and comma:
        return "?." if "." in text else "?,"
    return "." if point else "," if comma else ""


def numbers(cells: list[str], decimal: str = ".") -> Floats:
    """`number` of every cell, fast where all are plain."""
    joined = "\n".join(cells)
    if (
        joined.isascii()
        and "_" not in joined
        and (decimal == "." or not ("." in joined or _slip(joined)))
    ):
        plain = cells if decimal == "." else joined.replace(",", ".").split("\n")
        try:
            found = np.array(plain, dtype=float)
        except ValueError:
            pass
        else:
            if found.shape == (len(cells),) and np.isfinite(found).all():
                return found
    return np.array([number(cell, decimal) for cell in cells], dtype=float)
