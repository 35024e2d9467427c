"""Model -> bytes, deterministic: the same model gives the same file."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.interaction import CP
from ..core.magnitude import need_double
from ..core.record import ModelRecord
from . import beside, layout, nodes
from .canonical_form import as_stored, canonical, with_fewest_matrices
from .golden import Golden, Scale, make
from .grouping import groups_of, padded_columns, padded_rank, padded_weights
from .integer_section import section
from .limits import need_magnitudes, need_sizes
from .storage_width import with_storage

Array = NDArray[Any]


@dataclass
class _Pool:
    """A section whose arrays may be shared by axes: equal bytes are stored once."""

    data: bytearray = field(default_factory=bytearray)
    known: dict[bytes, int] = field(default_factory=dict)

    def add(self, block: bytes, alignment: int = 1) -> int:
        if block not in self.known:
            self.data.extend(b"\0" * (layout.align(len(self.data), alignment) - len(self.data)))
            self.known[block] = len(self.data)
            self.data.extend(block)
        return self.known[block]


def write(model: ModelRecord) -> bytes:
    """The artifact of `model`, its intervals wider by what storing adds; not signed. Raises
    InputError when a number does not fit its storage type or a count exceeds a limit of the
    format."""
    return _file(model)


def _file(model: ModelRecord, embedded: bool = False) -> bytes:
    """The file of a model, or, `embedded`, of a companion: without names, certificate, digests."""
    need_sizes(model)
    for axis in model.axes:
        need_double(f"input {axis.name!r}", axis.lower, axis.upper)
    with np.errstate(
        over="ignore", invalid="ignore"
    ):  # of float32, which may be too narrow; what float64 cannot hold is refused
        stored = with_storage(as_stored(model), model)
        golden, scale = make(stored, peaks=embedded)
        for output, ends in zip(stored.outputs, scale.ranges, strict=True):
            need_double(f"output {output.name!r}", *ends)
    need_magnitudes(stored, scale)
    if embedded:
        stored, golden = with_fewest_matrices(stored), golden.largest()
    records, spans, breaks, matrices = _axes(stored)
    step = layout.ALIGN_EMBEDDED if embedded else layout.ALIGN
    groups, tables = _tables(stored, records, step)
    fixed = section(stored, groups, scale.ranges) if stored.integer_path else b""
    sections = dict.fromkeys(layout.FIRST_SECTIONS, b"") | {
        "axes": records.tobytes(),
        "spans": bytes(spans.data),
        "breaks": bytes(breaks.data),
        "matrices": bytes(matrices.data),
        "tables": tables,
        "interaction": groups.tobytes(),
        "outputs": _outputs(stored, scale, groups),
        "fixed": fixed,
        "golden": _golden(golden),
    }
    features = (0 if isinstance(stored.interaction, CP) else layout.FEATURE_TT) | (
        layout.FEATURE_FIXED if fixed else 0
    )
    if embedded:
        return bytes(_assembled(sections, stored, groups, features, step))
    more = beside.sections(stored, partial(_file, embedded=True))
    if any(a.mesh is not None for a in stored.axes):
        more = dict.fromkeys(layout.BESIDE_SECTIONS, b"") | more | {"nodes": nodes.section(stored)}
        features |= layout.FEATURE_NODES
    features |= layout.FEATURE_BESIDE if more else 0
    sections |= {
        "certificate": canonical(stored.certificate),
        "metadata": canonical({**_told(stored, bool(more)), **names(stored)}),
        "integrity": bytes(64),
        "signature": bytes(128),
        **more,
    }
    return _sealed(_assembled(sections, stored, groups, features, step))


def _told(model: ModelRecord, beside: bool) -> dict[str, Any]:
    """The metadata that a caller gave; in a file with sections 14 to 16 raw inputs are those of the
    readings."""
    return {k: v for k, v in model.metadata.items() if not (beside and k == "raw_inputs")}


def names(model: ModelRecord) -> dict[str, Any]:
    """The part of the metadata that gives the numbers their names."""
    raw = model.readings.raw if model.readings else ()
    return {
        "axes": [
            [a.name, a.unit, list(a.level_names)]
            if a.level_names and a.mesh is None
            else [a.name, a.unit]
            for a in model.axes
        ],
        "outputs": [[o.name, o.unit] for o in model.outputs],
        **({"raw_inputs": [[r.name, r.unit] for r in raw]} if raw else {}),
        **nodes.names(model.axes),
    }


def _axes(model: ModelRecord) -> tuple[Array, _Pool, _Pool, _Pool]:
    records = np.zeros(len(model.axes), layout.AXIS)
    spans, breaks, matrices = _Pool(), _Pool(), _Pool()
    for record, axis, dtype in zip(records, model.axes, model.dtypes, strict=True):
        basis = axis.basis
        record["lower"], record["upper"] = axis.lower, axis.upper
        record["inv_width"] = basis.inv_width[0] if basis.uniform else 0.0
        record["inv_width32"] = layout.rounded32(float(record["inv_width"]))
        record["lower32"], record["upper32"] = layout.outward32(axis.lower, axis.upper)
        kind = axis.kind if axis.mesh is None else "node"
        record["kind"], record["degree"] = layout.KINDS.index(kind), basis.degree
        record["dtype"], record["flags"] = layout.DTYPES.index(dtype), int(basis.uniform)
        record["n_spans"], record["n_rows"], record["n_matrices"] = (
            basis.n_spans,
            basis.n_rows,
            len(basis.matrices),
        )
        folded = (basis.matrices * layout.FOLD[dtype]).astype("<f4")
        record["matrices_offset"] = matrices.add(folded.tobytes(), 4)
        if axis.mesh is not None:
            continue
        block = basis.first_row.astype("<u2").tobytes() + basis.matrix_id.astype("<u2").tobytes()
        record["spans_offset"] = spans.add(block, 2)
        if not basis.uniform and axis.kind != "categorical":
            record["breaks_offset"] = breaks.add(_breaks(axis), 8)
    for record, axis in zip(records, model.axes, strict=True):
        if axis.mesh is None:
            record["support_offset"] = spans.add(axis.support.tobytes())
    return records, spans, breaks, matrices


def _breaks(axis: Axis) -> bytes:
    return axis.basis.breaks.astype("<f8").tobytes() + axis.basis.inv_width.astype("<f8").tobytes()


def _tables(model: ModelRecord, records: Array, step: int) -> tuple[Array, bytes]:
    work = model.interaction
    groups = groups_of(work) if isinstance(work, CP) else np.zeros(0, layout.GROUP_RECORD)
    data = bytearray()
    for d, (record, table, dtype) in enumerate(
        zip(records, work.tables, model.dtypes, strict=True)
    ):
        if isinstance(work, CP):
            table = padded_columns(table, d, groups)
        else:
            record["left"], record["right"] = work.cores[d].shape[1:]
        record["n_columns"] = table.shape[1]
        data.extend(b"\0" * (layout.align(len(data), step) - len(data)))
        record["table_offset"] = len(data)
        unit = layout.FOLD[dtype]
        data.extend((table / unit).astype(layout.STORAGE[dtype]).tobytes())
    return groups, bytes(data)


def _outputs(model: ModelRecord, scale: Scale, groups: Array) -> bytes:
    records = np.zeros(len(model.outputs), layout.OUTPUT)
    spaces = _spaces(model)
    for k, (record, output) in enumerate(zip(records, model.outputs, strict=True)):
        record["bias"], record["scale"], record["offset"] = output.bias, output.scale, output.offset
        record["below"] = record["above"] = np.nan
        if output.interval:
            record["below"], record["above"] = output.interval.below, output.interval.above
            record["level"] = output.interval.level
        record["interval_space"] = layout.SPACES.index(spaces[k])
        record["range_low"], record["range_high"] = scale.low[k], scale.high[k]
        record["kappa"] = min(scale.kappa[k], 3e38)
        record["link"] = layout.LINKS.index(output.link)
    return records.tobytes() + padded_weights(model, groups).astype("<f4").tobytes()


def _spaces(model: ModelRecord) -> list[str]:
    """Of the interval or of the residuals of every output."""
    if model.calibration is not None and model.calibration.n_residuals:
        return list(model.calibration.spaces)
    return [o.interval.space if o.interval else "output" for o in model.outputs]


def _golden(golden: Golden) -> bytes:
    parts = (golden.tolerance64, golden.tolerance32, golden.inputs, golden.expected)
    head = np.array([len(golden.inputs), 0], "<u4").tobytes()
    return head + b"".join(np.ascontiguousarray(p, "<f8").tobytes() for p in parts)


def _assembled(
    sections: dict[str, bytes], model: ModelRecord, groups: Array, features: int, step: int
) -> bytearray:
    """Header, section table and sections, one behind the other."""
    minor = layout.MINOR if features & layout.FEATURE_BESIDE else 0
    header = np.zeros(1, layout.HEADER)
    header[0] = (
        layout.MAGIC, layout.MAJOR, minor, features, 0, len(sections), len(model.axes),
        len(model.outputs),
        len(groups), padded_rank(model, groups), np.zeros(32),
    )  # fmt: skip
    return _joined(header, sections, step)


def assembled_again(data: bytes, sections: dict[str, bytes]) -> bytes:
    """The file `data` with other sections, those of format 1.1 among them."""
    header = np.frombuffer(data, layout.HEADER, 1).copy()
    header["n_sections"], header["minor"] = len(sections), layout.MINOR
    header["features"] |= layout.FEATURE_BESIDE
    return _sealed(_joined(header, sections, layout.ALIGN))


def _joined(header: Array, sections: dict[str, bytes], step: int) -> bytearray:
    """Header, with the size of the file, section table and sections."""
    table = np.zeros(len(sections), layout.SECTION)
    end = layout.HEADER.itemsize + table.nbytes
    for i, block in enumerate(sections.values()):
        table[i] = (i + 1, layout.align(end, step), len(block), 0)
        end = layout.align(end, step) + len(block)
    header["file_size"] = end
    data = bytearray(end)
    data[: layout.HEADER.itemsize] = header.tobytes()
    data[layout.HEADER.itemsize : layout.HEADER.itemsize + table.nbytes] = table.tobytes()
    for record, block in zip(table, sections.values(), strict=True):
        data[record["offset"] : record["offset"] + record["size"]] = block
    return data


def _sealed(data: bytearray) -> bytes:
    """The file with the digests of all bytes but those of sections 12 and 13."""
    place = layout.HEADER.itemsize + layout.SECTION.itemsize * layout.SECTIONS.index("integrity")
    integrity, signature = np.frombuffer(bytes(data), layout.SECTION, 2, place)
    start, behind = int(integrity["offset"]), int(signature["offset"] + signature["size"])
    body = data[:start] + data[behind:]
    digest = hashlib.sha256(body).digest() + np.array([zlib.crc32(body)], "<u4").tobytes()
    data[start : start + len(digest)] = digest
    return bytes(data)
