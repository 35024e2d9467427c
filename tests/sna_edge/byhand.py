"""An artifact edited by hand: plain struct access by the offsets of FORMAT.md, checksums made
again."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib

SECTIONS = ("axes", "spans", "breaks", "matrices", "tables", "interaction", "outputs", "fixed",
    "golden", "certificate", "metadata",
            "integrity", "signature", "companions", "calibration", "readings")  # fmt: skip
"""The first 13 stand in every file, the last three in those with feature bit 2."""


class ByHand:
    """`poke` numbers into header, section table or a section; `replaced` rebuilds with sections of
    other sizes."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sections that the file has."""
        return SECTIONS[: struct.unpack_from("<H", self.data, 20)[0]]

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
        contents = {name: sections.get(name, self.read(name)) for name in self.names}
        out, end = bytearray(self.data[:64]), 64 + 16 * len(self.names)
        out.extend(b"\0" * (end - 64))
        for i, content in enumerate(contents.values()):
            offset = -(-len(out) // 64) * 64
            out.extend(b"\0" * (offset - len(out)) + content)
            struct.pack_into("<IIII", out, 64 + 16 * i, i + 1, offset, len(content), 0)
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
        """Checksums made again: over all bytes but those of sections 12 and 13."""
        start = self.place("integrity")[0]
        covered = self.data[:start] + self.data[start + 64 + 128 :]
        self.data[start : start + 32] = hashlib.sha256(covered).digest()
        struct.pack_into("<I", self.data, start + 32, zlib.crc32(covered))
        return self

    def __bytes__(self) -> bytes:
        return bytes(self.data)
