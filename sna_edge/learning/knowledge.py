"""All that is learned beside one model, moved on by blocks of parts and measured values; the same
blocks give the same numbers, whenever they are read again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan
from typing import Any

import numpy as np

from ..core.record import ModelRecord
from ..errors import InputError
from .alarms.inputs import InputAlarms, Moved
from .arrays import alike
from .block import Block, Floats, Label
from .escape import Accepted, Rated
from .history import History
from .judged import Found, Judged, MovedSlopes
from .output.features import Features
from .output.learned import LearnedOutput
from .output.offset import Slopes
from .output.ranks import Ranks
from .output.space import Space, spaces
from .parts import Parts
from .record import Correction

WIDTH = "width"
"""Intervals keep their level."""
RECALIBRATE = "recalibrate"
"""Values are corrected too, while that is better."""
OBSERVE = "observe"
"""What is learned changes nothing."""
UNKNOWN, TWICE, NO_VALUE, LEARNED = "unknown", "twice", "no value", "learned"


@dataclass
class Heard:
    """What became of a label: per output UNKNOWN (no such part is remembered), TWICE, NO_VALUE (the
    part had none), LEARNED, or "" where it gave none; `running`, what is known of the output then;
    `told` [K][3], what the part was told: prediction, lower and upper end (None where it is
    unknown); `alarms` that begin."""

    outcome: list[str]
    running: list[dict[str, Any]]
    told: list[tuple[float, float, float]] | None = None
    alarms: list[str] = field(default_factory=list)


@dataclass
class Said:
    """Of a block: `changes` [3, N, K], what is added to predictions on the scales of the outputs
    and the factors of both half-widths; `heard` per label; `corrections`: (first part, the
    correction from there on); `thresholds`: (first part, the probability that accepts from there
    on, whether measured parts have set it); `moved`, alarms of the inputs that begin; `doubts`:
    (first part, per output why its intervals may not hold, ""); `unmeasured`: (first part, parts
    judged since one was measured)."""

    changes: Floats
    heard: list[Heard]
    corrections: list[tuple[int, Correction]]
    thresholds: list[tuple[int, float, bool]] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    doubts: list[tuple[int, list[str]]] = field(default_factory=list)
    unmeasured: list[tuple[int, int]] = field(default_factory=list)


class Knowledge:
    """Beside the model whose file has the digest `sha256`. `mode`: WIDTH, RECALIBRATE, or OBSERVE,
    in which nothing that is said changes. `rated`: a share of bad parts among accepted ones is
    kept."""

    def __init__(
        self, model: ModelRecord, sha256: str, mode: str = WIDTH, rated: Rated | None = None
    ) -> None:
        self.mode, self.sha256 = mode, sha256
        self.spaces: tuple[Space, ...] = spaces(model)
        self.features = Features(model) if mode == RECALIBRATE else None
        self.inputs, self.history = InputAlarms(model), History()
        self.slopes = Slopes(model, self.spaces) if mode == RECALIBRATE else None
        self.outputs = [
            LearnedOutput(space, self.features, Ranks(model, space), self.inputs)
            for space in self.spaces
        ]
        self.parts = Parts(len(model.axes), len(self.outputs))
        self.accepted = None if rated is None else Accepted(rated, self.spaces)
        self._units = [f" {a.unit}" if a.unit else "" for a in model.axes]
        self.labels = 0
        """Measured parts that were learned from."""
        self._last = 0
        """Parts that had been judged when the last one was measured."""
        self._correction: Correction | None = None

    @property
    def correction(self) -> Correction:
        """What is done to the frozen model now."""
        if self._correction is None:
            self._correction = Correction.of(self.sha256, self.labels, self.applied)
        return self._correction

    @property
    def applied(self) -> list[LearnedOutput]:
        """The outputs whose answers are changed by what is learned."""
        return self.outputs if self.mode != OBSERVE else []

    def advance(self, block: Block) -> Said:
        """Judge the parts of a block and learn from its labels, in their order."""
        said, n = Said(np.empty(0), [], []), len(block.keys)
        before = self.inputs.count
        said.moved = self.inputs.update(block.x.astype(float), block.p.astype(float))
        for one in self.outputs:
            one.offset.keep(self.inputs.moved)
        judged = Judged(
            block, self.outputs, self.parts, self.features, self.mode != OBSERVE, self._slopes
        )
        for label in [*block.labels, None]:
            stop, start = n if label is None else label.after, judged.count
            if stop > start:
                judged.until(stop)
                said.corrections.append((start, self.correction))
                said.doubts.append((start, [o.doubt(bool(self.applied)) for o in self.outputs]))
                said.unmeasured.append((start, before + start - self._last))
                if self.accepted is not None and self.mode != OBSERVE:
                    said.thresholds.append((start, *self.accepted.now))
            if label is not None:
                said.heard.append(self._learn(label, judged.find(label.key)))
                if LEARNED in said.heard[-1].outcome:
                    self._last = before + judged.count
                self.history.look(self._used, before + judged.count, self.labels)
        said.changes = judged.finish()
        return said

    @property
    def _slopes(self) -> MovedSlopes | None:
        """By the inputs that have moved; None where none has."""
        inputs = self.inputs
        if self.slopes is None or not inputs.moved.any():
            return None
        return MovedSlopes(self.slopes, inputs.columns, inputs.usual[1], inputs.moved)

    def _learn(self, label: Label, part: Found | None) -> Heard:
        if part is None:
            return Heard([UNKNOWN if v == v else "" for v in label.values], self._running())
        heard = Heard([], [], [one.said for one in part.told])
        flags = part.flags.tolist()
        for k, (one, value) in enumerate(zip(self.outputs, label.values, strict=True)):
            heard.outcome.append(_outcome(value, flags[k] & 1, part.told[k].u))
            if heard.outcome[-1] == LEARNED:
                before = one.offset.column if one.offset.used else -1
                slopes = None if part.slopes is None else part.slopes[k]
                alarms = one.learn(value, part.told[k], part.phi, slopes)
                heard.alarms += [one.said(alarm) for alarm in alarms]
                if one.offset.used and one.offset.column != before:
                    heard.alarms.append(self._offset_said(one))
                part.flags[k] |= 1
        if LEARNED in heard.outcome:
            if self.accepted is not None:
                pairs = zip(label.values, heard.outcome, strict=True)
                new = [value if outcome == LEARNED else nan for value, outcome in pairs]
                self.accepted.heard(part.x.astype(float), part.told, part.flags, new)
            self.labels += 1
            self._correction = None
        heard.running = self._running()
        return heard

    def _offset_said(self, one: LearnedOutput) -> str:
        """What the measured values of an output say of a sensor."""
        number, by = one.shift
        name, unit = one.shifted_input, self._units[number - 1]
        word = "high" if by < 0 else "low"
        return (
            f"{one.space.output.name}: by measured values the sensor of {name} reads"
            f" {abs(by):.3g}{unit} too {word}, and that is corrected here; check the sensor"
        )

    def _running(self) -> list[dict[str, Any]]:
        """Coverage of every output up to now, and the factors of its half-widths."""
        found = [
            {"covered": one.coverage.said | {"level": one.space.level}} for one in self.outputs
        ]
        if self.mode != OBSERVE:
            for said, one in zip(found, self.outputs, strict=True):
                said["width"] = list(one.factors)  # type: ignore[assignment]
        return found

    def doubted(
        self, parts: Sequence[int], done: Said
    ) -> tuple[dict[int, dict[str, str]], dict[int, int]]:
        """Of the rows `parts` of a block: {row: {output: why its intervals may not hold}} and
        {row: parts since one was measured}."""
        names, n = [s.output.name for s in self.spaces], len(parts)
        found: dict[int, dict[str, str]] = {}
        for start, stop, why in stretches(done.doubts, n):
            if told := {name: one for name, one in zip(names, why, strict=True) if one}:
                found |= dict.fromkeys(parts[start:stop], told)
        since = {
            parts[i]: count + i - start
            for start, stop, count in stretches(done.unmeasured, n)
            for i in range(start, stop)
        }
        return found, since

    @property
    def _used(self) -> list[bool]:
        return [one.used for one in self.outputs]

    def forget(self, name: str = "") -> None:
        """Back to the frozen model, of one output where it is named; parts that may still be
        measured are remembered. Raises InputError where no such output is learned."""
        names = [one.space.output.name for one in self.outputs]
        if name and name not in names:
            raise InputError(f"nothing is learned of an output {name!r}; give {' or '.join(names)}")
        for k, one in enumerate(self.outputs):
            if name in ("", names[k]):
                one.forget()
                self.history.reset(k, self.inputs.count, self.labels)
        if self.accepted is not None:
            self.accepted.forget()
        self.labels, self._correction = self.labels if name else 0, None

    def kept(self) -> dict[str, Any]:
        """All of it, as plain values and arrays."""
        rows = self.parts.rows
        found: dict[str, Any] = {
            "labels": self.labels,
            "last": self._last,
            "next": self.parts.next,
            **{f"parts.{name}": rows[name] for name in rows.dtype.names or ()},
        }
        for one in self.outputs:
            found |= {f"{one.space.output.name}/{n}": v for n, v in one.kept().items()}
        found |= self.inputs.kept() | {"history": self.history.rows}
        return found | (self.accepted.kept() if self.accepted is not None else {})

    def restored(self, found: dict[str, Any]) -> None:
        """Put back what was kept. Raises ValueError, KeyError or TypeError where it does not
        fit."""
        own = self.kept()
        if not all(alike(own[name], found[name]) for name in own.keys() & found.keys()):
            raise ValueError("state")
        rows = np.zeros_like(self.parts.rows)
        for name in rows.dtype.names or ():
            rows[name] = found[f"parts.{name}"]
        self.parts.restored(rows, found["next"])
        self.labels = found["labels"]
        self._last = int(found.get("last", 0))
        for one in self.outputs:
            start = f"{one.space.output.name}/"
            one.restored({n[len(start) :]: v for n, v in found.items() if n.startswith(start)})
        if self.accepted is not None:
            self.accepted.restored(found)
        self.inputs.restored(found)
        self.history.restored(found["history"], self._used)
        self._correction = None


def stretches(said: Sequence[tuple[int, Any]], n: int) -> list[tuple[int, int, Any]]:
    """(first, behind the last, what holds there) of n parts."""
    stops = [start for start, _ in said[1:]] + [n]
    return [(start, stop, what) for (start, what), stop in zip(said, stops, strict=False)]


def _outcome(value: float, done: int, frozen: float) -> str:
    if value != value:
        return ""
    if frozen != frozen:
        return NO_VALUE
    return TWICE if done else LEARNED
