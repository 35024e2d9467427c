"""How a quantity is written: its name, with its unit where the name does not carry one, and a
number with its unit."""

from __future__ import annotations

import re

NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
QUANTITY = re.compile(
    r"\s*([+-]?[0-9.,](?:[0-9.,'\u2019\s]*[0-9.,])?(?:[eE][+-]?[0-9]+)?)\s*"
    r"(?![eE][+-]?[0-9])((?:[^\W\d_]|[%°℃℉‰(\[/]).{0,40}?)\s*"
)
"""A number in any dialect (1) and its unit (2)."""


BRACKETS = re.compile(r"[\[(]([^\[\]()]+)[\])]\s*$")
"""The unit (1) at the end of a name."""


def labelled(name: str, unit: str) -> str:
    """'power [W]'; a name that ends in brackets, as columns of a table may ('power [W]', 'age
    (day)'), stays as it is."""
    return name if not unit or BRACKETS.search(name) else f"{name} [{unit}]"
