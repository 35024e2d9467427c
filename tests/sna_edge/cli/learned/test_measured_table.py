"""watch --measured: a table of measured values beside the parts, in every order."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..conftest import small_model
from .test_watch_learns import LIMITS, answers, words

COUNT = 60


def parts(count: int = COUNT) -> list[str]:
    """A header and rows of parts."""
    given = ((120 + 37 * i % 250, 0.6 + 0.13 * i % 0.8) for i in range(count))
    return ["id,power,speed,spot", *(f"{i},{p},{s},A" for i, (p, s) in enumerate(given))]


def widths(count: int = COUNT) -> list[float]:
    """What is measured of them: 4 um above the model."""
    rows = (text.split(",") for text in parts(count)[1:])
    return [50 + float(p) / 4 - 10 * float(s) + 4 + (int(i) % 7 - 3) / 3 for i, p, s, _ in rows]


def lab(count: int = COUNT) -> list[str]:
    """A header and rows of measured values."""
    return ["id,width", *(f"{i},{y}" for i, y in enumerate(widths(count)))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, limits, parts, measured values."""
    small_model().save(tmp_path / "model.sna")
    (tmp_path / "limits.json").write_text(json.dumps(LIMITS))
    (tmp_path / "parts.csv").write_text("\n".join(parts()) + "\n")
    (tmp_path / "lab.csv").write_text("\n".join(lab()) + "\n")
    return tmp_path


def learned(found: list[dict]) -> dict[str, dict]:
    """{id: what became of its width}."""
    return {a["id"]: a["measured"]["width"] for a in found if "measured" in a}


def test_rows_are_joined_by_id_and_learned_right_after_their_part(sna, folder: Path) -> None:
    said = answers(sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv")).out)
    assert len(said) == 2 * COUNT
    verdicts = [a for a in said if "verdict" in a]
    assert [a["line"] for a in verdicts] == list(range(1, COUNT + 1))
    assert verdicts[-1]["correction"]["labels"] == COUNT - 1
    rows = [a for a in said if "verdict" not in a]
    assert [a["measured_line"] for a in rows] == list(range(2, COUNT + 2))
    assert all(one["learned"] for one in learned(said).values()) and "line" not in rows[0]


def test_the_order_of_the_rows_does_not_matter(sna, folder: Path) -> None:
    first = answers(sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv")).out)
    (folder / "lab.csv").write_text("\n".join([lab()[0], *reversed(lab()[1:])]) + "\n")
    again = answers(sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv")).out)
    assert [a for a in again if "verdict" in a] == [a for a in first if "verdict" in a]


@pytest.mark.parametrize(
    "written",
    [
        "part;width\n;mm\n3;0,0925\n",
        "id,measured.width,operator\n3,92.5 um,kim\n",
        '"id"\t"width"\n" 3 "\t"0.0925 mm"\n',
        "id,width [mm]\n3,0.0925\n",
        "id;note;measured.width (mm)\n3;1.5;0,0925\n",
    ],
)
def test_units_and_dialects_of_the_laboratory(sna, folder: Path, written: str) -> None:
    (folder / "lab.csv").write_text(written)
    said = sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv"))
    assert learned(answers(said.out))["3"]["value"] == pytest.approx(92.5), said.err


def test_units_of_measured_columns_in_the_table_of_parts(sna, folder: Path) -> None:
    (folder / "parts.csv").write_text(
        "id,power,speed,spot,measured.width\n,W,m/s,,mm\n3,200,1,A,0.0925\n"
    )
    found = answers(sna(*words(folder, "parts.csv")).out)
    assert learned(found)["3"]["value"] == pytest.approx(92.5)
    (folder / "parts.csv").write_text(
        "id,power,speed,spot,measured.width\n,W,m/s,,kg\n3,200,1,A,0.0925\n"
    )
    assert "the row of units does not fit" in sna(*words(folder, "parts.csv")).sentence()


def test_what_cannot_be_learned_is_said(sna, folder: Path) -> None:
    rows = ["id,width,depth", "3,92,", "3,92,", "3,95,", "unknown,90,", "4,many,", ",91,", "5,,2"]
    (folder / "lab.csv").write_text("\n".join([*rows, "6", "7,1,2,3"]) + "\n")
    said = sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv"))
    rows = {a["measured_line"]: a for a in answers(said.out) if "measured_line" in a}
    assert rows[2]["measured"]["width"]["learned"] is True
    assert 3 not in rows  # the same again
    assert rows[4]["measured"]["width"]["reason"] == "learned before"
    assert rows[6]["measured"]["width"]["reason"] == "many is no finite number"
    assert rows[7]["reason"] == "id is empty, so it is of no part"
    assert "no interval" in rows[8]["measured"]["depth"]["reason"]
    assert rows[9]["measured"] == rows[10]["measured"] == {} and "cells" in rows[10]["reason"]
    assert "lab.csv: measured values of 1 ids ('unknown') are of no part" in said.err


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("id,measured.Width,depth", "column 'measured.Width' is not read; name it 'width'"),
        ("id,width,width (mm)", "column 'width (mm)' is not read; 'width' is"),
        ("id,width,measured.width", "column 'width' is not read; 'measured.width' is"),
        ("id,width [mm],width (um),depth", "column 'width [mm]' is not read; name it 'width'"),
    ],
)
def test_a_column_that_looks_like_an_output_and_is_none_is_said(
    sna, folder: Path, header: str, told: str
) -> None:
    (folder / "lab.csv").write_text(f"{header}\n" + ",".join("3912"[: header.count(",") + 1]))
    said = sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv"))
    assert f"lab.csv: {told}" in said.err


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("width\n92\n", "no column id or part"),
        ("id,speed\n3,92\n", "no column of an output (width, depth)"),
        ("id,width\n,kg\n3,92\n", "the row of units does not fit"),
        (None, "check the path"),
    ],
)
def test_tables_that_cannot_be_joined(sna, folder: Path, written: str | None, said: str) -> None:
    (folder / "lab.csv").unlink()
    if written:
        (folder / "lab.csv").write_text(written)
    assert said in sna(*words(folder, "parts.csv", "--measured", folder / "lab.csv")).sentence()


