"""What a line asks: readings with measured values in, changed intervals and what became of the
measured values out."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.evaluation import Evaluation
from ..durable import DISK, Disk
from ..errors import InputError
from ..model import Model
from ..uncertainty.familiarity import shares, told
from ..values.documents import shortened
from .alarms.inputs import Moved
from .block import Block, Floats, Label
from .escape import Rated
from .knowledge import LEARNED, NO_VALUE, OBSERVE, TWICE, UNKNOWN, WIDTH, Heard, Knowledge, Said
from .measured import KEY, Measured, alone_in, identity_of
from .parts import NOBODY, key_of
from .record import Correction
from .state import State, is_kept

RECENT = 1000
"""Parts whose id an alarm may name."""
SHOWN = {
    UNKNOWN: "no such part is among the last {} that are remembered; send its inputs with what was"
    " measured",
    TWICE: "learned before",
    NO_VALUE: "the part has no prediction",
}


@dataclass
class Passed:
    """Of the readings of one call: `found`, as it is to be judged, and `frozen`, as the model alone
    answers; `measured`: {row: what became of its measured values}; `alone`: rows with nothing else;
    `corrections`: {row: the correction that it was answered with}; `alarms`: {row:
    sentences} of what has moved; `learned` [3, N, K]: what is added to values, in the space of
    their residuals, and the factors of both tails (None: nothing was learned); `thresholds`: [N] of
    acceptance, and whether measured parts have set them (None: nothing is asked); `doubts`: {row:
    {output: why its intervals may not hold}}; `unmeasured`: {row: parts since one was measured}
    (None: none is ever learned)."""

    found: Evaluation
    frozen: Evaluation
    measured: dict[int, dict[str, Any]] = field(default_factory=dict)
    alone: frozenset[int] = frozenset()
    corrections: dict[int, Correction] = field(default_factory=dict)
    alarms: dict[int, list[str]] = field(default_factory=dict)
    learned: Floats | None = None
    thresholds: tuple[Floats, NDArray[np.bool_]] | None = None
    doubts: dict[int, dict[str, str]] = field(default_factory=dict)
    unmeasured: dict[int, int] | None = None

    def told(self, row: int) -> dict[str, Any]:
        """What a row's measured values have led to, as its answer holds it."""
        measured = {KEY: self.measured[row]} if row in self.measured else {}
        alarms = self.alarms.get(row)
        return {**measured, **({"alarms": alarms} if alarms else {})}


