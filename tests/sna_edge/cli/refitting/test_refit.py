"""`refit` from end to end: a line that moved is followed, no part counts twice, the fit repeats to
the byte, and a worse model is not written."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sna_edge
from sna_edge.cli import main

pytest.importorskip("scipy")
pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")
Run = Callable[..., Any]


def depth(power: float, machine: str, moved: float, rng: random.Random) -> float:
    return round(50 + 0.3 * power + 4 * (machine == "B") + moved + rng.gauss(0, 1), 3)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fit, and a log of a line that has moved by 6 um."""
    folder, rng = tmp_path_factory.mktemp("a line"), random.Random(1)
    rows, log = ["power;machine;depth"], list[dict[str, Any]]()
    for _ in range(60):
        power, machine = round(rng.uniform(100, 300), 1), rng.choice("AB")
        rows.append(f"{power};{machine};{depth(power, machine, 0.0, rng)}".replace(".", ","))
    (folder / "parts.csv").write_text("\n".join(rows) + "\n")
    for i in range(100):
        power, machine = round(rng.uniform(110, 290), 1), rng.choice("AB")
        log.append({"id": i, "power": power, "machine": machine, "time": i})
        if i % 2 == 0:
            told = {"depth": depth(power, machine, 6.0, rng)}
            log.append({"id": i, "measured": told})
    (folder / "the line.jsonl").write_text("".join(json.dumps(e) + "\n" for e in log))
    words = ["--categorical", "machine", "--units", "power=W", "depth=um", "--effort", "quick"]
    model = str(folder / "depth.sna")
    table = str(folder / "parts.csv")
    assert main(["fit", table, "--target", "depth", *words, "-o", model]) == 0
    return folder


@pytest.fixture
def folder(fitted: Path, tmp_path: Path) -> Path:
    shutil.copytree(fitted, tmp_path / "line")
    return tmp_path / "line"


def test_a_line_that_moved_is_followed_and_no_part_counts_twice(sna: Run, folder: Path) -> None:
    model, log, new = folder / "depth.sna", folder / "the line.jsonl", folder / "new.sna"
    counts = sna("refit", model, log, "--dry-run", "--json").json["parts"]
    assert (counts["judged"], counts["measured"], counts["added"], counts["held_out"]) == (
        100, 50, 40, 10,
    )  # fmt: skip
    assert not new.exists()
    said = sna("refit", model, log, "-o", new, "--weight-new", 20, "--json")
    answer = said.json
    assert said.code == 0 and answer["status"] == "ok" and answer["parts"]["rows"] == 100
    one = answer["newest_parts"]["depth"]
    assert one["rows"] == 10 and one["new"]["error"] < 0.5 * one["old"]["error"]
    assert one["old"]["bias"] < -4.0 < one["new"]["bias"]
    change = answer["changes"]["changes"][0]
    assert change["exact"] and 4.0 < change["mean"] < 8.0 and change["bound"] >= change["largest"]
    told = sna_edge.load(new).metadata["refit"]
    assert told["from-sha256"] == answer["sha256"] and told["parts"] == 40
    assert told["logs"] == ["the line.jsonl"]
    assert "with 40 parts of the line.jsonl" in sna("info", new).out
    assert sna("card", new, "--json").json["card"]["refit"]["parts"] == 40
    before = new.read_bytes()
    assert "byte for byte" in sna("fit", "--config", folder / "new.fit.toml").out
    assert new.read_bytes() == before
    again = sna("refit", new, log, log, "--dry-run", "--holdout", "none", "--json").json["parts"]
    assert (again["in_training_table"], again["added"]) == (40, 10)  # those held out, and no more
    weights = [
        (folder / n).read_text().split()[-1].split(";")[-1]
        for n in ("new.table.csv", "new.held.csv")
    ]
    assert weights == ["20,0", ""]
    log.write_text("")  # the log is gone, the parts held out are not
    assert sna("refit", new, log, "--dry-run", "--holdout", "none", "--json").json["parts"][
        "added"
    ] == 10  # fmt: skip


