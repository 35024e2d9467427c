"""Recipes: every option is in them, they repeat a fit to the byte, and say how a table differs."""

from __future__ import annotations

import argparse
import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from sna_edge.cli import main
from sna_edge.cli.fitting import recipe
from sna_edge.cli.fitting.options import configure
from sna_edge.values.documents import read_document
from sna_export.fit.around import whole
from sna_export.fit.likelihood import front
from sna_export.fit.pipeline import pipeline
from sna_export.fit.plant import tables

pytest.importorskip("tomllib" if sys.version_info >= (3, 11) else "tomli")

OF_THE_CALL = {"columns", "progress", "stop", "options", "of"}
"""Keywords of `fit` that are no options."""
OF_THE_FILE = {
    "table", "output", "report", "separator", "decimal", "encoding", "per", "target",
}  # fmt: skip
"""Options that are no keywords: files, how they are written, and `targets`."""


def parsed(arguments: list[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    configure(parser)
    return vars(parser.parse_args(arguments))


def sample(action: argparse.Action) -> Any:
    """A value of an option that is not its default."""
    if action.nargs == 0:
        return True
    if action.choices:
        return next(c for c in action.choices if c != action.default)
    one: Any = {int: 7, float: 2.5}.get(action.type, 'a "quoted" \\ name = 1:2')  # type: ignore[arg-type]
    several = action.nargs == "+" or isinstance(action, argparse._AppendAction)
    return [one, "b=-3:4"] if several else one


@pytest.mark.parametrize("dest", recipe.actions())
def test_every_option_is_in_a_recipe_and_comes_back(dest: str, tmp_path: Path) -> None:
    action = recipe.actions()[dest]
    args = argparse.Namespace(**{**parsed([]), dest: sample(action), "seed": 3})
    if dest == "seed":
        args.seed = 7
    path = tmp_path / "fit.toml"
    path.write_text(recipe.toml({"fit": recipe.options_of(args, str(tmp_path))}))
    (arguments,) = recipe.called(str(path), [])
    found = parsed(arguments)
    if dest in recipe.PATHS or dest == "gage":
        text = str(found[dest])
        assert "quoted" in text
    else:
        assert found[dest] == vars(args)[dest]


SHAPE = {"increasing", "decreasing", "convex", "concave", "above_zero"}
"""Keys of `fit(shape=...)`."""


def test_command_line_and_python_have_the_same_options() -> None:
    keywords: set[str] = set()
    for function in (whole.fit, tables.fit, front.fit_by_likelihood, pipeline.fit_table):
        keywords |= set(inspect.signature(function).parameters)
    keywords = {k for k in keywords if k not in OF_THE_CALL and not k.startswith("_")}
    keywords = keywords - {"shape"} | SHAPE
    options = set(recipe.actions())
    assert keywords - {"targets"} - options == set()
    assert options - keywords - OF_THE_FILE == set()


ROWS = "x,alloy,y\n" + "".join(
    f"{i},{'AB'[i % 2]},{2 * i + i % 2 + 1e-3 * i * i}\n" for i in range(24)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "t.csv").write_text(ROWS)
    return tmp_path


FIT = ["fit", "data/t.csv", "--target", "y", "--categorical", "alloy", "-o", "m.sna"]


def test_a_recipe_repeats_a_fit(folder: Path, capsys: Any, monkeypatch: Any) -> None:
    assert main([*FIT, "--seed", "5"]) == 0
    made = (folder / "m.sna").read_bytes()
    assert "recipe: m.fit.toml" in capsys.readouterr().out
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    (folder / "m.sna").unlink()
    assert main(["fit", "--config", "../m.fit.toml"]) == 0
    assert "byte for byte" in capsys.readouterr().out
    assert (folder / "m.sna").read_bytes() == made
    assert main(["fit", "--config", "../m.fit.toml", "--seed", "6", "-o", "n.sna"]) == 0
    assert read_document("n.fit.toml")["fit"]["seed"] == 6
    assert read_document("n.fit.toml")["fit"]["table"] == os.path.join("..", "data", "t.csv")


def test_differences_of_a_table_are_said(folder: Path, capsys: Any) -> None:
    assert main(FIT) == 0
    capsys.readouterr()
    (folder / "new.csv").write_text(
        ROWS.replace("x,alloy,y", "x [mm],alloy,y").replace(",B,", ",C,").replace("x [mm]", "x")
        .replace("23,", "99,") + "3,A,7\n"
    )  # fmt: skip
    text = (folder / "new.csv").read_text().splitlines()
    (folder / "new.csv").write_text(
        "\n".join([text[0] + ",lot", *(f"{row},{i * i % 7}" for i, row in enumerate(text[1:]))])
    )
    args = [
        "fit",
        "new.csv",
        "--config",
        "m.fit.toml",
        "-o",
        "n.sna",
        "--json",
        "--missing",
        "drop",
    ]
    assert main(args) == 0
    said = json.loads(capsys.readouterr().out)["differences"]
    assert said == [
        "column 'x' runs from 0 to 99, in the recipe from 0 to 23",
        "column 'alloy' has new levels C",
        "column 'alloy' has no longer the levels B",
        "column 'lot' is new, and an input: no --inputs are named",
    ]


def test_many_products_in_one_go(folder: Path, capsys: Any) -> None:
    (folder / "all.toml").write_text(
        '[fit]\ntable = "data/t.csv"\ntarget = "y"\n'
        '[[product]]\ninputs = ["x"]\noutput = "one.sna"\n'
        '[[product]]\ninputs = ["none"]\noutput = "two.sna"\n'
        '[[product]]\ncategorical = ["alloy"]\noutput = "three.sna"\n'
    )
    assert main(["fit", "--config", "all.toml", "--json"]) == 2
    found = json.loads(capsys.readouterr().out)["products"]
    assert [p["status"] for p in found] == ["ok", "bad_input", "ok"]
    assert "none" in found[1]["error"] and (folder / "three.sna").exists()
    (folder / "all.toml").write_text(
        '[fit]\ntable = "data/t.csv"\ntarget = "y"\noutput = "a.sna"\n[[product]]\n[[product]]\n'
    )
    assert main(["fit", "--config", "all.toml"]) == 2
    assert "an output of its own" in capsys.readouterr().err


def test_a_model_for_each_level(folder: Path, capsys: Any) -> None:
    assert main(["fit", "data/t.csv", "--target", "y", "--per", "alloy", "-o", "m.sna"]) == 0
    assert "2 of 2 models fitted" in capsys.readouterr().out
    assert sorted(p.name for p in folder.glob("*.sna")) == ["m_A.sna", "m_B.sna"]
    assert not list(folder.glob("*.toml"))


def test_a_recipe_that_was_changed_is_kept(folder: Path, capsys: Any) -> None:
    assert main(FIT) == 0
    (folder / "m.fit.toml").write_text("# mine\n" + (folder / "m.fit.toml").read_text())
    assert main(FIT) == 0
    assert "left as it is" in capsys.readouterr().out
    assert (folder / "m.fit.toml").read_text().startswith("# mine")
    assert main([*FIT, "--recipe", "m.fit.toml"]) == 0
    assert not (folder / "m.fit.toml").read_text().startswith("# mine")
    assert main([*FIT[:-1], "n.sna", "--recipe", "none"]) == 0
    assert not (folder / "n.fit.toml").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[fit]\ntargets = ['y']\n", "'targets' is no option of a fit"),
        ("[fits]\ntarget = ['y']\n", "'fits' is no section"),
        ("[fit]\nrobust = 'yes'\n", "write true or false"),
        ("[fit]\nseed = [1, 2]\n", "takes one value"),
        ("product = 3\n", "[[product]]"),
        ("[fit]\ntarget = 'y'\n", "needs TABLE"),
        ("[fit]\ntable = 't.csv'\n", "needs --target"),
        ("[fit]\nunits = {x = 'mm'}\n", "write it as on the command line"),
        ("[fit\n", "is not TOML"),
    ],
)
def test_what_is_no_recipe_is_said(folder: Path, capsys: Any, text: str, said: str) -> None:
    (folder / "bad.toml").write_text(text)
    assert main(["fit", "--config", "bad.toml"]) == 2
    assert said in capsys.readouterr().err


