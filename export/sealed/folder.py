"""A folder that appears whole or not at all, and the manifest of its files."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sna_edge.errors import InputError

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
"""Also in kit/device/install.py, which runs alone."""
EPOCH = "SOURCE_DATE_EPOCH"
BLOCK = 1 << 18
"""Bytes of a file that are read at once, into one place of the processor's cache."""


def need_free(place: Path, what: str) -> None:
    """Raises InputError where `place` cannot be made: it is there already, or its folder is not."""
    if place.exists() or place.is_symlink():
        raise InputError(f"{place} exists; remove it or choose another name for the {what}")
    if not place.parent.is_dir():
        raise InputError(f"the folder {place.parent} does not exist; create it or choose another")
    if not os.access(place.parent, os.W_OK):
        raise InputError(f"the folder {place.parent} is read-only; choose another for the {what}")


def unfinished(place: Path, what: str) -> list[str]:
    """Folders of `staged` beside the place: of a process that was killed, or is at work."""
    return sorted(str(path) for path in place.parent.glob(f".{what}-*") if path.is_dir())


@contextmanager
def staged(place: Path, what: str) -> Iterator[Path]:
    """A folder beside the place that is gone afterwards unless it was renamed."""
    folder = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{what}-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def digests_of(folder: Path) -> dict[str, str]:
    """{path below the folder: SHA-256 in hex} of every file but the manifest and its signature."""
    apart = (folder / MANIFEST, folder / SIGNATURE)
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p not in apart)
    return {p.relative_to(folder).as_posix(): digest_of(p) for p in paths}


def digest_of(path: str | Path) -> str:
    """SHA-256 of a file in hex."""
    found, block = hashlib.sha256(), memoryview(bytearray(BLOCK))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(block):
            found.update(block[:count])
    return found.hexdigest()


def write_manifest(folder: Path, told: Mapping[str, Any]) -> str:
    """manifest.json: what is told, and the digest of every file; its own SHA-256."""
    data = (
        json.dumps({**told, "files": digests_of(folder)}, indent=1, sort_keys=True) + "\n"
    ).encode()
    (folder / MANIFEST).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def created(epoch: int | None = None) -> str:
    """The time that SOURCE_DATE_EPOCH says, else `epoch`, else now; in UTC. Raises InputError."""
    text = os.environ.get(EPOCH)
    try:
        if text is not None and not (text.isascii() and text.isdigit()):
            raise ValueError
        at = epoch if text is None else int(text)
        when = (
            datetime.now(timezone.utc) if at is None else datetime.fromtimestamp(at, timezone.utc)
        )
    except (ValueError, OverflowError, OSError):
        raise InputError(
            f"{EPOCH} is {text!r}; give seconds since 1970 as a whole number, or unset it"
        ) from None
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
