"""The time zone of a station by its name."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sna_edge.station.page.zone import station_zone


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
        assert station_zone(tmp_path / "localtime")["zone"] == zone
