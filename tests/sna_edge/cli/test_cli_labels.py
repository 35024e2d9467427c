"""Labels on the command line: fit, query, tables, watch."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from sna_edge.cli.main import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """parts.csv and the model r.sna of its labels."""
    at = tmp_path_factory.mktemp("labels")
    force = np.linspace(0, 10, 120)
    with open(at / "parts.csv", "w", encoding="utf-8") as out:
        out.write("force,result,scratches,hours\n")
        for i, f in enumerate(force):
            label = "ok" if (f < 5) != (i % 9 == 0) else "nok"
            out.write(f"{f:.3f},{label},{i % 4},2\n")
    asked = ["--target", "result", "--inputs", "force", "-o", str(at / "r.sna")]
    assert main(["fit", str(at / "parts.csv"), *asked]) == 0
    return at


def test_fit_prints_what_probabilities_are_worth(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--target", "result", "--inputs", "force", "-o", str(folder / "again.sna")]
    assert main(["fit", str(folder / "parts.csv"), *asked, "--threshold", "40%"]) == 0
    out = capsys.readouterr().out
    for words in ("log-loss", "shares alone: ", "AUC", "ok answered from 0.4 on",
                  "a perfect model on 120 rows", "measured, answered as"):  # fmt: skip
        assert words in out


def test_query_names_the_class(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["query", str(folder / "r.sna"), "--at", "force=1"]) == 0
    assert capsys.readouterr().out.startswith("result: ok  (probability of ok 0.")
    assert main(["query", str(folder / "r.sna"), "--at", "force=9", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["classes"]["result"]["class"] == "nok"
    assert sum(answer["classes"]["result"]["probabilities"].values()) == pytest.approx(1.0)


def test_a_table_gets_a_column_of_labels(folder: Path) -> None:
    told = folder / "told.csv"
    assert main(["query", str(folder / "r.sna"), "--table", str(folder / "parts.csv"),
                 "-o", str(told)]) == 0  # fmt: skip
    rows = list(csv.DictReader(told.read_text(encoding="utf-8").splitlines()))
    assert rows[0]["result"] == "ok" and rows[-1]["result"] == "nok"
    assert rows[0]["result_in"] == "nok"
    assert float(rows[0]["result:ok"]) > 0.5


def test_rates_are_of_the_exposure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--target", "scratches", "--inputs", "force", "--exposure", "hours"]
    assert main(["fit", str(folder / "parts.csv"), *asked, "-o", str(folder / "f.sna")]) == 0
    capsys.readouterr()
    assert main(["query", str(folder / "f.sna"), "--at", "force=5", "--json"]) == 0
    value = json.loads(capsys.readouterr().out)["outputs"]["scratches"]["value"]
    assert value == pytest.approx(0.75, abs=0.15)


def test_watch_demands_a_probability(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    limits, parts = folder / "limits.json", folder / "in.csv"
    table = {"LSL": 0.7, "reject": 0.3}
    limits.write_text(json.dumps({"outputs": {"result:ok": table}}))
    parts.write_text("force\n1\n5\n9\n")
    main(["watch", str(folder / "r.sna"), "--limits", str(limits), "--table", str(parts)])
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [a["verdict"] for a in answers] == ["ACCEPT", "NO VERDICT", "REJECT"]
    assert answers[1]["reason"] == "result:ok lies between its reject and its LSL"


def test_a_demanded_probability_is_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = str(folder / "r.sna")
    assert main(["inverse", model, "--target", "result:ok=0.5", "--unknown", "force"]) == 0
    assert "force = " in capsys.readouterr().out
