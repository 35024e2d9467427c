"""Who made a kit, and whether it is whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sna_edge.errors import InputError
from sna_edge.signing import KeyRing, PublicKey

from ..sealed.signature import Kind, sign_manifest, vouching
from .device.install import MANIFEST, Refused, check_files, manifest_of

KIT = Kind("kit")


@dataclass(frozen=True)
class Vouched:
    """A whole kit: for which target, how many files, and the key that signed it, if any."""

    target: str
    files: int
    key: PublicKey | None
    signature: str


def sign_kit(folder: Path, public: bytes, sign: Callable[[bytes], bytes]) -> None:
    """Write the signature of a kit beside its manifest."""
    sign_manifest(folder, KIT, public, sign)


def check_kit(folder: Path, keys: KeyRing | None) -> Vouched:
    """A kit whose files are those of its manifest, and whose manifest a key of the ring has signed,
    where there is a ring. Raises InputError for a damaged kit, TrustError for one that the ring
    does not vouch for."""
    try:
        key, said = vouching(folder, KIT, keys)
        manifest, _ = manifest_of(folder)
        check_files(folder, manifest)
        return Vouched(manifest["target"]["name"], len(manifest["files"]), key, said)
    except Refused as error:
        raise InputError(str(error)) from None
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{folder / MANIFEST} is not that of a kit; copy the kit again") from None
