"""Bytes -> model: every rule checked; who asked replays the golden vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis import SpanBasis, uniform_breaks
from ..core.basis.span import DENSE_ROWS
from ..core.interaction import CP, TT, Interaction
from ..core.interaction.stored import StoredRows, StoredTables
from ..core.mesh import Mesh
from ..core.output import Interval, Output
from ..core.record import Record
from ..errors import ArtifactError, InputError
from . import layout
from .canonical_form import canonical
from .checks import validate
from .golden import Golden
from .raw_views import Raw, break_arrays, matrix_array, span_arrays, table_array

Floats = NDArray[np.float64]


def from_bytes(
    data: bytes, kind: Callable[..., Record], *, path: str | None = None
) -> tuple[Record, Raw]:
    """The model in `data`, made by `kind` (a class of records), and the file as checked: its golden
    vectors are still to be replayed. `path` is the file it came from.

    Raises ArtifactError with the named rule that is broken.
    """
    raw = validate(data)
    certificate, metadata = _json(raw, "certificate"), _json(raw, "metadata")
    names = _names(raw, metadata)
    told: tuple[str, ...] = (
        ("axes", "outputs", "raw_inputs") if raw.has_beside else ("axes", "outputs")
    )
    if raw.has_nodes:
        from .nodes import read as read_nodes

        names["meshes"] = read_nodes(raw, metadata)
        told += ("nodes",)
    more: dict[str, Any] = {}
    if raw.has_beside:
        from .beside import read  # few files have anything beside the values

        more = read.parts(raw, names, partial(_record, kind))
    model = _record(
        kind,
        raw,
        names,
        certificate=certificate,
        metadata={k: v for k, v in metadata.items() if k not in told},
        artifact=data,
        path=path,
        **more,
    )
    if "classes" in metadata:
        _need_classes(model)
    return model, raw


def _need_classes(model: Record) -> None:
    try:
        _ = model.classes
    except InputError as error:
        raise ArtifactError("bad_metadata", str(error)) from None


def _record(kind: Callable[..., Record], raw: Raw, names: dict[str, Any], **more: Any) -> Record:
    """The function that a file, or a file inside it, means."""
    meshes = names.get("meshes", {})
    axes = tuple(_axis(raw, d, names["axes"][d], meshes) for d in range(len(raw.axes)))
    outputs = [_output(r, *names["outputs"][k]) for k, r in enumerate(raw.outputs)]
    return kind(
        axes,
        _interaction(raw),
        outputs,
        dtypes=[layout.DTYPES[a["dtype"]] for a in raw.axes],
        integer_path=raw.has_integer_path,
        **more,
    )


def golden_vectors(raw: Raw) -> Golden:
    """The golden vectors of a validated file."""
    block, d, k = raw.sections["golden"], len(raw.axes), len(raw.outputs)
    count = int(np.frombuffer(block, "<u4", 1)[0])
    numbers = np.frombuffer(block, "<f8", offset=8)
    split = 2 * k + count * d
    inputs, expected = numbers[2 * k : split].reshape(count, d), numbers[split:].reshape(count, k)
    return Golden(inputs, expected, numbers[:k], numbers[k : 2 * k])


def _json(raw: Raw, name: str) -> dict[str, Any]:
    try:
        value = json.loads(bytes(raw.sections[name]).decode())
        good = isinstance(value, dict) and canonical(value) == raw.sections[name]
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise ArtifactError(
            "bad_metadata", f"section {name!r} is not canonical JSON; export the model again"
        )
    result: dict[str, Any] = value
    return result


def _names(raw: Raw, metadata: dict[str, Any]) -> dict[str, Any]:
    """{"axes": [(name, unit, levels)], "outputs": [(name, unit)], "raw_inputs": [(name, unit)]},
    checked."""
    axes, outputs = metadata.get("axes"), metadata.get("outputs")
    if not _entries(axes, len(raw.axes), (2, 3)) or not _entries(outputs, len(raw.outputs), (2,)):
        raise ArtifactError(
            "bad_metadata", "names of inputs or outputs are missing, repeated or not text"
        )
    assert isinstance(axes, list) and isinstance(outputs, list)
    rows = []
    for entry, record in zip(axes, raw.axes, strict=True):
        categorical = record["kind"] == layout.LEVELS
        levels = tuple(entry[2]) if len(entry) == 3 and isinstance(entry[2], list) else ()
        wanted = int(record["n_spans"]) if categorical else 0
        good = len(entry) == (3 if categorical else 2) and all(isinstance(v, str) for v in levels)
        if not good or not len(levels) == len(set(levels)) == wanted:
            raise ArtifactError("bad_metadata", f"input {entry[0]!r} needs {wanted} level names")
        rows.append((entry[0], entry[1], levels))
    raw_inputs = _raw_names(raw, metadata, {name for name, *_ in rows})
    return {"axes": rows, "outputs": outputs, "raw_inputs": raw_inputs}


def _raw_names(raw: Raw, metadata: dict[str, Any], inputs: set[str]) -> list[Any]:
    """[(name, unit)] of the raw readings, checked; files without section 16 have none."""
    if not raw.has_beside:
        return []
    wanted = len(raw.readings.ends) if raw.readings else 0
    given = metadata.get("raw_inputs", [])
    good = wanted > 0 if "raw_inputs" in metadata else not wanted
    if not good or not _entries(given, wanted, (2,)) or inputs & {name for name, _ in given}:
        raise ArtifactError(
            "bad_metadata", "names of raw readings are missing, repeated or not text"
        )
    return list(given)


def _entries(value: object, count: int, lengths: tuple[int, ...]) -> bool:
    if not isinstance(value, list) or len(value) != count:
        return False
    for entry in value:
        if (
            not isinstance(entry, list)
            or len(entry) not in lengths
            or not all(isinstance(t, str) for t in entry[:2])
        ):
            return False
    names = [entry[0] for entry in value]
    return all(names) and len(set(names)) == count


def _axis(
    raw: Raw, d: int, names: tuple[str, str, tuple[str, ...]], meshes: dict[int, Mesh]
) -> Axis:
    a = raw.axes[d]
    first, ids = span_arrays(a, raw.sections)
    matrices = matrix_array(a, raw.sections).astype(float) / layout.FOLD[layout.DTYPES[a["dtype"]]]
    kind = layout.KINDS[a["kind"]]
    spans = int(a["n_spans"])
    if a["kind"] >= layout.LEVELS:
        breaks: Floats = np.arange(spans + 1, dtype=float) - 0.5
    elif a["flags"] & 1:
        breaks = uniform_breaks(float(a["lower"]), float(a["upper"]), spans)
    else:
        breaks = break_arrays(a, raw.sections)[0]
    label = {"categorical": "levels", "node": "levels", "periodic": "periodic"}.get(kind, "spline")
    basis = SpanBasis(breaks, int(a["degree"]), first, ids, matrices, int(a["n_rows"]), label)
    if kind == "node":
        return Axis(names[0], names[1], basis, mesh=meshes[d])
    support = np.frombuffer(raw.sections["spans"], np.uint8, spans, int(a["support_offset"]))
    return Axis(names[0], names[1], basis, names[2], support)


def _output(r: Any, name: str, unit: str) -> Output:
    interval = None
    if r["level"] > 0:
        interval = Interval(
            float(r["level"]),
            float(r["below"]),
            float(r["above"]),
            layout.SPACES[r["interval_space"]],
        )
    return Output(
        name, unit, layout.LINKS[r["link"]], float(r["scale"]), float(r["offset"]),
        float(r["bias"]),
        interval, (float(r["range_low"]), float(r["range_high"])),
    )  # fmt: skip


def _interaction(raw: Raw) -> Interaction:
    if raw.is_tt:
        shapes = [(int(a["left"]), int(a["right"])) for a in raw.axes]
        tables = [_table(a, raw) for a in raw.axes]
        if any(isinstance(t, StoredRows) for t in tables):
            return TT(cast(Any, StoredTables(tables, shapes)), raw.weights)
        return TT(
            tuple(t[:].reshape(-1, *s) for t, s in zip(tables, shapes, strict=True)), raw.weights
        )
    row = np.arange(len(raw.weights)) - np.repeat(raw.groups["first"], raw.sizes)
    is_mode = row < np.repeat(raw.groups["count"], raw.sizes)
    used = np.repeat(raw.uses, raw.sizes, axis=0)
    kept = [_table(a, raw, is_mode[u]) for a, u in zip(raw.axes, used.T, strict=True)]
    held = StoredTables(kept) if any(isinstance(t, StoredRows) for t in kept) else tuple(kept)
    return CP(
        cast(Any, held), tuple(np.flatnonzero(u) for u in used[is_mode].T), raw.weights[is_mode]
    )


def _table(a: Any, raw: Raw, keep: NDArray[np.bool_] | None = None) -> Floats | StoredRows:
    """The columns `keep` of a table, decoded; that of a part as it is stored."""
    table, unit = table_array(a, raw.sections), layout.FOLD[layout.DTYPES[a["dtype"]]]
    columns = None if keep is None or keep.all() else np.flatnonzero(keep)
    if a["kind"] == layout.NODE and len(table) > DENSE_ROWS:
        return StoredRows(table, unit, columns)
    decoded = table.astype(float)
    decoded *= unit
    kept = decoded if columns is None else decoded[:, columns]
    kept.setflags(write=False)  # taken without a copy
    return kept
