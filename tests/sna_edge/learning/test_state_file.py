"""The file of what was learned: cut at every byte, power cut at every write, killed, damaged, of
another model. SNA_EDGE_EVERY_CUT=1 (`make online`): every byte, and many more cuts and kills."""

from __future__ import annotations

import os
import shutil
import signal
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from sna_edge.durable import DISK, Disk, Log
from sna_edge.errors import InputError
from sna_edge.learning import Knowledge, Learner
from sna_edge.learning.arrays import packed, unpacked
from sna_edge.learning.state import LARGEST
from sna_edge.quality import Line

from ...power_cuts import PoweredDisk, cuts
from .conftest import SHA256, learning_line, stream, told, track_model

EVERY = os.environ.get("SNA_EDGE_EVERY_CUT") == "1"


def known(line: Line) -> Knowledge:
    """What a line has learned."""
    assert line.learner
    return line.learner.knowledge


def closed(line: Line) -> None:
    """The process has ended."""
    assert line.learner
    line.learner.close()


def digest(line: Line) -> str:
    """Of the correction that the line has learned."""
    return known(line).correction.digest


def same(one: Line, other: Line) -> bool:
    """Whether both have learned the same, to the rounding of batches of different sizes."""
    a, b = known(one), known(other)
    theta = [k.outputs[0].recalibration.theta for k in (a, b)]  # type: ignore[union-attr]
    factors = [o.factors for o in a.outputs] == [o.factors for o in b.outputs]
    return a.labels == b.labels and factors and bool(np.allclose(*theta, atol=1e-9))


def test_a_restart_goes_on_as_if_there_were_none(tmp_path: Path) -> None:
    readings, path = stream(150), str(tmp_path / "learned")
    whole = learning_line("recalibrate")
    told(whole, *readings)
    for start in range(0, len(readings), 40):
        line = learning_line("recalibrate", path)
        told(line, *readings[start : start + 40])
        closed(line)
    assert same(learning_line("recalibrate", path), whole)
    assert os.path.getsize(path) <= 65536


def test_the_file_stays_small(tmp_path: Path) -> None:
    line = learning_line("recalibrate", str(tmp_path / "learned"))
    for reading in stream(700):
        told(line, reading)
        assert os.path.getsize(tmp_path / "learned") <= LARGEST


