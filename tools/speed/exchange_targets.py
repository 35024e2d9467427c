"""Every export target replays the golden vectors of one model in its own language: values,
intervals at 90 % and familiarity against numpy.

    python tools/speed/exchange_targets.py [--write]

Writes docs/tables/exchange_targets.md. Targets that carry formulas of inputs replay a second model
with them. Ends with status 1 where a target fails or is beyond its bound.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import sna_edge
from sna_edge.core.interaction import CP
from sna_edge.model import Model
from sna_export.certify import with_integer_path
from sna_export.fmu.plan import Plan
from sna_export.fmu.reference import golden_points
from sna_export.quantize import quantize

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

from exchange_runners import (  # noqa: E402
    LEVEL,
    ROOT,
    Case,
    Columns,
    Floats,
    cmake,
    fmu,
    node,
    onnx,
    page,
    pkg_config,
    said,
    structured_text,
    structured_text_whole,
    tflite,
    torch,
    whole_numbers,
)

TABLE = ROOT / "docs" / "tables" / "exchange_targets.md"
BESIDE = ROOT / "tests" / "sna_edge" / "kept" / "1.1" / "everything.sna"
DOUBLE, SINGLE = 1e-9, 1e-5
"""Of the range of an output, for targets that compute in double and in float."""
WHOLE = 1e-3
"""In whole numbers at the nearest count of 16 bits, ends moved outwards by what they err by."""
P_SINGLE = 2.0**-7
"""Of a familiarity whose inputs and scores are floats: it is a share of some 500 rows."""


@dataclass(frozen=True)
class Target:
    """A row of the table: `--to`, what runs it, how it is asked, whether it computes in double,
    whether it carries intervals and familiarity, and formulas of inputs; `whole`: in whole numbers,
    of the model in int16."""

    to: str
    by: str
    ask: Callable[[Case], Columns]
    double: bool = True
    beside: bool = True
    formulas: bool = True
    whole: bool = False


TARGETS = (
    Target("c", "C, `find_package` of CMake", cmake),
    Target("c", "C++ with spans, pkg-config", pkg_config),
    Target("c", "C in whole numbers", whole_numbers, False, formulas=False, whole=True),
    Target("fmu", "FMI 2.0 in FMPy", fmu(2)),
    Target("fmu", "FMI 3.0 in FMPy", fmu(3)),
    Target("onnx", "onnxruntime", onnx, double=False, formulas=False),
    Target("tflite", "ai-edge-litert", tflite, double=False, formulas=False),
    Target("(backend)", "torch", torch, formulas=False),
    Target("st", "Structured Text through C", structured_text, double=False, formulas=False),
    Target(
        "st", "the same in whole numbers", structured_text_whole, False, formulas=False, whole=True
    ),
    Target("wasm", "node", node),
    Target("page", "Chromium", page),
)
NOT_HERE = ("not here", "", "", "")
Row = dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the table")
    write = parser.parse_args().write
    whole = sna_edge.load(BESIDE, backend="numpy")
    plain = sna_edge.from_bytes(whole.replace(readings=None).to_bytes(), backend="numpy")
    small = in_integers(plain)
    rows = [measured(target, small if target.whole else plain, whole) for target in TARGETS]
    text = markdown(rows)
    print(text)
    if write:
        TABLE.write_text(text + "\n", encoding="utf-8")
    bad = [t.by for t, row in zip(TARGETS, rows, strict=True) if row and not good(t, row)]
    if bad:
        print("beyond the bound: " + ", ".join(bad), file=sys.stderr)
    return 1 if bad else 0


def in_integers(model: Model) -> Model:
    """Every table in int16, with integer paths; a scale that is a train is left out."""
    held = [replace(c, model=quantize(c.model, "int16")) for c in model.companions
            if isinstance(c.model.interaction, CP)]  # fmt: skip
    made = with_integer_path(quantize(model, "int16").replace(companions=held))
    return sna_edge.from_bytes(made.to_bytes(), backend="numpy")


def measured(target: Target, plain: Model, whole: Model) -> Row:
    """Largest differences by column; nothing where what runs it is not here, inf where it fails."""
    print(target.by, file=sys.stderr)
    row = differences(target, plain)
    if row and target.formulas:
        row["formulas"] = max(differences(target, whole).values(), default=np.inf)
    return row


def differences(target: Target, model: Model) -> Row:
    """Of values and ends over the range of the output, of familiarity in itself."""
    with tempfile.TemporaryDirectory() as name:
        data = model.artifact or model.to_bytes()
        (Path(name) / "m.sna").write_bytes(data)
        plan = Plan(model, data, 3, LEVEL, "m")
        points = golden_points(plan)
        wanted = {v.name: points.y[:, i] for i, v in enumerate(plan.outputs)}
        try:
            found = target.ask(Case(Path(name), model, points.x))
        except RuntimeError as error:
            said(error)
            return {"values": np.inf}
    return compared(model, wanted, found) if found else {}


def compared(model: Model, wanted: Columns, found: Columns) -> Row:
    """The largest difference of each kind of column; inf where a column is left out of its kind, or
    is NaN where the other is not."""
    kinds = {"": "values"}
    if any(name.endswith(("_lower", "_upper")) for name in found):
        kinds |= {"_lower": "intervals", "_upper": "intervals"}
    row: Row = {}
    for output in model.outputs:
        span = float(np.ptp(output.range)) if output.range else 1.0
        for end, kind in kinds.items():
            column = output.name + end
            off = apart(wanted[column], found[column]) / span if column in found else np.inf
            row[kind] = max(row.get(kind, 0.0), off)
    if "familiarity" in found:
        row["familiarity"] = apart(wanted["familiarity"], found["familiarity"])
    return row


def apart(a: Floats, b: Floats) -> float:
    """max |a - b|; NaN equals NaN alone."""
    if not np.array_equal(np.isnan(a), np.isnan(b)):
        return np.inf
    return float(np.nanmax(np.abs(a - b), initial=0.0))


def good(target: Target, row: Row) -> bool:
    """Everything that the target carries is there and within its bound."""
    bound = DOUBLE if target.double else WHOLE if target.whole else SINGLE
    carried = ["values", *(["intervals", "familiarity"] if target.beside else [])]
    carried += ["formulas"] if target.formulas else []
    p_bound = DOUBLE if target.double else P_SINGLE
    return all(row.get(k, np.inf) <= (p_bound if k == "familiarity" else bound) for k in carried)


def markdown(rows: list[Row]) -> str:
    """A row per target; what it does not carry is empty."""
    lines = [
        "Largest differences from numpy at the golden vectors of one model (6 inputs, 3 outputs),"
        " each target asked in its own language: values and ends of the interval at"
        f" {LEVEL:.0%} over the range of the output, familiarity in itself; with formulas: all of"
        " these for a model whose inputs are partly computed from readings, at points of its"
        " domain; in whole numbers: the model in int16, at the nearest counts of sensors of 16"
        " bits. Empty: the target does not carry it.",
        "",
        "| `--to` | asked in | values | intervals | familiarity | with formulas |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for target, row in zip(TARGETS, rows, strict=True):
        kinds = ("values", "intervals", "familiarity", "formulas")
        cells = [f"{row[k]:.0e}" if k in row else "" for k in kinds]
        name = target.to if target.to[0] == "(" else f"`{target.to}`"
        lines.append(f"| {name} | {target.by} | {' | '.join(cells if row else NOT_HERE)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
