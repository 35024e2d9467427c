"""An artifact edited by hand: plain struct access by the offsets of FORMAT.md, checksums made
again."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib

SECTIONS = ("axes", "spans", "breaks", "matrices", "tables", "interaction", "outputs", "fixed",
    "golden", "certificate", "metadata",
            "integrity", "signature")  # fmt: skip


class ByHand:
    """`poke` numbers into header, section table or a section; `replaced` rebuilds with sections of
    other sizes."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    def place(self, section: str) -> tuple[int, int]:
        """Offset and size."""
        return struct.unpack_from("<II", self.data, 64 + 16 * SECTIONS.index(section) + 4)

    def read(self, section: str) -> bytes:
        offset, size = self.place(section)
        return bytes(self.data[offset : offset + size])

    def poke(self, section: str | None, offset: int, kind: str, *values: float) -> ByHand:
        start = 0 if section is None else self.place(section)[0]
        struct.pack_into("<" + kind, self.data, start + offset, *values)
        return self

    def peek(self, section: str | None, offset: int, kind: str) -> float:
        start = 0 if section is None else self.place(section)[0]
        return struct.unpack_from("<" + kind, self.data, start + offset)[0]

    def replaced(self, **sections: bytes) -> ByHand:
        """The file with other bytes in the named sections: offsets, size and checksums follow."""
        contents = {name: sections.get(name, self.read(name)) for name in SECTIONS}
        out, end = bytearray(self.data[:64]), 64 + 16 * len(SECTIONS)
        out.extend(b"\0" * (end - 64))
        for i, (name, content) in enumerate(contents.items()):
            offset = -(-len(out) // 64) * 64
            out.extend(b"\0" * (offset - len(out)) + content)
            struct.pack_into("<IIII", out, 64 + 16 * i, i + 1, offset, len(content), 0)
            del name
        struct.pack_into("<I", out, 16, len(out))
        return ByHand(bytes(out)).sealed()

    def replaced_json(self, section: str, value: object) -> ByHand:
        return self.replaced(
            **{
                section: (
                    json.dumps(
                        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False
                    ).encode()
                )
            }
        )

    def sealed(self) -> ByHand:
        start = self.place("integrity")[0]
        self.data[start : start + 32] = hashlib.sha256(self.data[:start]).digest()
        struct.pack_into("<I", self.data, start + 32, zlib.crc32(self.data[:start]))
        return self

    def __bytes__(self) -> bytes:
        return bytes(self.data)
