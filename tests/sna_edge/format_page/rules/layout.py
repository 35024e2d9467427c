"""Files with feature bit 2 that break a sentence of FORMAT.md sections 2, 10 and 11, and files that
break none although they look odd."""

from __future__ import annotations

import struct

from .shared import Add, field

LAST = (14, 15, 16)


def bad_layout(add: Add) -> None:
    for bits in (16, 1 << 31):
        add("unsupported_feature", f"bits {bits:x}", field(None, 12, "I", 4 | bits))
    for n in (12, 13, 15, 17, 0, 65535):
        add("bad_header", f"{n} sections", lambda h, n=n: h.poke(None, 20, "H", n))
    add("bad_header", "16 sections without bit 2", lambda h: h.poke(None, 12, "I", 0))
    for size in (272, 300, 319):
        add("bad_section_table", f"file of {size} bytes", lambda h, n=size: shortened(h, n))
    for i in LAST:
        at = 64 + 16 * (i - 1)
        add("bad_section_table", f"id {i}", lambda h, at=at: h.poke(None, at, "I", 13))
        add("bad_section_table", f"offset {i}", lambda h, at=at: moved(h, at + 4, 64))
        add("bad_section_table", f"size {i}", lambda h, at=at: moved(h, at + 8, 64))
        add("bad_section_table", f"reserved {i}", lambda h, at=at: h.poke(None, at + 12, "I", 1))
        add("bad_section_table", f"huge {i}", lambda h, at=at: h.poke(None, at + 8, "I", 2**32 - 1))
    for name, size in (("integrity", 60), ("integrity", 0), ("signature", 64), ("signature", 0)):
        add("bad_section_table", f"{name} of {size} bytes",
            lambda h, name=name, n=size: resized(h, name, n))  # fmt: skip
    add("bad_section_table", "bytes behind the last section", behind)
    for section in ("companions", "calibration", "readings"):
        add("bad_checksum", f"a byte of {section}",
            lambda h, s=section: h.poke(s, 9, "B", int(h.peek(s, 9, "B")) ^ 1))  # fmt: skip
        add("bad_checksum", f"last byte of {section}", last_byte(section))
    add("bad_checksum", "CRC", lambda h: h.poke("integrity", 32, "I", 7))
    add(
        "bad_checksum",
        "SHA-256",
        lambda h: h.poke("integrity", 31, "B", 1 ^ int(h.peek("integrity", 31, "B"))),
    )
    add("bad_checksum", "of the bytes before section 12 alone", before_alone)
    add("bad_padding", "before the readings", pad_before("readings"))
    add("bad_padding", "integrity", lambda h: h.poke("integrity", 63, "B", 1))
    for name, offset in (("key", 64), ("end of the key", 79), ("version", 80),
        ("end of version", 87),
                         ("reserved", 88), ("end", 127)):  # fmt: skip
        add(
            "bad_padding",
            f"{name} of no signature",
            lambda h, o=offset: h.poke("signature", o, "B", 1),
        )
    for base in ("signed", "signed-alone"):
        for offset in (88, 100, 127):
            add("bad_padding", f"reserved {offset} behind a signature, {base}",
                lambda h, o=offset: h.poke("signature", o, "B", 1), base)  # fmt: skip
        add("bad_padding", f"signature taken off, {base}",
            lambda h: h.poke("signature", 0, "64s", bytes(64)), base)  # fmt: skip


def last_byte(section: str):
    def edit(h):
        at = h.place(section)[1] - 1
        return h.poke(section, at, "B", int(h.peek(section, at, "B")) ^ 1)

    return edit


def shortened(h, size: int):
    data = bytearray(bytes(h)[:size])
    struct.pack_into("<I", data, 16, size)
    return bytes(data)


def moved(h, offset: int, by: int):
    return h.poke(None, offset, "I", int(h.peek(None, offset, "I")) + by)


def resized(h, name: str, size: int):
    """One of sections 12 and 13 with another size, those behind it following."""
    return unsealed(h, **{name: h.read(name)[:size].ljust(size, b"\0")})


def unsealed(h, **sections: bytes):
    """As ByHand.replaced, without checksums: nothing behind them is reached."""
    seal, type(h).sealed = type(h).sealed, lambda self: self
    try:
        return h.replaced(**sections)
    finally:
        type(h).sealed = seal


def behind(h):
    h.data.extend(bytes(64))
    return h.poke(None, 16, "I", len(h.data)).sealed()


def before_alone(h):
    """The checksums of format 1.0: those of the bytes before section 12."""
    import hashlib
    import zlib

    start = h.place("integrity")[0]
    h.poke("integrity", 0, "32s", hashlib.sha256(h.data[:start]).digest())
    return h.poke("integrity", 32, "I", zlib.crc32(h.data[:start]))


def pad_before(section: str):
    def edit(h):
        at = h.place(section)[0] - 1
        names = h.names
        previous = h.place(names[names.index(section) - 1])
        assert sum(previous) <= at
        return h.poke(None, at, "B", 1).sealed()

    return edit
