"""Readings with their own unit: '0.5 kW' for an input in W. SI prefixes and the usual units of a
plant; strict, exact, rounded once."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from math import inf, isfinite, nan, pi

from ..errors import InputError
from .naming import NUMBER, QUANTITY

Dimension = tuple[tuple[str, int], ...]
"""Powers of m, kg, s, A, K, mol, cd, rad and item, sorted."""

PREFIXES = {"G": 9, "M": 6, "k": 3, "h": 2, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12}
TURN = Fraction(2 * pi)
INCH, POUND = Fraction(254, 10000), Fraction(45359237, 10**8)
PSI = POUND * Fraction(980665, 100000) / INCH**2
_WATT = "kg m2 s-3"
# symbol: (factor, base units, takes prefixes)
ATOMS: dict[str, tuple[Fraction | int, str, bool]] = {
    "m": (1, "m", True), "g": (Fraction(1, 1000), "kg", True), "s": (1, "s", True),
    "A": (1, "A", True), "K": (1, "K", True),
    "mol": (1, "mol", True), "cd": (1, "cd", False), "rad": (1, "rad", True),
    "Hz": (1, "s-1", True), "N": (1, "kg m s-2", True),
    "Pa": (1, "kg m-1 s-2", True), "J": (1, "kg m2 s-2", True), "W": (1, _WATT, True),
    "V": (1, "kg m2 s-3 A-1", True),
    "Ohm": (1, "kg m2 s-3 A-2", True), "S": (1, "kg-1 m-2 s3 A2", True),
    "T": (1, "kg s-2 A-1", True), "H": (1, "kg m2 s-2 A-2", True),
    "bar": (10**5, "kg m-1 s-2", True), "psi": (PSI, "kg m-1 s-2", False),
    "atm": (101325, "kg m-1 s-2", False),
    "Wh": (3600, "kg m2 s-2", True), "l": (Fraction(1, 1000), "m3", True), "t": (1000, "kg", False),
    "lb": (POUND, "kg", False),
    "min": (60, "s", False), "h": (3600, "s", False), "d": (86400, "s", False),
    "in": (INCH, "m", False), "ft": (12 * INCH, "m", False),
    "deg": (TURN / 360, "rad", False), "rpm": (TURN / 60, "rad s-1", False),
    "%": (Fraction(1, 100), "", False),
    "ppm": (Fraction(1, 10**6), "", False), "ppb": (Fraction(1, 10**9), "", False),
    "1": (1, "", False),
}  # fmt: skip
SPELLED = {
    "L": "l", "sec": "s", "hr": "h", "day": "d", "inch": "in", "percent": "%", "pct": "%",
    "ohm": "Ohm", "\u03a9": "Ohm", "\u2126": "Ohm",
    "Nm": "N m",
    "°": "deg", "rev/min": "rpm", "1/min": "min-1", "mL": "ml", "uL": "ul", "cL": "cl",
}  # fmt: skip
ZEROS = {
    "K": Fraction(0),
    "degC": Fraction(27315, 100),
    "degF": Fraction(45967, 100) * Fraction(5, 9),
}
"""Kelvin at 0 of a scale of temperature."""
SCALES = {"K": Fraction(1), "degC": Fraction(1), "degF": Fraction(5, 9)}
TEMPERATURES = {
    "K": "K",
    "degC": "degC",
    "°C": "degC",
    "C": "degC",
    "℃": "degC",
    "degF": "degF",
    "°F": "degF",
    "F": "degF",
    "℉": "degF",
}
_FACTOR = re.compile(r"(.*?[^0-9\-])(-?[0-9])?")
_SIGNS = str.maketrans(
    {
        "\u00b5": "u",
        "\u03bc": "u",
        "²": "2",
        "³": "3",
        "\u207b": "-",
        "¹": "1",
        "·": " ",
        "*": " ",
        "\u00d7": " ",
        "^": "",
    }
)


def quantity(
    text: str,
    unit: str,
    name: str,
    number: Callable[[str], float] | None = None,
    kind: str = "input",
) -> float:
    """The number of `text` in `unit`: '0.5 kW' in W is 500. `number` reads its digits (default:
    those with a decimal point).

    Raises InputError for no quantity, an unknown or another kind of unit; its sentence calls the
    quantity `kind` `name`.
    """
    found = QUANTITY.fullmatch(text)
    value = (number or _pointed)(found[1]) if found else nan
    if found is None or value != value:
        raise InputError(
            f"{kind} {name!r} = {text!r} is not a number; give a number, or a number and its unit"
        )
    return converted(value, found[2].strip("[]() "), unit, name, kind)


def _pointed(digits: str) -> float:
    return float(digits) if NUMBER.fullmatch(digits) else nan


def converted(number: float, own: str, unit: str, name: str, kind: str = "input") -> float:
    """A number of the unit `own` in `unit`: exact for the decimal digits that it is written with,
    rounded once."""
    if own == unit or not isfinite(number):
        return number
    scale, shift = conversion(own, unit, name, kind)
    try:
        return float(Fraction(repr(float(number))) * scale + shift)
    except OverflowError:
        return inf if number > 0 else -inf


def conversion(own: str, unit: str, name: str, kind: str = "input") -> tuple[Fraction, Fraction]:
    """scale and shift: x in `own` is scale * x + shift in `unit`. Raises InputError where there is
    none."""
    if own == unit:
        return Fraction(1), Fraction(0)
    if not unit:
        raise InputError(
            f"{kind} {name!r} has a unit, {own!r}, but the model knows none for it; give the number"
            " alone"
        )
    warm, wanted = TEMPERATURES.get(own), TEMPERATURES.get(unit)
    if warm and wanted:
        return SCALES[warm] / SCALES[wanted], (ZEROS[warm] - ZEROS[wanted]) / SCALES[wanted]
    for symbol in (own, unit):
        if parsed(symbol) is None:
            raise InputError(
                f"{kind} {name!r}: unknown unit {symbol!r}; give the plain number in {unit!r}"
            )
    (factor, dimension), (size, other) = parsed(own) or (1, ()), parsed(unit) or (1, ())
    if dimension != other:
        raise InputError(
            f"{kind} {name!r}: {own!r} is not a unit of the same kind as {unit!r}; give the number"
            f" in {unit!r}"
        )
    return Fraction(factor) / size, Fraction(0)


@lru_cache(256)
def parsed(unit: str) -> tuple[Fraction, Dimension] | None:
    """Factor to SI base units and dimension of a product and quotient of units; None where a part
    is unknown."""
    factor, powers = Fraction(1), dict[str, int]()
    plain = SPELLED.get(unit, unit).translate(_SIGNS).replace("(", "").replace(")", "")
    for position, side in enumerate(plain.split("/")):
        if not side.strip():
            return None
        for part in side.split():
            found = _part(part)
            if found is None:
                return None
            size, base, power = found
            power = -power if position else power
            factor *= size**power
            for symbol, exponent in base:
                powers[symbol] = powers.get(symbol, 0) + exponent * power
    return factor, tuple(sorted((s, p) for s, p in powers.items() if p))


def _part(part: str) -> tuple[Fraction, Dimension, int] | None:
    """One factor: 'mm2' is (1/1000, m, 2)."""
    if part == "1":
        return Fraction(1), (), 1
    found = _FACTOR.fullmatch(part)
    if found is None:
        return None
    atom, power = SPELLED.get(found[1], found[1]), int(found[2] or 1)
    if " " in atom:
        whole = parsed(atom)
        return None if whole is None else (whole[0], whole[1], power)
    if atom in TEMPERATURES:  # in a product a difference
        return SCALES[TEMPERATURES[atom]], (("K", 1),), power
    if atom in ATOMS:
        return Fraction(ATOMS[atom][0]), _base(ATOMS[atom][1]), power
    prefix, rest = PREFIXES.get(atom[:1]), SPELLED.get(atom[1:], atom[1:])
    if prefix is None or rest not in ATOMS or not ATOMS[rest][2]:
        return None
    return ATOMS[rest][0] * Fraction(10) ** prefix, _base(ATOMS[rest][1]), power


def _base(text: str) -> Dimension:
    found = (re.fullmatch(r"([A-Za-z]+)(-?[0-9]+)?", part) for part in text.split())
    return tuple((m[1], int(m[2] or 1)) for m in found if m)
