"""Whether the keys of this machine vouch for a file. Its bytes are hashed before anything in them
is read but the place of the signature."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ..errors import TrustError
from . import ed25519
from .keys import KeyRing, PublicKey
from .message import Block, block, parts

UNSIGNED, NOT_CHECKED, VERIFIED, INSECURE = "unsigned", "not checked", "verified", "insecure"


@dataclass(frozen=True)
class Trust:
    """`sha256` of all bytes; `signature`: "verified", "not checked" (signed, but no keys are
    configured), "unsigned", or "insecure: RULE" where the keys refuse the file and it is used all
    the same. `version` of the model, 0 where nobody signed one; `key` that has signed it."""

    sha256: str
    signature: str
    version: int = 0
    key: PublicKey | None = None

    @property
    def may_correct(self) -> bool:
        """Whether corrections learned on this device may be applied: always where no keys are
        configured."""
        return self.key.corrections if self.key else not self.signature.startswith(INSECURE)

    @property
    def said(self) -> dict[str, Any]:
        """What a verdict carries."""
        return {"sha256": self.sha256, "version": self.version, "signature": self.signature}


def examined(
    data: bytes, keys: KeyRing | None, *, least_version: int = 0, insecure: bool = False
) -> Trust:
    """Trust in the bytes of a file. Raises TrustError where `keys` do not vouch for it, unless
    `insecure`, or where it is older than `least_version`."""
    digest = sha256(data).hexdigest()
    try:
        found = block(data)
        version = found.model_version if found else 0
        if keys is None:
            return Trust(digest, NOT_CHECKED if found else UNSIGNED, version)
        return Trust(digest, VERIFIED, version, _vouching(data, found, keys, least_version))
    except TrustError as error:
        if not insecure:
            raise
        return Trust(digest, f"{INSECURE}: {error.rule}", _version(data))


def _version(data: bytes) -> int:
    """What a file that is refused says of its version."""
    try:
        found = block(data)
    except TrustError:
        return 0
    return found.model_version if found else 0


def _vouching(data: bytes, found: Block | None, keys: KeyRing, least_version: int) -> PublicKey:
    """The key that signed the file and may. Raises TrustError."""
    if found is None:
        raise TrustError(
            "unsigned",
            f"nobody has signed this file, and {keys.source} asks for it; sign it with sna-edge"
            " sign, or give --insecure",
        )
    key = keys.keys.get(found.key_id)
    if key is None:
        raise TrustError(
            "unknown_key",
            f"the file is signed by key {found.key_id.hex()}, which is not in {keys.source}; add"
            " that key, or sign with one that is there",
        )
    if not valid(key.public, found.signature, data, found.offset):
        raise TrustError(
            "wrong_signature",
            "the signature is not that of these bytes: the file was changed or forged; copy it"
            " again from where it was signed",
        )
    if not key.models:
        raise TrustError(
            "key_not_permitted",
            f"key {key.name or found.key_id.hex()} of {keys.source} may not sign models; sign with"
            " another, or add the word models to its line",
        )
    least = max(least_version, key.least_version)
    if found.model_version < least:
        raise TrustError(
            "older_version",
            f"the model has version {found.model_version}, this machine takes none before {least};"
            " give a newer one",
        )
    return key


def valid(public: bytes, signature: bytes, data: bytes, offset: int) -> bool:
    """Whether the signature is that of `data`: by `cryptography` where it is installed."""
    try:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    except ImportError:
        return ed25519.verified(public, signature, parts(data, offset))
    try:
        key = Ed25519PublicKey.from_public_bytes(public)
        key.verify(signature, b"".join(parts(data, offset)))
    except InvalidSignature:
        return False
    return True
