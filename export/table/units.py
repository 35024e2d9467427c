"""Units that a column's name carries: `power_W`, `speed_mm_s`, `strength [MPa]`, `age (day)`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sna_edge.model import Model
from sna_edge.values.naming import BRACKETS

WORDS = """
W kW MW J kJ V mV A mA K C degC F Pa kPa MPa GPa bar N kN Nm nm um mm cm m km
um2 mm2 cm2 m2 mm3 cm3 m3 l ml g mg kg t ns us ms s min h day d Hz kHz MHz rpm deg rad
percent pct ppm mol
"""
PLAIN = frozenset(WORDS.split())
RATIOS = {
    "mm_s": "mm/s", "m_s": "m/s", "mm_min": "mm/min", "m_min": "m/min",
    "kg_m3": "kg/m3", "g_cm3": "g/cm3", "g_min": "g/min", "l_min": "l/min",
    "K_s": "K/s", "K_m": "K/m", "J_mm": "J/mm", "J_mm3": "J/mm3", "W_mm2": "W/mm2",
    "W_mK": "W/(m K)", "1_s": "1/s",
}  # fmt: skip
SPELLED = {"percent": "%", "pct": "%"}


def unit_of(name: str) -> str:
    """The unit in brackets at the end of `name`, or its last part after `_` where that is a known
    unit; else ''.

    >>> [unit_of(name) for name in ("strength [MPa]", "speed_mm_s", "cement")]
    ['MPa', 'mm/s', '']
    """
    found = BRACKETS.search(name)
    if found:
        return found.group(1).strip()
    parts = name.split("_")
    if len(parts) > 2 and "_".join(parts[-2:]) in RATIOS:
        return RATIOS["_".join(parts[-2:])]
    if len(parts) > 1 and parts[-1] in PLAIN:
        return SPELLED.get(parts[-1], parts[-1])
    return ""


def unit_for(name: str, known: Mapping[str, str]) -> str:
    """What is known of a column, '-' for none, else what its name carries."""
    found = known.get(name)
    return "" if found == "-" else found or unit_of(name)


def with_units(model: Model, known: Mapping[str, str] | None = None) -> Model:
    """The model with the units that its table's row of units or its names carry, where it has
    none."""
    known = known or {}
    axes = [
        replace(a, unit=a.unit or unit_for(a.name, known)) if a.kind != "categorical" else a
        for a in model.axes
    ]
    outputs = [replace(o, unit=o.unit or unit_for(o.name, known)) for o in model.outputs]
    return model.replace(axes=axes, outputs=outputs)
