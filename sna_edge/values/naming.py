"""How a quantity is written: its name, with its unit where the name does not carry one, and a
number with its unit."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
QUANTITY = re.compile(
    r"\s*([+-]?[0-9.,](?:[0-9.,'\u2019\s]*[0-9.,])?(?:[eE][+-]?[0-9]+)?)\s*"
    r"(?![eE][+-]?[0-9])((?:[^\W\d_]|[%°℃℉‰(\[/]).{0,40}?)\s*"
)
"""A number in any dialect (1) and its unit (2)."""


BRACKETS = re.compile(r"[\[(]([^\[\]()]+)[\])]\s*$")
"""The unit (1) at the end of a name."""


class Quantities:
    """Names, each also with a unit in brackets behind it.

    >>> "depth [mm]" in Quantities(["depth"]), "depths" in Quantities(["depth"])
    (True, False)
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in self._names or bare(name) in self._names)


def bare(name: str) -> str:
    """'depth' of 'depth [mm]'."""
    return BRACKETS.sub("", name).strip()


def bracketed(name: str) -> str:
    """'mm' of 'depth [mm]', '' where there are no brackets."""
    found = BRACKETS.search(name)
    return found[1].strip() if found else ""


def column_of(name: str, columns: Sequence[str], before: str = "") -> str | None:
    """The one of `columns` that gives `name`: behind `before`, as it is, or, where there is only
    one such, with another unit in brackets.

    >>> column_of("depth [um]", ["id", "measured.depth [mm]"], before="measured.")
    'measured.depth [mm]'
    """
    for one in (f"{before}{name}", name):
        if one in columns:
            return one
    alike = [n for n in columns if bare(n).removeprefix(before) == bare(name)]
    return alike[0] if len(alike) == 1 else None


def labelled(name: str, unit: str) -> str:
    """'power [W]'; a name that ends in brackets, as columns of a table may ('power [W]', 'age
    (day)'), stays as it is."""
    return name if not unit or BRACKETS.search(name) else f"{name} [{unit}]"


def unit_once(name: str, unit: str) -> str:
    """`labelled`, but for a name that ends with its unit in another spelling: 'age_day' of unit
    day, 'cement_kg_m3' of kg/m3."""
    told = re.sub(r"\W|_", "", unit).lower()
    words = re.split(r"[\W_]+", name.lower())
    ends = any("".join(words[i:]) == told for i in range(1, len(words)))
    return name if told and ends else labelled(name, unit)
