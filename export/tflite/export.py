"""Model -> one TFLite file with signatures `forward` and `value_and_gradient`, run and compared
before it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact.golden import float32_offsets
from sna_edge.backends.tflite import interpreter_class
from sna_edge.errors import BackendError, InputError
from sna_edge.model import Model

from ..graph import FORWARD, GRADIENT, build
from ..graph.agreement import SAMPLES, GraphAgreement, compare
from ..graph.beside_agreement import BesideAgreement, compare_beside
from ..graph.extras import NOTHING, Extras
from ..graph.metadata import graph_metadata

Floats = NDArray[np.float64]
CONVERTERS = ("direct", "onnx2tf")


@dataclass(frozen=True)
class Exported:
    """The file, its bytes and how far it is from the float64 reference, values and what stands
    beside them (None: not run)."""

    path: Path
    size: int
    agreement: GraphAgreement | None
    beside: BesideAgreement | None = None


def export(
    model: Model,
    folder: str | Path,
    *,
    stem: str = "model",
    batch: int | None = None,
    converter: str = "direct",
    extras: Extras = NOTHING,
) -> Exported:
    """Write `<stem>.tflite` to `folder`: put it beside `<stem>.sna`, where the `tflite` backend
    looks for it.

    Tables keep their storage type. `batch`: fixed number of rows, None for any. `converter`:
    "direct" writes the operators themselves, "onnx2tf" takes the ONNX graphs through onnx2tf and
    tensorflow. `extras` are further outputs of the signature `forward`, which only the direct
    converter writes. Raises InputError, BackendError.
    """
    if converter not in CONVERTERS:
        raise InputError(f"unknown converter {converter!r}; use one of {', '.join(CONVERTERS)}")
    if extras.kinds and converter != "direct":
        raise InputError(
            f"the converter {converter} writes values only; leave out --converter, or --with"
        )
    if converter == "direct":
        blob = to_bytes(model, batch, extras)
    else:
        from .convert import through_onnx2tf
        from .emit import labelled

        blob = labelled(through_onnx2tf(model, batch), {"sna_edge": metadata(model)})
    try:
        agreement, beside = check(model, blob, batch, extras)
    except RuntimeError as error:
        cause = str(error).strip()
        raise BackendError(
            f"the {converter} file does not run ({cause}); use the direct converter or report this"
            " model"
        ) from None
    path = Path(folder) / f"{stem}.tflite"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(blob)
    return Exported(path, len(blob), agreement, beside)


def to_bytes(model: Model, batch: int | None = None, extras: Extras = NOTHING) -> bytes:
    """The file of both graphs, the same bytes for the same model.

    >>> import numpy as np
    >>> import sna_edge
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> to_bytes(model)[4:8]
    b'TFL3'
    """
    from .emit import emit

    graphs = [
        build(model, batch=batch, extras=extras),
        build(model, gradient=True, batch=batch),
    ]
    return emit(graphs, "separable neural architecture", {"sna_edge": metadata(model, extras)})


def metadata(model: Model, extras: Extras = NOTHING) -> bytes:
    """The file's metadata as one JSON object; the content hash stands in it as plain text."""
    return json.dumps(
        graph_metadata(model, shifted=True, extras=extras), sort_keys=True, separators=(",", ":")
    ).encode()


def check(
    model: Model, blob: bytes, batch: int | None = None, extras: Extras = NOTHING
) -> tuple[GraphAgreement | None, BesideAgreement | None]:
    """Run both signatures on golden and random points; None where no TFLite runtime is
    installed."""
    try:
        interpreter = interpreter_class()(model_content=blob, num_threads=1)
    except BackendError:
        return None, None
    runners = {name: interpreter.get_signature_runner(name) for name in (FORWARD, GRADIENT)}

    def asked(name: str, x: Floats) -> list[NDArray[np.floating]]:
        return run(runners[name], model, x, extras if name == FORWARD else NOTHING)

    values = compare(model, asked, batch, SAMPLES)
    return values, compare_beside(model, extras, asked, batch, SAMPLES) if extras.kinds else None


def run(
    runner: Any, model: Model, x: Floats, extras: Extras = NOTHING
) -> list[NDArray[np.floating]]:
    """Outputs in the artifact's order for rows x [N, D] in axis order, then `extras`; offsets are
    taken off and added in float64, as a caller does."""
    low, plus = float32_offsets(model)
    feed = {
        a.name: np.ascontiguousarray(x[:, d] - low[d], np.float32) for d, a in enumerate(model.axes)
    }
    answer = ordered(runner(**feed), model, extras)
    added = [*plus, *extras.offsets(model, plus), *[0.0] * len(answer)]
    return [y.astype(float) + o if o else y for y, o in zip(answer, added, strict=False)]


def ordered(
    answer: Mapping[str, NDArray[np.float32]], model: Model, extras: Extras = NOTHING
) -> list[NDArray[np.float32]]:
    """Values, then `extras` or slopes, in the order of the model's outputs."""
    names = [o.name for o in model.outputs]
    more = extras.names(model) or [f"d_{name}" for name in names]
    return [answer[name] for name in (*names, *more) if name in answer]
