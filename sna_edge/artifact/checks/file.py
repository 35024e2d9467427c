"""The order of the checks, and those of the file as a whole: header, sections, digests, padding."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import layout
from ..raw_views import Raw
from . import bound
from .axes import (
    atom_bounds,
    need_axis,
    need_offsets,
    need_spans,
    need_table_layout,
)
from .outputs import groups_used, need_golden, outputs_and_weights, ranks
from .rules import need

Array = NDArray[Any]
LEAST = 64 + 13 * 16  # bytes of header and section table


def validate(data: bytes) -> Raw:
    """All checks up to the golden vectors' content. Raises ArtifactError with the rule that was
    broken."""
    top = header(data, len(data))
    table = _section_table(data, top)
    sections = {
        name: data[int(r["offset"]) : int(r["offset"]) + int(r["size"])]
        for name, r in zip(layout.SECTIONS, table, strict=True)
    }
    _checksum(data, table, sections)
    _padding(data, table, sections)
    axes = np.frombuffer(sections["axes"], layout.AXIS)
    for d, record in enumerate(axes):
        need_axis(d, record)
    for d, record in enumerate(axes):
        need_offsets(d, record, sections)
    for d, record in enumerate(axes):
        need_spans(d, record, sections)
    groups = np.frombuffer(sections["interaction"], layout.GROUP_RECORD)
    tt = bool(top["features"] & layout.FEATURE_TT)
    uses = ranks(top, axes) if tt else groups_used(top, axes, groups)
    need_table_layout(axes, sections["tables"])
    peaks = atom_bounds(axes, sections)
    outputs, weights = outputs_and_weights(top, sections["outputs"], groups)
    raw = Raw(data, top, sections, axes, groups, outputs, weights, uses, peaks)
    if raw.has_integer_path:
        from ..integer_path.section import parse  # few files have one

        parse(raw)
    need_golden(top, axes, sections["golden"])
    broken = bound.broken(raw)
    need(not broken, "bad_golden", f"{broken}; export the model again")
    return raw


def header(data: bytes, length: int) -> Any:
    """The header of a file of `length` bytes from its first LEAST ones, with the rules that need no
    more."""
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
        f"the file has format {h['major']}.{h['minor']}, this runtime reads {layout.MAJOR}.x;"
        " update sna-edge or export again",
    )
    unknown = int(h["features"]) & ~layout.KNOWN_FEATURES
    need(
        not unknown,
        "unsupported_feature",
        f"the file needs feature bits {unknown:#x} unknown to this runtime; update sna-edge",
    )
    size = int(h["file_size"])
    need(
        size == length <= layout.MAX_FILE,
        "bad_size",
        f"the file says {size} bytes, {length} are there; copy it again",
    )
    tt = bool(h["features"] & layout.FEATURE_TT)
    ranges = (
        h["n_sections"] == 13
        and 1 <= h["n_axes"] <= layout.MAX_AXES
        and 1 <= h["n_outputs"] <= layout.MAX_OUTPUTS
        and h["n_groups"] <= (0 if tt else layout.MAX_GROUPS)
        and (1 if tt else 0) <= h["n_modes"] <= (layout.MAX_RANK if tt else layout.MAX_MODES)
        and not h["reserved"].any()
    )
    need(ranges, "bad_header", "a count in the header is out of range")
    return h


def _section_table(data: bytes, header: Any) -> Array:
    table = np.frombuffer(data, layout.SECTION, 13, 64)
    k = int(header["n_outputs"])
    fixed = {
        "axes": 80 * int(header["n_axes"]),
        "interaction": 16 * int(header["n_groups"]),
        "outputs": 80 * k + 4 * int(header["n_modes"]) * k,
        "integrity": 64,
        "signature": 128,
    }
    end = 64 + 13 * 16
    for i, (name, record) in enumerate(zip(layout.SECTIONS, table, strict=True)):
        offset, size = int(record["offset"]), int(record["size"])
        good = record["id"] == i + 1 and offset == layout.align(end) and record["reserved"] == 0
        good = good and size == fixed.get(name, size) and offset + size <= len(data)
        need(good, "bad_section_table", f"section {name!r} is not where it must be")
        end = offset + size
    empty = table[layout.SECTIONS.index("fixed")]["size"] == 0
    need(end == len(data), "bad_section_table", "the last section does not end with the file")
    need(
        empty == (not header["features"] & layout.FEATURE_FIXED),
        "bad_section_table",
        "integer path and feature bit disagree",
    )
    return table


def _checksum(data: bytes, table: Array, sections: dict[str, bytes]) -> None:
    body = data[: int(table[layout.SECTIONS.index("integrity")]["offset"])]
    stored = sections["integrity"]
    crc = int(np.frombuffer(stored, "<u4", 1, 32)[0])
    need(zlib.crc32(body) == crc, "bad_checksum", "CRC-32 does not match; copy the file again")
    need(
        hashlib.sha256(body).digest() == stored[:32],
        "bad_checksum",
        "SHA-256 does not match; copy the file again",
    )


def _padding(data: bytes, table: Array, sections: dict[str, bytes]) -> None:
    end = 64 + 13 * 16
    for record in table:
        offset = int(record["offset"])
        need(not any(data[end:offset]), "bad_padding", f"padding before byte {offset} is not zero")
        end = offset + int(record["size"])
    need(
        not any(sections["integrity"][36:]),
        "bad_padding",
        "reserved bytes of the integrity section are not zero",
    )
    need(
        not any(sections["signature"]),
        "bad_padding",
        "the section of the signature is not zero, but nothing is signed; copy it again",
    )
