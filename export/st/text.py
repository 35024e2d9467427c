"""Text of a function block: declarations, literals, statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from sna_edge.errors import InputError

from ..firmware.names import ascii_of

WIDTH = 100
TINY = float(np.finfo(np.float32).tiny)
"""Smaller numbers are written as 0: not every compiler takes them."""


def real(value: float) -> str:
    """A REAL literal that gives this float32 back; nine digits and a point. Raises InputError where
    float32 has no such number.

    >>> real(0.1), real(-3e-12), real(2)
    ('0.1', '-3.0E-12', '2.0')
    """
    if not abs(value) <= float(np.finfo(np.float32).max):
        raise InputError(f"REAL does not carry {value:.3g}, a number of this model; use --to c")
    single = np.float32(value)
    text = "0.0" if abs(single) < TINY else str(single)
    mantissa, _, exponent = text.partition("e")
    point = mantissa if "." in mantissa else f"{mantissa}.0"
    return f"{point}E{int(exponent)}" if exponent else point


def long(value: int) -> str:
    """A LINT literal."""
    return f"LINT#{value}"


LITERALS = {"REAL": real, "LINT": long}


def wrapped(items: Iterable[str], indent: str) -> str:
    """Items between commas in lines of at most 100 characters."""
    lines, line = [], indent
    for item in items:
        if len(line) + len(item) + 2 > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += f"{item}, "
    return "\n".join([*lines, line.rstrip(" ,")])


def comment(text: str) -> str:
    """`text` between (* and *), whatever it holds, in ASCII.

    >>> comment("Tiefe in µm bei 20 °C *)")
    '(* Tiefe in um bei 20 degC * ) *)'
    """
    known = text.translate({0xB5: "u", 0x3BC: "u", 0xB0: "deg"})  # micro twice, degree
    plain = ascii_of(known).encode("ascii", "replace").decode()
    plain = plain.replace("(*", "( *").replace("*)", "* )")
    return f"(* {' '.join(plain.split())} *)"


@dataclass
class Block:
    """A function block under construction: what is declared in which part, and its statements."""

    name: str
    title: str
    parts: dict[str, list[str]] = field(default_factory=dict)
    body: list[str] = field(default_factory=list)
    data: int = 0  # bytes of the constants

    def declare(self, part: str, name: str, kind: str, note: str = "", start: str = "") -> None:
        """A variable of VAR_INPUT, VAR_OUTPUT, VAR or VAR CONSTANT."""
        tail = f" {comment(note)}" if note else ""
        value = f" := {start}" if start else ""
        self.parts.setdefault(part, []).append(f"    {name} : {kind}{value};{tail}")

    def work(self, name: str, kind: str, size: int = 0) -> None:
        """A variable that is nobody else's."""
        self.declare("VAR", name, f"ARRAY[0..{size - 1}] OF {kind}" if size else kind)

    def table(self, name: str, kind: str, values: ArrayLike) -> None:
        """A constant array, one index from 0 on, whatever the shape of `values`."""
        flat: Sequence[Any] = np.asarray(values).ravel().tolist()
        written = LITERALS.get(kind, str)
        text = wrapped((written(v) for v in flat), "        ")
        self.parts.setdefault("VAR CONSTANT", []).append(
            f"    {name} : ARRAY[0..{len(flat) - 1}] OF {kind} := [\n{text}];"
        )
        self.data += len(flat) * SIZES[kind]

    def say(self, *lines: str) -> None:
        """Statements."""
        self.body += lines

    def text(self) -> str:
        """The block as it stands in a file."""
        order = ("VAR_INPUT", "VAR_OUTPUT", "VAR", "VAR CONSTANT")
        lines = [f"FUNCTION_BLOCK {self.name}", comment(self.title)]
        for part in order:
            if self.parts.get(part):
                lines += [part, *self.parts[part], "END_VAR"]
        return "\n".join([*lines, *self.body, "END_FUNCTION_BLOCK", ""])


SIZES = {"REAL": 4, "DINT": 4, "LINT": 8, "INT": 2, "SINT": 1, "BOOL": 1}
"""Bytes."""
