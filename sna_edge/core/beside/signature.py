"""Who signed a file (FORMAT.md section 11), as read; nobody has checked it here."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from .given import need_whole


@dataclass(frozen=True)
class Signature:
    """The 64 bytes of an Ed25519 signature, the 16 bytes that name its key, and the version of the
    model, which grows with every release. Raises InputError where these have other sizes."""

    signature: bytes
    key_id: bytes = bytes(16)
    model_version: int = 0

    def __post_init__(self) -> None:
        if not (isinstance(self.signature, bytes) and isinstance(self.key_id, bytes)):
            raise InputError("signature and key id are bytes; read them from the file")
        need_whole("the version of a signed model", self.model_version)
        if len(self.signature) != 64 or len(self.key_id) != 16:
            raise InputError("a signature has 64 bytes and a key id 16; read them from the file")
        if not any(self.signature) or not 0 <= self.model_version < 1 << 64:
            raise InputError(
                "a signature is not all zero and its model version fits 64 bits; sign the file"
            )