class Learner:
    """Learns beside `model`, whose file has the digest `sha256`.

    `path`: the file that keeps what was learned, read where it is there; None to forget it at the
    end. `lazy`: it is written from the first measured value or alarm on. `deaf`: measured values
    are not read. `rated`: the share of bad parts among accepted ones that is kept
    (`Acceptance.rated`). Raises InputError where the file cannot be used.
    """

    def __init__(
        self,
        model: Model,
        sha256: str,
        mode: str = WIDTH,
        path: str | None = None,
        *,
        lazy: bool = False,
        tell: Callable[[str], None] = lambda sentence: None,
        disk: Disk = DISK,
        rated: Rated | None = None,
        deaf: bool = False,
    ) -> None:
        self.knowledge = Knowledge(model, sha256, mode, rated)
        raw = model.readings.raw if model.readings else ()
        self._inputs = frozenset((*model.input_names, *(r.name for r in raw)))
        self.measured = Measured(model.output_names, self.knowledge.spaces)
        self._columns = [space.index for space in self.knowledge.spaces]
        self._tell, self._silent, self._disk = tell, False, disk
        self._model, self._deaf = model, deaf
        self._recent: deque[str] = deque(maxlen=RECENT)
        now = path is not None and (not lazy or is_kept(path, sha256, disk))
        self._later = None if now else path
        self._state = self._opened(path) if path is not None and now else None
        self.useless = self._why_useless()

    def _opened(self, path: str) -> State:
        return State(path, self._model, self.knowledge, self._tell, self._disk)

    def _why_useless(self) -> str:
        """Why nothing can be learned beside this model; "" where something can."""
        if KEY in self._inputs:
            return f"an input of this model is called {KEY!r}, as measured values are"
        if not self.knowledge.outputs:
            return "no output of this model has an interval, so nothing can be learned"
        return ""

    def refer(
        self, x: Floats, found: Evaluation, measured: Floats, fewest: int
    ) -> tuple[bool, bool]:
        """Set the thresholds of alarms by rows x [N, D] in their order, as the frozen model answers
        them, and their `measured` values [N, K], NaN for none. Whether at least `fewest` rows have
        all inputs, and as many measured values of an output."""
        rows = np.stack([found.value.T, found.lower.T, found.upper.T, measured.T])
        whole = np.flatnonzero(np.isfinite(x).all(axis=1))
        enough, some = len(whole) >= fewest, False
        if enough:
            p = self._familiar(x, found, list(range(len(x))))
            self.knowledge.inputs.refer(x[whole], p[whole])
        for one in self.knowledge.outputs:
            value, lower, upper, y = rows[:, one.space.index]
            u, down, up = one.space.halves(value, lower, upper)
            known = np.stack([one.space.u(y) - u, down, up])
            known = known[:, np.isfinite(known).all(axis=0)]
            if known.shape[1] >= fewest:
                one.refer(known)
                some = True
        self._snapshot()
        return enough, some

    def awaited(self, identity: object) -> frozenset[str] | None:
        """Outputs of a part that may still be learned; None where no such part is remembered."""
        place = self.knowledge.parts.find(key_of(identity))
        if place < 0:
            return None
        flags = self.knowledge.parts.rows["flags"][place].tolist()
        pairs = zip(self.knowledge.spaces, flags, strict=True)
        return frozenset(space.output.name for space, flag in pairs if not flag & 1)

    def close(self) -> None:
        """Let another process learn into the file."""
        if self._state is not None:
            self._state.close()

    def resume(self) -> None:
        """Learn into the file again, whoever has had it; where that cannot be, it is said."""
        if self._state is not None:
            self._state.close()
            self._state = self._tried(self._state.path)

    def _tried(self, path: str) -> State | None:
        """The file, None where it cannot be used: parts are judged all the same."""
        try:
            return self._opened(path)
        except InputError as error:
            self._tell(f"{error}; what is learned now is forgotten at the end")
            self._silent = True
            return None

    def passed(
        self,
        readings: Sequence[Mapping[str, Any] | str],
        x: Floats,
        found: Evaluation,
        number: Callable[[str], float],
        units: Mapping[str, str] | None = None,
    ) -> Passed:
        """Learn from readings whose parts, at inputs x [N, D], the frozen model answers with
        `found`. `number` and `units` ({output: unit}) read their measured values."""
        labels, said, alone = self._labels(readings, number, units)
        parts = [i for i in range(len(readings)) if i not in alone]
        if self.useless:
            passed = Passed(found, found, said, alone)
            p = self._familiar(x[parts], found, parts)
            self._moved(passed, readings, parts, self.knowledge.inputs.update(x[parts], p))
            return passed
        block = self._block(readings, x, found, parts, labels)
        done = self._advance(block)
        passed = Passed(self._changed(found, parts, done), found, alone=alone)
        self._moved(passed, readings, parts, done.moved)
        for (row, _), heard in zip(labels, done.heard, strict=True):
            passed.measured[row] = self._answer(said[row], heard)
            if heard.alarms:
                passed.alarms.setdefault(row, []).extend(heard.alarms)
                for sentence in heard.alarms:
                    self._tell(sentence)
        passed.learned = self._whole(found, parts, done)
        passed.thresholds = _thresholds(len(readings), parts, done)
        passed.doubts, passed.unmeasured = self.knowledge.doubted(parts, done)
        passed.measured |= {i: s for i, s in said.items() if i not in passed.measured}
        if self.knowledge.labels and self.knowledge.mode != OBSERVE:
            passed.corrections = _by_row(parts, done)
        return passed

    def _moved(
        self,
        passed: Passed,
        readings: Sequence[Mapping[str, Any] | str],
        parts: list[int],
        moved: list[Moved],
    ) -> None:
        """Say which alarms of the inputs begin with which of the rows `parts`."""
        start = len(self._recent)
        named = (readings[i] for i in parts)
        ids = ["" if isinstance(r, str) else str(identity_of(r) or "") for r in named]
        if moved:
            before = [*self._recent, *ids]
        self._recent.extend(ids)
        for one in moved:
            at = start + one.row - one.parts + 1
            sentence = one.said(shortened(before[at]) if at >= 0 else "")
            passed.alarms.setdefault(parts[one.row], []).append(sentence)
            self._tell(sentence)

    def _familiar(self, x: Floats, found: Evaluation, parts: list[int]) -> Floats:
        """p [N] of the `parts`, 0 outside the domain, NaN where nothing can be said."""
        p = np.full(len(x), np.nan)
        if not told(self._model) or not len(x):
            return p
        inside = found.status[parts] >= 0
        p[np.isfinite(x).all(axis=1)] = 0.0
        p[inside] = shares(self._model, x[inside], found.value[parts][inside])
        return p

    def _labels(
        self,
        readings: Sequence[Mapping[str, Any] | str],
        number: Callable[[str], float],
        units: Mapping[str, str] | None,
    ) -> tuple[list[tuple[int, list[float]]], dict[int, dict[str, Any]], frozenset[int]]:
        """(row, values [K]) of what can be learned, what is said of every measured value, and the
        rows that are no parts."""
        labels, said = list[tuple[int, list[float]]](), dict[int, dict[str, Any]]()
        if KEY in self._inputs:
            return labels, said, frozenset()
        if self._deaf:
            alone = alone_in(readings, self._inputs)
            return labels, {i: {} for i in alone}, alone
        for i, reading in enumerate(readings):
            if isinstance(reading, str) or KEY not in reading or reading[KEY] is None:
                continue
            values, scaled, wrong = self.measured.read(reading[KEY], number, units)
            said[i] = {name: {"value": value} for name, value in values.items()}
            said[i] |= {name: {"learned": False, "reason": why} for name, why in wrong.items()}
            if any(v == v for v in scaled):
                labels.append((i, scaled))
        return labels, said, alone_in(readings, self._inputs)

    def _block(
        self,
        readings: Sequence[Mapping[str, Any] | str],
        x: Floats,
        found: Evaluation,
        parts: list[int],
        labels: list[tuple[int, list[float]]],
    ) -> Block:
        keys = [NOBODY if isinstance(r, str) else key_of(identity_of(r)) for r in readings]
        after = np.searchsorted(parts, np.arange(len(readings)), side="right").tolist()
        given = []
        for row, values in labels:
            if keys[row] == NOBODY:  # nobody else can be this part
                keys[row] = int.from_bytes(os.urandom(8), "little") | 1
            given.append(Label(after[row], keys[row], values))
        frozen = np.full((3, len(parts), len(self._columns)), np.nan)
        for k, space in enumerate(self.knowledge.spaces):
            ends = (a[parts, space.index] for a in (found.value, found.lower, found.upper))
            frozen[:, :, k] = space.halves(*ends)
        frozen[:, ~np.isfinite(frozen).all(axis=0)] = np.nan
        with np.errstate(over="ignore"):
            some = np.array([keys[i] for i in parts], np.uint64)
            p = self._familiar(x[parts], found, parts).astype("f4")
            return Block(some, x[parts].astype("f4"), frozen.astype("f4"), p, given)

    def _advance(self, block: Block) -> Said:
        if self._later is not None and block.labels:
            self._state, self._later = self._tried(self._later), None
        if self._state is None:
            if block.labels and not self._silent:
                self._tell("what is learned is forgotten at the end; --learned FILE keeps it")
                self._silent = True
            done = self.knowledge.advance(block)
            if done.moved and self._later is not None:
                self._state, self._later = self._tried(self._later), None
                self._snapshot()
            return done
        return self._advanced(block)

    def _advanced(self, block: Block) -> Said:
        said = self.knowledge.advance(block)
        self._written(lambda state: state.keep(block))
        return said

    def _snapshot(self) -> None:
        """Keep all that is known now, where a file keeps it."""
        self._written(lambda state: state.snapshot())

    def _written(self, write: Callable[[State], None]) -> None:
        """Write into the file; where it cannot be, it is said once."""
        if self._state is None:
            return
        try:
            write(self._state)
            self._silent = False
        except OSError as error:
            if not self._silent:
                self._tell(
                    f"cannot write {self._state.path} ({error.strerror}): what is learned is lost"
                    " at a restart, until it can be written again"
                )
            self._silent = True

    def _changed(self, found: Evaluation, parts: list[int], done: Said) -> Evaluation:
        """The answers with what was learned; those that it does not change stay as they are."""
        shift, below, above = done.changes
        if not shift.any() and (done.changes[1:] == 1.0).all():
            return found
        value, lower, upper = found.value.copy(), found.lower.copy(), found.upper.copy()
        for k, space in enumerate(self.knowledge.spaces):
            column = space.index
            some = (shift[:, k] != 0.0) | (below[:, k] != 1.0) | (above[:, k] != 1.0)
            answer = (a[parts, column] for a in (value, lower, upper))
            u, down, up = space.halves(*answer)
            keep = np.flatnonzero(some & np.isfinite([u, down, up]).all(axis=0))
            at, u, down, up = np.array(parts)[keep], u[keep], down[keep], up[keep]
            middle = u + shift[keep, k]
            moved = shift[keep, k] != 0.0
            value[at, column] = np.where(moved, space.y(middle), value[at, column])
            ends = space.y(middle - below[keep, k] * down), space.y(middle + above[keep, k] * up)
            lower[at, column], upper[at, column] = np.minimum(*ends), np.maximum(*ends)
        return replace(found, value=value, lower=lower, upper=upper)

    def _whole(self, found: Evaluation, parts: list[int], done: Said) -> Floats | None:
        """What was learned, of all rows and outputs [3, N, K]; None where that is nothing."""
        if not done.changes[0].any() and (done.changes[1:] == 1.0).all():
            return None
        whole = np.ones((3, *found.value.shape))
        whole[0] = 0.0
        whole[np.ix_(range(3), parts, self._columns)] = done.changes
        return whole

    def _answer(self, said: dict[str, Any], heard: Heard) -> dict[str, Any]:
        """What became of the measured values of one row."""
        for k, space in enumerate(self.knowledge.spaces):
            name, outcome = space.output.name, heard.outcome[k]
            if not outcome:
                continue
            if heard.told is not None and outcome != NO_VALUE:
                y = space.y(np.array(heard.told[k])).tolist()
                low, high = sorted(y[1:])
                one = {"predicted": y[0], "lower": low, "upper": high}
                said[name] |= one | {"inside": low <= said[name]["value"] <= high}
            said[name]["learned"] = outcome == LEARNED
            if outcome != LEARNED:
                said[name]["reason"] = SHOWN[outcome].format(self.knowledge.parts.room)
            said[name] |= heard.running[k]
        return said


def _by_row(parts: list[int], done: Said) -> dict[int, Correction]:
    """{row: the correction} of the rows that were answered with one."""
    starts = [start for start, _ in done.corrections] + [len(parts)]
    return {
        row: correction
        for (start, correction), stop in zip(done.corrections, starts[1:], strict=True)
        for row in parts[start:stop]
        if correction.labels
    }


def _thresholds(n: int, parts: list[int], done: Said) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Of n rows, as `Passed` has them."""
    if not done.thresholds:
        return None
    at, proven = np.full(n, np.nan), np.zeros(n, dtype=bool)
    stops = [start for start, _, _ in done.thresholds[1:]] + [len(parts)]
    for (start, threshold, moved), stop in zip(done.thresholds, stops, strict=True):
        at[parts[start:stop]], proven[parts[start:stop]] = threshold, moved
    return at, proven
