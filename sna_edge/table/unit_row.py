"""The row of units that some tables have below their header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..errors import InputError
from ..values.naming import BRACKETS
from .numbers import is_number

WORDS = """
% W kW MW mW GW J kJ MJ mJ kWh Wh V kV mV A mA kA uA µA μA Ohm ohm kOhm MOhm Ω kΩ
K mK C °C degC F °F degF Pa hPa kPa MPa GPa bar mbar psi N kN mN MN Nm N·m N*m
nm um µm μm mm cm dm m km in inch ft um2 mm2 cm2 m2 mm² cm² m² um3 mm3 cm3 m3 mm³ cm³ m³
l L ml mL ng ug µg mg g kg t lb mol mmol ns us µs μs ms s sec min h hr day d
Hz kHz MHz GHz rpm deg ° rad mrad percent pct ppm ppb T mT lx cd lm dB pH S mS pF nF uF µF
H mH Wb kC
"""
KNOWN = frozenset(WORDS.split())
EMPTY = ("", "-", "--", "–", "—")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]|\(([^()]*)\)")
_PART = re.compile(r"[·*/ ]+")
_POWER = re.compile(r"(?:\^|\*\*)?-?[0-9]$|[²³⁻¹]+$")


def units_of(cells: Sequence[str], text: Sequence[bool]) -> list[str] | None:
    """The units without brackets where all filled cells are units, more than half of all cells or
    in brackets; None where the row is none.

    text: which columns hold levels; those are empty in a row of units.
    """
    bare = [cell.strip() for cell in cells]
    if any(is_level and cell not in EMPTY for cell, is_level in zip(bare, text, strict=True)):
        return None
    units = [_unit(cell) for cell in bare]
    filled = sum(bool(unit) for unit in units)
    if any(unit is None for unit in units) or not filled:
        return None
    if 2 * filled <= len(cells) - sum(text) and not all(
        _BRACKETS.fullmatch(cell) for cell, unit in zip(bare, units, strict=True) if unit
    ):
        return None
    return [unit or "" for unit in units]


def refuse_other(source: str, units: Mapping[str, str]) -> None:
    """Raises InputError for a column whose name ends in another known unit than its row of units
    says."""
    for name, unit in units.items():
        found = BRACKETS.search(name)
        inner = found[1].strip() if found else unit
        if inner != unit and _unit(inner) and _unit(unit):
            raise InputError(
                f"{source}: the unit of column {name!r} is {unit!r} in the row below the header;"
                " write one of the two"
            )


def _unit(cell: str) -> str | None:
    """'' for no unit, None for anything else."""
    if cell in EMPTY:
        return ""
    found = _BRACKETS.fullmatch(cell)
    if found:
        inner = (found[1] if found[1] is not None else found[2]).strip()
        return "" if inner in EMPTY else None if is_number(inner) else inner
    if is_number(cell):
        return None
    parts = [part for part in _PART.split(cell.replace("(", "").replace(")", "")) if part]
    return cell if all(part in KNOWN or _POWER.sub("", part) in KNOWN for part in parts) else None