def test_options_that_go_together(sna, folder: Path) -> None:
    own = sna(*words(folder, "parts.csv", "--measured", folder / "parts.csv")).sentence()
    assert "is the table of the parts" in own
    assert "give a file" in sna(*words(folder, "parts.csv", "--measured", "-")).sentence()
    off = sna(*words(folder, "parts.csv", "--measured", "x", "--learn", "off")).sentence()
    assert "--measured needs --learn" in off


class Running:
    """A watch that goes on; `next` answers."""

    def __init__(self, folder: Path, *more: str) -> None:
        command = [sys.executable, "-m", "sna_edge", *map(str, words(folder, "parts.csv", *more))]
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def next(self, count: int) -> list[dict]:
        assert self.child.stdout
        return [json.loads(self.child.stdout.readline()) for _ in range(count)]

    def stop(self) -> None:
        self.child.kill()
        self.child.wait()
        assert self.child.stdout
        self.child.stdout.close()


def test_both_tables_grow_and_a_restart_goes_on(folder: Path) -> None:
    """A row before its part, one long after it, a process killed between."""
    table, late = folder / "parts.csv", folder / "lab.csv"
    late.unlink()
    rows, measured = parts(), lab()
    table.write_text("\n".join(rows[:11]) + "\n")
    more = ("--follow", "--measured", str(late), "--learned", str(folder / "learned"))
    running = Running(folder, *more)
    assert [a["id"] for a in running.next(10)] == [str(i) for i in range(10)]
    late.write_text("\n".join([measured[0], measured[3], measured[13]]) + "\n")
    early, unknown = running.next(2)
    assert early["id"] == "2" and early["measured"]["width"]["learned"] is True
    why = unknown["measured"]["width"]["reason"]
    assert unknown["id"] == "12" and "no such part is among the last" in why
    running.stop()
    with late.open("a") as file:
        file.write(measured[6] + "\n")
    with table.open("a") as file:
        file.write("\n".join(rows[11:15]) + "\n")
    running = Running(folder, *more)
    said = running.next(6)
    found = learned(said)
    assert found["5"]["learned"] and found["12"]["learned"] and "2" not in found
    assert [a["id"] for a in said if "verdict" in a] == ["10", "11", "12", "13"]
    assert found["12"]["covered"]["parts"] == 3
    running.stop()


def test_beside_json_lines(folder: Path) -> None:
    command = [sys.executable, "-m", "sna_edge", "watch", str(folder / "model.sna"), "--limits",
               str(folder / "limits.json"), "--measured", str(folder / "lab.csv")]  # fmt: skip
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin and child.stdout
    child.stdin.write('{"id": 3, "power": 200.50, "speed": 1, "spot": "A"}\n')
    child.stdin.flush()
    part, row = (child.stdout.readline() for _ in range(2))
    assert '"reading": {"id": 3, "power": 200.50, "speed": 1, "spot": "A"}' in part
    assert json.loads(row)["measured"]["width"]["learned"] is True
    child.stdin.write('{"id": 99, "power": 200, "speed": 1, "spot": "A"}\n')
    child.stdin.flush()
    child.stdout.readline()
    time.sleep(0.3)
    with (folder / "lab.csv").open("a") as file:
        file.write("99,100.5\n")
    assert json.loads(child.stdout.readline())["id"] == "99"  # no part has come since
    child.stdin.close()
    child.stdout.close()
    assert child.wait() == 0


def test_lines_and_answers_have_a_schema(sna, folder: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = sna("watch", "--schema").json
    jsonschema.Draft202012Validator.check_schema(schema)
    (folder / "lab.csv").write_text("\n".join([*lab(), "7,3", "8,x", ",1"]) + "\n")
    more = ("--measured", folder / "lab.csv", "--learn", "recalibrate")
    (folder / "parts.csv").write_text("\n".join([*parts(), "a,900,1,A", "b,,1,A"]) + "\n")
    said = answers(sna(*words(folder, "parts.csv", *more)).out)
    assert {len(a.get("alarms", ())) for a in said} == {0, 1}
    for answer in said:
        jsonschema.validate(answer, schema)
        if "reading" in answer:
            line = {"id": "1", **answer["reading"], "measured": {"width": "0.1 mm"}}
            jsonschema.validate(line, {**schema, "$ref": "#/$defs/reading"})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**said[0], "more": 1}, schema)
    assert "give --limits" in sna("watch", folder / "model.sna").sentence()
