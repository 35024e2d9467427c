"""Constants and records of FORMAT.md, in one place for reader and writer."""

from __future__ import annotations

from math import copysign, inf

import numpy as np

MAGIC = b"\x89SNA\r\n\x1a\n"
MAJOR, MINOR = 1, 1
"""Minor 1 stands in files with FEATURE_BESIDE, 0 in all others."""
FORMATS = tuple((MAJOR, minor) for minor in range(MINOR + 1))
"""Versions whose files are read and written here."""
FEATURE_TT, FEATURE_FIXED, FEATURE_BESIDE, FEATURE_NODES = 1, 2, 4, 8
EMBEDDED_FEATURES = FEATURE_TT | FEATURE_FIXED
KNOWN_FEATURES = EMBEDDED_FEATURES | FEATURE_BESIDE | FEATURE_NODES
ALIGN, ALIGN_EMBEDDED = 64, 8
"""Of sections, tables and files inside a section, in a file and in one inside another one."""
MAX_FILE = 1 << 30
MAX_AXES = MAX_OUTPUTS = 64
MAX_GROUPS = 4096
MAX_MODES = 65536
MAX_RANK = 1024
MAX_SPANS = 32768
MAX_ROWS = 65535
MAX_NODES = 200_000
MAX_CELLS = 2_000_000
MAX_GOLDEN = 65536
MAX_COMPANIONS = 64
MAX_PAIRS = 2016
OVERFLOW32 = (2.0 - 2.0**-24) * 2.0**127  # rounds to infinity in f32
LARGEST = 2.0**1000
"""Numbers of axes and outputs lie below it, and what divides above 1 / it: sums, differences and
quotients by a width stay finite."""
REACH = 2.0**500
"""Linear parts, and targets in units of the linear part, lie below it: their squares and products
are finite."""
GROUP = 4  # modes of a group are padded to this multiple

SECTIONS = (
    "axes", "spans", "breaks", "matrices", "tables", "interaction", "outputs",
    "fixed", "golden", "certificate", "metadata", "integrity", "signature",
    "companions", "calibration", "readings", "nodes",
)  # fmt: skip
FIRST_SECTIONS = SECTIONS[:13]
"""Those of a file without FEATURE_BESIDE."""
BESIDE_SECTIONS = SECTIONS[13:16]
"""Those that FEATURE_BESIDE adds; FEATURE_NODES adds the last one."""

HEADER = np.dtype(
    [
        ("magic", "S8"), ("major", "<u2"), ("minor", "<u2"), ("features", "<u4"),
        ("file_size", "<u4"),
        ("n_sections", "<u2"), ("n_axes", "<u2"), ("n_outputs", "<u2"), ("n_groups", "<u2"),
        ("n_modes", "<u4"), ("reserved", "u1", 32),
    ]
)  # fmt: skip
SECTION = np.dtype([("id", "<u4"), ("offset", "<u4"), ("size", "<u4"), ("reserved", "<u4")])
AXIS = np.dtype(
    [
        ("lower", "<f8"), ("upper", "<f8"), ("inv_width", "<f8"),
        ("kind", "u1"), ("degree", "u1"), ("dtype", "u1"), ("flags", "u1"),
        ("n_spans", "<u4"), ("n_rows", "<u4"), ("n_columns", "<u4"), ("left", "<u2"),
        ("right", "<u2"),
        ("spans_offset", "<u4"), ("breaks_offset", "<u4"), ("matrices_offset", "<u4"),
        ("n_matrices", "<u2"), ("reserved", "<u2"), ("table_offset", "<u4"),
        ("lower32", "<f4"), ("upper32", "<f4"), ("inv_width32", "<f4"), ("support_offset", "<u4"),
    ]
)  # fmt: skip
GROUP_RECORD = np.dtype([("mask", "<u8"), ("count", "<u4"), ("first", "<u4")])
OUTPUT = np.dtype(
    [
        ("bias", "<f8"), ("scale", "<f8"), ("offset", "<f8"), ("below", "<f8"), ("above", "<f8"),
        ("level", "<f8"),
        ("range_low", "<f8"), ("range_high", "<f8"), ("kappa", "<f4"), ("link", "u1"),
        ("interval_space", "u1"),
        ("reserved", "u1", 10),
    ]
)  # fmt: skip

SIGNATURE = np.dtype(
    [
        ("signature", "u1", 64),
        ("key_id", "u1", 16),
        ("model_version", "<u8"),
        ("reserved", "u1", 40),
    ]
)
COMPANION = np.dtype(
    [
        ("role", "u1"), ("output", "u1"), ("reserved", "<u2"), ("coordinates", "<u4"),
        ("file", "<u4"), ("file_size", "<u4"), ("weight", "<f8"), ("zero", "u1", 8),
    ]
)  # fmt: skip
COORDINATE = np.dtype(
    [
        ("source", "u1"), ("reserved", "u1"), ("index", "<u2"), ("weights", "<u4"),
        ("constant", "<f8"),
    ]
)  # fmt: skip
CALIBRATION = np.dtype(
    [
        ("n_residuals", "<u4"), ("n_scores", "<u4"), ("least_p", "<f8"), ("n_pairs", "<u2"),
        ("reserved", "u1", 14),
    ]
)  # fmt: skip
PAIR = np.dtype([("a", "<u2"), ("b", "<u2"), ("size", "<u4")])
READINGS = np.dtype(
    [("n_raw", "<u2"), ("n_derived", "<u2"), ("n_terms", "<u2"), ("n_golden", "<u2")]
)
DERIVED = np.dtype(
    [
        ("axis", "<u2"), ("formula", "u1"), ("n_terms", "u1"), ("reserved", "<u4"),
        ("constant", "<f8"),
    ]
)  # fmt: skip
TERM = np.dtype(
    [("kind", "u1"), ("zero", "u1"), ("index", "<u2"), ("reserved", "<u4"), ("number", "<f8")]
)

NODES = np.dtype(
    [
        ("axis", "<u2"), ("dimension", "u1"), ("cell_nodes", "u1"), ("n_cells", "<u4"),
        ("n_probes", "<u4"), ("reserved", "<u4"),
    ]
)  # fmt: skip

KINDS = ("continuous", "periodic", "categorical", "node")
LEVELS, NODE = 2, 3
LINKS = ("identity", "exp", "logistic")
SPACES = ("output", "link")
DTYPES = ("float32", "float16", "int16", "int8")
STORAGE = {"float32": "<f4", "float16": "<f2", "int16": "<i2", "int8": "i1"}
# stored integers decode to [-1, 1) by this power of two, which sits inside the span matrices
FOLD = {"float32": 1.0, "float16": 1.0, "int16": 2.0**-15, "int8": 2.0**-7}


def align(offset: int, multiple: int = ALIGN) -> int:
    """The next multiple at or after `offset`."""
    return -(-offset // multiple) * multiple


def padded(count: int) -> int:
    """Modes of a group rounded up to a multiple of 4."""
    return align(count, GROUP)


def rounded32(value: float) -> np.float32:
    """Nearest f32; infinite past its range."""
    return np.float32(value if abs(value) < OVERFLOW32 else copysign(inf, value))


def outward32(lower: float, upper: float) -> tuple[np.float32, np.float32]:
    """Largest f32 <= lower and smallest f32 >= upper."""
    low, high = rounded32(lower), rounded32(upper)
    if float(low) > lower:
        low = np.nextafter(low, np.float32(-np.inf))
    if float(high) < upper:
        high = np.nextafter(high, np.float32(np.inf))
    return low, high
