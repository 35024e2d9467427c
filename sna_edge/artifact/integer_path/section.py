"""Section 8 of the artifact: bytes <-> FixedPath, with the checks of rule `bad_fixed`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError
from .. import layout
from ..checks.rules import FrontToBack
from ..raw_views import Raw, span_arrays, table_array
from .evaluation import ONE, FixedAxis, FixedOutput, FixedPath, Ints

AXIS = np.dtype(
    [
        ("matrices", "<u4"), ("q", "u1"), ("shift", "u1"), ("reserved", "<u2"),
        ("count_lower", "<i4"), ("count_upper", "<i4"),
        ("multiplier", "<u4"), ("counts", "<u4"), ("zero", "u1", 8),
    ]
)  # fmt: skip
OUTPUT = np.dtype(
    [
        ("bias", "<i8"), ("shift", "u1"), ("exponent", "i1"), ("table_shift", "u1"),
        ("reserved", "u1"), ("table_count", "<u4"),
        ("table", "<u4"), ("table_lower", "<i4"), ("zero", "u1", 8),
    ]
)  # fmt: skip
RULE = "bad_fixed"
FRACTION = {"int16": 15, "int8": 7}


def write(path: FixedPath, places: NDArray[np.uint16]) -> bytes:
    """Section 8 with golden vectors at `places` [G, D, 2]."""
    axes, outputs = np.zeros(len(path.axes), AXIS), np.zeros(len(path.outputs), OUTPUT)
    weights = path.weights.astype("<i4").tobytes()
    end = axes.nbytes + outputs.nbytes + len(weights)
    body, placed = [weights], dict[tuple[tuple[int, ...], bytes], int]()
    for record, axis in zip(axes, path.axes, strict=True):
        matrices = axis.coefficients.astype("<i4").tobytes()
        counts = axis.breaks.astype("<i4").tobytes() + axis.multipliers.astype("<u4").tobytes()
        record["q"], record["shift"], record["multiplier"] = axis.q, axis.shift, axis.multiplier
        record["count_lower"], record["count_upper"] = axis.count_lower, axis.count_upper
        key = (axis.coefficients.shape, matrices)
        if key not in placed:
            placed[key] = end
            body.append(matrices)
            end += len(matrices)
        record["matrices"], record["counts"] = placed[key], end if counts else 0
        body.append(counts)
        end += len(counts)
    for record, output in zip(outputs, path.outputs, strict=True):
        table = output.table.astype("<i4").tobytes()
        record["bias"], record["shift"], record["exponent"] = (
            output.bias,
            output.shift,
            output.exponent,
        )
        record["table_count"], record["table"] = len(output.table), end if table else 0
        record["table_shift"], record["table_lower"] = output.table_shift, output.table_lower
        body.append(table)
        end += len(table)
    golden = (
        np.array([len(places), 0], "<u4").tobytes()
        + places.astype("<u2").tobytes()
        + path.evaluate(places).astype("<i4").tobytes()
    )
    return b"".join([axes.tobytes(), outputs.tobytes(), *body, golden])


class Cursor(FrontToBack):
    """Section 8 from front to back."""

    def __init__(self, block: bytes) -> None:
        super().__init__(block, RULE, "integer path")
        self.matrices: dict[tuple[int, int, int], NDArray[Any]] = {}

    def take_matrices(self, offset: int, count: int, order: int) -> NDArray[Any]:
        """i32 [count, order, order] at the running sum, or where an earlier axis of the same shape
        has them."""
        key = (offset, count, order)
        if offset == self.end:
            self.matrices[key] = (
                self.take("<i4", count * order * order).astype(np.int64).reshape(-1, order, order)
            )
        need(key in self.matrices, "matrices are not where they must be")
        return self.matrices[key]


def need(condition: object, message: str) -> None:
    """Raise ArtifactError `bad_fixed` unless the condition holds."""
    if not condition:
        raise ArtifactError(RULE, f"integer path: {message}")


def parse(raw: Raw) -> tuple[FixedPath, NDArray[np.uint16], NDArray[np.int32]]:
    """The integer path of a file, its golden places [G, D, 2] and expected outputs [G, K]. Raises
    ArtifactError."""
    need(not raw.is_tt, "tensor trains have none")
    d, k = len(raw.axes), len(raw.outputs)
    cursor = Cursor(raw.sections["fixed"])
    axes, outputs = cursor.take(AXIS, d), cursor.take(OUTPUT, k)
    weights = cursor.take("<i4", len(raw.weights) * k).astype(np.int64).reshape(len(raw.weights), k)
    fixed_axes = tuple(_axis(raw, a, f, cursor) for a, f in zip(raw.axes, axes, strict=True))
    fixed_outputs = tuple(
        _output(int(raw.outputs[j]["link"]), o, cursor) for j, o in enumerate(outputs)
    )
    count, reserved = cursor.take("<u4", 2).tolist()
    need(1 <= count <= layout.MAX_GOLDEN and reserved == 0, "number of golden vectors out of range")
    places = cursor.take("<u2", count * d * 2).reshape(count, d, 2)
    expected = cursor.take("<i4", count * k).reshape(count, k)
    cursor.finish("golden vectors")
    limit = np.where(raw.axes["kind"] == 2, 0, ONE)
    need(
        (places[:, :, 0] < raw.axes["n_spans"]).all() and (places[:, :, 1] <= limit).all(),
        "a golden place is out of range",
    )
    groups = group_slices(raw.groups.tolist(), d)
    for _, members, first in raw.groups.tolist():
        need(
            not weights[first + members : first + layout.padded(members)].any(),
            "a padding row of W is not zero",
        )
    return FixedPath(fixed_axes, groups, weights, fixed_outputs), places, expected


def group_slices(
    groups: list[tuple[int, int, int]], n_axes: int
) -> tuple[tuple[tuple[int, ...], tuple[slice, ...], slice], ...]:
    """Axes, columns and rows of W of every group (mask, count, first), padding included."""
    filled, out = [0] * n_axes, []
    for mask, count, first in groups:
        used = tuple(d for d in range(n_axes) if mask >> d & 1)
        size = layout.padded(count)
        out.append(
            (
                used,
                tuple(slice(filled[d], filled[d] + size) for d in used),
                slice(first, first + size),
            )
        )
        for d in used:
            filled[d] += size
    return tuple(out)


def _axis(raw: Raw, a: Any, f: Any, cursor: Cursor) -> FixedAxis:
    spans, order, level, uniform = (
        int(a["n_spans"]),
        int(a["degree"]) + 1,
        a["kind"] == 2,
        bool(a["flags"] & 1),
    )
    dtype = layout.DTYPES[a["dtype"]]
    need(not a["n_columns"] or dtype in FRACTION, "a table is not int16 or int8")
    need(
        16 <= f["q"] <= 30 and f["shift"] <= 32 and not f["reserved"] and not f["zero"].any(),
        "an axis record is out of range",
    )
    lower, upper = int(f["count_lower"]), int(f["count_upper"])
    need((lower, upper) == (0, spans - 1) if level else lower < upper, "counts are not ordered")
    need(bool(f["multiplier"]) == uniform, "a multiplier does not fit the kind of its axis")
    coefficients = cursor.take_matrices(int(f["matrices"]), int(a["n_matrices"]), order)
    listed = not uniform and not level
    need(f["counts"] == (cursor.end if listed else 0), "counts are not where they must be")
    breaks = cursor.take("<i4", spans + 1 if listed else 0).astype(np.int64)
    multipliers = cursor.take("<u4", spans if listed else 0).astype(np.int64)
    if listed:
        good = (
            breaks[0] == lower
            and breaks[-1] == upper
            and (np.diff(breaks) > 0).all()
            and multipliers.all()
        )
        need(good, "counts do not increase from end to end")
    first_row, matrix_id = span_arrays(a, raw.sections)
    table = table_array(a, raw.sections)
    return FixedAxis(
        coefficients, int(f["q"]),
        table.astype(np.int64) if table.size else np.zeros((0, 0), np.int64),
        FRACTION.get(dtype, 15),
        first_row, matrix_id, lower, upper, int(f["shift"]), int(f["multiplier"]), breaks,
        multipliers, bool(level),
    )  # fmt: skip


def _output(link: int, o: Any, cursor: Cursor) -> FixedOutput:
    count = int(o["table_count"])
    need(
        1 <= o["shift"] <= 62
        and -64 <= o["exponent"] <= 64
        and not o["reserved"]
        and not o["zero"].any(),
        "an output record is out of range",
    )
    need(count != 1 and count <= 4097 and o["table_shift"] <= 20, "a link table is out of range")
    need((count > 0) == (link != 0), "a link table is missing or not needed")
    if count:
        need(o["table"] == cursor.end, "a link table is not where it must be")
    else:
        need(
            not (o["table"] or o["table_shift"] or o["table_lower"]),
            "an output without a table describes one",
        )
    table: Ints = cursor.take("<i4", count).astype(np.int64)
    return FixedOutput(
        int(o["bias"]),
        int(o["shift"]),
        int(o["exponent"]),
        table,
        int(o["table_shift"]),
        int(o["table_lower"]),
    )
