"""The registry of export targets: each has its module, its options and its line in the docs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from sna_edge.cli.targets import OPTIONS, TARGETS, target_of


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_what_its_entry_says(name: str, root: Path) -> None:
    target = TARGETS[name]
    assert target.name == name and set(target.options) <= set(OPTIONS)
    assert all(target_of(extension.upper()) == name for extension in target.extensions)
    page = (root / "docs" / "exchange.md").read_text(encoding="utf-8")
    assert f"| `{name}` | {target.cannot} | {target.check} |" in page
    pytest.importorskip({"onnx": "onnx", "tflite": "flatbuffers"}.get(name, "numpy"))
    assert callable(import_module(target.module).write)


def test_every_option_belongs_to_a_target_and_every_extension_to_one() -> None:
    assert {o for t in TARGETS.values() for o in t.options} == set(OPTIONS)
    extensions = [e for t in TARGETS.values() for e in t.extensions]
    assert len(extensions) == len(set(extensions)) and target_of(".sna") is None
