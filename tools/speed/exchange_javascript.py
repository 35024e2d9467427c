"""One column of exchange.py: a model's file through sna.js in node."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from exchange_runtime import BATCH, compare, points_of

import sna_edge

HERE = Path(__file__).resolve().parent
LIBRARY = HERE.parents[1] / "export" / "wasm"
PROGRAM = """
import { readFileSync } from 'node:fs';
const [face, bench, wasm, model, rows] = process.argv.slice(2);
const [{ open }, { least }] = [await import(face), await import(bench)];
const points = JSON.parse(readFileSync(rows));
const m = await open(new Uint8Array(readFileSync(model)), new Uint8Array(readFileSync(wasm)));
const found = points.map((x) => m.gradient(x));
const many = Float64Array.from(points.slice(0, BATCH).flat());
const count = Math.min(BATCH, points.length);
const plain = (v) => Array.from(v, (n) => (Number.isNaN(n) ? 0 : n)); // 0 along levels
console.log(JSON.stringify({
  value: points.map((x) => plain(m.value(x))),
  gradient: found.map((f) => plain(f.gradient)),
  single_us: (await least(() => { for (let i = 0; i < 100; i++) m.value(points[0]); }, 40)) / 1e5,
  batch_us: (await least(() => m.values(many, count), 40)) / (1e3 * count), // nanoseconds before
}));
""".replace("BATCH", str(BATCH))


def cells(node: str, path: Path) -> dict[str, float]:
    """Errors and times as exchange_runtime.py has them."""
    model = sna_edge.load(path, backend="numpy")
    points = points_of(model, 2000)
    with tempfile.TemporaryDirectory() as name:
        program, rows = Path(name) / "cells.mjs", Path(name) / "rows.json"
        program.write_text(PROGRAM)
        rows.write_text(json.dumps(points.tolist()))
        files = [LIBRARY / "sna.js", HERE / "wasm_bench.mjs", LIBRARY / "sna.wasm", path, rows]
        words = list(map(str, [node, program, *files]))
        done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    shape = (len(points), len(model.outputs), len(model.axes))
    gradient = np.array(found["gradient"], dtype=float).reshape(shape)
    value = np.array(found["value"], dtype=float)
    times = {what: float(found[what]) for what in ("single_us", "batch_us")}
    return {**compare(model, points, value, gradient), **times}
