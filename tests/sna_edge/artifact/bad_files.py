"""Files that break one rule of FORMAT.md section 12 each, and nothing before it."""

from __future__ import annotations

import struct
from itertools import pairwise

from .bad_metadata import metadata

NAN, INF = float("nan"), float("inf")


class Cases(dict[str, tuple[str, str, object]]):
    """name -> (rule, base file, edit)."""

    def add(self, rule: str, name: str, edit: object, base: str = "cp") -> None:
        self[f"{rule}: {name}"] = (rule, base, edit)


def cases() -> Cases:
    """All of them, in the order of the rules."""
    made = Cases()
    header_and_sections(made.add)
    axes_and_spans(made.add)
    groups_and_tables(made.add)
    outputs_and_golden(made.add)
    metadata(made.add)
    mismatches(made.add)
    return made


def axis(d: int, field: int) -> int:
    return 80 * d + field


def header(offset: int, kind: str, value: float):
    return lambda h: h.poke(None, offset, kind, value).sealed()


def field(section: str, offset: int, kind: str, value: float):
    return lambda h: h.poke(section, offset, kind, value).sealed()


def header_and_sections(add) -> None:
    """Header, section table, checksums, padding."""
    add("too_short", "empty", lambda h: b"")
    add("too_short", "271 bytes", lambda h: bytes(h)[:271])
    add("bad_magic", "first byte", header(0, "B", 0x88))
    add("bad_magic", "line ends translated", lambda h: bytes(h).replace(b"\r\n", b"\n", 1) + b"\0")
    add("unsupported_version", "major 2", header(8, "H", 2))
    add("unsupported_version", "major 0", header(8, "H", 0))
    add("unsupported_feature", "bit 4", header(12, "I", 16))
    add("bad_header", "16 sections announced, 13 there", header(12, "I", 4))
    add("unsupported_feature", "bit 31", header(12, "I", 1 << 31))
    add("bad_size", "one byte less", lambda h: bytes(h)[:-1])
    add("bad_size", "one byte more", lambda h: bytes(h) + b"\0")
    add("bad_size", "says more", lambda h: h.poke(None, 16, "I", len(bytes(h)) + 1).sealed())
    for name, offset, kind, value in (
        ("sections", 20, "H", 12), ("no axes", 22, "H", 0), ("65 axes", 22, "H", 65),
        ("no outputs", 24, "H", 0),
        ("65 outputs", 24, "H", 65), ("groups", 26, "H", 4097), ("modes", 28, "I", 65537),
        ("reserved", 40, "B", 1),
        ("last reserved", 63, "B", 1),
    ):  # fmt: skip
        add("bad_header", name, header(offset, kind, value))
    add("bad_header", "groups of a train", header(26, "H", 1), "tt")
    add("bad_header", "train without rank", header(28, "I", 0), "tt")
    add("bad_header", "train of rank 1025", header(28, "I", 1025), "tt")
    for i in range(13):
        add("bad_section_table", f"id {i}", header(64 + 16 * i, "I", 99))
        add(
            "bad_section_table",
            f"offset {i}",
            lambda h, i=i: h.poke(
                None, 68 + 16 * i, "I", h.peek(None, 68 + 16 * i, "I") + 64
            ).sealed(),
        )
        add("bad_section_table", f"reserved {i}", lambda h, i=i: h.poke(None, 76 + 16 * i, "I", 1))
        add(
            "bad_section_table",
            f"huge {i}",
            lambda h, i=i: h.poke(None, 72 + 16 * i, "I", 2**32 - 1),
        )
    add("bad_section_table", "axes too small", lambda h: h.replaced(axes=h.read("axes")[:-80]))
    add(
        "bad_section_table",
        "groups too small",
        lambda h: h.replaced(interaction=h.read("interaction")[:-16]),
    )
    add(
        "bad_section_table",
        "weights too small",
        lambda h: h.replaced(outputs=h.read("outputs")[:-4]),
    )
    add("bad_section_table", "bit 1 without section 8", header(12, "I", 2))
    add("bad_section_table", "section 8 without bit 1", lambda h: h.replaced(fixed=b"\0" * 4))
    add("bad_section_table", "bytes after the last section", lambda h: _longer(h))
    add(
        "bad_checksum",
        "a table byte",
        lambda h: h.poke("tables", 5, "B", h.peek("tables", 5, "B") ^ 1),
    )
    add("bad_checksum", "the CRC", lambda h: h.poke("integrity", 32, "I", 1))
    add(
        "bad_checksum",
        "the SHA-256",
        lambda h: h.poke("integrity", 7, "B", h.peek("integrity", 7, "B") ^ 1),
    )
    add(
        "bad_padding",
        "after the section table",
        lambda h: h.poke(None, 64 + 13 * 16, "B", 1).sealed(),
    )
    add("bad_padding", "before the outputs", lambda h: _pad(h, "outputs"))
    add("bad_padding", "integrity", lambda h: h.poke("integrity", 36, "B", 1))
    add("bad_padding", "integrity end", lambda h: h.poke("integrity", 63, "B", 1))


