"""Rules of the file as a whole: header, section table, digests, padding."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import layout
from .rules import need

Array = NDArray[Any]
LEAST = 64 + 13 * 16  # bytes of header and the shorter section table


def header(data: bytes, length: int, embedded: bool = False) -> Any:
    """The header of a file of `length` bytes from its first LEAST ones, with the rules that need no
    more; of a file inside another one where `embedded`."""
    need(
        min(len(data), length) >= LEAST,
        "too_short",
        f"{length} bytes are too few for a header; copy the whole file again",
    )
    h = np.frombuffer(data, layout.HEADER, 1)[0]
    need(
        data[:8] == layout.MAGIC,
        "bad_magic",
        "this is not an .sna artifact; give a file written by sna-edge",
    )
    need(
        h["major"] == layout.MAJOR,
        "unsupported_version",
        f"the file has format {h['major']}.{h['minor']}, this runtime reads {_formats()};"
        " update sna-edge or export again",
    )
    unknown = int(h["features"]) & ~(
        layout.EMBEDDED_FEATURES if embedded else layout.KNOWN_FEATURES
    )
    if not h["features"] & layout.FEATURE_BESIDE:  # no version writes nodes without it
        unknown |= int(h["features"]) & layout.FEATURE_NODES
    need(
        not unknown,
        "unsupported_feature",
        f"the file has format {h['major']}.{h['minor']} and needs feature bits {unknown:#x}, which"
        f" this runtime, of formats {_formats()}, does not know; update sna-edge",
    )
    size = int(h["file_size"])
    need(
        size == length <= layout.MAX_FILE,
        "bad_size",
        f"the file says {size} bytes, {length} are there; copy it again",
    )
    tt = bool(h["features"] & layout.FEATURE_TT)
    ranges = (
        h["n_sections"] == len(section_names(h))
        and 1 <= h["n_axes"] <= layout.MAX_AXES
        and 1 <= h["n_outputs"] <= layout.MAX_OUTPUTS
        and h["n_groups"] <= (0 if tt else layout.MAX_GROUPS)
        and (1 if tt else 0) <= h["n_modes"] <= (layout.MAX_RANK if tt else layout.MAX_MODES)
        and not h["reserved"].any()
    )
    need(ranges, "bad_header", "a count in the header is out of range")
    return h


def _formats() -> str:
    """'1.0, 1.1': what is read here."""
    return ", ".join(f"{major}.{minor}" for major, minor in layout.FORMATS)


def section_names(header: Any) -> tuple[str, ...]:
    """The sections that a file with this header has, in their order."""
    if header["features"] & layout.FEATURE_NODES:
        return layout.SECTIONS
    beside = header["features"] & layout.FEATURE_BESIDE
    return layout.SECTIONS[:16] if beside else layout.FIRST_SECTIONS


def section_table(data: bytes, header: Any, embedded: bool) -> dict[str, tuple[int, int]]:
    """`bad_section_table`: {section: (offset, size)}, checked."""
    names, k = section_names(header), int(header["n_outputs"])
    end = 64 + 16 * len(names)
    need(end <= len(data), "bad_section_table", "the file ends inside its section table")
    table = np.frombuffer(data, layout.SECTION, len(names), 64)
    fixed = {
        "axes": 80 * int(header["n_axes"]),
        "interaction": 16 * int(header["n_groups"]),
        "outputs": 80 * k + 4 * int(header["n_modes"]) * k,
        "integrity": 64,
        "signature": 128,
    }
    if embedded:
        fixed |= {"certificate": 0, "metadata": 0, "integrity": 0, "signature": 0}
    places, step = {}, layout.ALIGN_EMBEDDED if embedded else layout.ALIGN
    for i, (name, record) in enumerate(zip(names, table, strict=True)):
        offset, size = int(record["offset"]), int(record["size"])
        good = record["id"] == i + 1 and offset == layout.align(end, step)
        good = good and record["reserved"] == 0
        good = good and size == fixed.get(name, size) and offset + size <= len(data)
        need(good, "bad_section_table", f"section {name!r} is not where it must be")
        places[name] = offset, size
        end = offset + size
    need(end == len(data), "bad_section_table", "the last section does not end with the file")
    need(
        (places["fixed"][1] == 0) == (not header["features"] & layout.FEATURE_FIXED),
        "bad_section_table",
        "integer path and feature bit disagree",
    )
    return places


def need_checksum(data: bytes, places: dict[str, tuple[int, int]]) -> None:
    """`bad_checksum`: of all bytes but those of the integrity section and the signature."""
    start = places["integrity"][0]
    before, after = data[:start], data[sum(places["signature"]) :]
    crc = int(np.frombuffer(data, "<u4", 1, start + 32)[0])
    need(
        zlib.crc32(after, zlib.crc32(before)) == crc,
        "bad_checksum",
        "CRC-32 does not match; copy the file again",
    )
    digest = hashlib.sha256(before)
    digest.update(after)
    need(
        digest.digest() == data[start : start + 32],
        "bad_checksum",
        "SHA-256 does not match; copy the file again",
    )


def need_padding(data: bytes, header: Any, places: dict[str, tuple[int, int]]) -> None:
    """`bad_padding`: between sections, in the integrity section, in the signature."""
    end = 64 + 16 * len(places)
    for offset, size in places.values():
        need(not any(data[end:offset]), "bad_padding", f"padding before byte {offset} is not zero")
        end = offset + size
    start, size = places["integrity"]
    need(
        not any(data[start + 36 : start + size]),
        "bad_padding",
        "reserved bytes of the integrity section are not zero",
    )
    start, size = places["signature"]
    block = data[start : start + size]
    signed = any(block[:64]) and header["features"] & layout.FEATURE_BESIDE
    need(
        not any(block[88:]) if signed else not any(block),
        "bad_padding",
        "the section of the signature is not zero where nothing is signed; copy it again",
    )
