"""One table of the configuration: each entry is asked for once, with its kind and its bounds; what
nobody has asked for is named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from ...errors import InputError
from ...values.documents import shortened

BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}  # fmt: skip
_SIZE = re.compile(r"([0-9]{1,18}(?:\.[0-9]+)?)\s*([A-Za-z]*)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_UNSET: Any = object()


class Table:
    """The entries of the table `where` ("" for the top); paths are those of `folder`.

    >>> table = Table({"listen": "127.0.0.1:8080", "colour": "red"}, "http")
    >>> table.text("listen")
    '127.0.0.1:8080'
    >>> try:
    ...     table.finish()
    ... except InputError as error:
    ...     print(error)
    [http] has an entry 'colour', which nothing reads; take it out, or write one of: listen
    """

    def __init__(self, entries: Mapping[str, Any], where: str = "", folder: str = "") -> None:
        self.entries, self.where, self.folder = entries, where, folder
        self._asked: list[str] = []

    @property
    def name(self) -> str:
        """How sentences call it."""
        return f"[{self.where}]" if self.where else "the configuration"

    def has(self, key: str) -> bool:
        """Whether the entry is there."""
        self._note(key)
        return key in self.entries

    def text(self, key: str, default: Any = _UNSET) -> Any:
        """A text that is not empty."""
        value = self._get(key, default)
        if value is default:
            return value
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, value, "give a text in quotes")
        return value

    def path(self, key: str, default: Any = _UNSET) -> Any:
        """A path; a relative one counts from the folder of the configuration."""
        value = self.text(key, default)
        return value if value is default else os.path.join(self.folder, value)

    def zone(self, key: str, default: str = "") -> str:
        """The name of a time zone that this machine knows."""
        name = str(self.text(key, default))
        try:
            if name not in ("", "UTC"):
                ZoneInfo(name)
        except (OSError, ValueError, LookupError):
            remedy = "this machine knows no such time zone; write one as Europe/Berlin, or"
            raise self.wrong(key, name, f"{remedy} install tzdata") from None
        return name

    def choice(self, key: str, words: Sequence[str], default: Any = _UNSET) -> Any:
        """One of `words`."""
        value = self._get(key, default)
        if value is not default and value not in words:
            raise self.wrong(key, value, f"write one of {', '.join(words)}")
        return value

    def flag(self, key: str, default: Any = _UNSET) -> Any:
        """true or false."""
        value = self._get(key, default)
        if value is not default and not isinstance(value, bool):
            raise self.wrong(key, value, "write true or false")
        return value

    def number(self, key: str, default: Any = _UNSET, *, least: float = 0.0,
               most: float = float("inf")) -> Any:  # fmt: skip
        """A finite number from `least` to `most`."""
        value = self._get(key, default)
        if value is default:
            return value
        numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not numeric or not -1e300 < value < 1e300 or not least <= value <= most:
            bound = f" to {most:g}" if isfinite(most) else " on"
            raise self.wrong(key, value, f"give a number from {least:g}{bound}")
        return float(value)

    def whole(self, key: str, default: Any = _UNSET, *, least: int = 0, most: int = 2**53) -> Any:
        """A whole number from `least` to `most`."""
        value = self._get(key, default)
        if value is default:
            return value
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, value, f"give a whole number from {least} to {most}")
        return value

    def size(self, key: str, default: Any = _UNSET) -> Any:
        """Bytes: 50000000 or "50 MB"."""
        value = self._get(key, default)
        if value is default:
            return value
        found = _SIZE.fullmatch(str(value).strip()) if not isinstance(value, bool) else None
        if found is None or found[2].upper() not in BYTES:
            raise self.wrong(key, value, 'give bytes, like "50 GB"')
        return int(float(found[1]) * BYTES[found[2].upper()])

    def texts(self, key: str, default: Any = _UNSET) -> Any:
        """A list of texts."""
        value = self._get(key, default)
        if value is default:
            return value
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.wrong(key, value, "give a list of texts in quotes")
        return tuple(value)

    def numbers(self, key: str, default: Any = _UNSET) -> Any:
        """{name: number from 0 on}, of a table of numbers."""
        value = self._get(key, default)
        if value is default:
            return value
        if not isinstance(value, Mapping):
            raise self.wrong(key, value, "give a table of numbers")
        inner = Table(value, f"{self.where}.{key}", self.folder)
        return {name: inner.number(name) for name in value}

    def table(self, key: str) -> Table:
        """The table of that name, empty where there is none."""
        value = self._get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(key, value, f"write it as a table [{self._path(key)}]")
        return Table(value, self._path(key), self.folder)

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """(name, table) of every table [key.NAME]."""
        inner = self.table(key)
        for name in inner.entries:
            yield plain_name(name, f"[{inner.where}.{name}]"), inner.table(name)

    def only(self, keys: Sequence[str]) -> None:
        """Raises InputError where an entry is none of `keys`."""
        for key in self.entries:
            if key not in keys:
                raise InputError(
                    f"{self.name} has an entry {shortened(key)!r}, which nothing reads; take it out"
                    f"{', or write one of: ' + ', '.join(keys) if keys else ''}"
                )

    def finish(self) -> None:
        """Raises InputError for an entry that was not asked for."""
        self.only(self._asked)

    def wrong(self, key: str, value: object, remedy: str) -> InputError:
        """The sentence for an entry that cannot be used."""
        said = shortened(value if isinstance(value, str) else repr(value))
        return InputError(f"{key} of {self.name} is {said!r}; {remedy}")

    def _path(self, key: str) -> str:
        return f"{self.where}.{key}" if self.where else key

    def _note(self, key: str) -> None:
        if key not in self._asked:
            self._asked.append(key)

    def _get(self, key: str, default: Any) -> Any:
        self._note(key)
        if key in self.entries:
            return self.entries[key]
        if default is _UNSET:
            raise InputError(f"{self.name} has no entry {key!r}; add {key} = ..")
        return default


def plain_name(name: str, what: str) -> str:
    """`name`, which stands in addresses and topics. Raises InputError."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"the name in {shortened(what)} is not plain; use 1 to 64 letters, digits, _ . -, a"
            " letter or digit first"
        )
    return name


def address_of(text: str) -> SplitResult:
    """The parts of a web address; none where it is no address."""
    try:
        found = urlsplit(text)
        found.port  # noqa: B018 - a port that is none raises
    except ValueError:
        return urlsplit("")
    return found
