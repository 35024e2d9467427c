"""`sna-edge card`: the card of any file, and its schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

KEPT = Path(__file__).parents[2] / "kept"


@pytest.mark.parametrize("path", sorted(KEPT.glob("1.*/*.sna")), ids=lambda p: p.stem)
def test_every_kept_file_has_a_card_of_the_schema(path: Path, sna) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = sna("card", "--schema").json
    card = sna("card", path, "--json").json["card"]
    jsonschema.validate(card, schema)
    assert card["model"]["bytes"] == path.stat().st_size
    assert card["git"] is card["data"] is card["created"] is None
    assert card["made_with"] == {}, "nothing of this machine made it"


def test_a_page_and_a_file_of_json(model_file: Path, tmp_path: Path, sna) -> None:
    project = tmp_path / "p.toml"
    project.write_text('[card]\nintended = "a & b"\nfailures = ["none at night"]\n')
    page, data = tmp_path / "card.html", tmp_path / "card.json"
    assert sna("card", model_file, "-o", page, "--project", project).code == 0
    assert sna("card", model_file, "-o", data, "--project", project).code == 0
    assert "a &amp; b" in page.read_text()
    assert not re.search(r"https?://|<script|<link", page.read_text())
    assert json.loads(data.read_text())["failures"]["stated"] == ["none at night"]


def test_wrong_words_are_one_sentence(model_file: Path, tmp_path: Path, sna) -> None:
    project = tmp_path / "p.toml"
    project.write_text("[card]\nintend = 1\n")
    for words, said in (
        ((), "name its .sna file"),
        ((model_file, "-o", tmp_path / "card.pdf"), "neither with .html"),
        ((model_file, "--project", project), "[card] has no key 'intend'"),
        ((model_file, "-o", model_file), "would be lost"),
    ):
        assert said in sna("card", *words).sentence()
