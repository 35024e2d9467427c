"""The manifest of a release: what it is, and the digest of every file; signed where a key is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sna_edge
from sna_edge.errors import InputError
from sna_edge.signing import KeyRing, PublicKey

from ..sealed.folder import MANIFEST, SIGNATURE, digest_of, write_manifest
from ..sealed.signature import Kind, manifest_bytes, vouching

RELEASE = Kind("release")
FORMAT = 1
WORD = "sna_edge_release"
"""The key of the manifest that says what it is, and its format."""


@dataclass(frozen=True)
class Release:
    """A whole release: name, version of the model, its file, number of files, and who signed it."""

    name: str
    version: int
    model: Path
    files: int
    key: PublicKey | None
    signature: str


def describe_release(folder: Path, name: str, version: int, model: str, when: str) -> str:
    """Write the manifest of a release; its SHA-256."""
    told = {
        WORD: FORMAT, "name": name, "version": version, "model": model, "created": when,
        "sna_edge": sna_edge.__version__,
    }  # fmt: skip
    return write_manifest(folder, told)


def is_release(folder: Path) -> bool:
    """Whether a folder says that it is a release."""
    try:
        return WORD in json.loads(manifest_bytes(folder, "release"))
    except (ValueError, TypeError, RecursionError):
        return False


def check_release(folder: Path, keys: KeyRing | None) -> Release:
    """A release whose files are those of its manifest, and whose manifest a key of the ring has
    signed, where there is a ring. Raises InputError for a damaged one, TrustError for one that the
    ring does not vouch for."""
    key, said = vouching(folder, RELEASE, keys)
    told = _told(folder)
    listed: Mapping[str, Any] = told["files"]
    found = list(folder.rglob("*"))
    if link := next((p for p in found if p.is_symlink()), None):
        raise InputError(f"{link} is a link, which no release has; copy the release again")
    there = {p.relative_to(folder).as_posix() for p in found if p.is_file()}
    there -= {MANIFEST, SIGNATURE}
    for name in sorted(listed):
        if name not in there:
            raise InputError(f"{name} is missing in {folder}; copy the release again")
        if digest_of(folder / name) != listed[name]:
            raise InputError(
                f"{name} is not the file that {folder} was made with; copy the release again"
            )
    if extra := sorted(there - set(listed)):
        raise InputError(
            f"{extra[0]} does not belong to the release {folder}; remove it, or copy it again"
        )
    return Release(told["name"], told["version"], folder / told["model"], len(listed), key, said)


def _told(folder: Path) -> Any:
    """The manifest as JSON. Raises InputError for what is none."""
    data = manifest_bytes(folder, "release")
    try:
        told = json.loads(data)
        good = told[WORD] == FORMAT and isinstance(told["files"], dict)
        good = good and isinstance(told["name"], str) and isinstance(told["version"], int)
        good = good and Path(told["model"]).name == told["model"] and told["model"] in told["files"]
        # a name that leads out of the folder is no file of it
        good = good and all(".." not in Path(n).parts and n[:1] != "/" for n in told["files"])
    except (ValueError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        raise InputError(
            f"{folder / MANIFEST} is not that of a release that this version reads; give the folder"
            " that sna-edge release made"
        )
    return told


def model_of(path: str | Path) -> tuple[Path, int | None]:
    """The model of a release and its version, or the file itself. Raises InputError for a folder
    that is no release."""
    place = Path(path)
    if not place.is_dir():
        return place, None
    told = _told(place)
    return place / told["model"], told["version"]
