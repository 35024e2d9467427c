"""What is kept of what senders say is bounded, whatever they send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...values.documents import shortened

LONGEST = 1 << 16
"""Characters of the answer in a record; where it has more its reading is cut."""
ENTRIES, LETTERS = 1000, 200
"""Of a reading that is cut: its first entries, and characters of their names and texts."""
CUT = "the message was too long for a record: of its reading only short entries are kept"
STRANGE = 100
"""Names of recipes that no station has of which records tell as their recipe."""


def cut(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer whose reading, and what is measured in it, has short entries only; a remark says
    so."""
    told = dict(answer)
    if isinstance(reading := told.get("reading"), Mapping):
        told["reading"] = {
            name: some_of(one, ENTRIES) if isinstance(one, Mapping) else one
            for name, one in some_of(reading, ENTRIES, deep=True).items()
        }
        told["remark"] = "; ".join(filter(None, (told.get("remark"), CUT)))
    return told


def some_of(given: object, most: int, *, deep: bool = False) -> dict[str, Any]:
    """The first entries of an object, names and texts cut to a length, numbers that are no longer
    than a text; no lists, and objects only where `deep`."""
    if not isinstance(given, Mapping):
        return {}
    return {
        shortened(name, LETTERS): shortened(v, LETTERS) if isinstance(v, str) else v
        for name, v in list(given.items())[:most]
        if not isinstance(v, list) and (deep or not isinstance(v, Mapping)) and not _long(v)
    }


def _long(value: object) -> bool:
    return type(value) is int and value.bit_length() > 8 * LETTERS


class Names:
    """The first STRANGE names; of more "".

    >>> names = Names(1)
    >>> [names.kept(name) for name in ("a", "b", "a")]
    ['a', '', 'a']
    """

    def __init__(self, most: int = STRANGE) -> None:
        self._most, self._known = most, set[str]()

    def kept(self, name: str) -> str:
        """The name, or ""."""
        if name not in self._known and len(self._known) >= self._most:
            return ""
        self._known.add(name)
        return name
