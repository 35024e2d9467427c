"""How a table is written: encoding, separator, quote, decimal mark."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ..errors import InputError

SEPARATORS = ";\t|,"
"""Tried in this order; a comma is the last because it also stands in names and numbers."""
NAMED = {
    "tab": "\t",
    "\\t": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "point": ".",
    "dot": ".",
}


@dataclass(frozen=True)
class Dialect:
    """An empty field is found from the file itself; `Dialect()` declares nothing.

    encoding: a name that Python knows; separator: one character between cells; decimal: `.` or `,`
    (the other one, blanks and apostrophes then part thousands); quote: around cells that hold
    separators, quotes (doubled) or line breaks.
    """

    encoding: str = ""
    separator: str = ""
    decimal: str = ""
    quote: str = ""

    def __post_init__(self) -> None:
        for field in ("separator", "decimal"):
            object.__setattr__(self, field, NAMED.get(getattr(self, field), getattr(self, field)))
        if self.encoding:
            try:
                "".encode(self.encoding)
                codecs.getincrementaldecoder(self.encoding)
            except (LookupError, ValueError):
                raise InputError(
                    f"encoding {self.encoding!r} is unknown; write, for example, utf-8, utf-16 or"
                    " cp1252"
                ) from None
        if self.decimal not in ("", ".", ","):
            raise InputError(
                f"decimal mark {self.decimal!r} is neither . nor ,; give one of the two"
            )
        for field in ("separator", "quote"):
            mark = getattr(self, field)
            if len(mark) > 1 or (mark and (mark.isalnum() or mark in "\r\n.+-")):
                raise InputError(
                    f"{field} {mark!r} is not a single character; write, for example, ; or tab"
                )

    def declared(self) -> dict[str, str]:
        """The fields that say something, for the metadata of a model."""
        return {name: value for name, value in asdict(self).items() if value}


def hint_of(found: object) -> Dialect:
    """The hint in a model's metadata; nothing where it holds none that can be read."""
    if not isinstance(found, Mapping):
        return Dialect()
    known = {
        k: v for k, v in found.items() if k in Dialect.__dataclass_fields__ and isinstance(v, str)
    }
    try:
        return Dialect(**known)
    except InputError:
        return Dialect()
