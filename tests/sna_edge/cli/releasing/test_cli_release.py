"""`sna-edge release`: one command from a table to a signed folder, the same bytes wherever it is
made, and nothing where it fails."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sna_edge
from sna_edge.cli import main
from sna_edge.cli.releasing.keys import SECTIONS
from sna_edge.values.documents import read_document
from sna_export.release.card_schema import SCHEMA
from sna_export.release.manifest import check_release

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
pytest.importorskip("cryptography")

EPOCH = "1700000000"
PROJECT = """
[fit]
table = "data/parts table.csv"
target = ["depth"]
categorical = ["machine"]
units = ["power=W", "depth=um"]
effort = "quick"
seed = 0

[release]
name = "depth"

[card]
intended = "choosing <power>"
failures = ["reads low after a change of the lens"]

[sign]
key = "own.key"
"""


def table(path: Path, shift: float = 0.0, rows: int = 60) -> None:
    """depth = 50 + 0.3 power + 4 (on machine B), and noise."""
    rng = np.random.default_rng(1)
    power, b = rng.uniform(100, 300, rows), rng.integers(0, 2, rows)
    depth = 50 + 0.3 * power + 4 * b + rng.normal(0, 1, rows) + shift
    lines = [f"{p:.2f},{'AB'[m]},{d:.3f}" for p, m, d in zip(power, b, depth, strict=True)]
    path.write_text("power,machine,depth\n" + "\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", EPOCH)
        patch.setenv("SNA_EDGE_PASSPHRASE", "a secret")
        patch.delenv("SNA_EDGE_KEYS", raising=False)
        yield


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory, environment: None) -> Path:
    """A folder with a table, a key and a project."""
    folder = tmp_path_factory.mktemp("first")
    (folder / "data").mkdir()
    table(folder / "data" / "parts table.csv")
    (folder / "depth.toml").write_text(PROJECT)
    assert main(["keygen", "-o", str(folder / "own")]) == 0
    return folder


@pytest.fixture(scope="module")
def made(checkout: Path) -> Path:
    """The release of it."""
    assert main(["release", str(checkout / "depth.toml")]) == 0
    return checkout / "depth-1"


def everything(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


def test_two_checkouts_give_the_same_bytes(checkout: Path, made: Path, tmp_path: Path) -> None:
    other = tmp_path / "a second place" / "deeper"
    shutil.copytree(checkout, other, ignore=shutil.ignore_patterns("depth-1"))
    words = [sys.executable, "-m", "sna_edge", "release", "depth.toml", "-o", "elsewhere"]
    subprocess.run(words, cwd=other, check=True, capture_output=True)
    assert everything(other / "elsewhere") == everything(made)


def test_a_release_holds_what_its_manifest_names_and_is_signed(
    made: Path, checkout: Path, sna
) -> None:
    named = json.loads((made / "manifest.json").read_text())
    assert set(named["files"]) == {
        "card.html", "card.json", "depth.sna", "project.toml", "report.html",
    }  # fmt: skip
    assert (named["name"], named["version"], named["created"]) == (
        "depth", 1, "2023-11-14T22:13:20Z",
    )  # fmt: skip
    ring = checkout / "own.pub"
    said = sna("verify", made, "--keys", ring)
    assert said.code == 0
    assert "signed by key" in said.out
    assert sna_edge.load(made / "depth.sna", keys=ring).signature.model_version == 1
    assert (made / "project.toml").read_text() == PROJECT


def test_changed_missing_and_added_files_are_refused(made: Path, tmp_path: Path, sna) -> None:
    for act, word in (
        (lambda f: (f / "card.html").write_text("x"), "is not the file"),
        (lambda f: (f / "card.json").unlink(), "is missing"),
        (lambda f: (f / "more.txt").write_text("x"), "does not belong"),
        (lambda f: (f / "more").symlink_to(f.parent), "is a link"),
        (lambda f: (f / "manifest.json").write_text("{}"), "not that of a kit"),
    ):
        copy = tmp_path / word.replace(" ", "")
        shutil.copytree(made, copy)
        act(copy)
        assert word in sna("verify", copy).sentence()


def test_a_forged_manifest_is_refused(made: Path, checkout: Path, tmp_path: Path, sna) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    text = (copy / "manifest.json").read_text()
    (copy / "manifest.json").write_text(text.replace('"version": 1', '"version": 2'))
    assert "wrong_signature" in sna("verify", copy, "--keys", checkout / "own.pub").sentence()


def test_the_card_states_its_schema_and_keeps_it(made: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    card = json.loads((made / "card.json").read_text())
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(card, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**card, "more": 1}, SCHEMA)
    assert card["data"]["rows"] == card["fit"]["rows"] == 60
    assert card["fit"]["seed"] == 0
    assert card["failures"]["stated"] == ["reads low after a change of the lens"]
    assert card["model"]["signature"]["version"] == 1
    assert card["outputs"][0]["errors"]["r2"] > 0.9
    assert len(card["failures"]["worst_rows"]["depth"]) == 5


def test_the_card_of_a_release_folder_is_that_of_its_model(made: Path, sna) -> None:
    card = sna("card", made, "--json").json["card"]
    assert (card["name"], card["version"]) == ("depth", 1)


def test_the_card_is_a_page_that_asks_nobody(made: Path) -> None:
    page = (made / "card.html").read_text().replace("http://www.w3.org/2000/svg", "")
    assert "choosing &lt;power&gt;" in page
    assert not re.search(r"<script|<link|<img|url\(|@import|https?://", page)
    assert "@media print" in page


def test_git_commit_of_the_project_is_named(checkout: Path, tmp_path: Path, sna) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed here")
    folder = tmp_path / "repository"
    shutil.copytree(checkout, folder, ignore=shutil.ignore_patterns("depth-1"))
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", "-C", folder, *words], check=True)
    head = subprocess.check_output(["git", "-C", folder, "rev-parse", "HEAD"], text=True).strip()
    said = sna("release", folder / "depth.toml", "--check").out
    assert f"git: commit {head[:12]}\n" in said
    table(folder / "data" / "parts table.csv", shift=1.0)
    assert "with changes that are not committed" in (
        sna("release", folder / "depth.toml", "--check").out
    )


def test_check_does_nothing(checkout: Path, sna, tmp_path: Path) -> None:
    before = sorted(os.listdir(checkout))
    said = sna("release", checkout / "depth.toml", "--check", "-o", tmp_path / "new")
    assert said.code == 0
    assert "version 1" in said.out
    assert "60 rows" in said.out
    assert (sorted(os.listdir(checkout)), os.listdir(tmp_path)) == (before, [])


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('name = "depth"', 'nam = "depth"', "[release] has no key 'nam'"),
        ('name = "depth"', 'name = "../x"', "is no name of a file"),
        ('name = "depth"', "version = true", "give a whole number"),
        ('name = "depth"', f"version = {1 << 64}", "the largest that a model can carry"),
        ("[card]", "[cart]", "'cart' is no section"),
        ("parts table.csv", "none.csv", "cannot be read (No such file"),
        ('["depth"]', '["width"]', "no column 'width'"),
        ('"own.key"', '"lost.key"', "there is no private key"),
        ('key = "own.key"', "", "[sign] names no key"),
        ('categorical = ["machine"]\n', "", "is text"),
        ("[sign]", '[kit]\ntargets = ["pi-risc-py311"]\n[sign]', "there is no target"),
        ("[sign]", "[compare]\nmax-change = {width = 1}\n[sign]", "which is no target"),
        ("[sign]", '[compare]\nprevious = "gone"\n[sign]', "cannot read"),
        ("[fit]\n", '[fit]\nper = "machine"\n', "write a project for each level"),
        ("[fit]\n", '[[product]]\noutput = "a.sna"\n[fit]\n', "a release is of one model"),
    ],
)
def test_what_is_wrong_is_said_before_the_fit(
    checkout: Path, sna, monkeypatch, old: str, new: str, word: str
) -> None:
    monkeypatch.setattr("sna_edge.cli.releasing.make.fitted", None)
    path = checkout / "wrong.toml"
    assert old in PROJECT
    path.write_text(PROJECT.replace(old, new, 1))
    for check in ([], ["--check"]):
        said = sna("release", path, *check, "-o", checkout / "wrong")
        assert (said.code, word in said.sentence()) == (2, True), said.err
        assert not [n for n in os.listdir(checkout) if n.startswith((".release", "wrong-"))]


def test_a_wrong_passphrase_is_one_sentence(checkout: Path, sna, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("SNA_EDGE_PASSPHRASE", "another")
    said = sna("release", checkout / "depth.toml", "-o", tmp_path / "new")
    assert "the passphrase does not open" in said.sentence()


@pytest.mark.parametrize("epoch", ["-5", "1_0", " 5", "\u0665", "", "9" * 30])
def test_a_time_that_is_none_is_one_sentence(
    checkout: Path, sna, monkeypatch, tmp_path, epoch: str
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    said = sna("release", checkout / "depth.toml", "--check", "-o", tmp_path / "new")
    assert "give seconds since 1970" in said.sentence()


def test_a_table_that_changes_under_way_is_no_release(
    checkout: Path, sna, monkeypatch, tmp_path
) -> None:
    from sna_edge.cli.releasing import make

    there = tmp_path / "own"
    shutil.copytree(checkout, there, ignore=shutil.ignore_patterns("depth-1"))
    whole = make.fitted

    def meanwhile(args: object) -> object:
        found = whole(args)
        table(there / "data" / "parts table.csv", shift=1.0)
        return found

    monkeypatch.setattr(make, "fitted", meanwhile)
    said = sna("release", there / "depth.toml", "-o", tmp_path / "new", "--json")
    assert "was changed while the release was made" in said.sentence()
    assert os.listdir(tmp_path) == ["own"]


def test_what_a_killed_release_left_is_named(checkout: Path, sna, tmp_path) -> None:
    (tmp_path / ".release-x").mkdir()
    said = sna("release", checkout / "depth.toml", "--check", "-o", tmp_path / "new")
    assert f"{tmp_path / '.release-x'} is of a release that was killed" in said.out


def test_a_release_is_never_written_over(checkout: Path, made: Path, sna) -> None:
    assert "depth-1 exists" in sna("release", checkout / "depth.toml").sentence()


def test_nothing_is_left_where_a_step_fails(checkout: Path, sna, monkeypatch, tmp_path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sna_export.sealed.folder.digests_of", broken)
    said = sna("release", checkout / "depth.toml", "-o", tmp_path / "new")
    assert (said.code, os.listdir(tmp_path)) == (2, [])
    assert "no space is left" in said.err


def test_init_writes_a_project_that_runs(tmp_path: Path, sna, monkeypatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "my parts.csv")
    said = sna("release", "--init", "my parts.csv")
    assert said.code == 0
    text = Path("release.toml").read_text()
    found = read_document("release.toml")
    assert found["fit"]["target"] == ["depth"]
    assert found["fit"]["categorical"] == ["machine"]
    for section, keys in SECTIONS.items():
        assert f"[{section}]" in text
        assert all(re.search(rf"^(# )?{key} = ", text, re.M) for key in keys)
    assert sna("release", "release.toml", "--check").code == 0
    assert "is there already" in sna("release", "--init", "my parts.csv").sentence()
    # every key that is off can be switched on
    on = re.sub(r"^# (\[?[\w-]+(\]| = ).*)$", r"\1", text, flags=re.M)
    Path("on.toml").write_text(on)
    assert set(read_document("on.toml")) == {"fit", *SECTIONS}


def test_a_recipe_with_the_sections_of_a_release_is_a_recipe(
    checkout: Path, tmp_path: Path, sna
) -> None:
    said = sna("fit", "--config", checkout / "depth.toml", "-o", tmp_path / "d.sna", "--json")
    assert said.json["outputs"]["depth"]["r2"] > 0.9


def test_a_release_names_a_model_in_its_own_folder(made: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    told = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**told, "model": "../own.key"}))
    with pytest.raises(sna_edge.errors.InputError, match="not that of a release"):
        check_release(copy, None)


def second(checkout: Path, compare: str, shift: float = 0.5) -> Path:
    """A project of the next release: a new table, of which depth is larger by `shift`."""
    table(checkout / "data" / "next.csv", shift)
    path = checkout / "next.toml"
    text = PROJECT.replace("parts table.csv", "next.csv")
    path.write_text(f'{text}\n[compare]\nprevious = "depth-1"\n{compare}')
    return path


def test_the_next_release_says_what_changed(checkout: Path, made: Path, sna, tmp_path) -> None:
    path = second(checkout, "max-change = 1.0\nmax-rms-change = {depth = 0.6}\n")
    said = sna("release", path, "-o", tmp_path / "next", "--json").json
    assert (said["version"], said["previous"]) == (2, str(checkout / "depth-1" / "depth.sna"))
    told = json.loads((tmp_path / "next" / "changes.json").read_text())
    (change,) = told["changes"]
    assert change["mean"] == pytest.approx(0.5, abs=0.05)
    assert change["bound"] >= change["largest"] >= change["rms"] > 0.4
    assert told["gate"]["broken"] == []
    card = json.loads((tmp_path / "next" / "card.json").read_text())
    assert card["changes"]["old"]["version"] == 1
    assert "Against the release before" in (tmp_path / "next" / "card.html").read_text()
    assert sna("verify", tmp_path / "next").code == 0


@pytest.mark.parametrize("limit", ["max-change = 0.3", "max-change-at-rows = {depth = 0.3}"])
def test_a_release_that_changes_too_much_is_refused(
    checkout: Path, made: Path, sna, tmp_path, limit: str
) -> None:
    path = second(checkout, f"{limit}\n")
    said = sna("release", path, "-o", tmp_path / "next", "--json")
    assert said.code == 2
    assert "not released: depth changed by" in said.sentence()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("column", "unit", "why"),
    [("depth", "mm", "it is in um there"), ("deep", "um", "the outputs there are depth")],
)
def test_check_says_what_cannot_be_compared(
    checkout: Path, made: Path, sna, tmp_path, column: str, unit: str, why: str
) -> None:
    path = second(checkout, "")
    rows = checkout / "data" / "next.csv"
    rows.write_text(rows.read_text().replace("depth", column))
    text = path.read_text().replace("depth=um", f"{column}={unit}")
    text = text.replace('["depth"]', f'["{column}"]')
    path.write_text(text)
    said = sna("release", path, "--check", "-o", tmp_path / "next").out
    assert f"{column} is not compared: {why}\n" in said
    path.write_text(f"{text}\nmax-change = {{{column} = 1}}\n")
    for check in ([], ["--check"]):
        said = sna("release", path, *check, "-o", tmp_path / "next")
        assert "cannot be judged against the release before" in said.sentence()


def test_versions_grow(checkout: Path, made: Path, sna, tmp_path) -> None:
    path = second(checkout, "")
    said = sna("release", path, "--model-version", "1", "-o", tmp_path / "next")
    assert "version 1 is not larger than 1" in said.sentence()
