"""Every kind of model as FMUs of FMI 2.0 and 3.0, validated and simulated by FMPy: differences from
the reference results and from the gradient of numpy.

    python tools/speed/fmu_table.py [--write]

Writes docs/tables/fmu.md. Ends with status 1 where FMPy has something to complain of or a
difference is above 1e-6 of the range.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from model_kinds import KINDS  # noqa: E402

import sna_edge  # noqa: E402
from sna_export.fmu import export  # noqa: E402
from sna_export.fmu.variables import LOWER, UPPER, VALUE, asked, variables_of  # noqa: E402

PYTHON = ROOT / ".venv-fmu" / "bin" / "python"
SIMULATE = ROOT / "tests" / "export" / "fmu" / "simulate.py"
TABLE = ROOT / "docs" / "tables" / "fmu.md"
BESIDE = ROOT / "tests" / "sna_edge" / "kept" / "1.1" / "everything.sna"
ENDS = (VALUE, LOWER, UPPER)
BOUND = 1e-6
"""Of the range."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/tables/fmu.md")
    write = parser.parse_args().write
    if not PYTHON.exists():
        print("no .venv-fmu with FMPy here (make exchange makes it)", file=sys.stderr)
        return 0
    models = {kind: make().to_bytes() for kind, make in KINDS.items()}
    models["intervals, familiarity, formulas"] = BESIDE.read_bytes()
    rows = {kind: {fmi: measured(data, fmi) for fmi in (2, 3)} for kind, data in models.items()}
    text = markdown(rows)
    print(text)
    if write:
        TABLE.write_text(text + "\n", encoding="utf-8")
    bad = [kind for kind, row in rows.items() if not all(map(good, row.values()))]
    if bad:
        print("beyond the bound: " + ", ".join(bad), file=sys.stderr)
    return 1 if bad else 0


def good(found: dict[str, float]) -> bool:
    """Nothing to complain of, and every difference within the bound."""
    return not found["problems"] and found["worst"] <= BOUND and not found["slopes"] > BOUND


def measured(data: bytes, fmi: int) -> dict[str, float]:
    """Bytes of the FMU, problems, largest differences over the ranges, of values and slopes."""
    model = sna_edge.from_bytes(data, backend="numpy")
    with tempfile.TemporaryDirectory() as name:
        files, *_ = export(model, Path(name), "m", fmi=fmi)
        words = [str(PYTHON), str(SIMULATE), name, "m"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr[-2000:])
        told = json.loads(done.stdout.strip().splitlines()[-1])
        size = files[0].stat().st_size
    spans = spans_of(model)
    off = [
        value / spans[name]
        for kind in ("CoSimulation", "ModelExchange")
        for name, value in told[kind].items()
    ]
    slopes = _slopes(model, told["derivatives"])
    return {"bytes": size, "problems": len(told["problems"]), "worst": max(off), "slopes": slopes}


def spans_of(model: sna_edge.Model) -> dict[str, float]:
    """Width of the range of the output that each variable belongs to; 1 of shares and statuses."""
    found = {v.name: 1.0 for v in variables_of(model, None)}
    for v in variables_of(model, None):
        output = model.outputs[v.reference & 255] if v.reference >> 8 in ENDS else None
        if output is not None and output.range is not None:
            found[v.name] = float(np.ptp(output.range))
    return found


def _slopes(model: sna_edge.Model, told: dict[str, Any]) -> float:
    """Largest difference of dy/dx from numpy over range / width; NaN behind formulas."""
    if model.readings is not None:
        return float("nan")
    found = np.array(told["found"])[:, : len(model.outputs)]
    axes = [axis for _, axis in asked(model)]
    real = [d for d, axis in enumerate(axes) if axis.name in told["inputs"]]
    wanted = model.gradient(np.array(told["points"]), level_index=True)[:, :, real]
    widths = np.array([axes[d].width for d in real])
    spans = np.array([float(np.ptp(o.range)) if o.range else 1.0 for o in model.outputs])
    return float(np.abs((found - wanted) * widths / spans[:, None]).max())


def markdown(rows: dict[str, dict[int, dict[str, float]]]) -> str:
    """A row per kind of model."""
    lines = [
        "Largest difference from the reference results over the range, in co-simulation and model"
        " exchange, and of directional derivatives from the gradient of numpy over range / width."
        " `fmpy validate` found"
        f" {sum(int(r['problems']) for row in rows.values() for r in row.values())} problems in"
        f" {2 * len(rows)} files.",
        "",
        "| model | FMI 2.0 | FMI 3.0 | derivatives, 2.0 | derivatives, 3.0 | file, 2.0 |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind, row in rows.items():
        second, third = row[2], row[3]
        cells = [f"{r[key]:.0e}" for key in ("worst", "slopes") for r in (second, third)]
        cells = ["" if c == "nan" else c for c in cells]
        lines.append(f"| {kind} | {' | '.join(cells)} | {second['bytes'] / 1000:.0f} KB |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