def axes_and_spans(add) -> None:
    """Axes, offsets, spans."""
    for name, d, offset, kind, value in (
        ("kind", 0, 24, "B", 3), ("degree", 0, 25, "B", 8), ("dtype", 0, 26, "B", 4),
        ("flags", 0, 27, "B", 3),
        ("no spans", 0, 28, "I", 0), ("32769 spans", 0, 28, "I", 32769),
        ("rows below p + 1", 0, 32, "I", 3),
        ("65536 rows", 0, 32, "I", 65536),
        ("no matrices", 0, 56, "H", 0), ("matrices", 0, 56, "H", 32769),
        ("reserved", 0, 58, "H", 1),
        ("lower NaN", 0, 0, "d", NAN), ("upper infinite", 0, 8, "d", INF),
        ("bounds equal", 0, 8, "d", 80.0),
        ("bounds swapped", 0, 0, "d", 500.0),
        ("inv_width", 0, 16, "d", 0.5), ("inv_width of a graded axis", 1, 16, "d", 1.0),
        ("lower32", 0, 64, "f", 79.0),
        ("upper32", 0, 68, "f", 401.0), ("inv_width32", 0, 72, "f", 0.5),
        ("a category is uniform", 3, 27, "B", 1),
        ("lower of a category", 3, 0, "d", 1.0), ("upper of a category", 3, 8, "d", 3.0),
        ("degree of a category", 3, 25, "B", 1),
    ):  # fmt: skip
        add("bad_axis", name, field("axes", axis(d, offset), kind, value))
    for name, d, offset, value in (
        ("odd spans", 0, 44, 1), ("spans outside", 0, 44, 1 << 20),
        ("support outside", 0, 76, 1 << 20),
        ("spans near 2^32", 0, 44, 2**32 - 2),
        ("matrices misaligned", 0, 52, 2), ("matrices outside", 0, 52, 1 << 20),
        ("breaks of a uniform axis", 0, 48, 8),
        ("breaks of a category", 3, 48, 8), ("breaks misaligned", 1, 48, 4),
        ("breaks outside", 1, 48, 1 << 20),
    ):  # fmt: skip
        add("bad_offset", name, field("axes", axis(d, offset), "I", value))
    add(
        "bad_span",
        "first_row",
        lambda h: h.poke("spans", int(h.peek("axes", 44, "I")), "H", 60000).sealed(),
    )
    add(
        "bad_span",
        "last first_row + p",
        lambda h: h.poke("spans", int(h.peek("axes", 44, "I")) + 8, "H", 5).sealed(),
    )
    add(
        "bad_span",
        "matrix_id",
        lambda h: h.poke("spans", int(h.peek("axes", 44, "I")) + 10, "H", 60000).sealed(),
    )
    speed = 80 + 48
    for name, index, value in (
        ("breaks not increasing", 2, 0.0), ("break NaN", 2, NAN), ("first break", 0, 0.1),
        ("last break", 6, 2.6),
        ("inverse width", 7, 1.0),
        ("inverse width NaN", 9, NAN),
    ):  # fmt: skip
        add(
            "bad_span",
            name,
            lambda h, i=index, v=value: h.poke(
                "breaks", int(h.peek("axes", speed, "I")) + 8 * i, "d", v
            ).sealed(),
        )
    add("bad_span", "first break with its inverse width", lambda h: _graded(h, {0: 0.21}))
    add(
        "bad_span",
        "breaks swapped with their inverse widths",
        lambda h: _graded(h, {2: 0.6, 3: 0.5}),
    )


