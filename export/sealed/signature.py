"""Who made a folder: an Ed25519 signature of its manifest, which names every file by its digest.

signature = Ed25519(context + bytes of manifest.json)
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sna_edge.errors import InputError, TrustError
from sna_edge.signing import KeyRing, PublicKey
from sna_edge.signing.ed25519 import verified
from sna_edge.signing.keys import key_id

from .folder import MANIFEST, SIGNATURE

FORMAT = 1
LARGEST, LARGEST_MANIFEST = 1 << 16, 1 << 24


@dataclass(frozen=True)
class Kind:
    """What is signed: 'kit' or 'release'. A signature of one kind is none of another."""

    word: str

    @property
    def context(self) -> bytes:
        """What is signed before the manifest."""
        return f"sna-edge {self.word} manifest\0".encode()

    @property
    def mark(self) -> str:
        """The key of the signature file that says what it is."""
        return f"sna_edge_{self.word}_signature"


def sign_manifest(folder: Path, kind: Kind, public: bytes, sign: Callable[[bytes], bytes]) -> None:
    """Write the signature beside the manifest of a folder."""
    message = kind.context + (folder / MANIFEST).read_bytes()
    told = {kind.mark: FORMAT, "key_id": key_id(public).hex(), "signature": sign(message).hex()}
    (folder / SIGNATURE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def vouching(folder: Path, kind: Kind, keys: KeyRing | None) -> tuple[PublicKey | None, str]:
    """The key that signed the manifest and may; None and why where no ring asks for one. Raises
    TrustError for a signature that the ring does not accept."""
    word, signed = kind.word, (folder / SIGNATURE).exists()
    if keys is None:
        return None, "signed, not checked: no key ring" if signed else "not signed"
    if not signed:
        raise TrustError(
            "unsigned",
            f"nobody has signed this {word}, and {keys.source} asks for it; make it with a key",
        )
    name, signature = _read(folder / SIGNATURE, kind)
    key = keys.keys.get(name)
    if key is None:
        raise TrustError(
            "unknown_key",
            f"the {word} is signed by key {name.hex()}, which is not in {keys.source}; add that"
            " key, or sign with one that is there",
        )
    if not verified(key.public, signature, [kind.context, manifest_bytes(folder, word)]):
        raise TrustError(
            "wrong_signature",
            f"the signature is not that of this manifest: the {word} was changed or forged; copy it"
            " again from where it was made",
        )
    if not key.models:
        raise TrustError(
            "key_not_permitted",
            f"key {key.name or name.hex()} of {keys.source} may not sign models; make the {word}"
            " with another, or add the word models to its line",
        )
    return key, f"signed by key {key.name or name.hex()}"


def manifest_bytes(folder: Path, word: str) -> bytes:
    """The bytes of the manifest. Raises InputError where there is none, or one of absurd size."""
    try:
        with (folder / MANIFEST).open("rb") as file:
            size = os.fstat(file.fileno()).st_size  # a bound makes room for itself
            data = file.read(min(size, LARGEST_MANIFEST) + 1)
    except OSError as error:
        raise InputError(f"{folder} has no manifest ({error}); copy the {word} again") from None
    if len(data) > LARGEST_MANIFEST:
        raise InputError(f"{folder / MANIFEST} is far too large; copy the {word} again")
    return data


def _read(path: Path, kind: Kind) -> tuple[bytes, bytes]:
    """Key and signature of the file. Raises TrustError where it is none."""
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(LARGEST))
        name, signature = bytes.fromhex(told["key_id"]), bytes.fromhex(told["signature"])
        if told[kind.mark] != FORMAT or len(name) != 16 or len(signature) != 64:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise TrustError(
            "wrong_signature",
            f"{path} is no signature of a {kind.word}; copy the {kind.word} again",
        ) from None
    return name, signature
