"""Bytes -> model: every rule checked, then the golden vectors replayed."""

from __future__ import annotations

import json
import os
import stat
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis import SpanBasis, uniform_breaks
from ..core.interaction import CP, TT, Interaction
from ..core.output import Interval, Output
from ..errors import ArtifactError, InputError
from ..model import Model
from . import checks, layout
from .golden import Golden, replay
from .writer import canonical

Floats = NDArray[np.float64]


def read(path: str | PathLike[str], backend: str = "auto") -> Model:
    """The model in the file `path`, checked and replayed. Raises InputError or ArtifactError."""
    data = _contents(path)
    return from_bytes(data, backend, path=os.fspath(path))


def _contents(path: str | PathLike[str]) -> bytes:
    """The bytes of a regular file; its size and its first bytes are looked at before the rest is
    read, and nothing is waited for."""
    try:
        _need_file(path, os.stat(path).st_mode)
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            _need_file(path, found.st_mode)
            head = file.read(checks.LEAST)
            checks.header(head, found.st_size)
            return head + file.read(found.st_size - len(head) + 1)
    except (InputError, ArtifactError):
        raise
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {path}: {reason}; give the path of an .sna file") from None


def _need_file(path: str | PathLike[str], mode: int) -> None:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
    if not stat.S_ISREG(mode):
        kind = next((name for test, name in kinds if test(mode)), "a device")
        raise InputError(f"cannot read {path}: it is {kind}; give the path of an .sna file")


def from_bytes(data: bytes, backend: str = "auto", *, path: str | None = None) -> Model:
    """The model in `data`; `path` names their file to backends that read another one beside it.

    Raises ArtifactError with the named rule that is broken.
    """
    data = bytes(data)
    raw = checks.validate(data)
    certificate, metadata = _json(raw, "certificate"), _json(raw, "metadata")
    names = _names(raw, metadata)
    axes = tuple(_axis(raw, d, names["axes"][d]) for d in range(len(raw.axes)))
    outputs = [_output(r, *names["outputs"][k]) for k, r in enumerate(raw.outputs)]
    extra = {k: v for k, v in metadata.items() if k not in ("axes", "outputs")}
    model = Model(
        axes, _interaction(raw), outputs,
        dtypes=[layout.DTYPES[a["dtype"]] for a in raw.axes],
        certificate=certificate, metadata=extra, backend="numpy", integer_path=bool(raw.header["features"] & layout.FEATURE_FIXED),
    )  # fmt: skip
    model.artifact, model.path = data, path
    golden = golden_vectors(raw)
    replay(model, golden)
    if model.integer_path:
        from .integer_path.attach import replay as replay_integers

        replay_integers(raw)
    if backend != "numpy":
        model = model.with_backend(backend)
        replay(model, golden)
    return model


def golden_vectors(raw: checks.Raw) -> Golden:
    """The golden vectors of a validated file."""
    block, d, k = raw.sections["golden"], len(raw.axes), len(raw.outputs)
    count = int(np.frombuffer(block, "<u4", 1)[0])
    numbers = np.frombuffer(block, "<f8", offset=8)
    split = 2 * k + count * d
    inputs, expected = numbers[2 * k : split].reshape(count, d), numbers[split:].reshape(count, k)
    return Golden(inputs, expected, numbers[:k], numbers[k : 2 * k])


def _json(raw: checks.Raw, name: str) -> dict[str, Any]:
    try:
        value = json.loads(raw.sections[name].decode())
        good = isinstance(value, dict) and canonical(value) == raw.sections[name]
    except (ValueError, RecursionError):
        good = False
    if not good:
        raise ArtifactError(
            "bad_metadata", f"section {name!r} is not canonical JSON; export the model again"
        )
    result: dict[str, Any] = value
    return result


def _names(raw: checks.Raw, metadata: dict[str, Any]) -> dict[str, Any]:
    """{"axes": [(name, unit, levels)], "outputs": [(name, unit)]}, checked."""
    axes, outputs = metadata.get("axes"), metadata.get("outputs")
    if not _entries(axes, len(raw.axes), (2, 3)) or not _entries(outputs, len(raw.outputs), (2,)):
        raise ArtifactError(
            "bad_metadata", "names of inputs or outputs are missing, repeated or not text"
        )
    assert isinstance(axes, list) and isinstance(outputs, list)
    rows = []
    for entry, record in zip(axes, raw.axes, strict=True):
        categorical = record["kind"] == 2
        levels = tuple(entry[2]) if len(entry) == 3 and isinstance(entry[2], list) else ()
        wanted = int(record["n_spans"]) if categorical else 0
        good = len(entry) == (3 if categorical else 2) and all(isinstance(v, str) for v in levels)
        if not good or not len(levels) == len(set(levels)) == wanted:
            raise ArtifactError("bad_metadata", f"input {entry[0]!r} needs {wanted} level names")
        rows.append((entry[0], entry[1], levels))
    return {"axes": rows, "outputs": outputs}


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


def _axis(raw: checks.Raw, d: int, names: tuple[str, str, tuple[str, ...]]) -> Axis:
    a = raw.axes[d]
    first, ids = checks.span_arrays(a, raw.sections)
    matrices = (
        checks.matrix_array(a, raw.sections).astype(float) / layout.FOLD[layout.DTYPES[a["dtype"]]]
    )
    kind = layout.KINDS[a["kind"]]
    spans = int(a["n_spans"])
    if kind == "categorical":
        breaks: Floats = np.arange(spans + 1, dtype=float) - 0.5
    elif a["flags"] & 1:
        breaks = uniform_breaks(float(a["lower"]), float(a["upper"]), spans)
    else:
        breaks = checks.break_arrays(a, raw.sections)[0]
    label = {"categorical": "levels", "periodic": "periodic"}.get(kind, "spline")
    basis = SpanBasis(breaks, int(a["degree"]), first, ids, matrices, int(a["n_rows"]), label)
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
        name, unit, layout.LINKS[r["link"]], float(r["scale"]), float(r["offset"]), float(r["bias"]),
        interval, (float(r["range_low"]), float(r["range_high"])),
    )  # fmt: skip


def _interaction(raw: checks.Raw) -> Interaction:
    tables = [_decoded(a, raw) for a in raw.axes]
    if raw.is_tt:
        shapes = [(int(a["n_rows"]), int(a["left"]), int(a["right"])) for a in raw.axes]
        return TT(tuple(t.reshape(s) for t, s in zip(tables, shapes, strict=True)), raw.weights)
    place = np.arange(len(raw.weights)) - np.repeat(raw.groups["first"], raw.sizes)
    is_mode = place < np.repeat(raw.groups["count"], raw.sizes)
    used = np.repeat(raw.uses, raw.sizes, axis=0)
    kept = tuple(t[:, is_mode[u]] for t, u in zip(tables, used.T, strict=True))
    return CP(kept, tuple(np.flatnonzero(u) for u in used[is_mode].T), raw.weights[is_mode])


def _decoded(a: Any, raw: checks.Raw) -> Floats:
    return (
        checks.table_array(a, raw.sections).astype(float) * layout.FOLD[layout.DTYPES[a["dtype"]]]
    )
