"""The tflite backend: `model.tflite` beside `model.sna`, run by ai-edge-litert or
tflite-runtime."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..artifact.checks import validate
from ..artifact.golden import float32_offsets
from ..core.domain import DomainBox
from ..core.evaluator import Evaluator
from ..core.record import ModelRecord
from ..errors import BackendError
from ..numerics.reference import Reference

Floats = NDArray[np.float64]

RUNTIMES = (
    "ai_edge_litert.interpreter",
    "tflite_runtime.interpreter",
    "tensorflow.lite.python.interpreter",
)
FORWARD, GRADIENT = "forward", "value_and_gradient"
BLOCK = (
    512  # rows per call of a graph of any batch: the gathered table rows then stay in a 2 MB cache
)
HASH = b'"sna_content_sha256":"'


def interpreter_class() -> Any:
    """The Interpreter of the first runtime that is installed. Raises BackendError."""
    for name in RUNTIMES:
        try:
            return import_module(name).Interpreter
        except ImportError:
            continue
    raise BackendError(
        "no TFLite runtime is installed; pip install ai-edge-litert, or tflite-runtime where numpy"
        " is older than 2"
    )


def create(model: ModelRecord) -> TfliteBackend | FilledBackend:
    """The backend of a model loaded from a file, or of one with some of its inputs fixed."""
    if model.parent is not None:
        parent, fixed = model.parent
        own = getattr(parent, "backend", None)  # a model that serves itself already
        served: Evaluator = own if own is not None and own.name == "tflite" else create(parent)
        return FilledBackend(served, fixed, inputs=len(model.axes))
    if model.path is None:
        raise BackendError(
            "the tflite backend needs a loaded MODEL.sna with MODEL.tflite beside it; save the"
            " model and export it first"
        )
    return TfliteBackend(model, Path(model.path).with_suffix(".tflite"))


class TfliteBackend:
    """Value and gradient through the signatures of a file, in float32.

    Rows outside the domain, where the graph says NaN, are continued in float64 as every backend
    does.
    """

    name = "tflite"

    def __init__(self, model: ModelRecord, path: Path) -> None:
        try:
            self._blob = path.read_bytes()
        except OSError as error:
            advice = f"sna-edge export {model.path} --to tflite -o {path.parent}"
            raise BackendError(
                f"cannot read {path} ({error.strerror}); make it with {advice}"
            ) from None
        _same_content(self._blob, model, path)
        low, plus = float32_offsets(model)
        _same_offsets(self._blob, low, plus, path)
        self._low, self._plus = np.array(low), np.array(plus)
        self._shifts = bool(any(low) or any(plus))
        self._names = [o.name for o in model.outputs]
        self._inputs = [a.name for a in model.axes]
        self._shape = (len(model.axes),)
        self._reference = Reference(model)
        self._domain = DomainBox(model.axes)
        self._lock = Lock()  # an interpreter serves one call at a time
        self._class = interpreter_class()
        self._forward: dict[int, _Forward] = {}
        try:
            first = self._class(model_content=self._blob, num_threads=1)
        except (ValueError, RuntimeError):
            raise BackendError(
                f"{path} is damaged or incomplete; export it again with sna-edge export, or copy it"
                " again"
            ) from None
        self._gradient = first.get_signature_runner(GRADIENT)
        self._places = _places(first, self._inputs, self._names)
        signature = first.get_input_details()[0]["shape_signature"]
        self._fixed = int(signature[0]) if signature[0] > 0 else None

    def single(self, query: object) -> Floats | None:
        """y [K] of one float64 array (D,) inside the domain; None sends the query down the ordinary
        way."""
        if (
            type(query) is not np.ndarray
            or query.shape != self._shape
            or query.dtype != np.float64
            or self._fixed not in (None, 1)
        ):
            return None
        if not self._domain.contains(
            query[None]
        ):  # in float64: the graph would take what rounds to a bound
            return None
        with self._lock:
            y = self._graph(1).one(query - self._low if self._shifts else query)
        if np.isnan(y[0]):
            return None
        return y + self._plus if self._shifts else y

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        size = self._fixed or (1 if len(x) == 1 else BLOCK)
        columns = np.ascontiguousarray((x - self._low if self._shifts else x).T, dtype=np.float32)
        y = np.empty((len(x), len(self._names)))
        with self._lock:
            run = self._graph(size)
            for start in range(0, len(x), size):
                run(columns[:, start : start + size], y[start : start + size])
        y += self._plus
        missing = np.isnan(y[:, 0]) & np.isfinite(x).all(axis=1)
        if missing.any():
            y[missing] = self._reference.value(x[missing])
        return y

    def _graph(self, rows: int) -> _Forward:
        if rows not in self._forward:
            interpreter = self._class(model_content=self._blob, num_threads=1)
            self._forward[rows] = _Forward(
                interpreter, None if self._fixed else rows, *self._places
            )
        return self._forward[rows]

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        if not len(x):
            return np.empty((0, len(self._names))), np.empty((0, len(self._names), *self._shape))
        size = self._fixed or min(len(x), BLOCK)
        answers = []
        for block, count in _blocks(x, size):
            small = (block - self._low).astype(np.float32)
            with self._lock:
                answer = self._gradient(
                    **{
                        name: np.ascontiguousarray(small[:, d])
                        for d, name in enumerate(self._inputs)
                    }
                )
            answers.append({name: part[:count] for name, part in answer.items()})
        y = (
            np.stack([np.concatenate([a[n] for a in answers]) for n in self._names], axis=1).astype(
                float
            )
            + self._plus
        )
        g = np.stack(
            [np.concatenate([a[f"d_{n}"] for a in answers]) for n in self._names], axis=1
        ).astype(float)
        missing = np.isnan(y[:, 0]) & np.isfinite(x).all(axis=1)
        if missing.any():
            y[missing], g[missing] = self._reference.value_and_gradient(x[missing])
        return y, g


def _places(interpreter: Any, inputs: list[str], outputs: list[str]) -> tuple[list[int], list[int]]:
    """Tensor indices of the signature `forward` in the artifact's order; converters order them as
    they like."""
    runner = interpreter.get_signature_runner(FORWARD)
    ins, outs = runner.get_input_details(), runner.get_output_details()
    if {d["index"] for d in interpreter.get_output_details()} != {
        d["index"] for d in outs.values()
    }:
        raise BackendError(
            "the first graph of this TFLite file is not 'forward'; export the model again"
        )
    return [ins[name]["index"] for name in inputs], [outs[name]["index"] for name in outputs]


class _Forward:
    """The signature `forward` for one number of rows; inputs and outputs are written and read in
    place."""

    def __init__(
        self, interpreter: Any, rows: int | None, inputs: list[int], outputs: list[int]
    ) -> None:
        self._invoke = interpreter.invoke
        if rows is not None:
            for index in inputs:
                interpreter.resize_tensor_input(index, [rows])
        interpreter.allocate_tensors()
        self._in = [interpreter.tensor(index) for index in inputs]
        self._out = [interpreter.tensor(index) for index in outputs]

    def __call__(self, columns: NDArray[np.float32], y: Floats) -> None:
        """Write y [n, K] of columns [D, n]; where n is less than this graph takes, what was asked
        before fills it up."""
        count = len(y)
        # the views must be gone before the graph runs
        for view, column in zip(self._in, columns, strict=True):
            view()[:count] = column
        self._invoke()
        for k, view in enumerate(self._out):
            y[:, k] = view()[:count]

    def one(self, x: Floats) -> Floats:
        """y [K] of one point x [D]."""
        for view, number in zip(self._in, x.tolist(), strict=True):
            view()[0] = number
        self._invoke()
        return np.array([view()[0] for view in self._out], dtype=float)


class FilledBackend:
    """A model with some inputs fixed: the parent's backend with their columns filled in."""

    name = "tflite"

    def __init__(self, parent: Evaluator, fixed: dict[int, float], *, inputs: int) -> None:
        self._parent = parent
        self._fixed = fixed
        self._free = [d for d in range(inputs + len(fixed)) if d not in fixed]

    def _filled(self, x: Floats) -> Floats:
        full = np.empty((len(x), len(self._free) + len(self._fixed)))
        full[:, self._free] = x
        for d, value in self._fixed.items():
            full[:, d] = value
        return full

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        return self._parent.value(self._filled(x))

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        y, g = self._parent.value_and_gradient(self._filled(x))
        return y, np.ascontiguousarray(g[:, :, self._free])