def test_the_file_cut_at_every_byte(tmp_path: Path) -> None:
    path, readings = tmp_path / "learned", stream(30)
    line = learning_line("recalibrate", str(path))
    counts = []
    for reading in readings:
        told(line, reading)
        counts.append((os.path.getsize(path), known(line).labels))
    closed(line)
    data = path.read_bytes()
    step = 1 if EVERY else max(len(data) // 400, 1)
    for size in (*range(0, len(data), step), len(data)):
        path.write_bytes(data[:size])
        try:
            again = learning_line("recalibrate", str(path))
        except InputError as error:
            assert size < counts[0][0] and "damaged" in str(error)
            continue
        assert known(again).labels == max(n for s, n in counts if s <= size)
        told(again, *readings)  # all of it sent again: nothing is lost or learned twice
        assert same(again, line)
        closed(again)


def test_power_cut_at_every_write() -> None:
    readings, disk = stream(24), PoweredDisk()
    line = learning_line("recalibrate", "/d/learned", disk=disk)
    counts = [0]
    for reading in readings:
        told(line, reading)
        disk.done()
        counts.append(known(line).labels)
    for done, _, after in cuts(disk.acts, 400 if EVERY else 40):
        again = learning_line("recalibrate", "/d/learned", disk=after)
        assert counts[done] <= known(again).labels <= counts[min(done + 1, len(readings))]
        told(again, *readings)
        assert same(again, line)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_killed_at_any_moment(tmp_path: Path) -> None:
    """Each process begins with all lines again, and is killed somewhere; clocks jump meanwhile."""
    readings, path = stream(40), str(tmp_path / "learned")
    whole = learning_line("recalibrate", str(tmp_path / "whole"))
    before = time.perf_counter()
    for reading in readings:
        told(whole, reading)
    usual, rng, labels = time.perf_counter() - before, np.random.default_rng(0), 0
    for jump in range(300 if EVERY else 6):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            try:
                line = learning_line("recalibrate", path)
                for reading in readings:
                    told(line, reading)
                    os.write(writer, bytes([known(line).labels]))
            finally:
                os._exit(0)
        time.sleep(float(rng.uniform(0.0, 1.2 * usual)))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            labels = max([labels, *pipe.read()])  # these were answered
        if os.path.exists(path):
            os.utime(path, (1e9 * (jump % 3), 1e9 * (jump % 3)))
        again = learning_line("recalibrate", path)
        assert known(again).labels >= labels
        labels = known(again).labels
        closed(again)
    again = learning_line("recalibrate", path)
    told(again, *readings)
    assert same(again, whole)


def test_a_file_of_another_model_is_put_aside_and_taken_back(tmp_path: Path) -> None:
    path, said = str(tmp_path / "learned"), list[str]()
    first = learning_line("width", path)
    told(first, *stream(20))
    closed(first)
    other = Learner(track_model(), "cd" * 32, "width", path, tell=said.append)
    assert other.knowledge.labels == 0 and "another model" in said[0]
    other.close()
    back = learning_line("width", path, lazy=True)
    assert digest(back) == digest(first)
    closed(back)


def test_what_was_put_aside_is_taken_back_before_the_first_part(tmp_path: Path) -> None:
    """The other model has learned nothing, so that no file stands at the path itself."""
    path = str(tmp_path / "learned")
    first = learning_line("width", path)
    told(first, *stream(20))
    closed(first)
    Learner(track_model(), "cd" * 32, "width", path, lazy=True).close()
    assert not os.path.exists(path)
    back = learning_line("width", path, lazy=True)
    (answer,) = told(back, {"power": 200.0, "speed": 1.0})
    assert answer["correction"]["sha256"] == digest(first)


def test_a_damaged_file_that_was_put_aside_changes_no_names(tmp_path: Path) -> None:
    path = str(tmp_path / "learned")
    first = learning_line("width", path)
    told(first, *stream(20))
    closed(first)
    aside = tmp_path / f"learned.{'cd' * 8}"
    aside.write_bytes(b"something else")
    with pytest.raises(InputError, match=f"{aside.name} is damaged"):
        Learner(track_model(), "cd" * 32, "width", path)
    assert digest(learning_line("width", path)) == digest(first)


def test_another_mode_keeps_what_was_learned(tmp_path: Path) -> None:
    path = str(tmp_path / "learned")
    line = learning_line("width", path)
    told(line, *stream(50))
    closed(line)
    other = learning_line("recalibrate", path)
    assert known(other).labels == known(line).labels
    assert known(other).outputs[0].frozen.logs == known(line).outputs[0].frozen.logs


@pytest.mark.parametrize("data", [b"", b"{}", b"\x89REC", np.random.default_rng(0).bytes(200)])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "learned").write_bytes(data)
    with pytest.raises(InputError, match="damaged, or no such file; delete it to learn anew"):
        learning_line("width", str(tmp_path / "learned"))


def test_one_process_at_a_time(tmp_path: Path) -> None:
    line = learning_line("width", str(tmp_path / "learned"))
    with pytest.raises(InputError, match=r"another process is learning .*; stop it first"):
        learning_line("width", str(tmp_path / "learned"))
    closed(line)


def test_a_lazy_file_begins_with_the_first_measured_value(tmp_path: Path) -> None:
    path = tmp_path / "learned"
    line = learning_line("width", str(path), lazy=True)
    told(line, {"id": 1, "power": 200.0, "speed": 1.0})
    assert not path.exists()
    told(line, {"id": 1, "measured": {"width": 101.0}})
    closed(line)
    assert known(learning_line("width", str(path))).labels == 1


