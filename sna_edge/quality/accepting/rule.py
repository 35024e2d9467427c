"""How a limits file says when parts are accepted, other than by their whole interval: from a
probability to be inside the limits on, or so that few of the accepted ones are bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ...values.documents import shortened

LEAST = 0.5
"""No lower probability accepts a part: it would rather be outside."""
RAREST = 1e-6
"""No lower rate of bad parts: two million good ones would not prove it."""
HUGE = 1e15
IN_DOUBT = ("tell", "no verdict")
"""What becomes of parts that would be accepted while intervals may not hold."""
ENTRIES = ("rate", "threshold", "rows", "model")


@dataclass(frozen=True)
class Escape:
    """At most a share `rate` of the accepted parts shall be bad. `threshold`: the probability from
    which on parts are accepted, as `sna-edge limits` has found it with so many `rows` for the model
    with this SHA-256; None: the model alone says."""

    rate: float
    threshold: float | None = None
    rows: int = 0
    model: str = ""


def accept_at_of(value: Any, what: str) -> float:
    """A probability from LEAST to below 1. Raises InputError."""
    found = _number(value, what)
    if not LEAST <= found < 1.0:
        raise InputError(f"{what} is {found:g}; give a probability from 0.5 to below 1, like 0.95")
    return found


def escape_of(value: Any) -> Escape:
    """A rate, or a table of it and of what was found with measured rows. Raises InputError."""
    if not isinstance(value, Mapping):
        return Escape(_rate(value, "escape"))
    wrong = [str(key) for key in value if key not in ENTRIES]
    if wrong:
        raise InputError(
            f"escape cannot have an entry {shortened(wrong[0])!r}; entries are {', '.join(ENTRIES)}"
        )
    if "rate" not in value:
        raise InputError("escape has no rate; give the share of bad parts among accepted ones")
    rate = _rate(value["rate"], "rate of escape")
    if set(value) == {"rate"}:
        return Escape(rate)
    if set(value) != set(ENTRIES):
        raise InputError(
            "escape needs its rate alone, or threshold, rows and model with it, as sna-edge limits"
            " writes them"
        )
    threshold, rows = value["threshold"], value["rows"]
    threshold = _number(threshold, "threshold of escape")
    if not LEAST <= threshold <= 1.0:
        raise InputError(f"threshold of escape is {threshold:g}; give a probability from 0.5 to 1")
    if isinstance(rows, bool) or not isinstance(rows, int) or not 0 < rows < 1 << 53:
        raise InputError("rows of escape is no whole number above 0; let sna-edge limits write it")
    if not isinstance(value["model"], str):
        raise InputError("model of escape is no text; let sna-edge limits write it")
    return Escape(rate, threshold, rows, value["model"])


def in_doubt_of(value: Any) -> str:
    """One of IN_DOUBT. Raises InputError."""
    if not isinstance(value, str) or value not in IN_DOUBT:
        words = " or ".join(map(repr, IN_DOUBT))
        raise InputError(f"in_doubt is {shortened(str(value))!r}; write {words}")
    return value


def within_of(value: Any) -> int:
    """A number of parts. Raises InputError."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 53:
        raise InputError(
            f"measured_within is {shortened(str(value))!r}; give a whole number of parts above 0"
        )
    return value


def _rate(value: Any, what: str) -> float:
    found = _number(value, what)
    if not RAREST <= found <= 1.0 - LEAST:
        raise InputError(f"{what} is {found:g}; give a share from 0.000001 to 0.5, 0.01 for 1 %")
    return found


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{what} is {shortened(str(value))!r}; give a number without quotes")
    if not abs(value) < HUGE:
        raise InputError(f"{what} is no finite number of a usual size; give a share")
    return float(value)
