"""`sna-edge inverse --table`: one inversion per row, known by hand."""

import csv

import pytest

HEADER = "id,width,depth,spot\n"


def answered(sna, model_file, tmp_path, text, *words):
    table, out = tmp_path / "in.csv", tmp_path / "out.csv"
    table.write_text(text, encoding="utf-8")
    said = sna("inverse", model_file, "--table", table, "-o", out, *words)
    rows = list(csv.DictReader(out.open(encoding="utf-8"))) if out.exists() else []
    return said, rows


def test_every_row_has_its_own_targets_and_known_inputs(sna, model_file, tmp_path):
    text = (
        HEADER
        + f"a,95,{2.718281828**1.5},B\nb,90,{2.718281828**1.5},A\nc,900,{2.718281828**1.5},A\n"
        + "d,x,4,A\ne,90,4,C\n"
    )
    said, rows = answered(sna, model_file, tmp_path, text, "--unknown", "power,speed", "--json")
    assert said.code == 0
    assert said.json["rows"] == 5 and said.json["statuses"] == {
        "ok": 2,
        "unreachable": 1,
        "bad_input": 1,
        "out_of_domain": 1,
    }
    assert list(rows[0]) == [
        "id",
        "width",
        "depth",
        "spot",
        "status",
        "reason",
        "power",
        "speed",
        "miss",
    ]
    for row in rows[:2]:
        assert (float(row["power"]), float(row["speed"])) == pytest.approx((200.0, 1.0), rel=1e-5)
        assert float(row["miss"]) < 1e-7
    assert float(rows[2]["power"]) == pytest.approx(400.0) and float(rows[2]["miss"]) > 1
    assert rows[3]["power"] == rows[4]["power"] == ""


def test_inputs_of_one_value_are_given_with_at(sna, model_file, tmp_path):
    said, rows = answered(
        sna,
        model_file,
        tmp_path,
        "width,power\n95,1\n85,2\n",
        "--unknown",
        "power",
        "--at",
        "speed=1",
        "spot=B",
    )
    assert said.out.startswith("2 rows answered, written to ")
    assert [float(r["power"]) for r in rows] == pytest.approx([200.0, 160.0], rel=1e-6)
    assert [r["power_in"] for r in rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "words", "part"),
    [
        ("speed,spot\n1,A\n", ("--unknown", "power"), "has no measured output"),
        ("width,spot\n95,A\n", ("--unknown", "power"), "no column 'speed'"),
        ("width,speed,spot\n", ("--unknown", "power"), "no rows"),
        ("width,speed,spot\n95,1,A\n", ("--unknown", "spot", "--at", "power=200"), "categorical"),
        (
            "width,speed,spot\n95,1,A\n",
            ("--unknown", "power", "--target", "width=9"),
            "give exactly one of",
        ),
        ("width,speed,spot\n95,1,A\n", ("--unknown", "power,powr"), "'powr'"),
    ],
)
def test_unusable_tables(sna, model_file, tmp_path, text, words, part):
    said, rows = answered(sna, model_file, tmp_path, text, *words)
    assert said.code == 2 and not rows
    assert part in said.sentence()


def test_a_deadline_marks_the_rows_left_out(sna, model_file, tmp_path):
    text = "width,speed,spot\n" + "95,1,B\n" * 200_000
    said, rows = answered(
        sna,
        model_file,
        tmp_path,
        text,
        "--unknown",
        "power",
        "--deadline-ms",
        "1",
        "--json",
        "--backend",
        "numpy",
    )
    assert (
        said.json["statuses"]["deadline"] > 100_000
        and rows[-1]["status"] == "deadline"
        and rows[-1]["power"] == ""
    )
