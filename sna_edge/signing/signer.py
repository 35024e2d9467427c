"""An artifact with its signature; what needs nothing of format 1.1 gets its three empty sections
first (FORMAT.md sections 2 and 11)."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

from ..artifact import layout
from ..artifact.canonical_form import canonical
from ..artifact.writer import assembled_again
from ..errors import InputError
from .message import SIZE, parts

PLACE = layout.HEADER.itemsize + layout.SECTION.itemsize * layout.SECTIONS.index("signature")
MOST_VERSION = (1 << 64) - 1


def signed(
    data: bytes, public_id: bytes, model_version: int, sign: Callable[[bytes], bytes]
) -> bytes:
    """`data`, an artifact that was checked, signed: `public_id` [16] names the key, `sign` gives
    the signature [64] of a message. An older signature is replaced. Raises InputError for a
    version that 64 bits do not hold."""
    if not 1 <= model_version <= MOST_VERSION:
        raise InputError(
            f"model version {model_version} is not between 1 and {MOST_VERSION}; give another"
        )
    out = bytearray(with_place(data))
    (start,) = struct.unpack_from("<I", out, PLACE + 4)
    out[start : start + SIZE] = (
        bytes(64) + public_id + struct.pack("<Q", model_version) + bytes(SIZE - 88)
    )
    out[start : start + 64] = sign(b"".join(parts(bytes(out), start)))
    return bytes(out)


def with_place(data: bytes) -> bytes:
    """The file with feature bit 2, as it is where it has it."""
    if struct.unpack_from("<I", data, 12)[0] & layout.FEATURE_BESIDE:
        return data
    sections = {}
    for i, name in enumerate(layout.FIRST_SECTIONS):
        offset, size = struct.unpack_from("<2I", data, layout.HEADER.itemsize + 16 * i + 4)
        sections[name] = data[offset : offset + size]
    metadata: dict[str, Any] = json.loads(sections["metadata"])
    if "raw_inputs" in metadata:  # a caller's own key, which has a meaning there
        del metadata["raw_inputs"]
        sections["metadata"] = canonical(metadata)
    more = dict.fromkeys(layout.BESIDE_SECTIONS, b"")
    return assembled_again(data, sections | more)