def test_a_worse_model_is_written_only_where_it_is_accepted(sna: Run, folder: Path) -> None:
    entries = [json.loads(t) for t in (folder / "the line.jsonl").read_text().splitlines()]
    for i, entry in enumerate(entries):
        if "measured" in entry:  # nonsense at first, then the line as it was
            entry["measured"]["depth"] = 0.0 if i < 110 else entry["measured"]["depth"] - 6.0
    log = folder / "wrong.jsonl"
    log.write_text("".join(json.dumps(e) + "\n" for e in entries))
    listed = sorted(os.listdir(folder))
    words = ["refit", folder / "depth.sna", log, "-o", folder / "new.sna", "--holdout", "24%"]
    said = sna(*words)
    assert said.code == 3 and "errs more on the" in said.out and "--accept" in said.out
    assert sorted(os.listdir(folder)) == listed
    assert sna(*words, "--accept", "--json").json["worse"]
    assert (folder / "new.sna").exists()


def test_a_table_of_measured_rows_is_a_log_in_its_own_units(sna: Run, folder: Path) -> None:
    rows = ["part;power [kW];machine;depth [mm];shift", "a;0,15;A;0,1;1", "b;0,25;C;0,13;1"]
    rows += ["c;0,2;A;;2", "d;wide;A;0,1;2", ";0,2;B;0,12;2"]
    (folder / "lab 1.csv").write_text("\n".join(rows) + "\n")
    words = ["refit", folder / "depth.sna", folder / "lab 1.csv", "--holdout", "none"]
    told = sna(*words, "--json", "--dry-run").json["parts"]
    assert (told["measured"], told["unmeasured"], told["added"]) == (4, 1, 3)
    assert told["new_levels"] == {"machine": {"C": 1}} and told["unused_columns"] == ["shift"]
    assert sna(*words, "-o", folder / "n.sna").code == 0
    text = (folder / "n.table.csv").read_text().splitlines()
    assert text[0] == "power;machine;depth;id" and text[-3:-1] == [
        "150,0;A;100,0;a",
        "250,0;C;130,0;b",
    ]


KINDS: dict[str, list[str]] = {
    "labels": ["--target", "state", "--inputs", "a,b"],
    "several, of computed inputs": [
        "--target", "y", "--target", "z", "--inputs", "s,b", "--derive", "s = a + b",
    ],
    "holes, groups and times": [
        "--target", "y", "--inputs", "a,b,lot", "--categorical", "lot", "--missing", "model",
        "--groups", "batch", "--time", "time",
    ],
    "counts, in a domain": [
        "--target", "n", "--inputs", "a,b", "--family", "poisson", "--exposure", "hours",
        "--domain", "a=0:1",
    ],
    "known groups": ["--target", "y", "--inputs", "a,b", "--groups", "batch", "--known-groups"],
}  # fmt: skip


def measured(rng: random.Random, i: int, holes: bool) -> dict[str, Any]:
    a, b = round(rng.random(), 3), round(rng.random(), 3)
    y = round(5 + 3 * a + 2 * b + rng.gauss(0, 0.1), 3)
    row: dict[str, Any] = {"a": a, "b": b, "lot": "pq"[i % 2], "batch": f"B{i // 10}"}
    row |= {"time": f"2026-01-{1 + i // 9:02d}", "y": y, "z": round(y * y, 3)}
    row |= {"state": "high" if y > 7.5 else "low", "hours": 2.0, "n": round(2 * y)}
    return row | ({"a": None} if holes and i % 7 == 0 else {})


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fit_is_fitted_anew_by_its_recipe(
    sna: Run, tmp_path: Path, kind: str
) -> None:
    rng, holes = random.Random(2), kind.startswith("holes")
    rows = [measured(rng, i, holes) for i in range(90)]
    table = [
        ",".join(rows[0]),
        *(",".join("" if v is None else str(v) for v in r.values()) for r in rows),
    ]
    (tmp_path / "t.csv").write_text("\n".join(table) + "\n")
    with open(tmp_path / "log", "w") as log:
        for i in range(90, 150):
            row = measured(rng, i, holes)
            told = {n: row.pop(n) for n in ("y", "z", "n", "state")} | (
                {"z": None} if i % 4 else {}
            )
            log.write(json.dumps({"id": f"P{i}", **row, "measured": told}) + "\n")
    model, new = tmp_path / "m.sna", tmp_path / "n.sna"
    fit = ["fit", tmp_path / "t.csv", *KINDS[kind], "--effort", "quick", "-o", model]
    assert sna(*fit).code == 0
    answer = sna("refit", model, tmp_path / "log", "-o", new, "--accept", "--json").json
    held = 10 if "--groups" in KINDS[kind] else 12  # a batch is ten parts
    assert (answer["parts"]["added"], answer["parts"]["held_out"]) == (60 - held, held)
    for told in answer["newest_parts"].values():
        assert told["rows"] >= 2 and told["new"]["error"] < 1.5
    assert ("z" in answer["newest_parts"]) == ("z" in KINDS[kind])
    again = sna("refit", new, tmp_path / "log", "--dry-run", "--json").json["parts"]
    assert (again["added"], again["held_out"]) == (held - 2, 2)


