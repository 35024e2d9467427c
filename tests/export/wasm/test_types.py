"""sna.d.ts declares what sna.js has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from sna_edge import Status

from ...c_library import KEPT_1_1
from .test_answers import FOLDER

TYPES = (FOLDER / "sna.d.ts").read_text(encoding="utf-8")
PROGRAM = """
import { readFileSync } from 'node:fs';
const [face, wasm, file] = process.argv.slice(1);
const all = await import(face);
const m = await all.open(new Uint8Array(readFileSync(file)), readFileSync(wasm));
const members = [...Object.keys(m), ...Object.getOwnPropertyNames(all.Model.prototype)];
const keys = (list) => [...new Set(list.flatMap(Object.keys))];
const [inputs, outputs] = [keys([...m.inputs, ...m.axes]), keys(m.outputs)];
console.log(JSON.stringify({ names: Object.keys(all), members, inputs, outputs }));
"""


def declared(kind: str) -> set[str]:
    """Names of what a class or an interface has."""
    body = re.search(rf"{kind} \{{\n(.*?)\n\}}", TYPES, re.DOTALL)
    assert body
    return set(re.findall(r"^  (?:readonly |private )?(\w+)\??[(:]", body[1], re.MULTILINE))


def test_statuses_are_those_of_python() -> None:
    named = re.search(r"StatusName =(.*?);", TYPES, re.DOTALL)
    assert named and re.findall(r"'(\w+)'", named[1]) == [s.label for s in Status]


def test_members_are_those_of_the_code() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    path = next(p for p in KEPT_1_1 if p.stem == "everything")
    words = [node, "--input-type=module", "-e", PROGRAM, FOLDER / "sna.js", FOLDER / "sna.wasm"]
    done = subprocess.run(list(map(str, [*words, path])), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    exported = re.findall(r"^export (?:class|function) (\w+)", TYPES, re.MULTILINE)
    assert sorted(found["names"]) == sorted(exported)
    assert set(found["members"]) == declared("class Model")
    assert set(found["inputs"]) == declared("interface Input")
    assert set(found["outputs"]) == declared("interface Output")
