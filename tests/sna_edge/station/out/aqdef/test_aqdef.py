"""AQDEF files: their text, what a foreign reader finds, when they are written."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import datetime, time, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sna_edge.errors import InputError
from sna_edge.station.out.aqdef.export import Export
from sna_edge.station.out.aqdef.file import Characteristic, Part, dfq, written
from sna_edge.station.out.aqdef.period import begin, end
from sna_edge.station.out.aqdef.settings import MEASURED, AqdefSettings, read
from sna_edge.station.out.destination import Sent
from sna_edge.station.out.runner import Runner

from ...kept import Kept, record
from ...tables import settings
from ...waiting import until
from ...witness import witness

UTC = timezone.utc
WIDTH = Characteristic("width", 100.0, 90.0, 110.5, "µm")
DEPTH = Characteristic("depth", upper=0.25)
WHEN = datetime(2026, 3, 28, 14, 5, 9, tzinfo=UTC)
"""Unmistakable: aqdefreader takes 01.03. as the third of January."""


def test_the_text_of_a_file() -> None:
    parts = [Part("A17", WHEN, (100.25, None)), Part("", WHEN, (-1e-7, float("nan")))]
    data = dfq(
        [("K1001", "4711"), ("K1002", "ring\r\nK0001 9"), ("K1081", "")], [WIDTH, DEPTH], parts
    )
    when = "28.03.2026/14:05:09"
    assert data.decode("latin-1") == "\r\n".join(
        ["K0100 2", "K1001 4711", "K1002 ring K0001 9", "K2001/1 1", "K2002/1 width", "K2004/1 0",
         "K2101/1 100", "K2110/1 90", "K2111/1 110.5", "K2142/1 µm", "K2001/2 2", "K2002/2 depth",
         "K2004/2 0", "K2111/2 0.25", f"100.25\x140\x14{when}\x0f0\x14256\x14{when}", "K0014/1 A17",
         "K0014/2 A17", f"-0.0000001\x140\x14{when}\x0f0\x14256\x14{when}", ""]
    )  # fmt: skip


def test_numbers_read_back() -> None:
    for value in (0.1, 1 / 3, -2.5e-9, 123456789.25, 0.0, 1e22):
        assert float(written(value)) == pytest.approx(value, rel=1e-11)


def test_aqdefreader_reads_the_same(root: Path, tmp_path: Path) -> None:
    times = [WHEN.replace(minute=i) for i in range(3)]
    parts = [Part(f"P{i}", when, (100.25 + i, -0.5 * i)) for i, when in enumerate(times)]
    path = tmp_path / "a.dfq"
    path.write_bytes(dfq([("K1001", "A-4711"), ("K1002", "ring")], [WIDTH, DEPTH], parts))
    found = says(root, path)
    assert found["part"] == {"K1001": "A-4711", "K1002": "ring"} and found["rows"] == 3
    width, depth = found["characteristics"]
    assert width["keys"] | {"K2142": ""} == {
        "K2001": 1, "K2002": "width", "K2004": 0, "K2101": 100, "K2110": 90, "K2111": "110.5",
        "K2142": "",
    }  # fmt: skip
    assert depth["keys"]["K2111"] == "0.25"
    assert width["values"] == [[100.25 + i, f"2026-03-28 14:0{i}:09"] for i in range(3)]
    assert [v for v, _ in depth["values"]] == [0.0, -0.5, -1.0]


HOSTILE = [
    "=cmd()",
    "A=B",
    "K0001/1 999",
    "a\r\nK0001/1 999",
    "a\nK0100 9",
    "x\u2026K0001/1 999",
    "\x85K0001/1 9",
    "a\u2028K1001/2 Z",
    "\x14999\x140",
    "1\x0f2\x140",
    "K1001/2 other",
    "~{VfD~}",
    "~",
    "\ud800",
    "\u0416\u0429",
    "\u0416\u0428",
    "\u00e4\u00df\u00b5",
    "x" * 200,
    "x" * 199 + "y",
    "K2004/1 1",
    "\x0c\x0bK0004/1 1",
    "K/",
    "K0014/x",
    "\ufeff",
    "\u202eK",
    "'; DROP TABLE",
    "../../x",
    "\x00",
    "\x1a",
]


def test_hostile_names_begin_no_field_and_no_line_for_a_foreign_reader(
    root: Path, tmp_path: Path
) -> None:
    parts = [Part(name, WHEN, (float(n), -1.0)) for n, name in enumerate(HOSTILE)]
    named = [replace(WIDTH, name="w\r\nK2004/1 1", unit="\u2026K0001/2 7"), DEPTH]
    path = tmp_path / "a.dfq"
    path.write_bytes(dfq([("K1001", "\u2026K1001/2 Z"), ("K1002", "a\nb")], named, parts))
    found = says(root, path)
    values = [[v for v, _ in c["values"]] for c in found["characteristics"]]
    assert values == [[float(n) for n in range(len(HOSTILE))], [-1.0] * len(HOSTILE)]
    assert [c["keys"]["K2004"] for c in found["characteristics"]] == [0, 0]
    lines = path.read_bytes().decode("latin-1").split("\r\n")
    ids = [line.partition(" ")[2] for line in lines if line.startswith("K0014/1 ")]
    assert len(set(ids)) == len(ids) == len(HOSTILE)
    assert ids[:2] == HOSTILE[:2] and max(map(len, ids)) <= 80


def says(root: Path, path: Path) -> Any:
    script = Path(__file__).with_name("aqdefreader_says.py")
    done = subprocess.run([witness(root), script, path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_shifts() -> None:
    starts = [time(6), time(14), time(22)]
    noon, night = datetime(2026, 3, 1, 12), datetime(2026, 3, 1, 5, 59)
    assert begin(noon, starts) == datetime(2026, 3, 1, 6) and end(noon, starts).hour == 14
    assert begin(night, starts) == datetime(2026, 2, 28, 22)
    assert end(datetime(2026, 3, 1, 23), starts) == datetime(2026, 3, 2, 6)
    assert end(noon, [time(0)]) == datetime(2026, 3, 2)


class Line:
    """An export with a clock of its own."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.folder, self.now = folder, datetime(2026, 3, 1, 10, tzinfo=UTC).timestamp()
        known = {"width": Characteristic("width", 99.0, 90.0, None, "um")}
        wanted = replace(AqdefSettings(str(folder), zone=UTC), **more)
        self.export = Export("aqdef", wanted, lambda station, recipe: known, lambda: self.now)

    def send(self, *records: tuple[int, str, dict[str, Any]]) -> int:
        sent = [Sent(n, record(n, **{"time": when} | more)) for n, when, more in records]
        return self.export.send(sent)

    def files(self) -> dict[str, list[str]]:
        return {
            path.name: [
                line.split("\x14")[0] for line in path.read_text().splitlines() if "\x14" in line
            ]
            for path in sorted(self.folder.glob("*"))
        }