def test_a_disk_that_fails_does_not_stop_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = list[str]()
    line = learning_line("width", str(tmp_path / "learned"), tell=said.append)
    told(line, *stream(5))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(DISK), "append", full)
    monkeypatch.setattr(type(DISK), "temporary", full)
    assert len(told(line, *stream(5))) and len(said) == 1 and "No space left" in said[0]
    shutil.rmtree(tmp_path)


def test_after_a_failed_write_the_next_one_holds_all_that_is_known(tmp_path: Path) -> None:
    class Full(Disk):
        full = False

        def append(self, path: str, data: bytes) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            super().append(path, data)

    path, disk = str(tmp_path / "learned"), Full()
    line = learning_line("recalibrate", path, disk=disk)
    for at, disk.full in ((0, False), (40, True), (60, False)):
        for reading in stream(80)[at : at + 20]:
            told(line, reading)
    closed(line)
    again = learning_line("recalibrate", path)
    assert known(again).labels == known(line).labels > 20 and digest(again) == digest(line)


def test_a_lazy_file_that_cannot_be_used_stops_nothing(tmp_path: Path) -> None:
    said = list[str]()
    path = str(tmp_path / "no" / "learned")
    line = learning_line("width", path, lazy=True, tell=said.append)
    answers = told(line, *stream(10, shift=0.0))
    assert known(line).labels == 7 and len(answers) == 17
    assert len(said) == 1 and "cannot use the learned state" in said[0] and "forgotten" in said[0]


def test_the_digest_names_the_model(tmp_path: Path) -> None:
    one = Learner(track_model(), SHA256).knowledge.correction.digest
    assert one != Learner(track_model(), "cd" * 32).knowledge.correction.digest


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("width/watchers", {"sums": [{}, 0.0, 0.0]}),
        ("width/watchers", {"slow": [0.0, -1.0]}),
        ("width/scale", [1.0, 0.0, 1e5, 1.0, 0.5, 0.0, 20.0, 0.0, 20.0]),
        ("width/scale", [-1.0, 0.0, 0.0, 1.0, 0.5, 0.0, 20.0, 0.0, 20.0]),
        ("width/frozen", [0.0]),
        ("width/frozen", [[], 0.0]),
        ("labels", float("inf")),
        ("parts.told", "none"),
    ],
)
def test_numbers_that_are_none_are_damage(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "learned"
    line = learning_line("width", str(path))
    told(line, *stream(5))
    line.learner._state.snapshot()  # type: ignore[union-attr]
    closed(line)
    found = unpacked(Log(path).records[0][1:])
    old = found[name]
    found[name] = {**old, **value} if isinstance(value, dict) else value
    Log(path).begin(b"S" + packed(found))
    with pytest.raises(InputError, match="is damaged"):
        learning_line("width", str(path))


def test_types_of_arrays_are_plain() -> None:
    data = packed({"a": np.zeros(2, "<f4")})
    assert len(unpacked(data)["a"]) == 2
    for name in (b'"04f"', b'"<O8"', b'"<V4"'):
        with pytest.raises(ValueError, match=r"dtype|cannot|Expecting"):
            unpacked(data.replace(b'"<f4"', name))


def test_reading_makes_room_for_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    Log(path).append(b"one")
    tracemalloc.start()
    try:
        assert Log(path).records == [b"one"]
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_id_that_no_utf_8_can_hold(tmp_path: Path) -> None:
    line = learning_line("width", str(tmp_path / "learned"))
    (answer,) = line.lines(['{"id": "\\ud800", "power": 200, "speed": 1}'])
    assert answer["status"] == "ok"
    (answer,) = line.lines(['{"id": "\\ud800", "measured": {"width": 101}}'])
    assert answer["measured"]["width"]["learned"] is True
