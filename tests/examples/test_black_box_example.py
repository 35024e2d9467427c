"""The example of a black box runs and says its error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import sna_edge

pytest.importorskip("sklearn")


def test_trees_become_a_model(root: Path, tmp_path: Path) -> None:
    made = tmp_path / "hardness.sna"
    script = root / "examples" / "black_box" / "black_box.py"
    words = [sys.executable, str(script), "--calls", "1500", "-o", str(made)]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert "of the range" in said and "calls" in said
    assert sna_edge.load(made).axes[2].level_names == ("42CrMo4", "50CrV4")
