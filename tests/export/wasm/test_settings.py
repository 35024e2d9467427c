"""Settings by name, and what is refused, in JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from ...c_library import KEPT_1_1
from .test_answers import FOLDER

PROGRAM = """
import { readFileSync } from 'node:fs';
const [face, wasm, file] = process.argv.slice(2);
const { open, SnaError } = await import(face);
const bytes = new Uint8Array(readFileSync(file));
const library = readFileSync(wasm);
const m = await open(bytes, Promise.resolve(library));
const [alloy, machine] = [m.inputs[2].levels[1], ` ${m.inputs[3].levels[0]} `];
const good = { power: 200, angle: '90.5', alloy, machine, hatch: 4, room: 20 };
const x = [...m.setting(good)];
const errors = {};
const tried = async (name, work) => {
  try { await work(); errors[name] = 'nothing'; } catch (e) {
    errors[name] = e instanceof SnaError ? [e.status, e.message] : String(e);
  }
};
await tried('level', () => m.setting({ ...good, alloy: 'lead' }));
await tried('missing', () => m.setting({ power: 200 }));
await tried('unknown', () => m.setting({ ...good, colour: 1 }));
await tried('text', () => m.setting({ ...good, power: 'much' }));
await tried('short', () => m.value([1, 2]));
await tried('rows', () => m.values(new Float64Array(7), 2));
await tried('share', () => m.interval(x, 0.99999));
await tried('range', () => m.interval(x, 95));
await tried('input', () => m.roots(x, 'colour', 0, 1));
await tried('output', () => m.levelSet('colour', 1));
await tried('within', () => m.levelSet(0, 1, { within: [[9, 8]] }));
await tried('limits', () => m.levelSet(0, [2, 1]));
await tried('null', () => m.setting({ ...good, power: null }));
await tried('list', () => m.setting({ ...good, power: [] }));
await tried('hex', () => m.setting({ ...good, power: '0x64' }));
await tried('nothing', () => m.setting());
await tried('part of a row', () => m.rows(1.5));
await tried('no target', () => m.roots(x, 'angle', 0, null));
await tried('no number', () => m.levelSet(0, NaN));
await tried('no value', () => m.levelSet(0, null));
await tried('crossed limits', () => m.levelSet(0, 2.5, { limits: [null, [2, 1]] }));
await tried('limits of what', () => m.levelSet(0, 2.5, { limits: [null, null, null, [1, 2]] }));
await tried('limits by name', () => m.levelSet(0, 2.5, { limits: { width: [1, 2] } }));
await tried('near nothing', () => m.nearestSetting([NaN, ...x.slice(1)], 0, 2.5));
await tried('other', () => open(bytes, new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])));
await tried('library', () => open(bytes, new Uint8Array(8)));
await tried('none', () => open(bytes));
await tried('model', () => open('m.sna', library));
const old = m.rows(4);
const place = old.byteOffset;
for (let i = 0; i < 4; i++) old.set(x, i * x.length);
const first = m.values(old, 4);
await tried('elsewhere', () => m.values(m.rows(4).subarray(x.length), 1));
m.rows(200000); // grows the memory, which takes views on it away
await tried('stale', () => m.values(old, 4));
const wide = m.rows(200000);
for (let i = 0; i < 200000; i++) wide.set(x, i * x.length);
const many = m.intervals(wide, 200000);
const same = many.value.every((v, i) => Object.is(v, first[i % m.outputs.length]));
const holes = [];
for (const row of [[200, 90.5, 1, 0, 4, null], [200, null, 1, 0, 4, 20]]) {
  m.value(row);
  holes.push(m.status);
  m.values(row, 1);
  holes.push(...m.statuses);
  m.values([...row, ...row], 1);
  holes.push(...m.statuses);
}
const within = [[100, 120], , [0, 0]];
const near = [...m.nearestSetting(x, 0, [0, 9], { within }).x];
const atMost = m.levelSet(0, [null, 2.5], { count: 3 }).map((s) => s.value[0]);
m.roots(x, 'hatch', 0, 25);
const hatch = (i) => [...x.slice(0, 4), 2 + (6 * i) / 4000, 20];
const line = Float64Array.from({ length: 4001 }, (_, i) => m.value(hatch(i))[0]);
const reach = [m.nearest, Math.max(...line.filter(Number.isFinite))];
const at = [...m.coordinates(x)];
const told = { holes, near, atMost, reach };
console.log(JSON.stringify({ x, errors, axes: m.axes.length, at, same, ...told }));
"""


def test_settings_by_name_and_refusals(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    path = next(p for p in KEPT_1_1 if p.stem == "everything")
    program = tmp_path / "settings.mjs"
    program.write_text(PROGRAM)
    words = [node, program, FOLDER / "sna.js", FOLDER / "sna.wasm", path]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["x"] == [200.0, 90.5, 1.0, 0.0, 4.0, 20.0]
    density = 0.5 * 200.0 / 4.0 * 20.0**-0.25  # the formulas of the file
    drift = -1.5 + 0.03125 * 20.0 - 0.001 * 90.5
    assert found["at"][3:5] == pytest.approx([density, drift], rel=1e-12)
    assert found["same"]
    assert set(found["holes"]) == {"bad_input"}  # null is no 0
    assert found["near"] == [120.0, 90.5, 0.0, 0.0, 4.0, 20.0]  # inside the ranges asked for
    assert len(found["atMost"]) == 3 and max(found["atMost"]) <= 2.5 + 1e-8
    assert found["reach"][0] == pytest.approx(found["reach"][1], rel=1e-6)
    errors = found["errors"]
    bad = {name: error for name, error in errors.items() if len(error) != 2}
    assert bad == {}
    assert {errors[name][0] for name in errors if name != "level"} == {"bad_input"}
    assert errors["level"][0] == "out_of_domain" and "lead" in errors["level"][1]
    assert all(";" in error[1] for error in errors.values())  # cause; next step
