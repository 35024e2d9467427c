"""`sna-edge inverse --plot`: pictures of answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

ROOTS = ["--target", "width=95", "--unknown", "power", "--at", "speed=1", "spot=A"]
SET = ["--target", "width=95", "--unknown", "power,speed", "--at", "spot=A", "--count", "12"]


@pytest.mark.parametrize("words", [ROOTS, SET, [*ROOTS[:1], "width=90:95", *ROOTS[2:]]])
def test_solutions_are_drawn(words: list[str], sna: Any, model_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.svg"
    said = sna("inverse", model_file, *words, "--plot", out)
    assert said.code == 0 and said.out.endswith(f"wrote {out}\n")
    assert b">power [W]<" in out.read_bytes()


def test_samples_are_drawn(sna: Any, model_file: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "a.svg", tmp_path / "seen.csv"
    table.write_text("speed,spot,width\n1,A,95\n", encoding="utf-8")
    words = ["--observations", table, "--unknown", "power", "--noise", "1"]
    said = sna("inverse", model_file, *words, "--posterior", "100", "--plot", out)
    assert (said.code, said.err) == (0, "") and b">100 samples<" in out.read_bytes()
    out.unlink()
    refused = sna("inverse", model_file, *words, "--plot", out)
    assert refused.code == 2 and "--posterior" in refused.sentence() and not out.exists()


def test_without_a_solution_there_is_no_picture(sna: Any, model_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.svg"
    said = sna("inverse", model_file, "--target", "width=9999", *ROOTS[2:], "--plot", out)
    assert said.code == 3 and "no picture" in said.out and not out.exists()


@pytest.mark.parametrize(
    "words", [[*ROOTS, "--plot", "a.gif"], ["--target", "width=max", *ROOTS[2:], "--plot", "a.svg"]]
)
def test_what_is_not_drawn_is_refused(words: list[str], sna: Any, model_file: Path) -> None:
    said = sna("inverse", model_file, *words)
    assert said.code == 2 and len(said.sentence()) > 20