def test_a_refit_can_sign_as_the_next_version(sna: Run, folder: Path) -> None:
    pytest.importorskip("cryptography")
    secret = folder / "p"
    secret.touch(mode=0o600)
    secret.write_text("a good passphrase\n")
    with_secret = ["--passphrase-file", secret]
    assert sna("keygen", "-o", folder / "k", *with_secret).code == 0
    sign = ["sign", folder / "depth.sna", "--key", folder / "k.key", *with_secret]
    assert sna(*sign, "--model-version", 7).code == 0
    new, ring = folder / "new.sna", ["--keys", folder / "k.pub"]
    words = ["refit", folder / "depth.sna", folder / "the line.jsonl", "-o", new, *ring]
    said = sna(*words, "--sign", folder / "k.key", *with_secret, "--json")
    assert said.code == 0 and said.json["version"] == 8
    signature = sna_edge.load(new, keys=folder / "k.pub").signature
    assert signature is not None and signature.model_version == 8


@pytest.mark.parametrize(
    ("log", "options", "wrong"),
    [
        ("", [], "-o NEW.sna"),
        ("", ["-o", "depth.sna"], "choose another name"),
        ("", ["-o", "new.sna", "--keep-table", "parts.csv"], "choose another name"),
        ("", ["-o", "/dev/null"], "keeps nothing"),
        ("", ["-o", "new.sna", "--keep-table", "t.xlsx"], "ends in .csv"),
        ("values.csv", ["-o", "new.sna"], "1 measured values belong to no part"),
        ("", ["-o", "nowhere/new.sna"], "does not exist"),
        ("", ["--dry-run", "--recipe", "none.toml"], "--recipe FILE.toml"),
        ("", ["--dry-run", "--table", "other.csv"], "no column 'depth'"),
        ("", ["--dry-run", "--holdout", "all"], "--holdout"),
        ("", ["--dry-run", "--since", "noon"], "no time"),
        ("", ["-o", "new.sna", "--since", "1e9"], "older than --since"),
        ("", ["--dry-run", "--weight-new", "0"], "--weight-new"),
        ("", ["--dry-run", "--most-rows", "1"], "--most-rows"),
        ("empty.jsonl", ["-o", "new.sna"], "no part has a measured value"),
        ("no.jsonl", ["--dry-run"], "no such file"),
        (".", ["--dry-run"], "folder"),
        ("other.csv", ["--dry-run"], "no column of a target"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    sna: Run,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    log: str,
    options: list[str],
    wrong: str,
) -> None:
    monkeypatch.chdir(folder)
    Path("other.csv").write_text("a,b\n1,2\n")
    Path("empty.jsonl").write_text("")
    Path("values.csv").write_text("id,depth\n700,12.5\n")
    said = sna("refit", "depth.sna", log or "the line.jsonl", *options)
    assert said.code == 2 and wrong in said.sentence()
