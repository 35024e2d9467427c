"""One thread at a time judges: what waits is taken together, one call of the line for each recipe,
then handed to the writer; a verdict never waits for a disk or for a reader."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from threading import Condition, Lock, Thread
from typing import Any

from ...errors import InputError
from ...learning.measured import KEY, alone_in, identity_of
from ...quality import NO_VERDICT, REJECT
from ..bus import EVENT, STATE, VERDICT, Bus
from ..config import DEFAULT, Configuration
from ..drafts import Draft, Key, Recorder
from ..parts import Answer, Arrival, Done
from .advising import Advising, Asked
from .clock import Clock
from .joining import Joining, Judged, joined, learned_by, mark_of, measured_of
from .latency import Latency
from .limited import Names
from .request import STOPS, Flight, Place, Request, key_of, unjudged
from .same import is_other, print_of, refused
from .served import Served
from .texts import Texts

TOGETHER = 256
"""Arrivals that are judged in one call."""
LOOK = 0.25
"""Seconds after which the thread looks at the clock and shows that it lives."""
Cell = tuple[str, str]


class JudgingDesk:
    """`cells`: {(station, recipe): what judges}; `alive` is called at least every LOOK seconds from
    the thread that judges, never while it is stuck. `numbered`: the last record before, from which
    parts without an id are numbered: a clock that was set back names none twice. Counts:
    `verdicts` {(station, recipe, word)}, `again`, `refused` arrivals for lack of room."""

    def __init__(
        self, config: Configuration, cells: Mapping[Cell, Served], recorder: Recorder, bus: Bus,
        clock: Clock, alive: Callable[[], None] = lambda: None, numbered: int = 0,
    ) -> None:  # fmt: skip
        self.config, self.cells = config, dict(cells)
        self.latency, self.verdicts = Latency(), dict[tuple[str, str, str], int]()
        self.again = self.refused = 0
        self.texts = Texts(clock, config.digest)
        self._recorder, self._bus, self._clock, self._alive = recorder, bus, clock, alive
        self.joining, self._flight = Joining(recorder.judged), Flight()
        self._strange = Names()
        self._waiting: deque[Request] = deque()
        self._turns: deque[Callable[[], None]] = deque()
        self._some, self._count, self._open = Condition(Lock()), 0, False
        self._judge = Lock()  # taken before _some
        self._numbered, self._began = (
            numbered,
            time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.now())),
        )
        self._thread = Thread(target=self._run, name="verdicts", daemon=True)
        self._looked, self._advising = 0.0, Advising()

    # Called from every thread.

    def start(self) -> None:
        """Begin to judge."""
        self._open = True
        self._advising.start()
        self._thread.start()

    def submit(
        self, arrivals: Sequence[Arrival], done: Done, *, here: bool = False, at: int = 0
    ) -> bool:
        """As `Desk.submit`. `here`: where nothing waits, judge in the thread that calls, and save a
        change of threads; `done` may be called before this returns. `at`: `perf_counter_ns` when
        the message was there, 0 for now. Raises InputError for a station that the configuration
        lacks."""
        for arrival in arrivals:
            if arrival.station not in self.config.stations:
                raise InputError(
                    f"no station is called {arrival.station!r}; stations are"
                    f" {', '.join(self.config.stations)}"
                )
        held = here and self._judge.acquire(blocking=False)
        try:
            with self._some:
                full = self._count and self._count + len(arrivals) > self.config.queue
                if not self._open or full or self._recorder.waiting() > self.config.queue:
                    self.refused += len(arrivals)
                    return False
                mine, request = held and not self._waiting, Request(arrivals, done, at)
                if arrivals and not mine:
                    self._waiting.append(request)
                    self._count += len(arrivals)
                    self._some.notify()
            if not arrivals:
                done([], "")
            elif mine:
                self._safely(lambda: self._batch([request]), [request])
        finally:
            if held:
                self._judge.release()
        return True

    def turn(self, what: Callable[[], None]) -> None:
        """Do something in the thread that judges, between two parts."""
        with self._some:
            self._turns.append(what)
            self._some.notify()

    def note(self, event: str, done: Done | None = None, **entries: Any) -> None:
        """Write an event, as `Texts.event` takes it; `done` hears of it when it is on the disk."""

        def written(answers: list[Answer], sentence: str) -> None:
            for answer in answers:
                self._bus.publish(EVENT, answer.text)
            if done is not None:
                done(answers, sentence)

        self._recorder.append([self.texts.event(event, **entries)], written)

    @property
    def waiting(self) -> int:
        """Arrivals that wait to be judged."""
        return self._count

    @property
    def busy(self) -> bool:
        """Whether a part is being judged at this moment: who can wait should."""
        return self._judge.locked()

    @property
    def running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def stop(self, seconds: float) -> bool:
        """Take nothing new, judge what waits; whether that was done in time."""
        with self._some:
            self._open = False
            self._some.notify()
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive() and self._advising.stop(seconds)

    def give_up(self, seconds: float) -> bool:
        """After `stop`, where that has taken too long: those who wait are told that they have no
        record, rejects go on without advice; whether all were told within the seconds."""
        with self._some:
            left, self._waiting, self._count = self._waiting, deque(), 0
        for request in left:
            self.refused += len(request.arrivals)
            request.refuse(STOPS)
        self._advising.hurry()
        return self.stop(seconds)

    # In the thread that judges, or in one that judges what it has brought.

    def _run(self) -> None:
        while True:
            with self._some:
                if not self._waiting and not self._turns and self._open:
                    self._some.wait(LOOK)
            with self._judge:
                if not self._turn():
                    return

    def _turn(self) -> bool:
        """Judge what waits; False where nothing does and nothing will."""
        with self._some:
            turns, requests = list(self._turns), self._taken()
            self._turns.clear()
            if not requests and not turns and not self._open:
                return False
        for turn in turns:
            self._safely(turn)
        if requests:
            self._safely(lambda: self._batch(requests), requests)
        if (now := time.monotonic()) - self._looked >= LOOK:
            self._looked = now
            if jumped := self._clock.look():
                self.note("clock jumped", why=jumped)
            self._alive()
        return True

    def _taken(self) -> list[Request]:
        """The oldest requests, about TOGETHER arrivals."""
        found, n = list[Request](), 0
        while self._waiting and (not found or n + len(self._waiting[0].arrivals) <= TOGETHER):
            found.append(self._waiting.popleft())
            n += len(found[-1].arrivals)
        self._count -= n
        return found

    def _safely(self, what: Callable[[], None], requests: Sequence[Request] = ()) -> None:
        """A fault of ours ends a batch, never the station: nothing of it is acknowledged."""
        try:
            what()
        except Exception as error:
            self._alarm(f"internal fault, {type(error).__name__}: {error}")
            for request in requests:
                if not request.failed:
                    request.refuse("an internal fault; nothing was recorded, send it again")

    def _batch(self, requests: Sequence[Request]) -> None:
        fresh = self._fresh(requests)
        drafts = list[Draft]()
        try:
            for cell, places in self._by_cell(fresh).items():
                drafts += self._judged(cell, places)
            self._hand_over(drafts)
        except BaseException:
            self._flight.abandon([key_of(arrival, mark) for _, arrival, mark in fresh])
            raise
        now = time.perf_counter_ns()
        for request in requests:
            self.latency.add(now - request.at, len(request.arrivals))

    def _hand_over(self, drafts: Sequence[Draft]) -> None:
        if drafts:
            self._recorder.append(drafts, lambda found, why: self._landed(drafts, found, why))

    def _fresh(self, requests: Sequence[Request]) -> list[tuple[Place, Arrival, str]]:
        """What has no record and is not on its way to one: place, arrival, mark."""
        found = []
        for request in requests:
            for i, arrival in enumerate(request.arrivals):
                named = self._named(arrival)
                found.append(((request, i), named, self._mark(named)))
        asked = [key_of(a, mark) for (r, i), a, mark in found if r.arrivals[i].part]
        seen = dict(self._recorder.seen(asked)) if asked else {}
        fresh = []
        for place, arrival, mark in found:
            one, key = (place, arrival, mark), key_of(arrival, mark)
            if not mark and self._is_other(arrival, key, seen.get(key)):
                one = (place, refused(arrival), mark)
                key = key_of(one[1], mark)
                seen.update(self._recorder.seen([key]))
            if key in seen:
                self.again += 1
                if self._flight.known(one[0], seen[key]):
                    one[0][0].finish()
            elif self._flight.join(key, one[0]):
                self.again += 1
            else:
                self._flight.start(key, one[0])
                fresh.append(one)
        return fresh

    def _is_other(self, arrival: Arrival, key: Key, answer: Answer | None) -> bool:
        """Whether the key is that of another message."""
        if answer is not None:
            return is_other(arrival, answer)
        first = self._flight.first(key)
        return first is not None and print_of(first.reading) != print_of(arrival.reading)

    def _named(self, arrival: Arrival) -> Arrival:
        """With an id of the part, and the reading named as the arrival is."""
        part, reading = arrival.part, arrival.reading
        if not part:
            self._numbered += 1
            part = f"{self._began}-{self._numbered}"
        if not isinstance(reading, str) and str(identity_of(reading)) != part:
            reading = {**reading, "id": part}
        if part is arrival.part and reading is arrival.reading:
            return arrival
        return Arrival(
            arrival.station, reading, part, arrival.sequence, arrival.recipe, arrival.door,
            arrival.sent,
        )  # fmt: skip

    def _mark(self, arrival: Arrival) -> str:
        """Of measured values that come alone; "" for what is to be judged."""
        reading = arrival.reading
        if isinstance(reading, str) or KEY not in reading:
            return ""
        names = {name for (station, _), one in self.cells.items() if station == arrival.station
                 for name in one.line.names}  # fmt: skip
        return mark_of(reading) if alone_in([reading], names) else ""

    def _by_cell(
        self, fresh: Sequence[tuple[Place, Arrival, str]]
    ) -> dict[Cell, list[tuple[Arrival, str]]]:
        found: dict[Cell, list[tuple[Arrival, str]]] = {}
        for _, arrival, mark in fresh:
            found.setdefault(self._cell(arrival, mark), []).append((arrival, mark))
        return found

    def _cell(self, arrival: Arrival, mark: str) -> Cell:
        """Which recipe judges; one that is not there where the message names none."""
        recipe = arrival.recipe
        if not recipe and mark and (part := self.joining.find(arrival.station, arrival.part)):
            recipe = part.recipe
        recipes = self.config.stations[arrival.station].recipes
        if not recipe:
            recipe = next(iter(recipes)) if len(recipes) == 1 else DEFAULT
        return arrival.station, recipe

    def _judged(self, cell: Cell, arrivals: Sequence[tuple[Arrival, str]]) -> list[Draft]:
        served = self.cells.get(cell)
        if served is None:
            without = partial(self._without, cell)
            found = [self._surely(without, arrival, mark, cell) for arrival, mark in arrivals]
            return [draft for draft in found if draft is not None]
        readings = [self._awaited(a) if not mark else a.reading for a, mark in arrivals]
        try:
            answers = served.line.readings(readings)
        except Exception as error:  # one reading that nobody has thought of
            if len(arrivals) > 1:
                return [d for one in arrivals for d in self._judged(cell, [one])]
            self._alarm(f"internal fault, {type(error).__name__}: {error}", station=cell[0])
            why = "an internal fault while it was judged"
            answers = [{"verdict": NO_VERDICT, "status": "bad_input", "reason": why}]
        drafts = [
            self._surely(partial(self._drafted, served, cell, reading, answer), arrival, mark, cell)
            for (arrival, mark), reading, answer in zip(arrivals, readings, answers, strict=True)
        ]
        return [draft for draft in drafts if draft is not None]

    def _surely(
        self, draft: Callable[[Arrival, str], Draft | None], arrival: Arrival, mark: str, cell: Cell
    ) -> Draft | None:
        """The draft of one part; where it cannot be made, one that says so: the parts beside it
        have theirs."""
        try:
            return draft(arrival, mark)
        except Exception as error:
            self._alarm(f"internal fault, {type(error).__name__}: {error}", station=cell[0])
            why = "an internal fault while its record was made"
            answer = {"verdict": NO_VERDICT, "status": "bad_input", "reason": why}
            return self.texts.answered(replace(arrival, reading=why), cell[1], answer, "", mark)

    def _awaited(self, arrival: Arrival) -> Mapping[str, Any] | str:
        """The reading, with measured values that have come before it."""
        reading = arrival.reading
        if isinstance(reading, str) or KEY in reading:
            return reading
        measured = self.joining.awaited(arrival.station, arrival.part)
        return {**reading, KEY: measured} if measured else reading

    def _drafted(
        self, served: Served, cell: Cell, reading: Mapping[str, Any] | str, answer: dict[str, Any],
        arrival: Arrival, mark: str,
    ) -> Draft | None:  # fmt: skip
        """Its record; None where advice comes first."""
        verdict, limits = answer.get("verdict", ""), served.line.limits
        part, told = Judged(cell[1], verdict, answer.get("outputs", {}), served.told), served.told
        if mark:
            known = self.joining.find(arrival.station, arrival.part)
            if known is None and not isinstance(reading, str):
                self.joining.wait(arrival.station, arrival.part, reading[KEY])
            part, told = known or part, known.told if known else served.compared
            answer |= learned_by(answer, served.trust.said, served.recipe.learn)
        else:
            self.joining.add(arrival.station, arrival.part, part)
            count = (*cell, verdict)
            self.verdicts[count] = self.verdicts.get(count, 0) + 1
        if not isinstance(reading, str) and reading.get(KEY) is not None:
            joined(answer, measured_of(served.line.model, reading[KEY]), part, limits)
        for sentence in answer.get("alarms", ()):
            self.note("alarm", station=cell[0], recipe=cell[1], part=arrival.part, why=sentence,
                      source="learner")  # fmt: skip
        if verdict == REJECT and served.advisor is not None and not isinstance(reading, str):

            def then(advised: dict[str, Any]) -> None:
                self._hand_over([self.texts.answered(arrival, cell[1], advised, served.told)])

            self._advising.ask(Asked(served.advisor, reading, answer, then))
            return None
        return self.texts.answered(arrival, cell[1], answer, told, mark)

    def _without(self, cell: Cell, arrival: Arrival, mark: str) -> Draft:
        """No verdict, for lack of a recipe."""
        answer = unjudged(arrival, cell[1], self.config.stations[cell[0]].recipes)
        recipe = self._strange.kept(cell[1])
        if not mark:
            count = (cell[0], recipe, NO_VERDICT)
            self.verdicts[count] = self.verdicts.get(count, 0) + 1
        return self.texts.answered(arrival, recipe, answer, "", mark)

    # In the thread that writes.

    def _landed(self, drafts: Sequence[Draft], answers: Sequence[Answer], why: str) -> None:
        for request in self._flight.landed(drafts, answers, why):
            if request.failed:
                request.done([], why)
            else:
                request.finish()
        if self._bus.wanted(VERDICT):
            for answer in answers:
                if not answer.again:
                    self._bus.publish(VERDICT, answer.text)

    def _alarm(self, why: str, **entries: Any) -> None:
        self._bus.publish(STATE, json.dumps({"state": "alarm", "why": why}))
        self.note("alarm", why=why, source="station", **entries)