def _blocks(x: Floats, size: int) -> list[tuple[Floats, int]]:
    """x in blocks of `size` rows with the number that count; the last one is filled up with its
    first row."""
    blocks = []
    for start in range(0, len(x), size):
        block = x[start : start + size]
        fill = np.repeat(block[:1], size - len(block), axis=0)
        blocks.append((np.vstack([block, fill]) if len(fill) else block, len(block)))
    return blocks


def _same_offsets(blob: bytes, low: list[float], plus: list[float], path: Path) -> None:
    """Refuse a file of a model whose numbers float32 does not carry that was made before files took
    them without their offset."""
    for key, offsets in ((b'"input_offset":', low), (b'"output_offset":', plus)):
        if any(offsets) and key not in blob:
            raise BackendError(
                f"{path} takes numbers in float32 that float32 does not carry; export it again with"
                " sna-edge export"
            )


def _same_content(blob: bytes, model: ModelRecord, path: Path) -> None:
    """Refuse a file that was exported from another model."""
    at = blob.find(HASH)
    if at < 0:
        raise BackendError(
            f"{path} does not name the model it was made from; export it again with sna-edge export"
        )
    stored = blob[at + len(HASH) : at + len(HASH) + 64].decode("ascii", "replace")
    if (
        model.artifact is None
        or stored != validate(model.artifact).sections["integrity"][:32].hex()
    ):
        raise BackendError(
            f"{path} was made from another model than {model.path}; export it again with sna-edge"
            " export"
        )
