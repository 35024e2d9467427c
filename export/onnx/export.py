"""Model -> two ONNX files, checked, run and compared before they are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from sna_edge import __version__
from sna_edge.errors import BackendError, InputError
from sna_edge.model import Model

from ..graph import FORWARD, GRADIENT, build
from ..graph.agreement import SAMPLES, GraphAgreement, compare
from ..graph.beside_agreement import BesideAgreement, compare_beside
from ..graph.extras import NOTHING, Extras
from ..graph.metadata import graph_metadata, notes
from .emit import emit

Floats = NDArray[np.float64]
OPSET = 17
OPSETS = range(13, 24)


@dataclass(frozen=True)
class Exported:
    """Files written, their bytes and how far they are from the float64 reference, values and what
    stands beside them (None: not run)."""

    paths: tuple[Path, ...]
    sizes: tuple[int, ...]
    agreement: GraphAgreement | None
    beside: BesideAgreement | None = None


def export(
    model: Model,
    folder: str | Path,
    *,
    stem: str = "model",
    opset: int = OPSET,
    batch: int | None = None,
    file: str | None = None,
    extras: Extras = NOTHING,
) -> Exported:
    """Write `<stem>_forward.onnx` (or `file`) and `<stem>_value_and_gradient.onnx` to `folder`, all
    or nothing.

    Tables keep their storage type (int8, int16, float16, float32). Each file passes onnx.checker
    and, where onnxruntime is installed, gives the artifact's golden vectors. Inputs and outputs are
    float32, float64 where float32 does not carry them. `extras` are further outputs of the forward
    file: ends of the interval, scale, familiarity. Raises InputError for an unsupported opset
    or batch, BackendError for a miss.

    The file answers in any ONNX runtime, one float32 input [N] per axis, by name:

    >>> import numpy as np
    >>> import sna_edge
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     done = export(model, folder, stem="plate")
    >>> [path.name for path in done.paths]
    ['plate_forward.onnx', 'plate_value_and_gradient.onnx']
    """
    if opset not in OPSETS:
        raise InputError(
            f"opset {opset} is not supported; use {OPSETS.start}..{OPSETS.stop - 1}, {OPSET} by"
            " default"
        )
    if opset > onnx.defs.onnx_opset_version():
        raise InputError(
            f"opset {opset} is newer than the installed onnx knows; use --opset {OPSET} or update"
            " onnx"
        )
    protos = {
        name: proto(model, name == GRADIENT, opset, batch, extras=extras)
        for name in (FORWARD, GRADIENT)
    }
    blobs = {name: p.SerializeToString(deterministic=True) for name, p in protos.items()}
    agreement, beside = check(model, blobs, extras)
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    paths = tuple(
        target / (file if file and name == FORWARD else f"{stem}_{name}.onnx") for name in blobs
    )
    for path, blob in zip(paths, blobs.values(), strict=True):
        path.write_bytes(blob)
    return Exported(paths, tuple(len(b) for b in blobs.values()), agreement, beside)


def proto(
    model: Model,
    gradient: bool = False,
    opset: int = OPSET,
    batch: int | None = None,
    *,
    apart: bool = False,
    extras: Extras = NOTHING,
) -> onnx.ModelProto:
    """One checked ModelProto: forward, or value and gradient."""
    extras = NOTHING if gradient else extras
    graph = build(
        model, gradient=gradient, batch=batch, apart=apart, doubles=not apart, extras=extras
    )
    properties = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in graph_metadata(model, apart, extras).items()
    }
    result = emit(graph, opset, __version__, properties, notes(model, extras))
    try:
        onnx.checker.check_model(result, full_check=True)
    except onnx.checker.ValidationError as error:
        raise BackendError(
            f"the ONNX graph is not valid ({str(error).splitlines()[0]}); report this model"
        ) from error
    return result


def check(
    model: Model, blobs: Mapping[str, bytes], extras: Extras
) -> tuple[GraphAgreement | None, BesideAgreement | None]:
    """Run both files in onnxruntime on the golden vectors; None where onnxruntime is not
    installed."""
    try:
        import onnxruntime as runtime
    except ModuleNotFoundError:
        return None, None
    sessions = {
        name: runtime.InferenceSession(blob, providers=["CPUExecutionProvider"])
        for name, blob in blobs.items()
    }
    rows = sessions[FORWARD].get_inputs()[0].shape[0]
    batch = rows if isinstance(rows, int) else None

    def asked(name: str, x: Floats) -> list[NDArray[np.floating]]:
        return run(sessions[name], x)

    values = compare(model, asked, batch, SAMPLES)
    return values, compare_beside(model, extras, asked, batch, SAMPLES) if extras.kinds else None


def run(session: object, x: Floats) -> list[NDArray[np.floating]]:
    """Outputs of a session for rows x [N, D] in axis order."""
    types = {"tensor(double)": np.float64}
    inputs = session.get_inputs()  # type: ignore[attr-defined]
    feed = {
        i.name: np.ascontiguousarray(x[:, d], types.get(i.type, np.float32))
        for d, i in enumerate(inputs)
    }
    return list(session.run(None, feed))  # type: ignore[attr-defined]
