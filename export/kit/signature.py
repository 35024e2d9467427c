"""Who made a kit: an Ed25519 signature of its manifest, which names every file by its digest.

signature = Ed25519(CONTEXT + bytes of manifest.json)
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sna_edge.errors import InputError, TrustError
from sna_edge.signing import KeyRing, PublicKey
from sna_edge.signing.ed25519 import verified
from sna_edge.signing.keys import key_id

from .device.install import MANIFEST, SIGNATURE, Refused, check_files, manifest_of

CONTEXT = b"sna-edge kit manifest\0"
MARK, FORMAT = "sna_edge_kit_signature", 1
LARGEST = 1 << 16


@dataclass(frozen=True)
class Vouched:
    """A whole kit: for which target, how many files, and the key that signed it, if any."""

    target: str
    files: int
    key: PublicKey | None
    signature: str


def sign_kit(folder: Path, public: bytes, sign: Callable[[bytes], bytes]) -> None:
    """Write the signature of a kit beside its manifest."""
    message = CONTEXT + (folder / MANIFEST).read_bytes()
    told = {MARK: FORMAT, "key_id": key_id(public).hex(), "signature": sign(message).hex()}
    (folder / SIGNATURE).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def check_kit(folder: Path, keys: KeyRing | None) -> Vouched:
    """A kit whose files are those of its manifest, and whose manifest a key of the ring has signed,
    where there is a ring. Raises InputError for a damaged kit, TrustError for one that the ring
    does not vouch for."""
    try:
        key, said = _vouching(folder, keys)
        manifest, _ = manifest_of(folder)
        check_files(folder, manifest)
        return Vouched(manifest["target"]["name"], len(manifest["files"]), key, said)
    except Refused as error:
        raise InputError(str(error)) from None
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / MANIFEST} is not that of a kit; copy the kit again") from None


def _vouching(folder: Path, keys: KeyRing | None) -> tuple[PublicKey | None, str]:
    """The key that signed the manifest and may; None and why where no ring asks for one."""
    signed = (folder / SIGNATURE).exists()
    if keys is None:
        return None, "signed, not checked: no key ring" if signed else "not signed"
    if not signed:
        raise TrustError(
            "unsigned", f"nobody has signed this kit, and {keys.source} asks for it; make it with"
            " --key"
        )  # fmt: skip
    name, signature = _read(folder / SIGNATURE)
    key = keys.keys.get(name)
    if key is None:
        raise TrustError(
            "unknown_key",
            f"the kit is signed by key {name.hex()}, which is not in {keys.source}; add that key,"
            " or sign with one that is there",
        )
    if not verified(key.public, signature, [CONTEXT, _manifest(folder)]):
        raise TrustError(
            "wrong_signature",
            "the signature is not that of this manifest: the kit was changed or forged; copy it"
            " again from where it was made",
        )
    if not key.models:
        raise TrustError(
            "key_not_permitted",
            f"key {key.name or name.hex()} of {keys.source} may not sign models; make the kit with"
            " another, or add the word models to its line",
        )
    return key, f"signed by key {key.name or name.hex()}"


def _manifest(folder: Path) -> bytes:
    try:
        return (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise InputError(f"{folder} has no manifest ({error}); copy the kit again") from None


def _read(path: Path) -> tuple[bytes, bytes]:
    """Key and signature of the file. Raises TrustError where it is none."""
    try:
        with path.open("rb") as file:
            told = json.loads(file.read(LARGEST))
        name, signature = bytes.fromhex(told["key_id"]), bytes.fromhex(told["signature"])
        if told[MARK] != FORMAT or len(name) != 16 or len(signature) != 64:
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise TrustError(
            "wrong_signature", f"{path} is no signature of a kit; copy the kit again"
        ) from None
    return name, signature