def test_a_day_is_written_when_the_next_one_begins(tmp_path: Path) -> None:
    line = Line(tmp_path)
    assert line.send((1, "2026-03-01T10:00:00.000Z", {}), (2, "2026-03-01T23:59:59.999Z", {})) == 0
    assert line.files() == {}
    assert line.send((3, "2026-03-02T00:00:00.000Z", {})) == 2
    assert line.files() == {"press-1_default_20260301-0000_1.dfq": ["101.25", "102.25"]}


def test_a_day_without_a_next_part_is_written_after_its_end(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.send((1, "2026-03-01T10:00:00.000Z", {}))
    line.now += 14 * 3600 + 59
    assert line.send() == 0
    line.now += 2
    assert line.send() == 1 and list(line.files()) == ["press-1_default_20260301-0000_1.dfq"]
    assert line.send() == 1


def test_shifts_in_the_time_of_the_plant(tmp_path: Path) -> None:
    zone = ZoneInfo("Europe/Berlin")
    line = Line(tmp_path, zone=zone, starts=(time(6), time(14), time(22)))
    line.send((1, "2026-03-01T12:59:59.000Z", {}), (2, "2026-03-01T13:00:00.000Z", {}))
    assert line.files() == {"press-1_default_20260301-0600_1.dfq": ["101.25"]}
    assert "01.03.2026/13:59:59" in (tmp_path / "press-1_default_20260301-0600_1.dfq").read_text()


def test_after_so_many_parts(tmp_path: Path) -> None:
    line = Line(tmp_path, most=2)
    when = "2026-03-01T10:00:00.000Z"
    assert line.send(*((n, when, {}) for n in range(1, 6))) == 4
    assert [len(values) for values in line.files().values()] == [2, 2]


def test_stations_recipes_and_limits_have_files_of_their_own(tmp_path: Path) -> None:
    line = Line(tmp_path)
    when, other = "2026-03-01T10:00:00.000Z", {"station": "press-2", "recipe": "../../etc"}
    moved = {"outputs": {"width": {"value": 1.0, "LSL": 0.0, "USL": None}}}
    event = {"kind": "event", "event": "alarm", "outputs": None}
    line.send((1, when, {}), (2, when, other), (3, when, moved), (4, when, event), (5, when, {}))
    line.send((6, "2026-03-02T10:00:00.000Z", {}))
    assert line.files() == {
        "press-1_default_20260301-0000_1.dfq": ["101.25", "105.25"],
        "press-1_default_20260301-0000_3.dfq": ["1"],
        "press-2_______etc_20260301-0000_2.dfq": ["102.25"],
    }


def test_measured_values_have_the_limits_that_are_known(tmp_path: Path) -> None:
    line = Line(tmp_path, values=MEASURED)
    alone = {"kind": "measured", "outputs": None, "measured": {"width": {"value": 98.5}}}
    when = "2026-03-01T10:00:00.000Z"
    line.send((1, when, {}), (2, when, alone), (3, "2026-03-02T10:00:00.000Z", alone))
    (name,) = line.files()
    text = (tmp_path / name).read_text()
    assert line.files()[name] == ["98.5"]
    assert "K2101/1 99\n" in text and "K2110/1 90\n" in text and "K2142/1 um\n" in text


def test_a_cut_writes_the_same_files_again(tmp_path: Path) -> None:
    """Killed after the files and before the cursor: nothing twice, nothing lost."""
    day, next_day = "2026-03-01T10:00:00.000Z", "2026-03-02T10:00:00.000Z"
    records = [(1, day, {}), (2, day, {}), (3, next_day, {})]
    line = Line(tmp_path)
    line.send(*records)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    Line(tmp_path).send(*records)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_disk_that_takes_nothing_is_told_and_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "dfq"
    folder.write_text("in the way")
    kept = Kept(3)
    kept.add(1, time="2026-03-09T10:00:00.000Z")
    export = Export("aqdef", AqdefSettings(str(folder), zone=UTC))
    runner = Runner(export, kept, first=0.01)
    runner.start()
    until(lambda: "cannot be written" in runner.state()["words"])
    assert kept.cursors["aqdef"] == 0
    folder.unlink()
    until(lambda: kept.cursors["aqdef"] == 4)
    runner.stop(5.0)
    assert sum(len(v) for v in Line(folder).files().values()) == 4


def test_settings(tmp_path: Path) -> None:
    found = settings(
        read,
        {"path": "dfq", "per": "shift", "shifts": ["14:00", "06:00"], "time_zone": "Europe/Berlin",
         "part_number": "4711", "stations": ["press-1"], "values": "measured"},
        folder=str(tmp_path),
    )  # fmt: skip
    assert found.folder == str(tmp_path / "dfq") and found.starts == (time(6), time(14))
    assert found.head == {"K1001": "4711"} and found.zone == ZoneInfo("Europe/Berlin")
    assert settings(read, {"path": "d", "per": 100}).most == 100


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ({"per": "week"}, "write one of day, shift"),
        ({"per": 0}, "whole number from 1"),
        ({"per": "shift"}, "starts of its shifts"),
        ({"per": "shift", "shifts": ["6"]}, "starts of its shifts"),
        ({"shifts": ["06:00"]}, 'write per = "shift" too'),
        ({"time_zone": "Mars/North"}, "knows no such time zone"),
        ({"stations": ["press-9"]}, "no such one"),
        ({"values": "both"}, "write one of predicted, measured"),
    ],
)
def test_wrong_settings_are_named(entries: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        settings(read, {"path": "d"} | entries)
