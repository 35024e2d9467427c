"""What a word prints: text or one JSON object, tables, numbers with their unit; exit codes."""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.axis import Axis
from ..core.output import Output
from ..model import Model
from ..status import Status
from ..values.fit_told import fit_told

ANSWERED, FAULT, USAGE, NO_VALUE = 0, 1, 2, 3
SIGNALS = 4
"""A control chart has signals."""
STOPPED = 130
"""Ctrl-C has ended the command, also where it has written what it had."""


def exit_code(status: int) -> int:
    """0 where the status carries a value (ok, several, tangent, extrapolated, edge), 3 where it
    does not."""
    return ANSWERED if status >= 0 else NO_VALUE


def json_value(value: Any) -> Any:
    """`value` as JSON types: arrays become lists, NaN and infinity null."""
    if isinstance(value, Mapping):
        return {str(k): json_value(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return json_value(value.tolist())
    if isinstance(value, (list, tuple)):
        return [json_value(v) for v in value]
    if isinstance(value, Status):
        return value.label
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    sys.stdout.write(json.dumps(json_value(value), ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def emit(args: argparse.Namespace, value: Mapping[str, Any], lines: Iterable[str]) -> None:
    """`value` as JSON where --json was given, else the readable `lines`."""
    if args.json:
        print_json(value)
        return
    for line in lines:
        print(printable(line))


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Characters by which a name could move the cursor, colour or reorder what a terminal shows."""


def printable(text: str, kept: str = "\n\t") -> str:
    r"""`text` with control characters, but those `kept`, written out as an escape.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return CONTROLS.sub(lambda m: m[0] if m[0] in kept else _escaped(ord(m[0])), text)


def _escaped(code: int) -> str:
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def as_written(axis: Axis, x: float) -> str | float:
    """A coordinate as a user writes it: the number, or the level's name."""
    return axis.level_names[round(x)] if axis.kind == "categorical" and np.isfinite(x) else float(x)


def two_valued(model: Model) -> dict[str, list[float]]:
    """Outputs whose table held two values only (pass or fail), and these."""
    return dict(fit_told(model.metadata).get("outcomes", {}))


def interval_text(model: Model, output: Output) -> str:
    """'90 %: -3.1 +4.2', said to be before the link or of outcomes where it is; '-' without one."""
    found = output.interval
    if found is None:
        return "-"
    space = " (before the link)" if found.space == "link" else ""
    of = of_outcomes(model, output)
    return f"{100 * found.level:g} %{of}: -{found.below:.4g} +{found.above:.4g}{space}"


def of_outcomes(model: Model, output: Output) -> str:
    """' of outcomes' where intervals hold single outcomes of a pass or fail."""
    return " of outcomes" if output.name in two_valued(model) else ""


def with_unit(value: float, unit: str) -> str:
    """'12.3 MPa', six digits."""
    return f"{value:.6g} {unit}".rstrip()


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: bool = True) -> list[str]:
    """Lines of a plain table: first column left, the others right unless `right` is False."""
    cells = [[printable(str(c), "") for c in row] for row in (header, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(header))]
    sides = ["<" if i == 0 or not right else ">" for i in range(len(header))]
    return [
        "  ".join(f"{c:{s}{w}}" for c, s, w in zip(row, sides, widths, strict=True)).rstrip()
        for row in cells
    ]
