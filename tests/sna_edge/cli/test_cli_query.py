"""`sna-edge query`: values known by hand, statuses, tables, exit codes."""

import csv

import numpy as np
import pytest

import sna_edge

POINT = ("--at", "power=200", "speed=1.0", "spot=B")


def test_point_prints_value_interval_and_unit(sna, model_file):
    said = sna("query", model_file, *POINT, "--json")
    assert said.code == 0
    assert said.err == ""
    assert said.json["status"] == "ok"
    width = said.json["outputs"]["width"]
    assert width.pop("unit") == "um"
    assert width == pytest.approx({"value": 95.0, "lower": 93.0, "upper": 98.0}, rel=1e-6)
    depth = said.json["outputs"]["depth"]
    assert depth["value"] == pytest.approx(np.exp(1.5), rel=1e-6)
    assert depth["lower"] is None
    assert depth["upper"] is None
    assert set(said.json) == {"status", "outputs"}


def test_at_may_be_repeated_and_is_readable_without_json(sna, model_file):
    said = sna("query", model_file, "--at", "power=200", "--at", "speed=1", "--at", "spot=B")
    assert said.code == 0
    assert said.out.splitlines()[0] == "width = 95 um  (90 % interval: 93 to 98)"


@pytest.mark.parametrize(
    ("point", "axis", "excess"),
    [("power=99", "power", -1.0), ("power=430.5", "power", 30.5), ("speed=1.75", "speed", 0.25)],
)
def test_outside_says_which_input_and_how_far(sna, model_file, point, axis, excess):
    at = {"power": "200", "speed": "1", "spot": "A"} | dict([point.split("=")])
    words = ["--at", *(f"{k}={v}" for k, v in at.items())]
    said = sna("query", model_file, *words, "--json")
    assert said.code == 3
    assert said.json["status"] == "out_of_domain"
    assert said.json["outputs"]["width"]["value"] is None
    assert said.json["input"] == axis
    assert said.json["excess"] == pytest.approx(excess)
    assert axis in sna("query", model_file, *words).out


def test_extrapolate_gives_a_marked_value(sna, model_file):
    said = sna(
        "query", model_file, "--at", "power=440", "speed=1", "spot=B", "--extrapolate", "--json"
    )
    assert said.code == 0
    assert said.json["status"] == "extrapolated"
    assert said.json["outputs"]["width"]["value"] == pytest.approx(155.0, rel=1e-6)
    assert said.json["excess"] == pytest.approx(40.0)


def test_unseen_level_has_no_value_even_with_extrapolate(sna, model_file):
    for extra in ([], ["--extrapolate"]):
        said = sna("query", model_file, "--at", "power=200", "speed=1", "spot=C", *extra, "--json")
        assert (said.code, said.json["status"], said.json["input"]) == (3, "out_of_domain", "spot")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--at", "power=200", "speed=1"], "'spot' is missing"),
        (["--at", "power=200", "sped=1", "spot=A"], "did you mean 'speed'"),
        (["--at", "power=nan", "speed=1", "spot=A"], "not a finite number"),
        (["--at", "power=inf", "speed=1", "spot=A"], "not a finite number"),
        (["--at", "power=wide", "speed=1", "spot=A"], "not a number"),
        (["--at", "power", "speed=1", "spot=A"], "NAME=VALUE"),
        (["--at", "power=1", "power=2"], "twice"),
        ([], "exactly one of --at, --table"),
        (["--table", "t.csv"], "-o OUT.csv"),
        (["--at", "power=200", "--backend", "abacus"], "abacus"),
    ],
)
def test_bad_input_is_one_sentence(sna, model_file, words, part):
    said = sna("query", model_file, *words)
    assert said.code == 2
    assert said.out == ""
    assert part in said.sentence()
    as_json = sna("query", model_file, *words, "--json")
    assert as_json.code == 2
    assert as_json.json["error"]


def test_missing_file_and_damaged_file(sna, model_file, tmp_path):
    assert "nowhere.sna" in sna("query", tmp_path / "nowhere.sna", *POINT).sentence()
    cut = tmp_path / "cut.sna"
    cut.write_bytes(model_file.read_bytes()[:777])
    said = sna("query", cut, *POINT, "--json")
    assert (said.code, said.json["status"], said.json["rule"]) == (2, "corrupt", "bad_size")


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_table_answers_every_row(sna, model_file, tmp_path):
    rows = [
        "7,1.0,200,B,95",
        "8,1.0,20,B,0",
        "9,1.0,,B,0",
        "10,1.0,x,B,0",
        "11,1.0,200,Z,0",
        "12,inf,200,A,0",
    ]
    source = write(tmp_path / "in.csv", "id,speed,power,spot,width\n" + "\n".join(rows) + "\n")
    said = sna("query", model_file, "--table", source, "-o", tmp_path / "out.csv", "--json")
    assert said.code == 0
    assert said.json["rows"] == 6
    out = read(tmp_path / "out.csv")
    assert [r["status"] for r in out] == [
        "ok",
        "out_of_domain",
        "bad_input",
        "bad_input",
        "out_of_domain",
        "bad_input",
    ]
    assert list(out[0])[5:] == [
        "status",
        "reason",
        "width",
        "width_lower",
        "width_upper",
        "depth",
        "depth_lower",
        "depth_upper",
    ]
    assert [r["id"] for r in out] == ["7", "8", "9", "10", "11", "12"]
    assert float(out[0]["width"]) == pytest.approx(95.0, rel=1e-6)
    assert out[0]["width_in"] == "95"
    assert out[1]["width"] == ""


