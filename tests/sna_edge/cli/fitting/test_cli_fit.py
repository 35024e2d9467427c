"""`sna-edge fit`: a table becomes a model file that answers; unusable tables get one sentence."""

import csv
import json
import re

import numpy as np
import pytest

import sna_edge


def save(path, header, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """width = 40 + power / 5 + 10 speed^2 (+ 20 on steel 'B'), noise 0.5; 150 rows."""
    rng = np.random.default_rng(3)
    power, speed, steel = (
        rng.uniform(100, 400, 150),
        rng.uniform(0.5, 1.5, 150),
        rng.choice(["A", "B"], 150),
    )
    width = 40 + power / 5 + 10 * speed**2 + 20 * (steel == "B") + rng.normal(0, 0.5, 150)
    rows = [
        [f"{p:.6g}", f"{s:.6g}", m, f"{w:.6g}"]
        for p, s, m, w in zip(power, speed, steel, width, strict=True)
    ]
    return save(
        tmp_path_factory.mktemp("fit") / "tracks.csv", ["power", "speed", "steel", "width"], rows
    )


def test_groups_and_times_are_no_inputs_and_are_reported(tmp_path, capsys):
    from sna_edge.cli import main

    rng = np.random.default_rng(1)
    rows = [[f"{x:.4f}", f"B{i // 8}", f"2026-01-{1 + i // 4:02d}", f"{3 * x + (i // 8) % 3:.4f}"]
            for i, x in enumerate(rng.uniform(0, 1, 96))]  # fmt: skip
    table = save(tmp_path / "lots.csv", ["x", "lot", "day", "y"], rows)
    words = [
        "fit", str(table), "--target", "y", "--groups", "lot", "--time", "day",
        "--report", str(tmp_path / "r.html"), "-o", str(tmp_path / "m.sna"),
    ]  # fmt: skip
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "whole groups of 'lot' in the order of 'day', 6 blocks" in text
    assert "y: 'lot' differ by 0." in text
    assert "in the order of" in (tmp_path / "r.html").read_text(encoding="utf-8")
    model = sna_edge.load(tmp_path / "m.sna")
    assert model.input_names == ["x"]
    assert model.metadata["fit"]["held_out"] == {"groups": "lot", "count": 12, "time": "day"}


def test_held_out_figures_stand_beside_those_out_of_fold(table, tmp_path, capsys):
    from sna_edge.cli import main

    words = [
        "fit", str(table), "--target", "width", "--categorical", "steel",
        "--holdout", "30%", "--report", str(tmp_path / "r.html"), "-o", str(tmp_path / "m.sna"),
    ]  # fmt: skip
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "held out of the fit: 45 rows (rows at random); the model that is delivered" in text
    assert "out of fold: R2" in text and "width, prediction" in text and "width, steel" in text
    assert "Rows held out of the fit" in (tmp_path / "r.html").read_text(encoding="utf-8")
    known = sna_edge.load(tmp_path / "m.sna").metadata["fit"]
    assert known["rows"] == 105 and known["holdout"]["rows"] == 45
    assert known["holdout"]["width"]["r2"] > 0.9


def test_a_robust_fit_names_the_rows_it_leaves_out_and_reads_a_gauge_study(table, tmp_path, capsys):
    from sna_edge.cli import main

    lines = table.read_text(encoding="utf-8").splitlines()
    cells = lines[10].split(",")
    lines[10] = ",".join([*cells[:3], f"{10 * float(cells[3]):.6g}"])
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("\n".join(lines) + "\n", encoding="utf-8")
    study = save(
        tmp_path / "study.csv",
        ["part", "operator", "width"],
        [[p, o, 10 * p + 0.1 * o + 0.2 * t] for p in range(5) for o in "12" for o in [int(o)]
         for t in range(3)],
    )  # fmt: skip
    path = tmp_path / "m.sna"
    words = ["fit", str(wrong), "--target", "width", "--categorical", "steel", "--robust"]
    assert main([*words, "--gage", str(study), "-o", str(path)]) == 0
    text = capsys.readouterr().out
    assert "1 row looks wrong; left out of the fit: 1," in text
    assert "row 10: width" in text and "10 times what was expected: a decimal slip?" in text
    assert "width: gauge R&R 0.1" in text
    known = sna_edge.load(path).metadata["fit"]
    assert known["robust"] == {"left_out": 1, "rows": 150}
    assert 0.15 < known["gauge"]["width"]["sigma"] < 0.3
    seen = save(tmp_path / "seen.csv", ["speed", "steel", "width"], [[1.0, "A", 90.0]])
    asked = ["inverse", str(path), "--unknown", "power", "--observations", str(seen)]
    assert main(asked) == 0
    assert "measurement noise (of the gauge study kept with the model)" in capsys.readouterr().out


@pytest.fixture(scope="module")
def fitted(table):
    from sna_edge.cli import main

    path = table.with_name("model.sna")
    page = table.with_name("report.html")
    words = [
        "fit",
        table,
        "--target",
        "width",
        "--categorical",
        "steel",
        "--report",
        page,
        "-o",
        path,
    ]
    assert main([str(w) for w in words]) == 0
    return path


def test_the_model_predicts_and_knows_its_inputs(sna, fitted):
    info = sna("info", fitted, "--json").json
    assert [i["name"] for i in info["inputs"]] == ["power", "speed", "steel"]
    assert info["inputs"][2]["levels"] == ["A", "B"]
    said = sna("query", fitted, "--at", "power=250", "speed=1", "steel=B", "--json")
    assert said.json["outputs"]["width"]["value"] == pytest.approx(120.0, abs=0.6)
    width = said.json["outputs"]["width"]
    assert width["lower"] < 120 < width["upper"]
    assert width["upper"] - width["lower"] < 4.0


def test_the_report_is_one_file_that_fetches_nothing(fitted):
    text = fitted.with_name("report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.count("<svg") >= 5
    assert "http://www.w3.org/2000/svg" in text
    assert "default-src 'none'" in text
    shown = re.sub(r"(<script[^>]*>)[^<]*(?=</script>)", r"\1", text)  # the page is tested as such
    shown = shown.replace('<link rel="icon" href="data:,">', "")  # else browsers ask for one
    for word in ("<link", "src=", "@import", "url(", "https://"):
        assert word not in shown, word
    assert shown.count("http:") == shown.count("http://www.w3.org/2000/svg")


def test_same_seed_same_bytes_and_json_report(sna, table, tmp_path):
    files = [tmp_path / "a.sna", tmp_path / "b.sna"]
    for path in files:
        said = sna(
            "fit",
            table,
            "--target",
            "width",
            "--inputs",
            "power,speed",
            "--seed",
            "7",
            "-o",
            path,
            "--json",
        )
        assert said.code == 0
        assert said.json["outputs"]["width"]["rmse"] > 0
        assert said.json["seed"] == 7
    assert files[0].read_bytes() == files[1].read_bytes()


def test_declared_domain_and_several_targets(sna, table, tmp_path):
    words = [
        "--target",
        "width",
        "--target",
        "speed",
        "--inputs",
        "power",
        "--domain",
        "power=50:500",
    ]
    said = sna("fit", table, *words, "-o", tmp_path / "m.sna", "--json")
    assert said.code == 0
    model = sna_edge.load(tmp_path / "m.sna")
    assert model.output_names == ["width", "speed"]
    assert (model.axes[0].lower, model.axes[0].upper) == (50.0, 500.0)


HEADER, GOOD = ["a", "b", "y"], [[str(i), str(i * i % 7), str(2.0 * i)] for i in range(30)]


def changed(row, column, cell):
    rows = [list(r) for r in GOOD]
    rows[row][column] = cell
    return rows


@pytest.mark.parametrize(
    ("rows", "words", "parts"),
    [
        (changed(4, 1, "nan"), [], ["row 5", "'b'"]),
        (changed(4, 1, ""), [], ["row 5", "'b'", "missing"]),
        (changed(4, 0, "inf"), [], ["row 5", "'a'", "finite"]),
        (changed(6, 0, "hot"), [], ["row 7", "'a'", "'hot'", "text"]),
        (changed(6, 2, "-inf"), [], ["row 7", "'y'", "finite"]),
        ([], [], ["no rows"]),
        (GOOD[:1], [], ["one row"]),
        ([[a, b, "3"] for a, b, _ in GOOD], [], ["y", "constant"]),
        (GOOD, ["--inputs", "a,c"], ["no column 'c'", "a, b, y"]),
        (GOOD, ["--target", "z"], ["no column 'z'"]),
        (GOOD, ["--inputs", "a,y"], ["both target and input"]),
        (GOOD, ["--domain", "a=5:1"], ["LO < HI"]),
        (GOOD, ["--domain", "a=3:9"], ["'a'", "outside"]),
        (GOOD, ["--time-limit", "-3"], ["positive"]),
        ([[a, b, str(-float(y))] for a, b, y in GOOD], ["--link", "exp"], ["exp"]),
        (GOOD, ["--seed", "x"], ["invalid int"]),
    ],
)
def test_unusable_tables_get_one_sentence(sna, tmp_path, rows, words, parts):
    table = save(tmp_path / "t.csv", HEADER, rows)
    said = sna("fit", table, "--target", "y", *words, "-o", tmp_path / "m.sna")
    assert said.code == 2
    sentence = said.sentence()
    for part in parts:
        assert part in sentence
    assert not (tmp_path / "m.sna").exists()


def test_an_empty_file_and_a_missing_file(sna, tmp_path):
    (tmp_path / "empty.csv").write_text("")
    for name in ("empty.csv", "nowhere.csv"):
        said = sna("fit", tmp_path / name, "--target", "y", "-o", tmp_path / "m.sna")
        assert said.code == 2
        assert name in said.sentence()


def test_a_fit_says_where_its_intervals_hold_in_a_line_in_json_and_in_the_file(
    table, tmp_path, capsys
):
    from sna_edge.cli import main

    path = tmp_path / "m.sna"
    words = ["fit", str(table), "--target", "width", "--categorical", "steel"]
    assert main([*words, "-o", str(path)]) == 0
    assert re.search(r"^width: covers \d+ %.*; the width ", capsys.readouterr().out, re.M)
    assert main([*words, "-o", str(path), "--json", "--report", str(tmp_path / "r.html")]) == 0
    found = json.loads(capsys.readouterr().out)["intervals"]["width"]
    assert [p["rows"] for p in found["by_prediction"]] == [38, 37, 37, 38]
    assert list(found["by_input"]) == ["power", "speed", "steel"]
    assert list(found["levels"]) == ["0.5", "0.8", "0.9", "0.95"]
    assert "May it be believed here" in (tmp_path / "r.html").read_text(encoding="utf-8")
    quarters = sna_edge.load(path).metadata["fit"]["outputs"]["width"]["by_quarter"]
    assert quarters == pytest.approx([p["coverage"] for p in found["by_prediction"]], abs=1e-4)


def test_weights_and_errors_of_rows_are_columns_and_no_inputs(sna, tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i},{i % 7},{i % 3},{1 + i % 2},{3 * i + i % 7 + (i % 5) / 5}" for i in range(40)]
    path.write_text("a,b,n parts,sd,y\n" + "\n".join(rows))
    fit = ["fit", path, "--target", "y", "-o", tmp_path / "m.sna"]
    said = sna(*fit, "--weights", "n parts", "--error", "sd")
    assert said.code == 0 and "left out 14 rows of weight 0" in said.out
    assert "rows weigh by 'n parts' and 'sd': 26 of them" in said.out
    found = sna(*fit, "--weights", "n parts", "--json").json
    assert found["inputs"] == ["a", "b", "sd"] and found["weights"]["absent"] == 14
    assert "no column 'parts'" in sna(*fit, "--weights", "parts").err


def test_columns_are_found_without_their_units(tmp_path, capsys):
    from sna_edge.cli import main

    rng, table = np.random.default_rng(0), tmp_path / "t.csv"
    power, speed = rng.uniform(100, 300, 40), rng.uniform(200, 900, 40)
    rows = [f"{p},{s},{100 * p / s + p**2}" for p, s in zip(power, speed, strict=True)]
    table.write_text("\n".join(["power [W],speed [mm/s],depth [um]", *rows]))
    options = ["--effort", "quick"]
    words = ["fit", str(table), "--target", "depth", "--inputs", "power,energy"]
    words += ["--derive", "energy = `power` / speed", "--domain", "power=50:400"]
    assert main([*words, *options, "-o", str(tmp_path / "t.sna")]) == 0
    model = sna_edge.load(tmp_path / "t.sna")
    assert [a.name for a in model.axes] == ["power [W]", "energy"]
    assert model.output_names == ["depth [um]"] and model.axes[0].upper == 400.0
    words[3] = "depth [mm]"  # no column in another unit is taken for it
    assert main([*words, *options, "-o", str(tmp_path / "u.sna")]) != 0
    assert "no column 'depth [mm]'" in capsys.readouterr().err
