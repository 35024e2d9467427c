"""The time zone of a station by its name."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sna_edge.errors import InputError
from sna_edge.station.page.files import CLIENT
from sna_edge.station.page.zone import station_zone
from sna_edge.station.records import Records

from ..plants import STATION, asked, configured, folder, process, sent
from .test_behind import HTTP


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    yield monkeypatch
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("told, zone, east", [
    ("UTC", "UTC", {0}), ("Asia/Tokyo", "Asia/Tokyo", {540}), (":Asia/Tokyo", "Asia/Tokyo", {540}),
    ("Europe/Vienna", "Europe/Vienna", {60, 120}), ("XYZ-5:30", "", {330}),
    ("nonsense", "UTC", {0}),
])  # fmt: skip
def test_a_variable_names_the_zone(
    clock: pytest.MonkeyPatch, told: str, zone: str, east: set[int]
) -> None:
    clock.setenv("TZ", told)
    time.tzset()
    found = station_zone()
    assert found["zone"] == zone and found["east"] in east


def test_a_link_names_the_zone(clock: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clock.delenv("TZ", raising=False)
    time.tzset()
    for name, zone in (("Europe/Vienna", "Europe/Vienna"), ("Etc/UTC", "UTC")):
        file = tmp_path / "zoneinfo" / name
        file.parent.mkdir(parents=True)
        file.touch()
        (tmp_path / "localtime").unlink(missing_ok=True)
        (tmp_path / "localtime").symlink_to(file)
        assert station_zone("", tmp_path / "localtime")["zone"] == zone


DAYS = """
import { dayBegins, stationIs } from '%s';
for (const [zone, day] of %s) {
  stationIs(zone, 0);
  console.log(dayBegins(day) / 1000);
}
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_days_of_23_and_25_hours_begin_at_midnight() -> None:
    """Where there is no midnight, at the first moment of the day."""
    days = [("Europe/Berlin", f"2026-{d}") for d in ("03-29", "03-30", "10-25", "10-26", "07-01")]
    days += [("Asia/Beirut", "2026-03-29"), ("America/Santiago", "2026-09-06")]
    days += [("Australia/Lord_Howe", "2026-04-05"), ("Australia/Lord_Howe", "2026-04-06")]
    script = DAYS % (CLIENT / "base" / "zone.js", json.dumps(days))
    run = ["node", "--no-warnings", "--input-type=module", "-e", script]
    found = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    right = []
    for zone, day in days:
        midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
        right.append(midnight.timestamp())
    assert [float(one) for one in found] == right
    assert (float(found[1]) - float(found[0]), float(found[3]) - float(found[2])) == (82800, 90000)


def test_the_zone_of_the_configuration_goes_before_that_of_the_machine(
    clock: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock.setenv("TZ", "America/New_York")
    time.tzset()
    assert station_zone("Asia/Kolkata") == {"zone": "Asia/Kolkata", "east": 330}
    aqdef = '[aqdef.a]\npath = "a"\n[aqdef.b]\npath = "b"\ntime_zone = "Asia/Tokyo"\n'
    text = 'zone = "Asia/Kolkata"\n' + STATION + HTTP + aqdef
    made = process(tmp_path, Records, station=text)
    try:
        port = made.plant.doors["http"].port
        sent(made.desk, {"power": 200.0}, part="A1")
        now = time.time()
        page = f"/page/csv?start={now - 600}&end={now + 600}&zone=local"
        zones = {d.name: str(d.settings.zone) for d in made.config.doors if d.section == "aqdef"}
        assert zones == {"a": "Asia/Kolkata", "b": "Asia/Tokyo"}
        for path in ("/records.csv", "/records.csv?zone=local", page):
            assert b"+05:30,press-1" in asked(f"http://127.0.0.1:{port}{path}")[1], path
        assert b"+00:00,press-1" in asked(f"http://127.0.0.1:{port}/records.csv?zone=UTC")[1]
        record = made.plant.doors["http"]._feed.sources.past().latest(1)[0].text
        assert json.loads(record)["time"].endswith("Z")
    finally:
        made.stop()


@pytest.mark.parametrize(
    "zone", ["Europe/Atlantis", "../etc/passwd", "Europe", "\\u0000", "+02:00"]
)
def test_an_unknown_zone_is_one_sentence(tmp_path: Path, zone: str) -> None:
    with pytest.raises(InputError, match="knows no such time zone") as caught:
        configured(folder(tmp_path, station=f'zone = "{zone}"\n' + STATION))
    assert "zone of the configuration is" in str(caught.value) and "\n" not in str(caught.value)
