"""A model with its limits, ready to judge."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256

from ..errors import InputError
from ..files import from_bytes
from ..model import Model
from ..quality import Line
from ..quality.accepting.foreign import own_threshold
from ..quality.limits import limits_in
from ..signing import KeyRing, Trust, examined
from ..store import Store
from ..values.documents import document_bytes

Mark = tuple[int, int, int]


@dataclass(frozen=True)
class Judge:
    """`line` judges by limits: `text` are the bytes of their file, `limits` the digest of these;
    `said`: what is to be known of them."""

    line: Line
    limits: str
    text: bytes
    said: tuple[str, ...] = ()


def judge(
    model: Model, digest: str, path: str, advice_ms: float, data: bytes | None = None
) -> Judge:
    """The model, whose bytes have the digest, with the limits in the file `path`, or in `data` as
    if they stood there. Raises InputError, OSError."""
    name = path if data is None else new_name(path)
    if data is None:
        data = document_bytes(path)  # read once: these are hashed, and these judge
    line = Line(model, limits_in(data, name, model), advice_ms=advice_ms)
    return Judge(line, sha256(data).hexdigest(), data, tuple(own_threshold(line, digest)))


def new_name(path: str) -> str:
    """What errors call the bytes that are to stand in a file of limits.

    >>> new_name("/etc/line/limits.toml")
    'the new limits.toml'
    """
    return f"the new {os.path.basename(path)}"


def stored(
    folder: str, keys: KeyRing | None, *, insecure: bool, backend: str
) -> tuple[Model, Trust]:
    """The active model of a store, which the keys vouch for and which reproduces its reference
    outputs. Raises SnaError, OSError."""
    active = Store(folder).active()
    trust = examined(active.data, keys, insecure=insecure)
    return from_bytes(active.data, backend, path=active.path), trust


def mark_of(path: str) -> Mark | None:
    """What changes with every change of a file; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def same_inputs(old: Model, new: Model, remedy: str, *, all_of_them: bool = False) -> None:
    """Raises InputError, with the remedy, where messages that were made for `old` do not fit `new`:
    it asks for others; `all_of_them`: or for fewer, or of another kind (columns of an open
    table)."""
    if all_of_them:
        kinds = [{a.name: a.kind == "categorical" for a in m.axes} for m in (old, new)]
        fits = kinds[0] == kinds[1]
    else:
        fits = not set(new.input_names) - set(old.input_names)
    if not fits:
        raise InputError(f"it has other inputs ({', '.join(new.input_names)}); {remedy}")
