"""Store and forward: order, once a receiver has it, pauses, what is historical."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from sna_edge.station.out.destination import Away, Sent
from sna_edge.station.out.runner import Runner

from ..kept import Kept
from ..waiting import until


class Receiver:
    """Takes records, or fails: `wrong` is raised once a batch has come as far as `keep` records."""

    name = "receiver"

    def __init__(self) -> None:
        self.got: list[tuple[int, bool]] = []
        self.wrong: Exception | None = None
        self.keep, self.tries, self.closed, self.final = 0, [], 0, True

    def send(self, records: Sequence[Sent]) -> int:
        self.tries.append(time.monotonic())
        if self.wrong:
            self.got += [(r.number, r.historical) for r in records[: self.keep]]
            raise self.wrong
        self.got += [(r.number, r.historical) for r in records]
        return records[-1].number if records and self.final else 0

    def close(self) -> None:
        self.closed += 1


def test_in_order_and_only_what_was_there_before_is_historical() -> None:
    kept, receiver = Kept(5), Receiver()
    runner = Runner(receiver, kept, batch=2)
    runner.start()
    until(lambda: len(receiver.got) == 5)
    kept.add(3)
    runner.wake()
    until(lambda: len(receiver.got) == 8)
    assert receiver.got == [(n, n <= 5) for n in range(1, 9)]
    runner.stop(5.0)
    assert kept.cursors["receiver"] == 8 and receiver.closed == 1
    assert runner.state()["waiting"] == 0 and runner.state()["up"]


def test_a_receiver_that_goes_away_gets_what_it_lacks_again() -> None:
    """A batch that was cut in the middle comes again whole, in order, as historical."""
    kept, receiver, heard = Kept(), Receiver(), []
    runner = Runner(receiver, kept, first=0.01, longest=0.05, heard=heard.append)
    runner.start()
    until(lambda: runner.state()["up"])
    receiver.keep, receiver.wrong = 2, Away("the broker is away")
    kept.add(4)
    until(lambda: not runner.state()["up"])
    assert runner.state()["words"] == "the broker is away" and runner.state()["losses"] == 1
    until(lambda: receiver.closed > 1)
    receiver.got.clear()
    receiver.wrong = None
    until(lambda: runner.state()["up"])
    kept.add(1)
    until(lambda: len(receiver.got) >= 5)
    runner.stop(5.0)
    numbers = [n for n, _ in receiver.got]
    assert numbers[-5:] == [1, 2, 3, 4, 5] and numbers == sorted(numbers)
    assert dict(receiver.got[-5:]) == {1: True, 2: True, 3: True, 4: True, 5: False}
    assert heard[-2:] == ["the broker is away", ""] and kept.cursors["receiver"] == 5


def test_pauses_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    kept, receiver = Kept(1), Receiver()
    receiver.wrong = Away("gone")
    runner, pauses = Runner(receiver, kept, first=0.05, longest=0.2), list[float]()
    wait = runner._stopping.wait
    monkeypatch.setattr(runner._stopping, "wait", lambda pause: pauses.append(pause) or wait(pause))
    runner.start()
    until(lambda: len(receiver.tries) == 5)
    runner.stop(60.0)
    assert pauses[:4] == [0.05, 0.1, 0.2, 0.2]
    waited = [b - a for a, b in zip(receiver.tries, receiver.tries[1:], strict=False)]
    assert all(found >= pause for found, pause in zip(waited, pauses, strict=False))


def test_an_error_of_any_kind_is_a_failure_and_not_the_end() -> None:
    kept, receiver = Kept(1), Receiver()
    receiver.wrong = ZeroDivisionError("oh")
    runner = Runner(receiver, kept, first=0.01)
    runner.start()
    until(lambda: "ZeroDivisionError: oh" in runner.state()["words"])
    receiver.wrong = None
    until(lambda: receiver.got == [(1, True)])
    runner.stop(1.0)


def test_a_start_goes_on_where_the_last_one_ended() -> None:
    kept, receiver = Kept(6), Receiver()
    kept.cursors["receiver"] = 4
    runner = Runner(receiver, kept)
    runner.start()
    until(lambda: len(receiver.got) == 2)
    runner.stop(5.0)
    assert receiver.got == [(5, True), (6, True)]


def test_what_is_not_final_comes_again_after_a_restart() -> None:
    kept, receiver = Kept(3), Receiver()
    receiver.final = False
    runner = Runner(receiver, kept, batch=1)
    runner.start()
    until(lambda: len(receiver.got) == 3)
    runner.stop(5.0)
    assert kept.cursors["receiver"] == 0
    runner = Runner(receiver, kept)
    runner.start()
    until(lambda: len(receiver.got) == 6)
    runner.stop(5.0)
    assert [n for n, _ in receiver.got] == [1, 2, 3, 1, 2, 3]


def test_stop_sends_what_waits_first() -> None:
    kept, receiver = Kept(1000), Receiver()
    runner = Runner(receiver, kept, batch=10)
    runner.start()
    runner.stop(10.0)
    assert len(receiver.got) == 1000 and kept.cursors["receiver"] == 1000
