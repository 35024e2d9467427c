"""Plain rounding against re-solved rounding over a folder of models: one row per model, geometric
means below.

    python tools/accuracy/quantization_table.py [MODEL.sna ..] [--json OUT.json]

Models in float32, as `sna-edge fit` writes them; without any, those of
tools/accuracy/quantization_models.py are fitted into out/quantization/ once and
docs/tables/quantization.md is written. Errors are fractions of the output range against the model
itself, measured at 16,384 quasi-random points of the domain.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from quantization_models import fitted

import sna_edge
from sna_export.quantize import quantize

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "quantization.md"
TYPES = ("int8", "int16", "float16")
LIMITS = {"int8": 1e-2, "int16": 1e-4}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path, metavar="MODEL.sna")
    parser.add_argument("--json", type=Path, metavar="OUT.json")
    args = parser.parse_args()
    rows = [row(path) for path in args.models or fitted(ROOT / "out" / "quantization")]
    text = markdown(rows)
    print(text)
    if not args.models:
        TABLE.parent.mkdir(parents=True, exist_ok=True)
        TABLE.write_text(text + "\n", encoding="utf-8")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def row(path: Path) -> dict[str, Any]:
    """Figures of one model: per type the errors by plain and by re-solved rounding, and bytes of
    the whole file."""
    model = sna_edge.load(path, backend="numpy")
    out: dict[str, Any] = {
        "model": path.stem,
        "inputs": len(model.axes),
        "modes": model.interaction.rank,
        "bytes": len(model.to_bytes()),
    }
    for dtype in TYPES:
        plain, best = quantize(model, dtype, resolve=False), quantize(model, dtype)
        out[dtype] = {
            "bytes": len(best.to_bytes()),
            "plain_rms": plain.certificate["rms"], "rms": best.certificate["rms"],
            "plain_max": plain.certificate["max"], "max": best.certificate["max"],
            "bound": best.certificate["bound"],
        }  # fmt: skip
    return out


def gain(rows: list[dict[str, Any]], dtype: str) -> float:
    """Geometric mean over the models of plain RMS / re-solved RMS."""
    return float(np.exp(np.mean([np.log(r[dtype]["plain_rms"] / r[dtype]["rms"]) for r in rows])))


def markdown(rows: list[dict[str, Any]]) -> str:
    head = ["model", "inputs", "modes", "float32 bytes"]
    head += [
        f"{t} {w}" for t in TYPES for w in ("bytes", "RMS plain", "RMS re-solved", "max re-solved")
    ]
    lines = ["| " + " | ".join(head) + " |", "| --- " + "| ---: " * (len(head) - 1) + "|"]
    for r in rows:
        cells = [r["model"], str(r["inputs"]), str(r["modes"]), str(r["bytes"])]
        for t in TYPES:
            cells += [str(r[t]["bytes"]), *(f"{r[t][k]:.1e}" for k in ("plain_rms", "rms", "max"))]
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("")
    lines += [
        f"{t}: re-solved RMS is {gain(rows, t):.2f} times smaller than plain (geometric mean)"
        for t in TYPES
    ]
    for t, limit in LIMITS.items():
        worst = max(rows, key=lambda r: r[t]["max"])
        lines.append(
            f"{t}: largest measured error {worst[t]['max']:.2g} of the output range"
            f" ({worst['model']}), wanted {limit:g}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
