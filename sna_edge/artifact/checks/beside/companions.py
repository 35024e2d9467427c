"""`bad_companion`: records, coordinates, files inside the section, and what roles demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....errors import ArtifactError
from ... import layout
from ...raw_views import Raw, RawCompanion
from .. import bound
from ..file import LEAST, header
from ..rules import fail, need

Array = NDArray[Any]
RULE = "bad_companion"
SCALE, FAMILIARITY, CLASS_SCORE, BASE = range(4)
INPUT, FEATURE, PREDICTION = range(3)


def companions(raw: Raw, checked: Callable[[bytes, bool], Raw]) -> tuple[RawCompanion, ...]:
    """The companions of section 14, one after the other."""
    block = raw.sections["companions"]
    if not len(block):
        return ()
    need(len(block) >= 8, RULE, "the section of companions is too short")
    count, reserved = np.frombuffer(block, "<u4", 2).tolist()
    end = 8 + 32 * count
    good = 1 <= count <= layout.MAX_COMPANIONS and reserved == 0 and end <= len(block)
    need(good, RULE, "the number of companions is out of range")
    records = np.frombuffer(block, layout.COMPANION, count, 8)
    found, scaled = [], set()
    for i, record in enumerate(records):
        _need_record(i, record, raw)
        companion, end = _placed(i, record, raw, end, checked)
        _need_coordinates(i, companion, raw)
        _need_role(i, companion, raw)
        if record["role"] == SCALE:
            need(
                int(record["output"]) not in scaled, RULE, f"companion {i}: the output has a scale"
            )
            scaled.add(int(record["output"]))
        found.append(companion)
    need(end == len(block), RULE, "the section does not end with the file of the last companion")
    return tuple(found)


def _need_record(i: int, r: Any, raw: Raw) -> None:
    role, output, weight = int(r["role"]), int(r["output"]), float(r["weight"])
    need(role <= BASE, RULE, f"companion {i}: unknown role")
    need(not r["reserved"] and not r["zero"].any(), RULE, f"companion {i}: reserved bytes")
    limit = {FAMILIARITY: 1, CLASS_SCORE: 256}.get(role, len(raw.outputs))
    need(output < limit, RULE, f"companion {i}: it belongs to no output")
    good = 0 < weight < layout.LARGEST if role == FAMILIARITY else weight == 0
    need(good, RULE, f"companion {i}: weight out of range")


def _placed(
    i: int, r: Any, raw: Raw, start: int, checked: Callable[[bytes, bool], Raw]
) -> tuple[RawCompanion, int]:
    """The companion whose coordinates must stand at the next multiple of 8 from `start`, and where
    its file ends."""
    block, where = raw.sections["companions"], f"companion {i}"
    offset, size = int(r["file"]), int(r["file_size"])
    need(
        offset % layout.ALIGN_EMBEDDED == 0 and offset + size <= len(block) and size >= LEAST,
        RULE,
        f"{where}: its file lies outside the section",
    )
    file = block[offset : offset + size]
    count = int(_inside(where, lambda: header(file, size, True))["n_axes"])
    first = layout.align(start, 8)
    end = first + layout.COORDINATE.itemsize * count
    need(int(r["coordinates"]) == first and end <= offset, RULE, f"{where}: coordinates misplaced")
    coordinates = np.frombuffer(block, layout.COORDINATE, count, first)
    columns = int(np.where(raw.axes["kind"] == 2, raw.axes["n_spans"], 1).sum())
    weights, gap = [np.empty(0, "<f4")] * count, end
    for j in np.flatnonzero(coordinates["source"] == FEATURE).tolist():
        good = int(coordinates[j]["weights"]) == end and end + 4 * columns <= offset
        need(good, RULE, f"{where}: weights misplaced")
        weights[j] = np.frombuffer(block, "<f4", columns, end)
        end += 4 * columns
        gap = end
    need(
        offset == layout.align(end, layout.ALIGN_EMBEDDED),
        RULE,
        f"{where}: its file is not where it must be",
    )
    empty = not any(block[start:first]) and not any(block[gap:offset])
    need(empty, RULE, f"{where}: padding is not zero")
    found = _inside(where, lambda: checked(file, True))
    return RawCompanion(r, coordinates, weights, found), offset + size


def _inside(where: str, step: Callable[[], Any]) -> Any:
    """What `step` gives of the file inside; its broken rule is one of the file around it."""
    try:
        return step()
    except ArtifactError as error:
        fail(RULE, f"{where}: {error}")


def _need_coordinates(i: int, companion: RawCompanion, raw: Raw) -> None:
    rows = zip(companion.coordinates, companion.weights, companion.file.axes, strict=True)
    for j, (c, weights, axis) in enumerate(rows):
        where = f"companion {i}, coordinate {j}"
        source, index, constant = int(c["source"]), int(c["index"]), float(c["constant"])
        need(source <= PREDICTION and not c["reserved"], RULE, f"{where}: unknown source")
        if source == INPUT:
            need(index < len(raw.axes), RULE, f"{where}: no such input")
            need(_same(axis, raw.axes[index]), RULE, f"{where}: other domain than the input")
        else:
            need(axis["kind"] == 0, RULE, f"{where}: its axis is not continuous")
        if source == FEATURE:
            good = np.isfinite(weights).all() and bound.held(constant) and index == 0
            need(good, RULE, f"{where}: a weight or constant is out of range")
        else:
            need(not c["weights"] and constant == 0, RULE, f"{where}: it has no weights")
        if source == PREDICTION:
            need(index < len(raw.outputs), RULE, f"{where}: no such output")


def _same(axis: Any, other: Any) -> bool:
    fields = ("kind", "lower", "upper")
    return all(axis[name].tobytes() == other[name].tobytes() for name in fields)


def _need_role(i: int, companion: RawCompanion, raw: Raw) -> None:
    r, outputs = companion.record, companion.file.outputs
    role, first, where = int(r["role"]), outputs[0], f"companion {i}"
    need(not outputs["level"].any(), RULE, f"{where}: it has an interval of its own")
    need(len(outputs) == 1 or role == CLASS_SCORE, RULE, f"{where}: it has several outputs")
    if role == SCALE:
        good = first["link"] == 1 and first["scale"] > 0 and first["offset"] >= 0
        need(good, RULE, f"{where}: a scale is not above 0")
        level = raw.outputs[int(r["output"])]["level"]
        need(level == 0, RULE, f"{where}: its output has an interval of section 6")
    if role == FAMILIARITY:
        need(first["link"] == 0 and first["scale"] > 0, RULE, f"{where}: not a familiarity")
