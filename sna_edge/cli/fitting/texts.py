"""Names and ranges as they are written on the command line."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import InputError
from ...values.naming import bare, bracketed, column_of
from ..arguments import assignment, split_names


def names(
    texts: Sequence[str] | None, known: Sequence[str], derived: Sequence[str] = ()
) -> list[str]:
    """Column names; a text that is itself a column is not split at its commas."""
    found: list[str] = []
    for text in texts or []:
        found += [text] if text in known else split_names(text)
    return [whole_name(name, known, derived) for name in found]


def whole_name(name: str, known: Sequence[str], derived: Sequence[str] = ()) -> str:
    """The column that a name without a unit is of, where it is the only one ('depth' of 'depth
    [um]') and no input is derived under it; else the name."""
    if bracketed(name) or name in derived:
        return name
    return column_of(name, known) or name


def derived_names(formulas: Sequence[str]) -> list[str]:
    """'energy' of 'energy [J] = power * time'."""
    return [bare(text.partition("=")[0].strip().strip("`")) for text in formulas]


def interval(text: str, option: str = "--domain") -> tuple[str, tuple[float, float]]:
    """'power=100:400' -> ('power', (100.0, 400.0))."""
    name, ends = assignment(text)
    low, colon, high = ends.partition(":")
    try:
        found = float(low), float(high)
    except ValueError:
        colon = ""
        found = 0.0, 0.0
    if not colon or not found[0] < found[1]:
        raise InputError(
            f"{option} {text!r} is not NAME=LO:HI with LO < HI; write, for example, power=100:400"
        )
    return name, found