def test_a_table_is_not_written_over_itself(sna, model_file, tmp_path):
    table = write(tmp_path / "t.csv", "power,speed,spot\n200,1,A\n")
    said = sna("query", model_file, "--table", table, "-o", table)
    assert said.code == 2 and "which would be lost" in said.sentence()
    assert table.read_text() == "power,speed,spot\n200,1,A\n"


def test_table_extrapolates_only_when_asked(sna, model_file, tmp_path):
    source = write(tmp_path / "in.csv", "power,speed,spot\n440,1,B\n")
    said = sna(
        "query",
        model_file,
        "--table",
        source,
        "-o",
        tmp_path / "out.csv",
        "--extrapolate",
        "--json",
    )
    assert said.json["statuses"] == {"extrapolated": 1}
    assert float(read(tmp_path / "out.csv")[0]["width"]) == pytest.approx(155.0, rel=1e-6)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_table_separators_and_byte_order_mark(sna, model_file, tmp_path, separator):
    text = "\ufeff" + "power,speed,spot\n200,1,B\n".replace(",", separator)
    said = sna(
        "query",
        model_file,
        "--table",
        write(tmp_path / "in.csv", text),
        "-o",
        tmp_path / "out.csv",
        "--json",
    )
    assert said.json["statuses"] == {"ok": 1}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "is empty"),
        ("power,speed,spot\n", "no rows"),
        ("power,spot\n200,A\n", "no column 'speed'"),
    ],
)
def test_unusable_table(sna, model_file, tmp_path, text, part):
    target = tmp_path / "out.csv"
    said = sna("query", model_file, "--table", write(tmp_path / "in.csv", text), "-o", target)
    assert said.code == 2
    assert part in said.sentence()
    assert not target.exists(), "nothing half-written is left"
    assert not list(tmp_path.glob(".sna-*"))


def test_table_values_equal_the_model(sna, model_file, tmp_path):
    import sna_edge

    rng = np.random.default_rng(5)
    x = np.column_stack(
        [rng.uniform(100, 400, 500), rng.uniform(0.5, 1.5, 500), rng.integers(0, 2, 500)]
    )
    lines = [f"{float(p)!r},{float(s)!r},{'AB'[int(k)]}" for p, s, k in x]
    source = write(tmp_path / "in.csv", "power,speed,spot\n" + "\n".join(lines) + "\n")
    sna("query", model_file, "--table", source, "-o", tmp_path / "out.csv", "--backend", "numpy")
    found = np.array([[float(r["width"]), float(r["depth"])] for r in read(tmp_path / "out.csv")])
    np.testing.assert_array_equal(
        found, sna_edge.load(model_file, backend="numpy").value(x, level_index=True)
    )


def test_a_decimal_comma_is_taken_and_one_of_thousands_refused(sna, model_file):
    point = sna("query", model_file, "--at", "power=200.5", "speed=1.25", "spot=B", "--json")
    comma = sna("query", model_file, "--at", "power=200,5", "speed=1,25", "spot=B", "--json")
    assert comma.code == 0 and comma.json == point.json
    open_ = sna("query", model_file, "--at", "power=1,500", "speed=1", "spot=B")
    assert (
        open_.code == 2 and "may be 1.500 or 1500; write it without the comma" in open_.sentence()
    )
    assert sna("query", model_file, "--at", "power=0,500", "speed=1", "spot=B").code != 2


def test_names_move_nothing_on_a_terminal(sna, tmp_path):
    axis = sna_edge.spline_axis("po\x1b[2Jwer\u202e", "W", 0, 1, spans=1)
    work = sna_edge.CP.full([np.ones((4, 1))], [[1.0]])
    path = tmp_path / "odd.sna"
    sna_edge.Model([axis], work, [sna_edge.Output("y\rz")]).save(path)
    for said in (sna("info", path), sna("query", path, "--at", "po\x1b[2Jwer\u202e=0.5"),
                 sna("query", path, "--at", "x=0.5")):  # fmt: skip
        assert not set("\x1b\r\u202e") & set(said.out + said.err)
        assert "\\x1b[2J" in said.out + said.err or "y\\rz" in said.out or "y\\x0dz" in said.out
    table = sna("info", path).out
    assert "po\\x1b[2Jwer\\u202e" in table and "y\\x0dz" in table
