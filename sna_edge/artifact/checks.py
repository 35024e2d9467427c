"""Rules of FORMAT.md section 12, in its order, each with its named error. Validate once, then trust
the model."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass
from math import inf, isfinite, isnan
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ..errors import ArtifactError
from . import bound, layout

Array = NDArray[Any]
LEAST = 64 + 13 * 16  # bytes of header and section table


@dataclass(frozen=True)
class Raw:
    """A file whose bytes have passed every structural check."""

    data: bytes
    header: Any
    sections: dict[str, bytes]
    axes: Array
    groups: Array
    outputs: Array
    weights: Array
    uses: Array
    """[G, D], which axes the modes of a group depend on; TT: of one group."""
    peaks: Array
    """What |phi| of every axis stays below (bound.py)."""

    @property
    def is_tt(self) -> bool:
        return bool(self.header["features"] & layout.FEATURE_TT)

    @property
    def sizes(self) -> Array:
        """Rows of W of every group [G], padding included; numbers that 32-bit machines repeat
        by."""
        return np.array(
            [layout.padded(count) for count in self.groups["count"].tolist()], dtype=np.intp
        )


def fail(rule: str, message: str) -> NoReturn:
    raise ArtifactError(rule, message)


def need(condition: object, rule: str, message: str) -> None:
    if not condition:
        fail(rule, message)


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
        _axis(d, record)
    for d, record in enumerate(axes):
        _offsets(d, record, sections)
    for d, record in enumerate(axes):
        _spans(d, record, sections)
    groups = np.frombuffer(sections["interaction"], layout.GROUP_RECORD)
    tt = bool(top["features"] & layout.FEATURE_TT)
    uses = _ranks(top, axes) if tt else _groups(top, axes, groups)
    _table_layout(axes, sections["tables"])
    peaks = _values(axes, sections)
    outputs, weights = _outputs(top, sections["outputs"], groups)
    raw = Raw(data, top, sections, axes, groups, outputs, weights, uses, peaks)
    if top["features"] & layout.FEATURE_FIXED:
        from .integer_path.section import parse

        parse(raw)
    _golden(top, axes, sections["golden"])
    broken = bound.broken(raw)
    need(not broken, "bad_golden", f"{broken}; export the model again")
    return raw


def header(data: bytes, length: int) -> Any:
    """The header of a file of `length` bytes from its first LEAST ones, with the rules that need no
    more."""
    need(
        min(len(data), length) >= LEAST,
        "too_short",
        f"{length} bytes cannot hold a header; copy the whole file again",
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
        need(good, "bad_section_table", f"section {name!r} does not stand where it must")
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


def _axis(d: int, a: Any) -> None:
    rule, where = "bad_axis", f"axis {d}"
    p, s = int(a["degree"]), int(a["n_spans"])
    need(
        a["kind"] <= 2 and p <= 7 and a["dtype"] <= 3,
        rule,
        f"{where}: kind, degree or dtype unknown",
    )
    need(a["flags"] <= 1 and a["reserved"] == 0, rule, f"{where}: unknown flags")
    need(
        1 <= s <= layout.MAX_SPANS and p + 1 <= a["n_rows"] <= layout.MAX_ROWS,
        rule,
        f"{where}: spans or rows out of range",
    )
    need(
        1 <= a["n_matrices"] <= layout.MAX_SPANS, rule, f"{where}: number of matrices out of range"
    )
    lower, upper = float(a["lower"]), float(a["upper"])
    need(isfinite(lower) and isfinite(upper), rule, f"{where}: bounds are not finite")
    uniform = bool(a["flags"] & 1)
    if a["kind"] == 2:
        need(
            p == 0 and lower == 0 and upper == s - 1 and not uniform,
            rule,
            f"{where}: not a categorical axis",
        )
    else:
        need(lower < upper, rule, f"{where}: lower bound is not below the upper one")
        need(
            bound.span_fits(lower, upper),
            rule,
            f"{where}: bounds beyond 2^1000 or less than 2^-1000 apart; give the input another"
            " unit",
        )
    inv_width = s / (upper - lower) if uniform else 0.0
    good = a["inv_width"] == inv_width and a["inv_width32"] == layout.rounded32(inv_width)
    good = good and (a["lower32"], a["upper32"]) == layout.outward32(lower, upper)
    need(
        good and isfinite(inv_width), rule, f"{where}: derived bounds do not match lower and upper"
    )


def _offsets(d: int, a: Any, sections: dict[str, bytes]) -> None:
    s, p = int(a["n_spans"]), int(a["degree"])
    blocks = [
        ("spans", "spans_offset", 4 * s, 2),
        ("spans", "support_offset", s, 1),
        ("matrices", "matrices_offset", 4 * int(a["n_matrices"]) * (p + 1) ** 2, 4),
    ]
    if _stores_breaks(a):
        blocks.append(("breaks", "breaks_offset", 8 * (2 * s + 1), 8))
    else:
        need(
            a["breaks_offset"] == 0,
            "bad_offset",
            f"axis {d}: breaks given for an axis that stores none",
        )
    for section, name, size, alignment in blocks:
        offset = int(a[name])
        inside = offset % alignment == 0 and offset + size <= len(sections[section])
        need(inside, "bad_offset", f"axis {d}: {name} points outside section {section!r}")


def _stores_breaks(a: Any) -> bool:
    return not (a["flags"] & 1) and a["kind"] != 2


def span_arrays(a: Any, sections: dict[str, bytes]) -> tuple[Array, Array]:
    """first_row and matrix_id [S]."""
    s, offset = int(a["n_spans"]), int(a["spans_offset"])
    both = np.frombuffer(sections["spans"], "<u2", 2 * s, offset).astype(np.int64)
    return both[:s], both[s:]


def break_arrays(a: Any, sections: dict[str, bytes]) -> tuple[Array, Array]:
    """breaks [S+1] and inv_width [S] of an axis that stores them."""
    s = int(a["n_spans"])
    both = np.frombuffer(sections["breaks"], "<f8", 2 * s + 1, int(a["breaks_offset"]))
    return both[: s + 1], both[s + 1 :]


def _spans(d: int, a: Any, sections: dict[str, bytes]) -> None:
    first, ids = span_arrays(a, sections)
    good = (first + int(a["degree"]) < a["n_rows"]).all() and (ids < a["n_matrices"]).all()
    need(good, "bad_span", f"axis {d}: first_row or matrix_id out of range")
    if _stores_breaks(a):
        breaks, inv_width = break_arrays(a, sections)
        need(
            np.isfinite(breaks).all() and (np.diff(breaks) > 0).all(),
            "bad_span",
            f"axis {d}: breaks do not increase",
        )
        need(
            breaks[0] == a["lower"] and breaks[-1] == a["upper"],
            "bad_span",
            f"axis {d}: breaks do not end at the bounds",
        )
        with np.errstate(over="ignore", invalid="ignore"):
            close = np.abs(inv_width * np.diff(breaks) - 1.0) <= 1e-12
        need(close.all(), "bad_span", f"axis {d}: inverse widths do not match the breaks")


def _ranks(header: Any, axes: Array) -> Array:
    """As `_groups`: one group that depends on all axes."""
    left = 1
    for d, a in enumerate(axes):
        right = int(a["right"])
        good = (
            a["left"] == left and 1 <= right <= layout.MAX_RANK and a["n_columns"] == left * right
        )
        need(good, "bad_group", f"axis {d}: tensor-train ranks do not chain")
        left = right
    need(left == header["n_modes"], "bad_group", "the last rank is not the number of rows of W")
    return np.ones((1, len(axes)), bool)


def _groups(header: Any, axes: Array, groups: Array) -> Array:
    """Which axes the modes of a group depend on [G, D]."""
    first, last, sizes = 0, 0, list[int]()
    for mask, count, start in groups.tolist():
        good = last < mask < 1 << len(axes) and 1 <= count <= layout.MAX_MODES and start == first
        need(good, "bad_group", "masks must increase, counts and firsts must add up")
        last, size = mask, layout.padded(count)
        first += size
        sizes.append(size)
    uses = (groups["mask"][:, None] >> np.arange(len(axes), dtype=np.uint64) & np.uint64(1)).astype(
        bool
    )
    good = first == header["n_modes"] and (sizes @ uses == axes["n_columns"]).all()
    need(
        good and not axes["left"].any() and not axes["right"].any(),
        "bad_group",
        "number of modes or columns does not add up",
    )
    return uses


def _table_layout(axes: Array, tables: bytes) -> None:
    end = 0
    for d, a in enumerate(axes):
        offset = int(a["table_offset"])
        need(
            offset == layout.align(end),
            "bad_table_layout",
            f"table {d} does not stand where it must",
        )
        need(
            offset <= len(tables) and not any(tables[end:offset]),
            "bad_table_layout",
            f"padding before table {d} is not zero",
        )
        end = offset + table_bytes(a)
        need(end <= len(tables), "bad_table_layout", f"table {d} ends beyond its section")
    need(end == len(tables), "bad_table_layout", "section of tables does not end with the last one")


def table_bytes(a: Any) -> int:
    """Bytes of the table of an axis."""
    return (
        int(a["n_rows"])
        * int(a["n_columns"])
        * np.dtype(layout.STORAGE[layout.DTYPES[a["dtype"]]]).itemsize
    )


def matrix_array(a: Any, sections: dict[str, bytes]) -> Array:
    """Span matrices [M, p+1, p+1] as stored (integer fold included)."""
    count, order = int(a["n_matrices"]), int(a["degree"]) + 1
    flat = np.frombuffer(
        sections["matrices"], "<f4", count * order * order, int(a["matrices_offset"])
    )
    return flat.reshape(count, order, order)


def table_array(a: Any, sections: dict[str, bytes]) -> Array:
    """Table [n_rows, n_columns] in its storage type."""
    dtype = layout.STORAGE[layout.DTYPES[a["dtype"]]]
    rows, columns = int(a["n_rows"]), int(a["n_columns"])
    return np.frombuffer(sections["tables"], dtype, rows * columns, int(a["table_offset"])).reshape(
        rows, columns
    )


def _values(axes: Array, sections: dict[str, bytes]) -> Array:
    """The bounds of |phi| [D]; what is not finite anywhere shows in them."""
    peaks = np.empty(len(axes))
    with np.errstate(over="ignore", invalid="ignore"):
        for d, a in enumerate(axes):
            basis = bound.basis_bound(matrix_array(a, sections))
            need(isfinite(basis), "bad_value", f"axis {d}: span matrices are not finite")
            table = bound.table_bound(table_array(a, sections), int(a["left"]))
            need(isfinite(table), "bad_value", f"axis {d}: table is not finite")
            peaks[d] = basis * table
    return peaks


def _outputs(header: Any, block: bytes, groups: Array) -> tuple[Array, Array]:
    k, modes = int(header["n_outputs"]), int(header["n_modes"])
    records = np.frombuffer(block, layout.OUTPUT, k)
    for j, r in enumerate(records):
        need(
            _output_is_good(r),
            "bad_output",
            f"output {j}: bias, scale, offset, interval, range or link out of range",
        )
    weights = np.frombuffer(block, "<f4", modes * k, 80 * k).reshape(modes, k)
    tiny = (weights != 0) & (np.abs(weights) < np.finfo(np.float32).tiny)
    need(
        np.isfinite(weights).all() and not tiny.any(),
        "bad_output",
        "a weight is not finite or is subnormal",
    )
    for _, count, first in groups.tolist():
        empty = weights[first + count : first + layout.padded(count)]
        need(not empty.any(), "bad_output", "a padding row of W is not zero")
    return records, weights


def _output_is_good(r: Any) -> bool:
    bias, scale, offset, below, above, level, low, high, kappa, link, space, _ = r.item()
    good = (
        all(map(bound.held, (bias, scale, offset, low, high))) and abs(scale) >= 1.0 / bound.LARGEST
    )
    good = good and low <= high and 0 <= kappa < inf
    if isnan(below) or isnan(above):
        interval = isnan(below) and isnan(above) and level == 0
    else:
        interval = (
            bound.held(below) and bound.held(above) and min(below, above) >= 0 and 0 < level < 1
        )
    return bool(good and interval and link <= 2 and space <= 1 and not r["reserved"].any())


def _golden(header: Any, axes: Array, block: bytes) -> None:
    rule = "bad_golden"
    need(len(block) >= 8, rule, "section of golden vectors is too short")
    count, reserved = np.frombuffer(block, "<u4", 2).tolist()
    d, k = len(axes), int(header["n_outputs"])
    good = (
        1 <= count <= layout.MAX_GOLDEN
        and reserved == 0
        and len(block) == 8 + 16 * k + 8 * count * (d + k)
    )
    need(good, rule, "section of golden vectors has the wrong size")
    numbers = np.frombuffer(block, "<f8", offset=8)
    need(
        np.isfinite(numbers).all() and (numbers[: 2 * k] >= 0).all(),
        rule,
        "a golden vector or tolerance is not a number",
    )
    inputs = numbers[2 * k : 2 * k + count * d].reshape(count, d)
    inside = (inputs >= axes["lower"]).all() and (inputs <= axes["upper"]).all()
    levels = inputs[:, axes["kind"] == 2]
    need(
        inside and (levels == np.rint(levels)).all(),
        rule,
        "a golden vector lies outside the domain",
    )