def test_without_table_or_recipe(folder: Path, capsys: Any) -> None:
    assert main(["fit", "--target", "y"]) == 2
    assert "needs TABLE" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--recipe", "--report"])
def test_no_file_is_written_over_another(folder: Path, capsys: Any, option: str) -> None:
    for path in ("m.sna", "data/t.csv"):
        assert main([*FIT, option, path]) == 2
        assert "which would be lost" in capsys.readouterr().err
    assert not (folder / "m.sna").exists()


def test_a_column_that_tells_every_row_apart_is_no_product(tmp_path, capsys):
    table = tmp_path / "t.csv"
    rows = "".join(f"{i},{i % 2},{i * 1.5}\n" for i in range(12))
    table.write_text(f"part,lot,y\n{rows}")
    said = [("--per", "part"), ("--per", "lot", "--inputs", "part,lot")]
    for words, cause in zip(
        said, ("12 values in 12 rows", "leave it out of --inputs"), strict=True
    ):
        assert (
            main(["fit", str(table), "--target", "y", "-o", str(tmp_path / "m.sna"), *words]) == 2
        )
        assert cause in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["t.csv"]


def test_ctrl_c_ends_many_products_with_the_best_of_one(tmp_path, monkeypatch, capsys):
    table = tmp_path / "t.csv"
    rows = "".join(f"{i % 3},{i},{i * 1.5 + i % 5}\n" for i in range(60))
    table.write_text(f"lot,x,y\n{rows}")
    begun = []

    def stopped(one):
        begun.append(one.level)
        answer = {"status": "ok", "output": one.output, "bytes": 1, "outputs": {}, "stopped": True}
        return answer, []

    monkeypatch.setattr("sna_edge.cli.fitting.products.fit_one", stopped)
    words = ["fit", str(table), "--target", "y", "--per", "lot", "-o", str(tmp_path / "m.sna")]
    assert main(words) == 130 and begun == ["0"]
    assert "2 more not begun" in capsys.readouterr().out
