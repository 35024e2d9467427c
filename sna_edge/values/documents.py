"""JSON and TOML files as a person writes them, read strictly: no key twice, any common encoding,
one sentence for what is wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import import_module
from os import PathLike, fspath
from typing import Any

from ..errors import InputError

LARGEST = 1 << 24  # bytes of a file written by hand
SECOND = re.compile(
    r"overwrite|twice|immutable|duplicate|redefine", re.IGNORECASE
)  # how TOML readers speak of a second key
DOTTED = 64  # parts of a dotted key: the time that TOML readers take grows with their square
DIGITS = "Exceeds the limit"  # of Python's reading of whole numbers


class Twice(ValueError):
    """An object of JSON gives `key` more than once."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the key {shortened(key)!r} appears twice in one object")
        self.key = key


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of `pairs`, whose keys must differ: the hook for JSON that may have been written
    by anybody. Raises Twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen = set[str]()
        for key, _ in pairs:
            if key in seen:
                raise Twice(key)
            seen.add(key)
    return found


def read_document(path: str | PathLike[str]) -> Mapping[str, Any]:
    """The tables of a .json file, or of any other as TOML. Raises InputError, with the line where
    there is one."""
    return document(document_bytes(path), fspath(path))


def document_bytes(path: str | PathLike[str]) -> bytes:
    """The bytes of a file written by hand. Raises InputError where it is too large for one."""
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise InputError(
            f"{fspath(path)} is larger than {LARGEST >> 20} MiB; give a file of tables written by"
            " hand"
        )
    return data


def document(data: bytes, name: str) -> Mapping[str, Any]:
    """The tables in the bytes of the file `name`, as `read_document` gives them."""
    text = _text(data, name)
    return _json(text, name) if name.lower().endswith(".json") else _toml(text, name)


def _text(data: bytes, name: str) -> str:
    """UTF-8, UTF-16 or UTF-32, with or without a byte order mark."""
    encoding = json.detect_encoding(data)
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{name} is not {encoding.upper()} text (line {line}); save it as UTF-8"
        ) from None
    if not text.strip():
        raise InputError(f"{name} is empty; write its tables, or give another file")
    return text


def _json(text: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=_no_number)
    except Twice as error:
        raise InputError(f"{name}: {error}; keep one of them") from None
    except RecursionError:
        raise InputError(f"{name} is nested too deeply; write plain tables") from None
    except ValueError as error:
        raise InputError(f"{name} is not JSON ({_said(error)}); fix it") from None
    if not isinstance(found, dict):
        raise InputError(f"{name} must hold one JSON object with tables; put them in braces")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a JSON number")


def _toml(text: str, name: str) -> Mapping[str, Any]:
    toml = _toml_reader()
    if "." * DOTTED in re.sub(r"[^.,=\[\]{}\n]+", "", text):
        raise InputError(f"{name} is nested too deeply; write plain tables")
    try:
        tables: Mapping[str, Any] = toml.loads(text)
    except RecursionError:
        raise InputError(f"{name} is nested too deeply; write plain tables") from None
    except ValueError as error:
        if SECOND.search(str(error)):
            line, again = _place(str(error), text.rstrip())
            raise InputError(
                f"{name}: line {line} ({again}) gives a key or a table a second time; keep one of"
                " them"
            ) from None
        raise InputError(f"{name} is not TOML ({_said(error)}); fix it") from None
    return tables


def _place(message: str, text: str) -> tuple[int, str]:
    """The line a TOML reader speaks of (the last one for `at end of document`), and what stands
    there."""
    lines = text.split("\n")
    named = re.search(r"line (\d+)", message)
    line = min(int(named[1]), len(lines)) if named else len(lines)
    return line, shortened(lines[line - 1].strip())


def _said(error: ValueError) -> str:
    return (
        "a whole number has thousands of digits"
        if DIGITS in str(error)
        else shortened(str(error), 200)
    )


def _toml_reader() -> Any:
    """tomllib of Python 3.11, or tomli."""
    for name in ("tomllib", "tomli"):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise InputError(
        "TOML needs Python 3.11 or newer, or the package tomli; pip install tomli, or write the"
        " file as .json"
    )


def shortened(text: str, most: int = 60) -> str:
    """`text`, its end left out where it is long."""
    return text if len(text) <= most else text[: most - 3] + "..."


def on_a_line(text: str, most: int = 300) -> str:
    """`text` on one line, ? for what cannot be shown, its end left out where it is long.

    >>> on_a_line("no\\r\\n answer \\x1b[31m")
    'no answer ?[31m'
    """
    plain = " ".join(shortened(text, most).split())
    return plain if plain.isprintable() else "".join(c if c.isprintable() else "?" for c in plain)
