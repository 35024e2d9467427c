"""A validated file as arrays over its bytes: records, spans, matrices and tables as stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import layout

Array = NDArray[Any]


@dataclass(frozen=True)
class RawCompanion:
    """One companion: its record, its coordinates [C], the weights [C] of its features (empty for
    other coordinates), and the file inside the section."""

    record: Any
    coordinates: Array
    weights: list[Array]
    file: Raw


@dataclass(frozen=True)
class RawCalibration:
    """Section 15 in its parts; pairs are (a, b, bits)."""

    head: Any
    quantiles: Array
    floor: Array
    correlation: Array
    scores: Array
    pairs: list[tuple[int, int, Array]]


@dataclass(frozen=True)
class RawReadings:
    """Section 16 in its parts; ends [n_raw, 2]; golden [G, D + n_raw] readings, and expected
    [G, n_derived, 2] what the formulas give there and its error in units of one rounding."""

    tolerance: Array
    ends: Array
    derived: Array
    terms: Array
    golden: Array
    expected: Array


@dataclass(frozen=True)
class Raw:
    """A file whose bytes have passed every structural check."""

    header: Any
    sections: dict[str, bytes]
    axes: Array
    groups: Array
    outputs: Array
    weights: Array
    uses: Array
    """[G, D], which axes the modes of a group depend on; TT: of one group."""
    peaks: Array
    """What |phi| of every axis stays below (checks/bound.py)."""
    companions: tuple[RawCompanion, ...] = ()
    calibration: RawCalibration | None = None
    readings: RawReadings | None = None
    nodes: dict[int, Any] = field(default_factory=dict)
    """{axis: its mesh} of section 17 (nodes.py)."""

    @property
    def is_tt(self) -> bool:
        """Whether the interaction is a tensor train."""
        return bool(self.header["features"] & layout.FEATURE_TT)

    @property
    def has_integer_path(self) -> bool:
        """Whether section 8 holds the integer path."""
        return bool(self.header["features"] & layout.FEATURE_FIXED)

    @property
    def has_beside(self) -> bool:
        """Whether sections 14 to 16 are there."""
        return bool(self.header["features"] & layout.FEATURE_BESIDE)

    @property
    def has_nodes(self) -> bool:
        """Whether axes are the nodes of meshes (section 17)."""
        return bool(self.header["features"] & layout.FEATURE_NODES)

    @property
    def sizes(self) -> Array:
        """Rows of W of every group [G], padding included; numbers that 32-bit machines repeat
        by."""
        return np.array(
            [layout.padded(count) for count in self.groups["count"].tolist()], dtype=np.intp
        )


def stores_breaks(a: Any) -> bool:
    """Whether the breaks of an axis are in the file: uniform axes and levels need none."""
    return not (a["flags"] & 1) and a["kind"] < layout.LEVELS


def span_arrays(a: Any, sections: dict[str, bytes]) -> tuple[Array, Array]:
    """first_row and matrix_id [S]; nodes have a row each."""
    if a["kind"] == layout.NODE:
        return np.arange(int(a["n_spans"])), np.zeros(int(a["n_spans"]), dtype=np.int64)
    s, offset = int(a["n_spans"]), int(a["spans_offset"])
    both = np.frombuffer(sections["spans"], "<u2", 2 * s, offset).astype(np.int64)
    return both[:s], both[s:]


def break_arrays(a: Any, sections: dict[str, bytes]) -> tuple[Array, Array]:
    """breaks [S+1] and inv_width [S] of an axis that stores them."""
    s = int(a["n_spans"])
    both = np.frombuffer(sections["breaks"], "<f8", 2 * s + 1, int(a["breaks_offset"]))
    return both[: s + 1], both[s + 1 :]


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