def groups_and_tables(add) -> None:
    """Groups, tables and their numbers."""
    add("bad_group", "mask 0", field("interaction", 0, "Q", 0))
    add(
        "bad_group",
        "mask beyond the axes",
        lambda h: h.poke("interaction", len(h.read("interaction")) - 16, "Q", 1 << 5).sealed(),
    )
    add(
        "bad_group",
        "masks not increasing",
        lambda h: h.poke("interaction", 16, "Q", h.peek("interaction", 0, "Q")).sealed(),
    )
    add("bad_group", "count 0", field("interaction", 8, "I", 0))
    add("bad_group", "count", field("interaction", 8, "I", 5))
    add("bad_group", "huge count", field("interaction", 8, "I", 2**32 - 1))
    add("bad_group", "first", field("interaction", 12, "I", 4))
    add(
        "bad_group",
        "columns",
        lambda h: h.poke("axes", 36, "I", h.peek("axes", 36, "I") + 4).sealed(),
    )
    add("bad_group", "left of a CP axis", field("axes", 40, "H", 1))
    add("bad_group", "right of a CP axis", field("axes", 42, "H", 1))
    add("bad_group", "left does not chain", field("axes", axis(1, 40), "H", 2), "tt")
    add("bad_group", "first left is not 1", field("axes", 40, "H", 2), "tt")
    add("bad_group", "right 0", field("axes", 42, "H", 0), "tt")
    add("bad_group", "columns are not left times right", field("axes", axis(1, 36), "I", 13), "tt")
    add("bad_group", "last rank is not the rows of W", lambda h: _last_rank(h), "tt")
    add(
        "bad_table_layout",
        "a table moved",
        lambda h: h.poke("axes", axis(1, 60), "I", h.peek("axes", axis(1, 60), "I") + 64).sealed(),
    )
    add("bad_table_layout", "the last table moved with its section", lambda h: _moved(h))
    add("bad_table_layout", "tables overlap", field("axes", axis(1, 60), "I", 0))
    add(
        "bad_table_layout",
        "padding between tables",
        lambda h: h.poke("tables", int(h.peek("axes", axis(4, 60), "I")) - 1, "B", 1).sealed(),
    )
    add(
        "bad_table_layout",
        "bytes after the last",
        lambda h: h.replaced(tables=h.read("tables") + b"\0" * 4),
    )
    add("bad_table_layout", "last table cut", lambda h: h.replaced(tables=h.read("tables")[:-4]))
    add("bad_value", "matrix NaN", lambda h: h.poke("matrices", 0, "f", NAN).sealed())
    add("bad_value", "f32 table infinite", lambda h: h.poke("tables", 0, "f", INF).sealed())
    add(
        "bad_value",
        "f16 table NaN",
        lambda h: h.poke("tables", int(h.peek("axes", axis(1, 60), "I")), "e", NAN).sealed(),
    )


