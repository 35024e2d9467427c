"""How a quantity is written: its name, with its unit where the name does not carry one, and a number with its unit."""

from __future__ import annotations

import re

QUANTITY = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([^\s0-9.,+\-].*?)\s*")
"""A number (1) and its unit (2)."""


def labelled(name: str, unit: str) -> str:
    """'power [W]'; a name that ends in brackets, as columns of a table may ('power [W]', 'age (day)'), stays as it is."""
    return name if not unit or re.search(r"[\[(][^\[\]()]+[\])]\s*$", name) else f"{name} [{unit}]"
