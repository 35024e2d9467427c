"""`sna-edge export --to page` and the report of a fit."""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge.cli.main import main
from sna_export.page import of_fit

from ...model_kinds import KINDS


def carried(text: str) -> dict[str, Any]:
    """The content that a page carries."""
    block = re.search(r'id="about"[^>]*>([^<]*)<', text)
    assert block
    found = json.loads(zlib.decompress(b64decode(block[1]), -15))
    assert isinstance(found, dict)
    return found


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    KINDS["mixed axes"]().save("m.sna")
    return tmp_path


def test_a_page_of_a_file_with_its_table(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("t.csv").write_text(
        "angle;alloy;power;radius;depth;other\n90,5;IN718;200;1,5;7,25;x\n91;Ti64;;2;;x\n"
        "92;new;210;2;1;x\n"
    )
    assert main(["export", "m.sna", "--to", "page", "-o", "p.html", "--table", "t.csv"]) == 0
    assert "p.html: " in capsys.readouterr().out
    told = carried(Path("p.html").read_text(encoding="utf-8"))
    assert told["file"] == "m.sna"  # what a copied command asks
    assert told["rows"]["inputs"] == [[200, None, 210], [90.5, 91, 92], [1.5, 2, 2], [1, 2, None]]
    assert told["rows"]["outputs"] == [[7.25, None, 1], [None, None, None]]


def test_what_cannot_be_read_leaves_nothing(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("t.csv").write_text("power,angle\n1,2\n")
    assert main(["export", "m.sna", "--to", "page", "--table", "t.csv"]) == 2
    assert "t.csv has no column 'radius', 'alloy'" in capsys.readouterr().err
    assert main(["export", "m.sna", "--to", "page", "--table", "none.csv"]) == 2
    assert main(["export", "m.sna", "--to", "c", "--table", "t.csv"]) == 2
    assert not list(model.glob("*.html"))


def test_the_report_of_a_fit_is_a_page_that_is_readable_without_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(80, 2))
    y = x[:, 0] + x[:, 1] ** 2 + 0.01 * rng.normal(size=80)
    np.savetxt("t.csv", np.c_[x, y], delimiter=",", header="a,b,y", comments="", fmt="%.5f")
    given = ["--target", "y", "--effort", "quick", "-o", "y.sna", "--report", "r.html"]
    assert main(["fit", "t.csv", *given]) == 0
    text = Path("r.html").read_text(encoding="utf-8")
    told = carried(text)
    assert told["title"] == "y from t.csv" and told["file"] == "y.sna"
    assert len(told["rows"]["fitted"][0]) == 80 and told["quality"]["outputs"][0]["name"] == "y"
    model = re.search(r'id="model"[^>]*>([^<]*)<', text)
    assert model and zlib.decompress(b64decode(model[1]), -15) == Path("y.sna").read_bytes()
    block = re.search(r'id="report">(.*)</div><script id="about"', text, re.DOTALL)
    assert block and "<svg" in block[1] and "cross-validated" in block[1]
    assert not re.search(r"\sstyle=", block[1])


def test_a_report_that_fails_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    monkeypatch.setattr(of_fit, "fit_report", lambda found, **told: "new \ud800")  # no UTF-8
    with pytest.raises(UnicodeEncodeError):
        of_fit.write_report(path, None)
    assert path.read_text() == "old"
