"""Rules of axes: `bad_axis`, `bad_offset`, `bad_span`, `bad_table_layout`, `bad_value`."""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import layout
from ..raw_views import (
    break_arrays,
    matrix_array,
    span_arrays,
    stores_breaks,
    table_array,
    table_bytes,
)
from . import bound
from .rules import need

Array = NDArray[Any]


def need_axis(d: int, a: Any, nodes: bool = False) -> None:
    """`bad_axis`: the record of axis d alone, in a file that may have node axes where `nodes`."""
    rule, where = "bad_axis", f"axis {d}"
    p, s, node = int(a["degree"]), int(a["n_spans"]), a["kind"] == layout.NODE
    need(
        a["kind"] <= (3 if nodes else 2) and p <= 7 and a["dtype"] <= 3,
        rule,
        f"{where}: kind, degree or dtype unknown",
    )
    need(a["flags"] <= 1 and a["reserved"] == 0, rule, f"{where}: unknown flags")
    need(
        1 <= s <= (layout.MAX_NODES if node else layout.MAX_SPANS)
        and p + 1 <= a["n_rows"] <= (s if node else layout.MAX_ROWS)
        and (not node or a["n_rows"] == s),
        rule,
        f"{where}: spans or rows out of range",
    )
    need(
        1 <= a["n_matrices"] <= layout.MAX_SPANS, rule, f"{where}: number of matrices out of range"
    )
    lower, upper = float(a["lower"]), float(a["upper"])
    need(isfinite(lower) and isfinite(upper), rule, f"{where}: bounds are not finite")
    uniform = bool(a["flags"] & 1)
    if a["kind"] >= layout.LEVELS:
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


def need_offsets(d: int, a: Any, sections: dict[str, bytes]) -> None:
    """`bad_offset`: the arrays of axis d lie inside their sections."""
    s, p = int(a["n_spans"]), int(a["degree"])
    node = a["kind"] == layout.NODE
    if node:
        need(
            a["spans_offset"] == a["support_offset"] == 0,
            "bad_offset",
            f"axis {d}: spans given for nodes, which store none",
        )
    blocks = [] if node else [
        ("spans", "spans_offset", 4 * s, 2),
        ("spans", "support_offset", s, 1),
    ]  # fmt: skip
    blocks += [
        ("matrices", "matrices_offset", 4 * int(a["n_matrices"]) * (p + 1) ** 2, 4),
    ]
    if stores_breaks(a):
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


def need_spans(d: int, a: Any, sections: dict[str, bytes]) -> None:
    """`bad_span`: first rows, matrix ids and breaks of axis d."""
    first, ids = span_arrays(a, sections)
    good = (first + int(a["degree"]) < a["n_rows"]).all() and (ids < a["n_matrices"]).all()
    need(good, "bad_span", f"axis {d}: first_row or matrix_id out of range")
    if stores_breaks(a):
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


def need_table_layout(axes: Array, tables: bytes, step: int) -> None:
    """`bad_table_layout`: the tables fill their section in order."""
    end = 0
    for d, a in enumerate(axes):
        offset = int(a["table_offset"])
        need(
            offset == layout.align(end, step),
            "bad_table_layout",
            f"table {d} is not where it must be",
        )
        need(
            offset <= len(tables) and not any(tables[end:offset]),
            "bad_table_layout",
            f"padding before table {d} is not zero",
        )
        end = offset + table_bytes(a)
        need(end <= len(tables), "bad_table_layout", f"table {d} ends beyond its section")
    need(end == len(tables), "bad_table_layout", "section of tables does not end with the last one")


def atom_bounds(axes: Array, sections: dict[str, bytes]) -> Array:
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