def outputs_and_golden(add) -> None:
    """Outputs, integer path, golden vectors."""
    for name, offset, kind, value in (
        ("bias NaN", 0, "d", NAN), ("scale 0", 8, "d", 0.0), ("scale infinite", 8, "d", INF),
        ("offset NaN", 16, "d", NAN),
        ("below alone", 24, "d", 1.0),
        ("above alone", 32, "d", 1.0), ("level without interval", 40, "d", 0.9),
        ("range swapped", 48, "d", 1e9),
        ("range NaN", 56, "d", NAN),
        ("kappa negative", 64, "f", -1.0), ("kappa NaN", 64, "f", NAN), ("link", 68, "B", 3),
        ("space", 69, "B", 2),
        ("reserved", 70, "B", 1),
        ("last reserved", 79, "B", 1), ("second record", 80 + 68, "B", 9),
        ("weight infinite", 160, "f", INF),
        ("weight subnormal", 160, "f", 1e-40),
    ):  # fmt: skip
        add("bad_output", name, field("outputs", offset, kind, value))
    for name, below, above, level in (
        ("level 1", 1.0, 1.0, 1.0),
        ("level 0", 1.0, 1.0, 0.0),
        ("negative", -1.0, 1.0, 0.9),
        ("infinite", 1.0, INF, 0.9),
    ):
        add(
            "bad_output",
            f"interval {name}",
            lambda h, v=(below, above, level): h.poke("outputs", 24, "ddd", *v).sealed(),
        )
    add("bad_output", "padding row of W", lambda h: _padding_row(h))
    add("bad_fixed", "four bytes", lambda h: h.poke(None, 12, "I", 2).replaced(fixed=b"\1\0\0\0"))
    add("bad_fixed", "zeros", lambda h: h.poke(None, 12, "I", 2).replaced(fixed=b"\0" * 4096))
    add(
        "bad_fixed",
        "a tensor train",
        lambda h: h.poke(None, 12, "I", 3).replaced(fixed=b"\0" * 4096),
        "tt",
    )
    add("bad_golden", "empty section", lambda h: h.replaced(golden=b""))
    add(
        "bad_golden",
        "no vectors",
        lambda h: h.replaced(golden=struct.pack("<II4d", 0, 0, 1.0, 1.0, 1.0, 1.0)),
    )
    add(
        "bad_golden",
        "count",
        lambda h: h.poke("golden", 0, "I", h.peek("golden", 0, "I") + 1).sealed(),
    )
    add("bad_golden", "huge count", field("golden", 0, "I", 2**32 - 1))
    add("bad_golden", "reserved", field("golden", 4, "I", 1))
    add("bad_golden", "a byte more", lambda h: h.replaced(golden=h.read("golden") + b"\0" * 8))
    for name, offset, value in (
        ("tolerance negative", 8, -1.0), ("tolerance NaN", 16, NAN), ("input NaN", 40, NAN),
        ("input below", 40, 79.9),
        ("input above", 40, 400.1),
        ("half a level", 40 + 24, 0.5),
    ):  # fmt: skip
        add("bad_golden", name, field("golden", offset, "d", value))
    add(
        "bad_golden",
        "expected infinite",
        lambda h: h.poke("golden", len(h.read("golden")) - 8, "d", INF).sealed(),
    )


def mismatches(add) -> None:
    """Golden vectors that the model does not give."""
    add("golden_mismatch", "expected", lambda h: shifted(h, len(h.read("golden")) - 8))
    add(
        "golden_mismatch",
        "weight",
        lambda h: h.poke("outputs", 160, "f", h.peek("outputs", 160, "f") * 1.001 + 0.01).sealed(),
    )
    add(
        "golden_mismatch",
        "table",
        lambda h: h.poke("tables", 0, "f", h.peek("tables", 0, "f") + 0.01).sealed(),
    )
    add(
        "golden_mismatch",
        "core",
        lambda h: h.poke("tables", 0, "f", h.peek("tables", 0, "f") + 0.01).sealed(),
        "tt",
    )


def _pad(h, section: str):
    start = h.place(section)[0]
    previous = h.place("interaction")
    assert previous[0] + previous[1] < start
    return h.poke(None, start - 1, "B", 1).sealed()


def _last_rank(h):
    """n_modes 1 more and W to match: only the last core disagrees."""
    rank = int(h.peek(None, 28, "I"))
    h.poke(None, 28, "I", rank + 1)
    return h.replaced(outputs=h.read("outputs") + b"\0" * 8)


def _longer(h):
    """64 bytes more, and the header says so."""
    size = len(bytes(h))
    h.poke(None, 16, "I", size + 64)
    h.data.extend(bytes(64))
    return h.sealed()


def _graded(h, changes: dict[int, float]):
    """Breaks of the graded axis changed, inverse widths made to match."""
    start = int(h.peek("axes", axis(1, 48), "I"))
    breaks = list(struct.unpack_from("<7d", h.read("breaks"), start))
    for i, value in changes.items():
        breaks[i] = value
    widths = [1 / (b - a) for a, b in pairwise(breaks)]
    return h.poke("breaks", start, "13d", *breaks, *widths).sealed()


def _moved(h):
    """The last table 64 bytes further on, zeros before it, the section as much longer."""
    start = int(h.peek("axes", axis(4, 60), "I"))
    tables = h.read("tables")
    h.poke("axes", axis(4, 60), "I", start + 64)
    return h.replaced(tables=tables[:start] + bytes(64) + tables[start:])


def _padding_row(h):
    """The first group with a count that is no multiple of 4."""
    block = h.read("interaction")
    for at in range(0, len(block), 16):
        _, count, first = struct.unpack_from("<QII", block, at)
        if count % 4:
            return h.poke("outputs", 160 + 8 * (first + count), "f", 1.0).sealed()
    raise AssertionError("no padded group in the test model")


def shifted(h, offset: int):
    return h.poke("golden", offset, "d", h.peek("golden", offset, "d") + 1e-3).sealed()
