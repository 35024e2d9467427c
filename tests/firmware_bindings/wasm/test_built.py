"""The kept sna.wasm is what its sources make, small, and imports nothing."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess

import pytest

from ...c_library import ROOT, load

MOST = 60_000  # bytes
SHIPPED = ROOT / "export" / "wasm" / "sna.wasm"


def test_a_rebuild_gives_the_same_bytes() -> None:
    build = load(ROOT / "firmware_bindings" / "wasm" / "build.py", "sna_wasm_build")
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("no ziglang here: sna.wasm is not built anew")
    if (version := build.compiler()) != build.COMPILER:
        pytest.skip(f"ziglang {version} here; the kept bytes are of {build.COMPILER}")
    assert build.built() == SHIPPED.read_bytes(), "run python firmware_bindings/wasm/build.py"


def test_the_library_is_small_and_needs_nothing() -> None:
    assert SHIPPED.stat().st_size <= MOST
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    program = (
        "const m = new WebAssembly.Module(require('fs').readFileSync(process.argv[1]));"
        "console.log(WebAssembly.Module.imports(m).length)"
    )
    done = subprocess.run([node, "-e", program, str(SHIPPED)], capture_output=True, text=True)
    assert done.stdout.strip() == "0"
