"""sna-edge learned: shown, exported, reset."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from .test_measured_table import folder  # noqa: F401
from .test_watch_learns import answers, rows, words


@pytest.fixture
def learned(sna, folder: Path) -> Path:  # noqa: F811
    """What was learned from sixty parts, 4 um above the model."""
    (folder / "measured.csv").write_text(rows(True))
    more = ("--learned", folder / "learned", "--learn", "recalibrate")
    said = answers(sna(*words(folder, "measured.csv", *more)).out)
    (folder / "last.json").write_text(json.dumps(said[-1]))
    return folder / "learned"


def test_it_is_shown(sna, learned: Path) -> None:
    model = ("--model", learned.parent / "model.sna")
    before = learned.read_bytes()
    said = sna("learned", learned, *model, "--json").json
    assert said["labels"] == said["parts"] == 60 and said["mode"] == "recalibrate"
    one = said["outputs"]["width"]
    assert one["used"] and one["correction"]["unit"] == "um" and one["labels"] == 60
    assert one["covered"]["level"] == 0.9 and len(one["width"]) == 2
    assert said["changes"][0]["correction"] == "in use"
    assert 20 <= said["changes"][0]["part"] == said["changes"][0]["labels"] <= 50
    text = sna("learned", learned, *model).out
    assert "width: 60 measured parts; of the last 60" in text and "correction in use: +" in text
    assert "alarm: width: measured values lie higher than the model says" in text
    assert "scatter more" not in text and learned.read_bytes() == before


def test_the_record_is_the_one_that_verdicts_name(sna, learned: Path) -> None:
    folder, out = learned.parent, learned.parent / "record.json"  # noqa: F811
    sna("learned", learned, "--model", folder / "model.sna", "--export", out)
    record = json.loads(out.read_text())
    assert sha256(bytes.fromhex(record["record"])).hexdigest() == record["sha256"]
    part = ("id,power,speed,spot\nnext,200,1,A\n",)
    (folder / "next.csv").write_text(*part)
    more = ("--learned", learned, "--learn", "recalibrate")
    (answer,) = answers(sna(*words(folder, "next.csv", *more)).out)
    assert answer["correction"]["sha256"] == record["sha256"]


@pytest.mark.parametrize("name", [(), ("width",)])
def test_back_to_the_model_alone_and_to_an_earlier_file(
    sna, learned: Path, name: tuple[str, ...]
) -> None:
    folder, kept = learned.parent, learned.read_bytes()  # noqa: F811
    (folder / "next.csv").write_text("id,power,speed,spot\nnext,200,1,A\n")
    more = ("--learned", learned, "--learn", "recalibrate")
    corrected = answers(sna(*words(folder, "next.csv", *more)).out)[0]["outputs"]
    said = sna("learned", learned, "--model", folder / "model.sna", "--reset", *name)
    assert said.code == 0 and "back to the model alone" in said.out
    assert "correction of width reset" in said.out
    plain = answers(sna(*words(folder, "next.csv", "--learn", "off")).out)[0]["outputs"]
    assert answers(sna(*words(folder, "next.csv", *more)).out)[0]["outputs"] == plain
    learned.write_bytes(kept)
    assert answers(sna(*words(folder, "next.csv", *more)).out)[0]["outputs"] == corrected


def test_what_cannot_be_shown(sna, learned: Path) -> None:
    folder = learned.parent  # noqa: F811
    model = ("--model", folder / "model.sna")
    assert "exactly one of" in sna("learned", learned).sentence()
    assert "is not there" in sna("learned", folder / "no", *model).sentence()
    (folder / "odd").write_text("something else")
    assert "is damaged, or no file" in sna("learned", folder / "odd", *model).sentence()
    assert "cannot be read" in sna("learned", folder, *model).sentence()
    wrong = sna("learned", learned, *model, "--reset", "depths").sentence()
    assert "nothing is learned of an output 'depths'; give width" in wrong
    assert sna("learned", learned, *model, "--json").json["outputs"]["width"]["used"]
