"""Where a file is signed and what the signature covers (FORMAT.md section 11), found with as little
reading as can be: who asks has not checked the file yet."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..errors import TrustError

CONTEXT = b"SNA-EDGE MODEL SIGNATURE"
PLACE, FIRST = 64 + 16 * 12, 64 + 16 * 13
"""Of the record of section 13; bytes of header and table that every file has."""
BESIDE = 4
"""The feature bit of a file that may be signed."""
SIZE = 128
MAGIC = b"\x89SNA\r\n\x1a\n"


@dataclass(frozen=True)
class Block:
    """Section 13: its offset, and what stands there."""

    offset: int
    signature: bytes
    key_id: bytes
    model_version: int


def block(data: bytes) -> Block | None:
    """Who signed `data`; None where nobody did. Raises TrustError where the place of the signature
    cannot be found."""
    if len(data) < FIRST or not struct.unpack_from("<I", data, 12)[0] & BESIDE:
        return None
    number, offset, size, _ = struct.unpack_from("<4I", data, PLACE)
    if number != 13 or size != SIZE or offset < FIRST or offset + size > len(data):
        other = "" if data[:8] == MAGIC else "it begins as no .sna file does: "
        sentence = f"{other}the file does not say where its signature is; copy it again"
        raise TrustError("wrong_signature", sentence)
    signature = bytes(data[offset : offset + 64])
    if not any(signature):
        return None
    return Block(
        offset,
        signature,
        bytes(data[offset + 64 : offset + 80]),
        struct.unpack_from("<Q", data, offset + 80)[0],
    )


def parts(data: bytes, offset: int) -> list[bytes | memoryview]:
    """The message: the context, then every byte but the 64 of the signature."""
    view = memoryview(data)
    return [CONTEXT, view[:offset], view[offset + 64 :]]
