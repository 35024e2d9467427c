"""Units of a formula, worked out from those of what it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from sna_edge.core.beside import Step
from sna_edge.errors import InputError
from sna_edge.values.units import conversion, parsed

Powers = dict[str, Fraction]
NUMBER: Powers = {}
"""Of a plain number: no unit at all."""


def unit_of_steps(steps: Sequence[Step], unit: Callable[[Step], str], what: str) -> str:
    """The unit of a program, '' where one of its readings has none that is known or the result has
    no unit. Raises InputError where quantities of different kinds are added or compared; `what`
    names the formula.

    >>> steps = (Step("input", 0), Step("input", 1), Step("multiply"))
    >>> unit_of_steps(steps, lambda step: ("W", "s/mm")[step.index], "e")
    'J/mm'
    """
    stack: list[Powers | None] = []
    for step in steps:
        stack.append(_stepped(step, stack, unit, steps, what))
    return spelled(stack[0]) if stack[0] else ""


def _stepped(
    step: Step,
    stack: list[Powers | None],
    unit: Callable[[Step], str],
    steps: Sequence[Step],
    what: str,
) -> Powers | None:
    if step.what == "number":
        return NUMBER
    if step.what in ("input", "raw"):
        return powers_of(unit(step)) if unit(step) else None
    right = stack.pop()
    if step.what in ("negative", "absolute"):
        return right
    if step.what == "sqrt":
        return None if right is None else {u: p / 2 for u, p in right.items()}
    if step.what in ("exp", "log"):
        return NUMBER
    left = stack.pop()
    if step.what == "power":
        return _raised(left, steps, step)
    if step.what in ("multiply", "divide"):
        return _product(left, right, 1 if step.what == "multiply" else -1)
    return _same(left, right, what)


def _raised(base: Powers | None, steps: Sequence[Step], step: Step) -> Powers | None:
    """Of a power: known for an exponent that is written as a number."""
    before = next(steps[i - 1] for i, s in enumerate(steps) if s is step)
    if not base or before.what != "number":
        return base if base == NUMBER else None
    exponent = Fraction(before.number).limit_denominator(1000)
    return {u: p * exponent for u, p in base.items() if p * exponent}


def _product(left: Powers | None, right: Powers | None, sign: int) -> Powers | None:
    if left is None or right is None:
        return None
    found = dict(left)
    for u, p in right.items():
        found[u] = found.get(u, Fraction(0)) + sign * p
    return {u: p for u, p in found.items() if p}


def _same(left: Powers | None, right: Powers | None, what: str) -> Powers | None:
    """Of a sum, difference, minimum or maximum; a plain number has the unit of the other side."""
    if left is None or right is None or not left or not right:
        return left or right if left is not None and right is not None else None
    one, other = spelled(left), spelled(right)
    if one == other or not (parsed(one) and parsed(other)):
        return left
    try:
        scale, _ = conversion(other, one, what, "derived input")
    except InputError:
        raise InputError(
            f"{what}: {one!r} and {other!r} are quantities of different kinds and are not added or"
            " compared; correct the formula or the units of its columns"
        ) from None
    if scale != 1:
        raise InputError(
            f"{what}: {one!r} and {other!r} differ by a factor; write the factor in the formula"
            f" (1 {other} is {float(scale):g} {one}) and give the column no unit (NAME=-)"
        )
    return left


def powers_of(unit: str) -> Powers | None:
    """{symbol: power} of a unit as it is written, 'mm/s' as mm 1, s -1; None where it is not
    known."""
    if parsed(unit) is None:
        return None
    found: Powers = {}
    plain = unit.replace("(", "").replace(")", "").replace("*", " ").replace("·", " ")
    for position, side in enumerate(plain.replace("^", "").split("/")):
        for part in side.split():
            symbol = part.rstrip("0123456789-")
            tail = part[len(symbol) :]
            power = Fraction(int(tail)) if tail.lstrip("-").isdigit() else Fraction(1)
            for atom in ("N", "m") if symbol == "Nm" else (symbol,) if symbol else ():
                found[atom] = found.get(atom, Fraction(0)) + (power if not position else -power)
    return {u: p for u, p in found.items() if p and u != "1"}


def spelled(powers: Powers) -> str:
    """'J/mm3' of W 1, s 1, mm -3: W s is J; '' where a power is no whole number."""
    found = dict(powers)
    while found.get("W", 0) >= 1 and found.get("s", 0) >= 1:
        for u, by in (("W", -1), ("s", -1), ("J", 1)):
            found[u] = found.get(u, Fraction(0)) + by
        found = {u: p for u, p in found.items() if p}
    if any(p.denominator != 1 for p in found.values()):
        return ""
    above = [_word(u, p) for u, p in found.items() if p > 0]
    below = [_word(u, -p) for u, p in found.items() if p < 0]
    above.sort(key=lambda word: word[0] != "J")
    if not above and not below:
        return ""
    divisor = " ".join(below)
    divisor = f"({divisor})" if len(below) > 1 else divisor
    return (" ".join(above) or "1") + (f"/{divisor}" if below else "")


def _word(symbol: str, power: Fraction) -> str:
    return symbol if power == 1 else f"{symbol}{power}"


def need_unit(declared: str, found: str, what: str) -> None:
    """InputError where a unit that was `declared` is not the one `found` from the formula."""
    if not found or declared == found or parsed(declared) is None:
        return
    try:
        scale, _ = conversion(found, declared, what, "derived input")
    except InputError:
        raise InputError(
            f"{what}: the formula gives {found!r}, which is no {declared!r}; correct one of them"
        ) from None
    if abs(float(scale) - 1.0) > 1e-12:
        raise InputError(
            f"{what}: the formula gives {found!r}, of which 1 is {float(scale):g} {declared};"
            f" multiply the formula by {float(scale):g}, or leave the unit out"
        )
