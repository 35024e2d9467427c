"""The short form of tools/station/soak.py: every campaign once or twice, and that it notices."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from sna_edge.station.records import Keep, Records

from .records.made import START, appended, verdict
from .waiting import until

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
    found = soak.campaign(listed, TIMES.get(name, 2), seed=22)
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


DAY = 86_400.0


def _kept(folder):
    """1,200 parts of ten days, of which the first 600 go; the second of them comes again."""
    times = [START - 10 * DAY + i * 720 for i in range(1200)]
    records = Records(folder, clock=lambda: START)
    for i in range(0, 1200, 400):
        assert appended(records, *(verdict(f"P{k}", time=times[k]) for k in range(i, i + 400)))
    records.stop()
    yield
    records = Records(folder, Keep(days=5), clock=lambda: START)
    until(lambda: _first(folder) > 600, what="the oldest records go")
    assert not appended(records, verdict("P1", time=START)).answers[0].again
    records.stop()
    yield


def _first(folder):
    with sqlite3.connect(folder / "records.sqlite") as db:
        return db.execute("SELECT min(number) FROM records").fetchone()[0]


def test_only_what_a_cut_took_is_excused(soak, tmp_path):
    """Records up to a cut that was told of may be gone; not the next one, nor those of a part that
    never had any."""
    from campaigns.followed import Followed
    from campaigns.holds import without_record

    steps, followed = _kept(tmp_path), Followed(tmp_path)
    next(steps)
    followed.look()
    assert (followed.cut, followed.numbers["P599"]) == (0, 600)
    next(steps)
    parts = ["P0", "P1", "P599", "P600", "P1199", "never"]
    assert without_record(tmp_path, parts) == ["P0", "P599", "never"]
    assert without_record(tmp_path, parts, followed) == ["never"]
    there = {f"P{k}": k + 1 for k in range(600, 1200)} | {"P1": followed.numbers["P1"]}
    assert followed.cut == 600 and followed.ended() == [] and not [*followed.lost(there)]
    with sqlite3.connect(tmp_path / "records.sqlite") as db:
        db.execute("DELETE FROM records WHERE part = 'P600'")
    assert without_record(tmp_path, parts, followed) == ["P600", "never"]
    del there["P600"]
    assert [*followed.lost(there)] == ["1 records behind the cut at 600 are gone, as of P600"]
    there |= {"P600": 601, "P599": 600}
    assert [*followed.lost(there)] == ["1 records before the cut at 600 are left, as of P599"]
    followed.stop()


def test_two_records_of_a_part_and_what_was_not_seen_are_told(soak, tmp_path):
    from campaigns.followed import Followed

    for _ in _kept(tmp_path):
        pass
    late = Followed(tmp_path)  # after the cut: nobody knows what went
    late.look()
    assert late.ended() == ["records 1 to 600 were gone before a look"]
    with sqlite3.connect(tmp_path / "records.sqlite") as db:
        rows = "number, kind, station, recipe, part, sequence, mark, verdict, time, text, digest"
        db.execute(
            f"INSERT INTO records ({rows}) SELECT 5000, kind, station, recipe, part, 1, mark,"
            " verdict, time, text, digest FROM records WHERE part = 'P700'"
        )
    late.look()
    assert late.ended()[-1] == "P700 has the records 701 and 5000"
    late.stop()


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
