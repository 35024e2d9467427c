"""The keys that a machine trusts: a text file with one public key a line, as `sna-edge keygen`
writes them; the lines of several keys, one below the other, are a key ring.

sna-ed25519 3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29 models  # line 3
sna-ed25519 d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a models corrections
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from os import PathLike, fspath

from ..errors import InputError
from .ed25519 import usable

KIND = "sna-ed25519"
VARIABLE = "SNA_EDGE_KEYS"
MACHINE_WIDE = "/etc/sna-edge/keys.txt"
LARGEST = 1 << 20  # bytes of a key ring
LARGEST_NAME = 200
PERMISSIONS = ("models", "corrections")
LEAST = "least-version="


@dataclass(frozen=True)
class PublicKey:
    """A key of 32 bytes and what it may do: sign models, and sign models to which corrections
    learned on the device may be applied. Models older than `least_version` are refused."""

    public: bytes
    models: bool = True
    corrections: bool = False
    least_version: int = 0
    name: str = ""

    @property
    def key_id(self) -> bytes:
        """The 16 bytes by which a file names it: the first half of its SHA-256."""
        return key_id(self.public)

    @property
    def line(self) -> str:
        """The key as a line of a key ring."""
        words = [KIND, self.public.hex()]
        words += [word for word in PERMISSIONS if getattr(self, word)]
        words += [f"{LEAST}{self.least_version}"] if self.least_version else []
        return " ".join(words) + (f"  # {self.name}" if self.name else "")


@dataclass(frozen=True)
class KeyRing:
    """Keys by their id, and the file that they were read from."""

    keys: Mapping[bytes, PublicKey]
    source: str = ""


def key_id(public: bytes) -> bytes:
    """The name of a public key in a file [16]."""
    return sha256(public).digest()[:16]


def read_keys(path: str | PathLike[str]) -> KeyRing:
    """The key ring in `path`. Raises InputError with the line that is wrong, and for a file that
    others than its owner may change.

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
    ...     _ = file.write("sna-ed25519 " + "58" + "66" * 31 + " models  # base point\\n")
    ...     file.flush()
    ...     [key.name for key in read_keys(file.name).keys.values()]
    ['base point']
    """
    name = fspath(path)
    with open(path, "rb") as file:
        found = os.fstat(file.fileno())
        if stat.S_ISREG(found.st_mode) and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise InputError(
                f"others than its owner may change the key ring {name}; run chmod go-w {name} and"
                " look at its keys"
            )
        data = file.read(LARGEST + 1)
    keys: dict[bytes, PublicKey] = {}
    for number, line in enumerate(_text(data, name).splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key = parsed(line, f"{name}, line {number}")
        if key.key_id in keys:
            raise InputError(f"{name}, line {number}: this key stands there twice; keep one line")
        keys[key.key_id] = key
    if not keys:
        raise InputError(f"{name} holds no key; put the line of a .pub file of sna-edge keygen in")
    return KeyRing(keys, name)


def _text(data: bytes, name: str) -> str:
    if len(data) > LARGEST:
        raise InputError(f"{name} is larger than {LARGEST >> 20} MiB; give a file of public keys")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            f"{name} is not text; give a .pub file of sna-edge keygen, or lines of several"
        ) from None


def parsed(line: str, where: str) -> PublicKey:
    """The key of one line. Raises InputError, with `where` it stands."""
    text, _, name = line.partition("#")
    words = text.split()
    if words[:1] != [KIND] or len(words) < 2:
        start = "a private key" if '"sna_edge_private_key"' in line or line.strip() == "{" else ""
        raise InputError(
            f"{where}: {start or 'this'} is no line of a key ring; write {KIND}, 64 hexadecimal"
            " digits and what the key may do: models, corrections"
        )
    if unknown := [w for w in words[2:] if w not in PERMISSIONS and not w.startswith(LEAST)]:
        raise InputError(
            f"{where}: a key cannot have {unknown[0]!r}; it may have models, corrections and"
            f" {LEAST}N"
        )
    return PublicKey(
        _public(words[1], where),
        "models" in words,
        "corrections" in words,
        max((_version(w, where) for w in words[2:] if w.startswith(LEAST)), default=0),
        " ".join(name.split()),
    )


def _public(text: str, where: str) -> bytes:
    try:
        public = bytes.fromhex(text)
    except ValueError:
        public = b""
    if len(public) != 32 or not usable(public):
        raise InputError(
            f"{where}: no Ed25519 key has these digits; copy the whole line of the .pub file again"
        )
    return public


def _version(word: str, where: str) -> int:
    digits = word.removeprefix(LEAST)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise InputError(f"{where}: {word!r} gives no version; write {LEAST}7, for example")
    return int(digits)


def configured_keys(path: str | PathLike[str] | None = None) -> KeyRing | None:
    """The key ring of `path`, else of the environment variable SNA_EDGE_KEYS, else of
    /etc/sna-edge/keys.txt where that exists; None where none is configured."""
    if path is not None:
        return read_keys(path)
    if named := os.environ.get(VARIABLE):
        return read_keys(named)
    return read_keys(MACHINE_WIDE) if os.path.exists(MACHINE_WIDE) else None
