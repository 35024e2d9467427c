"""ONNX -> TFLite through onnx2tf and tensorflow: one tf.Module around both converted graphs gives
the two signatures."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path
from typing import Any

from sna_edge.errors import BackendError
from sna_edge.model import Model

from ..graph import FORWARD, GRADIENT, Graph, build


def through_onnx2tf(model: Model, batch: int | None = None) -> bytes:
    """The TFLite file of both graphs. Needs onnx2tf and tensorflow, which need numpy < 2: an
    environment of their own.

    Raises BackendError when they are missing or the conversion fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import onnx2tf
        import tensorflow
    except ImportError as error:
        raise BackendError(
            f"the converter onnx2tf needs {error.name}, which is not installed; make"
            " .venv-tflite/.stamp and use its Python, or leave --converter out"
        ) from None
    rows = batch or 1
    with tempfile.TemporaryDirectory() as folder:
        parts = {}
        for name in (FORWARD, GRADIENT):
            graph = build(model, gradient=name == GRADIENT, batch=rows)
            parts[name] = (graph, _converted(onnx2tf, model, name, rows, Path(folder) / name))
        try:
            return _joined(tensorflow, parts, rows)
        except Exception as error:  # tensorflow's converter raises what it likes
            raise _failed(error) from error


def _converted(onnx2tf: Any, model: Model, name: str, rows: int, folder: Path) -> str:
    """The saved model of one graph."""
    from ..onnx import proto

    source = folder.with_suffix(".onnx")
    source.write_bytes(proto(model, name == GRADIENT, batch=rows, apart=True).SerializeToString())
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            onnx2tf.convert(
                input_onnx_file_path=str(source),
                output_folder_path=str(folder),
                output_signaturedefs=True,
                copy_onnx_input_output_names_to_tflite=True,
                not_use_onnxsim=True,
                non_verbose=True,
                verbosity="error",
                keep_shape_absolutely_input_names=[a.name for a in model.axes],
            )
    except (Exception, SystemExit) as error:
        raise _failed(error) from error
    return str(folder)


def _failed(error: BaseException) -> BackendError:
    cause = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return BackendError(
        f"onnx2tf could not convert this model ({cause}); leave --converter out to write the file"
        " directly"
    )


def _joined(tensorflow: Any, parts: dict[str, tuple[Graph, str]], rows: int) -> bytes:
    """One file with a signature per graph, inputs and outputs under the artifact's names."""
    tf = tensorflow
    module = tf.Module()
    module.parts = {name: tf.saved_model.load(path) for name, (_, path) in parts.items()}
    functions = []
    for name, (graph, _) in parts.items():
        inner = module.parts[name].signatures["serving_default"]
        keys = {
            spec.name.split(":")[0]: key
            for key, spec in inner.structured_input_signature[1].items()
        }
        wanted = [t.name for t in graph.inputs]
        given = [keys.get(w, w) for w in wanted]
        answers = set(inner.structured_outputs)
        # onnx2tf keeps the order of outputs but not their names
        outputs = {
            t.name: t.name if t.name in answers else f"output_{i}"
            for i, t in enumerate(graph.outputs)
        }

        specs = [tf.TensorSpec([rows], tf.float32, name=w) for w in wanted]
        functions.append(tf.function(_signature(inner, given, outputs), input_signature=specs))
    module.functions = functions
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures=dict(zip(parts, functions, strict=True)))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(parts))
        return bytes(converter.convert())


def _signature(inner: Any, given: list[str], outputs: dict[str, str]) -> Any:
    """A function of columns in the artifact's order that answers under the artifact's names."""

    def run(*columns: Any) -> dict[str, Any]:
        found = inner(**dict(zip(given, columns, strict=True)))
        return {name: found[key] for name, key in outputs.items()}

    return run
