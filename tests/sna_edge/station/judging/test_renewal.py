"""Another model in the middle: no part without a verdict, none judged by half of one."""

from __future__ import annotations

import json
import threading
import time
from hashlib import sha256

import pytest

from sna_edge.errors import InputError
from sna_edge.learning import Learner
from sna_edge.signing import examined
from sna_edge.station.judging import renewal
from sna_edge.store import Store

from ..plants import STATION, model, process, put, sent


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(renewal, "LOOK", 0.02)


def events(plant):
    found = [json.loads(t) for t in plant.plant.records.texts]
    return [r for r in found if r["kind"] == "event"]


def until(plant, event, seconds=60.0):
    end = time.monotonic() + seconds
    while not (found := [e for e in events(plant) if e["event"] == event]):
        assert time.monotonic() < end, f"no event {event}: {events(plant)}"
        time.sleep(0.01)
    return found[-1]


def test_a_model_is_switched_between_two_parts_while_parts_come(tmp_path):
    plant = process(tmp_path)
    told, ended = [], threading.Event()

    def line():
        while not ended.is_set():
            told.append(sent(plant.desk, {"power": 200.0}))

    threads = [threading.Thread(target=line) for _ in range(2)]
    for thread in threads:
        thread.start()
    old = (tmp_path / "line.sna").read_bytes()
    new = model(1.05).to_bytes()
    put(tmp_path / "line.sna", new)
    found = until(plant, "model switched")
    time.sleep(0.05)
    ended.set()
    for thread in threads:
        thread.join()
    plant.stop()
    assert found["model"]["sha256"] == sha256(new).hexdigest() and found["who"] == "file"
    by = {sha256(old).hexdigest(): 100.0, sha256(new).hexdigest(): 105.0}
    seen = [(r["model"]["sha256"], r["outputs"]["width"]["value"]) for t in told for r in t.records]
    assert all(value == pytest.approx(by[digest]) for digest, value in seen)
    assert {digest for digest, _ in seen} == set(by)
    assert all(r["verdict"] == "ACCEPT" for t in told for r in t.records)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"half of a model", "too_short"), (model(name="speed").to_bytes(), "other inputs")],
    ids=["half", "other inputs"],
)
def test_what_cannot_judge_is_refused_and_the_old_one_goes_on(tmp_path, data, words):
    plant = process(tmp_path)
    put(tmp_path / "line.sna", data)
    assert words.split("_")[0] in until(plant, "alarm")["why"]
    (record,) = sent(plant.desk, {"power": 200.0}).records
    assert record["verdict"] == "ACCEPT"
    put(tmp_path / "line.sna", model(1.05).to_bytes())
    until(plant, "model switched")
    plant.stop()


def test_acceptance_rows_keep_a_worse_model_out_of_a_store(tmp_path):
    store = Store(tmp_path / "store")
    good, worse = model().to_bytes(), model(1.2).to_bytes()
    store.install(good, examined(good, None))
    (tmp_path / "rows.csv").write_text("power,width\n200,100.4\n250,124.6\n")
    text = STATION.replace('model = "line.sna"', 'store = "store"\naccept_rows = "rows.csv"')
    plant = process(tmp_path, station=text.replace("limits = ", "tolerance = 2.0\nlimits = "))
    Store(tmp_path / "store").install(worse, examined(worse, None))
    assert "does not predict the acceptance rows" in until(plant, "alarm")["why"]
    end = time.monotonic() + 60
    while Store(tmp_path / "store").active().data != good:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert sent(plant.desk, {"power": 200.0}).records[0]["outputs"]["width"]["value"] == 100.0
    better = model(1.01).to_bytes()
    Store(tmp_path / "store").install(better, examined(better, None))
    assert until(plant, "model switched")["acceptance_rows"] == 2
    plant.stop()


def test_other_limits_judge_from_the_next_part_on(tmp_path):
    plant = process(tmp_path)
    before = plant.desk.cells["press-1", "default"].limits
    put(tmp_path / "limits.toml", "[outputs.width]\nUSL = 90\n")
    found = until(plant, "limits changed")
    assert found["before"] == before
    (record,) = sent(plant.desk, {"power": 200.0}).records
    assert record["verdict"] == "REJECT" and record["limits"] == found["limits"]
    put(tmp_path / "limits.toml", "[outputs.wid")
    assert "limits.toml" in until(plant, "alarm")["why"]
    assert sent(plant.desk, {"power": 200.0}).records[0]["verdict"] == "REJECT"
    plant.stop()


