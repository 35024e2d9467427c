"""The text of a .dfq file: K-fields of a part and its characteristics, then a line of values for
each part.

    K0100 1                     characteristics
    K1001 4711                  number of the part, K1002 its description
    K2002/1 width               name of characteristic 1; K2004 0: measured values
    K2101/1 100                 nominal; K2110, K2111 limits; K2142 unit
    100.25<DC4>0<DC4>3.2.2026/14:05:59
    K0014/1 A17                 id of the part that the line before is of

A line holds for each characteristic value, attribute (0 valid, 256 none) and time, separated by
DC4, and SI between two characteristics. A text is all that stands behind the first space, also
where it has a = in it: nothing in it can begin a line or a field. Text is Latin-1, which readers
that take it for Windows-1252 read alike; what that lacks becomes a question mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from math import isfinite

DC4, SI = "\x14", "\x0f"
VALID, NONE = 0, 256
LONGEST = 80
"""Letters of a text in a K-field; longer ones are cut."""


@dataclass(frozen=True)
class Characteristic:
    """`nominal`, `lower`, `upper`: None where there is none."""

    name: str
    nominal: float | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Part:
    """Values of one part in the order of the characteristics, None where there is none; `time` as
    it is to be read on the spot."""

    id: str
    time: datetime
    values: tuple[float | None, ...]


def dfq(
    head: Sequence[tuple[str, str]],
    characteristics: Sequence[Characteristic],
    parts: Sequence[Part],
) -> bytes:
    """The bytes of a file; `head`: (K-field, text) of the part, as ("K1001", "4711")."""
    lines = [f"K0100 {len(characteristics)}"]
    lines += [f"{field} {plain(text)}" for field, text in head if plain(text)]
    for i, one in enumerate(characteristics, 1):
        lines += [f"{field}/{i} {text}" for field, text in _described(i, one)]
    for part in parts:
        lines += _lines(part)
    return ("\r\n".join(lines) + "\r\n").encode("latin-1", "replace")


def _described(i: int, one: Characteristic) -> Iterator[tuple[str, str]]:
    yield "K2001", str(i)
    yield "K2002", plain(one.name)
    yield "K2004", "0"
    for field, value in (("K2101", one.nominal), ("K2110", one.lower), ("K2111", one.upper)):
        if value is not None and isfinite(value):
            yield field, written(value)
    if plain(one.unit):
        yield "K2142", plain(one.unit)


def _lines(part: Part) -> Iterator[str]:
    t = part.time
    when = f"{t.day:02d}.{t.month:02d}.{t.year}/{t.hour:02d}:{t.minute:02d}:{t.second:02d}"
    yield SI.join(
        DC4.join((written(v), str(VALID), when))
        if v is not None and isfinite(v)
        else DC4.join(("0", str(NONE), when))
        for v in part.values
    )
    if name := identity(part.id):
        for i, _ in enumerate(part.values, 1):
            yield f"K0014/{i} {name}"


def written(value: float) -> str:
    """A number with a decimal point and no exponent where it can do without, 12 digits.

    >>> written(0.1), written(-3.0), written(1e-7)
    ('0.1', '-3', '0.0000001')
    """
    text = f"{value:.12g}"
    return f"{value:.20f}".rstrip("0") if "e-" in text and abs(value) > 1e-12 else text


def plain(text: str) -> str:
    """A text on one line without control characters, at most 80 letters. ~{ begins Chinese for
    readers that guess the encoding, and is taken apart."""
    shown = "".join(c if c.isprintable() else " " for c in text).replace("~{", "~ {")
    return " ".join(shown.split())[:LONGEST]


def identity(text: str) -> str:
    """An id; where it cannot be written as it is, a digest tells it apart from others.

    >>> identity("A=17"), identity(chr(0x416) + "1")
    ('A=17', '?1~358280c4')
    """
    found = plain(text).encode("latin-1", "replace").decode("latin-1")
    if found == text or not text:
        return found
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    return f"{found[: LONGEST - 9]}~{digest}"
