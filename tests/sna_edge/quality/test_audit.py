"""A log of verdicts is judged again: every kind of model and reading is found again to the last
digit, and what was changed is named."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from sna_edge.cli.main import main
from sna_edge.quality.limits import parse_limits
from sna_edge.quality.line import Line

from .. import beside_models
from ..core import test_missing
from .conftest import line_model

WHOLE = {"outputs": {"depth": {"LSL": -100.0, "USL": 100.0}}, "inputs": {"power": {"tolerance": 5}}}
WIDTH = {"outputs": {"width": {"LSL": 80.0, "USL": 150.0}, "depth": {"USL": 1000.0}}}
BASE = {"power": 150.1, "angle": 30.0, "alloy": "A", "machine": "M1"}
GAPS = {"outputs": {"y": {"LSL": -100.0, "USL": 100.0}}}
KINDS = {
    "plain": (line_model, WIDTH, [
        {"id": "P 1", "power": 200.123456789012345, "speed": 1, "alloy": "316L"},
        {"power": "0.25 kW", "speed": 0.9, "alloy": "IN718"},
        {"power": 400, "speed": 1, "alloy": "316L"},
        {"power": 200, "speed": 1, "alloy": "unknown"},
        {"power": 200, "speed": 1, "alloy": float("inf")},
        {"power": "wide", "speed": 1, "alloy": "316L"},
        {"power": 120, "speed": 1.25, "alloy": "316L", "image": "x" * 5000},
        {"power": 120, "speed": 1.25, "alloy": "316L", "note": float("nan"), "part": 1.10},
    ]),
    "computed": (beside_models.whole, WHOLE, [
        {**BASE, "hatch": 20.0}, {**BASE, "density": 30.0}, {**BASE, "hatch": "0.021 m"},
        {**BASE, "hatch": 100.0}, {**BASE, "hatch": 20.0, "power": 202.0}, BASE,
    ]),
    "missing": (test_missing.model, GAPS, [
        {"a": 0.5, "b": 0.25, "lot": "p"}, {"a": 0.5}, {"b": 0.1, "a": None},
        {"b": "n/a", "a": 0.125}, {"lot": "p"},
    ]),
}  # fmt: skip


def table(parts: list[dict[str, object]]) -> str:
    """The parts as a table with decimal commas."""
    names = sorted({name for part in parts for name in part} - {"image", "note"})
    rows = [";".join(str(part.get(n, "")).replace(".", ",") for n in names) for part in parts]
    return "\n".join([";".join(names), *rows]) + "\n"


@pytest.fixture(params=KINDS)
def line(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, list[dict[str, object]]]:
    """A folder with a model, limits and parts."""
    make, limits, parts = KINDS[request.param]
    (tmp_path / "m.sna").write_bytes(make().to_bytes())
    (tmp_path / "limits.json").write_text(json.dumps(limits))
    (tmp_path / "parts.jsonl").write_text("\n".join(map(json.dumps, parts)) + "\nno json\n\n")
    (tmp_path / "parts.csv").write_text(table(parts))
    return tmp_path, parts


def watched(folder: Path, *more: str) -> bytes:
    """What `watch` writes of the parts."""
    words = ["-m", "sna_edge", "watch", str(folder / "m.sna"), "--limits"]
    with (folder / "parts.jsonl").open("rb") as parts:
        return subprocess.run(
            [sys.executable, *words, str(folder / "limits.json"), *more],
            stdin=parts, capture_output=True, check=False, env={**os.environ},
        ).stdout  # fmt: skip


def audited(folder: Path, capsys: pytest.CaptureFixture[str], log: bytes) -> tuple[int, dict]:
    """Exit code and answer of `audit`."""
    (folder / "log").write_bytes(log)
    words = ["audit", folder / "log", "--model", folder / "m.sna", "--limits"]
    code = main([*map(str, words), str(folder / "limits.json"), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_every_verdict_is_found_again_to_the_last_digit(line, capsys) -> None:
    folder, parts = line
    for log in (watched(folder), watched(folder, "--table", str(folder / "parts.csv"))):
        texts = log.splitlines()
        assert len(texts) >= len(parts)
        code, found = audited(folder, capsys, log)
        assert (code, found["findings"]) == (0, [])
        judged = [json.loads(text) for text in texts]
        assert found["exact"] == found["equal"] == sum("reading" in one for one in judged)
        assert found["equal"] + found["refused"] == len(texts)
        assert all(len(text) < 3000 for text in texts)
        digest = sha256((folder / "m.sna").read_bytes()).hexdigest()
        assert all(list(one)[-2:] == ["model", "limits"] for one in judged)
        assert {one["model"]["sha256"] for one in judged} == {digest}


def test_a_changed_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, limits, parts = KINDS["plain"]
    (tmp_path / "m.sna").write_bytes(make().to_bytes())
    (tmp_path / "limits.json").write_text(json.dumps(limits))
    (tmp_path / "parts.jsonl").write_text("\n".join(map(json.dumps, parts[:2])))
    good = watched(tmp_path).splitlines()[0]
    entry = json.loads(good)
    value = json.dumps(entry["outputs"]["width"]["value"]).encode()
    changes = {
        "different": [
            (b"ACCEPT", b"REJECT"),
            (b"NO VERDICT", b"ACCEPT"),
            (value, json.dumps(entry["outputs"]["width"]["value"] + 0.01).encode()),
            (value, b"true"),
            (b"200.12345", b"230.12345"),
            (b'"width"', b'"height"'),
            (b'"outputs"', b'"output"'),
        ],
        "unreadable": [
            (b"}", b""),
            (b'"reading"', b'"readings"'),
            (b'"verdict"', b'"word"'),
            (b'"limits"', b'"limit"'),
            (b'"verdict"', b'"verdict": "ACCEPT", "verdict"'),
        ],
        "other": [
            (b'"sha256": "', b'"sha256": "0'),
            (b'"limits": "', b'"limits": "0'),
        ],
    }
    for kind, pairs in changes.items():
        for old, new in pairs:
            if old not in good:
                continue
            code, found = audited(tmp_path, capsys, good + b"\n" + good.replace(old, new, 1))
            assert code == (2 if kind == "other" else 3), (old, new)
            assert (found[kind], found["equal"]) == (1, 1), (old, new)
            assert found["findings"][0]["line"] == 2


def test_what_is_no_log(tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    make, limits, _ = KINDS["plain"]
    (tmp_path / "m.sna").write_bytes(make().to_bytes())
    (tmp_path / "l.json").write_text(json.dumps(limits))
    words = ["audit", "-", "--limits", str(tmp_path / "l.json")]
    for given, text, said in (
        (["--model", str(tmp_path / "m.sna")], b"\n\n", "has no verdicts"),
        ([], b"{}", "no model to judge with"),
        (["--store", str(tmp_path / "none")], b"{}", "holds no model"),
        (["--model", str(tmp_path / "m.sna")], b"x" * (1 << 24) + b"x", "more than 16 MiB"),
    ):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
        assert main([*words, *given]) == 2
        assert said in capsys.readouterr().err


def test_a_verdict_holds_what_is_judged_by_and_no_more() -> None:
    line = Line(line_model(), parse_limits(WIDTH, line_model()))
    reading = {"power": 120.0, "speed": 1.25, "alloy": "316L", "image": "x" * 9}
    (answer,) = line.readings([reading])
    assert answer["reading"] == {k: v for k, v in reading.items() if k != "image"}
