"""The C library in Chromium: the answers of Python, under a strict content-security policy."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_export.wasm import export

from ..c_library import KEPT_1_1, ROOT
from ..model_kinds import KINDS

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'">
</head><body><script type="module" src="./ask.js"></script></body></html>"""
ASK = """
import { open, SnaError } from './sna.js';
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const [file, wasm] = [await bytes('m.sna'), await bytes('sna.wasm')];
const rows = await (await fetch('rows.json')).json();
const model = await open(file, wasm);
const found = model.intervals(Float64Array.from(rows.flat()), rows.length);
const plain = (v) => Array.from(v, (n) => (Number.isNaN(n) ? null : n));
file[1000] ^= 1;
const error = await open(file, wasm).catch((e) => e);
window.answer = {
  value: plain(found.value), lower: plain(found.lower), statuses: model.statuses,
  refused: [error instanceof SnaError, error.status, error.rule, error.message],
};
"""


@pytest.mark.parametrize("name", ["everything", "train", "quantiles"])
def test_answers_in_chromium_are_those_of_python(
    name: str, visit: Callable[..., Any], tmp_path: Path
) -> None:
    path = next(p for p in KEPT_1_1 if p.stem == name)
    model = sna_edge.load(path, backend="numpy")
    derived = set() if model.readings is None else set(model.readings.formulas)
    rng = np.random.default_rng(0)
    query = {
        axis.name: rng.integers(0, len(axis.level_names), 30).astype(float)
        if axis.level_names
        else rng.uniform(axis.lower, axis.upper, 30)
        for d, axis in enumerate(model.axes)
        if d not in derived
    }
    for raw in () if model.readings is None else model.readings.raw:
        query[raw.name] = rng.uniform(raw.lower, raw.upper, 30)
    for file in (ROOT / "export" / "wasm").glob("sna*"):
        shutil.copy(file, tmp_path)
    shutil.copy(path, tmp_path / "m.sna")
    (tmp_path / "rows.json").write_text(json.dumps(np.stack(list(query.values()), 1).tolist()))
    (tmp_path / "ask.js").write_text(ASK)
    (tmp_path / "index.html").write_text(PAGE)
    seen = visit(tmp_path)
    found = seen.until("window.answer")
    expected = model.evaluate(query, level_index=True)
    np.testing.assert_allclose(
        np.array(found["value"], dtype=float), expected.value.ravel(), rtol=1e-12, atol=1e-13
    )
    np.testing.assert_allclose(
        np.array(found["lower"], dtype=float), expected.lower.ravel(), rtol=1e-11, atol=1e-12
    )
    assert found["statuses"] == [sna_edge.Status(s).label for s in expected.status.tolist()]
    assert found["refused"][:3] == [True, "corrupt", "bad_checksum"]


def test_the_exported_folder_answers_in_chromium(visit: Callable[..., Any], tmp_path: Path) -> None:
    """index.js fetches the model and the library that lie beside it, whatever they are called."""
    model = sna_edge.from_bytes(KINDS["cp float32"]().to_bytes(), backend="numpy")
    export(model, tmp_path / "my web", "50% #1 é")
    row = [(axis.lower + axis.upper) / 2 for axis in model.axes]
    (tmp_path / "ask.js").write_text(
        "import { model } from './my%20web/index.js';\n"
        f"window.answer = [...model.value({json.dumps(row)}), model.status];\n"
    )
    (tmp_path / "index.html").write_text(PAGE)
    *value, status = visit(tmp_path).until("window.answer")
    assert status == "ok" and value == pytest.approx(model.value(row).ravel().tolist(), rel=1e-12)
