"""`sna-edge plot`: every picture from the command line, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")

ROWS = "power,speed,spot,width\n" + "".join(
    f"{100 + 12 * i},{0.5 + 0.04 * i},{'AB'[i % 2]},{90 + i % 7}\n" for i in range(25)
)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


ASKED = {
    "profile": ["--at", "power=200", "spot=B", "--limits", "width=80:120"],
    "contour": ["--inputs", "power,speed", "--outputs", "width", "--show", "width"],
    "residuals": ["--outputs", "width"],
    "sensitivity": ["--outputs", "depth", "--size", "9x4"],
    "inverse": ["--target", "width=100", "--unknown", "power,speed", "--count", "20"],
    "sweep": ["--scatter", "power=2W", "--limits", "width=80:", "--at", "power=200"],
    "atoms": ["--inputs", "power"],
}


@pytest.mark.parametrize("what", ASKED)
def test_every_picture_is_written(
    what: str, sna: Any, model_file: Path, rows: Path, tmp_path: Path
) -> None:
    out = tmp_path / "picture.svg"
    table = ["--table", rows] if what in ("profile", "contour", "residuals") else []
    said = sna("plot", model_file, "--what", what, "-o", out, *ASKED[what], *table)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"wrote {out}: {what} of ")
    assert out.read_bytes().startswith(b"<?xml")
    assert b"DejaVu Sans', Verdana" in out.read_bytes()


def test_two_words_are_enough(
    sna: Any, model_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = sna("plot", model_file, "--json")
    assert said.json == {"status": "ok", "what": "profile", "output": "model-profile.svg"}
    assert (tmp_path / "model-profile.svg").is_file()


def test_one_unknown_is_drawn_as_a_curve(sna: Any, model_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "one.svg"
    words = ["--target", "width=95", "--unknown", "power", "--at", "speed=1", "spot=A"]
    assert sna("plot", model_file, "--what", "inverse", *words, "-o", out).code == 0
    assert b">target<" in out.read_bytes()


def test_limits_of_a_line_are_read(sna: Any, model_file: Path, tmp_path: Path) -> None:
    limits = tmp_path / "limits.toml"
    limits.write_text("[outputs.width]\nUSL = 99.0\n", encoding="utf-8")
    out = tmp_path / "a.svg"
    assert sna("plot", model_file, "--limits", limits, "-o", out).code == 0
    assert b">limit<" in out.read_bytes()


REFUSED = [
    ["--what", "inverse"],
    ["--what", "residuals"],
    ["--what", "contour", "--target", "width=1"],
    ["--what", "contour", "--inputs", "power"],
    ["--what", "contour", "--show", "probability"],
    ["--what", "familiarity"],
    ["--what", "inverse", "--target", "width=1e9"],
    ["--what", "inverse", "--target", "width=100", "--at", "power=200", "--unknown", "power"],
    ["--what", "inverse", "--target", "width=100", "--at", "power=200", "speed=1", "spot=A"],
    ["--what", "sweep", "--scatter", "power=-1"],
    ["--at", "power=9999"],
    ["--at", "pwoer=200"],
    ["--outputs", "nope"],
    ["--limits", "width=2:1"],
    ["--size", "3"],
    ["--size", "8,5"],
    ["--size", "900x3"],
    ["--dpi", "1"],
    ["--seed", "-1", "--what", "sweep"],
    ["--table", "nope.csv"],
    ["--level", "2"],
]


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_cannot_be_drawn_is_one_sentence(
    words: list[str], sna: Any, model_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "picture.svg"
    said = sna("plot", model_file, *words, "-o", out)
    assert said.code == 2
    assert len(said.sentence()) > 20
    assert not out.exists()


def test_other_ends_of_names_are_refused(sna: Any, model_file: Path, tmp_path: Path) -> None:
    said = sna("plot", model_file, "-o", tmp_path / "picture.gif")
    assert said.code == 2 and ".svg, .png or .pdf" in said.sentence()
