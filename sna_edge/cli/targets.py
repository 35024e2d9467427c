"""What `sna-edge export --to` can write: one entry per target, one module that writes it.

A new target is an entry here and a module with

    write(model, args) -> (files written, a sentence about the check, whether the check was run)

which compares what it wrote with the reference in float64 (golden vectors and points of the domain)
and raises BackendError, leaving nothing behind, where they differ. `args` has `output` (a folder),
`stem`, `file` (where -o named a file) and the options. A module whose files cannot have any name
also has `check_name(path)`, which raises InputError.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """`module`: where it is written; `extensions`: of files that -o may name; `options`: names in
    OPTIONS; `cannot`: what the target cannot express; `check`: how the files are compared;
    `nodes`: whether it takes node axes, as levels."""

    name: str
    module: str
    extensions: tuple[str, ...]
    options: tuple[str, ...]
    cannot: str
    check: str
    nodes: bool = False


TARGETS = {
    target.name: target
    for target in (
        Target(
            "c",
            "sna_export.firmware.command",
            (".c", ".h"),
            ("float_only", "level"),
            "inputs and outputs that float does not carry, in builds with SNA_FLOAT",
            "compiled and run here: all golden vectors, in float or double as the model needs, and"
            " points in whole numbers",
        ),
        Target(
            "onnx",
            "sna_export.onnx.command",
            (".onnx",),
            ("batch", "opset", "with", "level"),
            "statuses and extrapolation: outside the domain the answer is NaN; classes and formulas"
            " of derived inputs",
            "run in onnxruntime: golden vectors and 1,024 points of the domain",
            nodes=True,
        ),
        Target(
            "tflite",
            "sna_export.tflite.command",
            (".tflite",),
            ("batch", "converter", "with", "level"),
            "statuses, extrapolation and float64 inputs: offsets are left to the caller; classes"
            " and formulas of derived inputs",
            "run in a TFLite runtime: golden vectors and 1,024 points of the domain",
            nodes=True,
        ),
        Target(
            "wasm",
            "sna_export.wasm.command",
            (),
            (),
            "missing readings: no usual value stands in for them",
            "run in node, where that is: golden vectors and 1,024 points of the domain",
        ),
        Target(
            "fmu",
            "sna_export.fmu.command",
            (".fmu",),
            ("fmi", "level"),
            "missing readings and class scores; exact derivatives of interval ends and familiarity",
            "compiled and run here, where a C compiler is: golden vectors and 256 points of the"
            " domain",
        ),
        Target(
            "st",
            "sna_export.st.command",
            (".st",),
            ("float_only", "level"),
            "extrapolation, missing readings, classes, formulas of derived inputs; inputs and"
            " outputs that REAL does not carry",
            "executed here by an interpreter, not on a PLC compiler: test block and 256 points of"
            " the domain",
        ),
        Target(
            "page",
            "sna_export.page.command",
            (".html", ".htm"),
            ("table",),
            "missing readings: no usual value stands in for them",
            "golden vectors, by the page itself whenever it opens",
        ),
    )
}

OPTIONS: dict[str, dict[str, Any]] = {
    "batch": {
        "type": int,
        "metavar": "N",
        "help": "onnx, tflite: fixed batch size (default: any)",
    },
    "opset": {"type": int, "metavar": "N", "help": "onnx: opset version (default: 17)"},
    "float_only": {
        "action": "store_true",
        "help": "c, st: leave out the integer path, for cores and controllers without an FPU",
    },
    "with": {
        "metavar": "A,B",
        "help": "onnx, tflite: outputs beside the values: interval, scale, familiarity",
    },
    "fmi": {"type": int, "metavar": "N", "help": "fmu: 2 or 3 for FMI 2.0 or 3.0 (default: 2)"},
    "level": {
        "metavar": "L",
        "help": "onnx, tflite, fmu, st, c in whole numbers: level of the interval, 95%% or 0.95"
        " (default: that of the model)",
    },
    "table": {
        "metavar": "TABLE.csv",
        "help": "page: measured rows to show, at most 500 of them, evenly over the table",
    },
    "converter": {
        "metavar": "NAME",
        "help": "tflite: direct, or onnx2tf (default: direct)",
    },
}
"""Options that not every target has, as argparse takes them."""


def target_of(extension: str) -> str | None:
    """The target that writes files with this extension ('.onnx'), or None."""
    return next((t.name for t in TARGETS.values() if extension.lower() in t.extensions), None)


def flag(option: str) -> str:
    """The option as the user writes it: float_only is --float-only."""
    return f"--{option.replace('_', '-')}"
