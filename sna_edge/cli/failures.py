"""An exception as one sentence, a status word and an exit code."""

from __future__ import annotations

import errno
import zipfile
from importlib.util import find_spec

from ..errors import SnaError
from ..status import Status
from .console import FAULT, USAGE

EXTRAS = {
    "scipy": "export", "sklearn": "adopt", "rich": "export", "torch": "torch", "onnx": "onnx",
    "onnxruntime": "onnx", "onnxscript": "onnx", "onnx2tf": "tflite", "tensorflow": "tflite",
    "ai_edge_litert": "tflite", "flatbuffers": "tflite", "sna_edge_native": "native",
    "sna_export": "export", "openpyxl": "tables", "pyarrow": "tables",
    "cryptography": "sign", "matplotlib": "plot",
}  # fmt: skip
"""The extra of the package that installs a module."""


def _of_the_disk(error: OSError) -> str:
    where = f" {error.filename}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"cannot write{where}: no space is left on its disk; free some and run again"
    if error.errno == errno.EROFS:
        return f"cannot write{where}: its disk is mounted read-only; choose another path"
    return f"cannot access{where}: {error.strerror or error}; check the path and its permissions"


def explain(error: Exception) -> tuple[str, str, int]:
    """Sentence, status word and exit code of an exception."""
    if isinstance(error, SnaError):
        return str(error), error.status.label, USAGE
    if isinstance(error, ModuleNotFoundError):
        name = (error.name or "").split(".")[0]
        if name in ("sna_edge", "sna_export") and find_spec(name):
            return (
                f"this installation is missing {error.name}; reinstall the whole distribution",
                Status.UNSUPPORTED.label,
                USAGE,
            )
        extra = EXTRAS.get(name, "export")
        return (
            f"this needs {name}, which is not installed; run pip install 'sna-edge[{extra}]'",
            Status.UNSUPPORTED.label,
            USAGE,
        )
    if isinstance(error, FileNotFoundError):
        return f"no such file: {error.filename}; check the path", Status.BAD_INPUT.label, USAGE
    if isinstance(error, OSError):
        return _of_the_disk(error), Status.BAD_INPUT.label, USAGE
    if isinstance(error, MemoryError):
        return "out of memory; use fewer rows at a time", Status.NO_SPACE.label, USAGE
    if isinstance(error, (UnicodeDecodeError, zipfile.BadZipFile)):
        return (
            f"the file is not readable text ({error}); save it as UTF-8",
            Status.BAD_INPUT.label,
            USAGE,
        )
    kind = type(error).__name__
    return (
        (
            f"internal error ({kind}: {error}); run again with SNA_EDGE_TRACEBACK=1 and report the"
            " traceback"
        ),
        "fault",
        FAULT,
    )
