"""The short form of tools/station/soak.py: every campaign once or twice, and that it notices."""

from __future__ import annotations

import random
import sqlite3
import sys

import pytest

TIMES = {"limited": 3, "full": 3, "disordered": 4, "silent": 8, "swapped": 3, "clock": 4}
"""Of those that are quick; the others twice."""
NAMES = (
    "killed", "ended", "away", "full", "limited", "read-only", "locked", "torn", "clock", "swapped",
    "disordered", "flooded", "silent",
)  # fmt: skip


@pytest.fixture
def soak(root):
    """The program, imported."""
    folder = str(root / "tools" / "station")
    sys.path.insert(0, folder)
    try:
        import soak

        yield soak
    finally:
        sys.path.remove(folder)


@pytest.mark.parametrize("name", NAMES)
def test_a_campaign(soak, name, capfd):
    listed = soak.CAMPAIGNS[name]
    if why := listed.missing():
        pytest.skip(why)
    found = soak.campaign(listed, TIMES.get(name, 2), seed=random.randrange(10**6))
    assert found.faults == []
    assert found.acknowledged > 0 and found.times == TIMES.get(name, 2)


def test_all_campaigns_are_here(soak):
    assert tuple(soak.CAMPAIGNS) == NAMES


def test_what_must_hold_is_noticed_where_it_does_not(soak, tmp_path):
    """A lost part, a second record, a verdict that is not right, a chain that is cut, an answer
    with another number."""
    from campaigns import holds, outcome, senders, site

    made, told = site.Site(tmp_path, site.HTTP), senders.Told()
    reference = holds.Reference(made)
    made.start()
    outcome.parts_go_on(told, made)
    assert outcome.closed(made, told, reference, [], 1).faults == []

    told.numbers["A"] = 99
    assert "acknowledged parts have no record" in holds.faults(made, told, reference)[0]
    del told.numbers["A"]
    told.handed.add("B")
    assert "handed over" in holds.faults(made, told, reference)[0]
    told.handed.clear()
    [part] = told.numbers
    told.heard({"part": part, "record": 77})
    assert holds.faults(made, told, reference) == [f"{part} was acknowledged with two records"]
    told.power[part] = 101.0  # what was sent would be a reject
    assert "false ACCEPT" in " ".join(holds.faults(made, told, reference))
    del told.power[part]
    assert "of no part" in " ".join(holds.faults(made, told, reference))
    told.power[part] = 200.0
    with sqlite3.connect(made.data / "records.sqlite") as db:
        db.execute("DELETE FROM records WHERE part = ?", (part,))
    assert "verify" in holds.faults(made, told, reference)[0]
    (tmp_path / "limits.toml").write_text("[outputs.width]\nLSL = 1\n")
    other = holds.Reference(made)
    told.power["C"], told.numbers = 200.0, {}
    made.path.write_text(made.path.read_text().replace("station-data", "other-data"))
    made.data = tmp_path / "other-data"
    made.start()
    status, found = made.post(part="C", power=200.0)
    assert status == 200 and made.end() == 0
    assert "may not judge" in " ".join(holds.faults(made, told, reference))
    assert holds.faults(made, told, other) == []
    assert found["verdict"] == "ACCEPT"


def test_parts_that_retention_took_are_not_waited_for(soak, tmp_path):
    from campaigns.holds import without_record

    with sqlite3.connect(tmp_path / "records.sqlite") as db:
        db.execute("CREATE TABLE records (part, kind)")
        db.executemany("INSERT INTO records VALUES (?, 0)", [("M7.0-9",), ("M7.0-11",), ("G3",)])
    parts = ["M7.0-2", "M7.0-9", "M7.0-10", "M7.0-12", "F7.0-1-1"]
    assert without_record(tmp_path, parts) == ["M7.0-2", "M7.0-10", "M7.0-12", "F7.0-1-1"]
    assert without_record(tmp_path, parts, cut=True) == ["M7.0-10", "M7.0-12", "F7.0-1-1"]


def test_the_table_keeps_what_did_not_run(soak, tmp_path):
    from campaigns.outcome import Outcome
    from campaigns.table import written

    path = tmp_path / "table.md"
    written(soak.CAMPAIGNS["torn"], Outcome(1000, 5, ["x"]), 61.0, path)
    written(soak.CAMPAIGNS["killed"], Outcome(2, 3), 1.0, path)
    written(soak.CAMPAIGNS["torn"], Outcome(3, 4), 7.0, path)
    rows = path.read_text().splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == ["killed", "torn"]
    assert rows[1].endswith("| 3 | 4 | 0 | 7 |")