def test_what_was_learned_stays_with_other_limits(tmp_path):
    text = STATION.replace("limits = ", 'learn = "width"\nlimits = ')
    plant = process(tmp_path, station=text)
    sent(plant.desk, {"power": 200.0}, part="A1")
    put(tmp_path / "limits.toml", "[outputs.width]\nLSL = 60\nUSL = 140\n")
    until(plant, "limits changed")
    (record,) = sent(plant.desk, {"measured": {"width": 101.0}}, part="A1").records
    assert record["measured"]["width"]["learned"] is True
    plant.stop()
    assert (tmp_path / "station-data" / "learned" / "press-1.default").exists()


def test_a_change_is_taken_when_two_looks_see_the_same(tmp_path):
    plant, cell = process(tmp_path), ("press-1", "default")
    looks = plant.plant.renewal
    looks.stop()
    whole = model(1.05).to_bytes()
    put(tmp_path / "line.sna", whole[:-100])
    looks.look(cell)
    put(tmp_path / "line.sna", whole)
    looks.look(cell)
    assert plant.desk.cells[cell].trust.sha256 != sha256(whole).hexdigest()
    looks.look(cell)
    until(plant, "model switched")
    assert not [e for e in events(plant) if e["event"] == "alarm"]
    plant.stop()


def test_the_old_one_learns_on_where_the_new_one_cannot_learn(tmp_path, monkeypatch):
    text = STATION.replace("limits = ", 'learn = "width"\nlimits = ')
    plant = process(tmp_path, station=text)

    def taken(new, path, tell, before):
        before.line.learner.close()
        raise OSError(28, "no room")

    with monkeypatch.context() as patched:
        patched.setattr(renewal, "learner", taken)
        sent(plant.desk, {"power": 200.0}, part="A1")
        sent(plant.desk, {"measured": {"width": 101.0}}, part="A1")
        put(tmp_path / "limits.toml", "[outputs.width]\nUSL = 90\n")
        assert "no room" in until(plant, "alarm")["why"]
    digest = sha256((tmp_path / "line.sna").read_bytes()).hexdigest()
    path = tmp_path / "station-data" / "learned" / "press-1.default"
    with pytest.raises(InputError, match="another process is learning"):
        Learner(model(), digest, "width", str(path))
    plant.stop()
    Learner(model(), digest, "width", str(path)).close()


def test_a_measured_value_names_what_judged_its_part_and_what_learned(tmp_path):
    """Between part and gauge model and limits have changed: its record is of those of the part."""
    text = STATION.replace("limits = ", 'learn = "width"\nlimits = ')
    plant = process(tmp_path, station=text)
    (part,) = sent(plant.desk, {"power": 200.0}, part="A1").records
    new = model(1.02).to_bytes()
    put(tmp_path / "line.sna", new)
    put(tmp_path / "limits.toml", "[outputs.width]\nUSL = 90\n")
    until(plant, "model switched")
    until(plant, "limits changed")
    assert sent(plant.desk, {"power": 200.0}, part="A2").records[0]["verdict"] == "REJECT"
    (late,) = sent(plant.desk, {"measured": {"width": 101.0}}, part="A1").records
    assert (late["model"], late["limits"]) == (part["model"], part["limits"])
    told = late["measured"]["width"]
    assert told["in_limits"] and told["predicted"] == 100.0
    assert told["learned"] is False and "learned_by" not in late
    (now,) = sent(plant.desk, {"measured": {"width": 101.0}}, part="A2").records
    assert now["learned_by"]["sha256"] == now["model"]["sha256"] == sha256(new).hexdigest()
    assert now["learned_by"]["mode"] == "width" and not now["measured"]["width"]["in_limits"]
    plant.desk.joining._recent.clear()  # as after a restart: the part is found on the disk
    (later,) = sent(plant.desk, {"measured": {"width": 102.0}}, part="A1").records
    assert (later["model"], later["limits"]) == (part["model"], part["limits"])
    assert later["measured"]["width"]["in_limits"]
    (nobody,) = sent(plant.desk, {"measured": {"width": 101.0}}, part="A9").records
    assert "model" not in nobody and nobody["limits"] == now["limits"]
    plant.stop()
