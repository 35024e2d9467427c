"""A line of parts: readings in, one verdict per part out, whatever the readings look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.missing import is_missing
from ..core.tolerance import remark, to_border
from ..errors import InputError, SnaError
from ..inverse.query.answer import named
from ..inverse.targets.advise import advise
from ..learning.learner import Learner, Passed
from ..learning.measured import alone_in, units_in
from ..model import Evaluation, Model
from ..numerics.time_budget import TimeBudget
from ..status import Status
from ..values.naming import QUANTITY
from ..values.units import converted, quantity
from .accepting.acceptance import Acceptance, Sure
from .accepting.block import Block, remarked
from .accepting.doubt import Doubt
from .computed import Refused, absent, computed
from .echo import ECHOED, echo
from .explained import Explained
from .limits import LineLimits
from .readings import Reading, no_number, parsed, plain_number, said
from .reasons import Reasons
from .target import towards_targets
from .verdict import ACCEPT, NO_VERDICT, REJECT, Judged, Rule, evaluated

Floats = NDArray[np.float64]

NUMBERS, TEXT = frozenset((float, int)), frozenset((str,))
MARKS = frozenset(("line", *ECHOED))
LABELS = {int(s): s.label for s in Status}


class Line:
    """Judges readings against limits; rejects carry advice when there are knobs and `advice_ms` > 0
    (the deadline per part, in ms). `learner` learns from measured values that come with the
    readings.

    >>> import sna_edge
    >>> from sna_edge.quality import Limit, LineLimits
    >>> axis = sna_edge.spline_axis("power", "W", 100.0, 300.0, spans=1, degree=1)
    >>> cp = sna_edge.CP((np.array([[50.0], [150.0]]),), (np.array([0]),), np.ones((1, 1)))
    >>> width = sna_edge.Output("width", "um", interval=sna_edge.Interval(0.9, 5.0, 5.0))
    >>> line = Line(sna_edge.Model([axis], cp, [width]), LineLimits((Limit("width", usl=120.0),)))
    >>> answers = line.lines(['{"id": 1, "power": 200}', '{"id": 2, "power": 235}'])
    >>> [(a["id"], a["verdict"]) for a in answers]
    [(1, 'ACCEPT'), (2, 'NO VERDICT')]
    >>> answers[1]["reason"]
    'the interval of width straddles a limit'
    """

    names: tuple[str, ...]
    """Of the inputs, then of the raw readings."""

    def __init__(
        self,
        model: Model,
        limits: LineLimits,
        *,
        advice_ms: float = 50.0,
        learner: Learner | None = None,
    ) -> None:
        self.model, self.advice_ms = model, advice_ms
        self.learner = learner
        self.judge_by(limits)
        raw = model.readings.raw if model.readings else ()
        self.names = (*(a.name for a in model.axes), *(r.name for r in raw))
        self._levels = [a.levels if a.kind == "categorical" else None for a in model.axes]
        self._levels += [None] * len(raw)
        self._units = {a.name: a.unit for a in model.axes if a.kind != "categorical"}
        self._units |= {r.name: r.unit for r in raw}
        self._computes = bool(raw or (model.readings and model.readings.derived))
        self._smooth = all(levels is None for levels in self._levels) and not self._computes
        doubts = model.metadata.get("doubts")
        self._doubts = "; ".join(map(str, doubts)) if isinstance(doubts, list) else ""
        self._may_lack = model.gaps.may_lack if model.gaps else frozenset()
        self._plain = self._smooth and not self._may_lack
        self._known = frozenset(self.names)
        self._nothing = [float("nan")] * len(self.names)

    def judge_by(self, limits: LineLimits) -> None:
        """Judge by these limits from now on."""
        self.limits, self._rule = limits, Rule(self.model, limits)
        self.acceptance = Acceptance(self.model, limits) if limits.by_probability else None
        self._reasons = Reasons(self.model, limits, self.acceptance)
        named = [o.name for o in limits.outputs]
        self._explained = None
        if limits.explain is not None:
            self._explained = Explained(self.model, limits.explain, named)
        self._doubt = Doubt(named, limits.in_doubt, limits.measured_within)
        self._bounds = [(o.name, _end(o.lsl), _end(o.usl), o.target) for o in limits.outputs]

    def lines(self, texts: Sequence[bytes | str], first: int = 1) -> list[dict[str, Any]]:
        """One answer per line of JSON, in order; `first` is the number of the first line."""
        return self.readings([parsed(text) for text in texts], first)

    def readings(
        self,
        readings: Sequence[Reading | str],
        first: int = 1,
        number: Callable[[str], float] = plain_number,
        units: Mapping[str, str] | None = None,
        *,
        bare: bool = False,
    ) -> list[dict[str, Any]]:
        """One answer per reading; a reading may be an error sentence instead of a mapping. `number`
        reads cells that are text: NaN for what is none, InputError for what contradicts its table;
        `units` of columns that are not those of the model. `bare`: the reading comes back as a list
        of numbers in the order of `names` where all of them are numbers.
        """
        block = self._block(readings, number, units or {})
        judged, passed, refused, sent = block.judged, block.passed, block.refused, block.sent
        figures = zip(
            *(a.tolist() for a in (judged.value, judged.lower, judged.upper, judged.margin)),
            strict=True,
        )
        words, states = judged.verdict.tolist(), block.found.status.tolist()
        more = bool(block.unread or self.acceptance or self._explained)
        remarks = block.moved is not None or bool(block.lacking) or bool(self._doubts)
        answers = []
        for i, (reading, row, numbers, verdict, status) in enumerate(
            zip(readings, block.rows, figures, words, states, strict=True)
        ):
            answer: dict[str, Any] = {"line": first + i, **echo(reading)}
            if i in passed.alone:
                came = {"reading": reading} if sent else {}
                answers.append(answer | passed.told(i) | came)
                continue
            answer.update(verdict=verdict, status=LABELS[status])
            if isinstance(row, str):
                answer.update(verdict=NO_VERDICT, status=Status.BAD_INPUT.label, reason=row)
            elif i in refused:
                state, why = refused[i]
                answer.update(verdict=NO_VERDICT, status=state.label, reason=why)
            elif status < 0:
                answer["reason"] = self._outside(block.x[i].tolist(), int(block.found.axis[i]))
            else:
                answer["outputs"] = self._outputs(*numbers)
                if more or verdict != ACCEPT:
                    self._valued(answer, block, i, status)
            if remarks:
                self._remark(answer, block, i)
            if "outputs" in answer:
                if doubt := self._doubt.of(passed, i):
                    self._doubt.tell(answer, doubt)
                if i in passed.corrections:
                    self._corrected(answer, passed, i)
            if i in passed.measured or i in passed.alarms:
                answer |= passed.told(i)
            if not isinstance(row, str):
                plain = bare and self._plain
                answer["reading"] = row if plain else self._taken(reading, row, sent)
            answers.append(answer)
        return answers

    def _block(
        self, readings: Sequence[Reading | str], number: Callable[[str], float],
        units: Mapping[str, str],
    ) -> Block:  # fmt: skip
        """The readings in numbers, what the model says of them, and how they are judged."""
        other = {n: unit for n, unit in units.items() if unit != (self._units.get(n) or unit)}
        rows = [self._row(reading, number, other) for reading in readings]
        x = np.array(
            [self._nothing if isinstance(row, str) else row for row in rows], dtype=float
        ).reshape(len(rows), len(self.names))
        refused: Refused = {}
        if self._computes:
            x, refused = computed(self.model, x, self.limits.tolerance)
        x, lacking, unread = self._completed(x)
        given, moved = x, None
        if self.limits.tolerance:
            x, moved = to_border(self.model.axes, x, self.limits.tolerance)
        found = evaluated(self.model, self.limits, x)
        passed = self._learned(readings, x, found, number, units_in(units))
        judged, sure = self._rule(passed.found), self._sure(x, passed)
        if self.acceptance is not None and sure is not None:
            judged = replace(judged, verdict=self.acceptance.verdicts(judged, sure))
        return Block(
            rows, x, given, moved, refused, lacking, unread, passed.found, passed, judged, sure,
            number is plain_number and not other,
        )  # fmt: skip

    def _valued(self, answer: dict[str, Any], block: Block, i: int, status: int) -> None:
        """Probability, reason, advice and causes of a part that has values."""
        if self.acceptance is not None and block.sure is not None:
            self.acceptance.tell(answer, block.sure, i)
        if i in block.unread:
            answer.update(verdict=NO_VERDICT, reason=block.unread[i])
        elif answer["verdict"] != ACCEPT:
            answer |= self._why(block.judged, block.sure, i, block.x[i], status)
        row = block.rows[i]
        if self._explained is not None and not isinstance(row, str):
            self._explain(self._explained, answer, row, block.x[i])

    def _remark(self, answer: dict[str, Any], block: Block, i: int) -> None:
        """What somebody should know who reads the verdict: inputs at a border, readings that were
        missing, doubts about the model."""
        if block.moved is not None and block.moved[i].any():
            answer["remark"] = remark(self.model.axes, block.given[i], block.moved[i])
        if i in block.lacking and not isinstance(block.rows[i], str):
            remarked(answer, block.lacking[i])
        if self._doubts and "outputs" in answer:
            remarked(answer, f"doubtful model: {self._doubts}")

    def _taken(self, reading: Reading | str, row: list[float], sent: bool) -> Reading:
        """What a part is judged by, so that it can be judged again: `sent`, as it came; else
        numbers in the model's units, levels as they came, what was not given left out."""
        assert not isinstance(reading, str)
        if self._plain:
            brief = sent and len(reading) <= len(row) + len(ECHOED)
            return reading if brief else dict(zip(self.names, row, strict=True))
        columns = zip(self.names, self._levels, row, strict=True)
        return {
            name: number if levels is None else _level(reading[name], number)
            for name, levels, number in columns
            if number == number
        }

    def _learned(
        self,
        readings: Sequence[Reading | str],
        x: Floats,
        found: Evaluation,
        number: Callable[[str], float],
        units: Mapping[str, str],
    ) -> Passed:
        """The answers as they are to be judged, with what is learned from measured values."""
        if self.learner is None:
            alone = alone_in(readings, self._known)
            return Passed(found, found, {i: {} for i in alone}, alone)
        return self.learner.passed(readings, x, found, number, units)

    def _sure(self, x: Floats, passed: Passed) -> Sure | None:
        """How probably parts are inside their limits, where that accepts them."""
        if self.acceptance is None or not len(x):
            return None
        return self.acceptance.sure(x, passed.learned, passed.thresholds)

    def _corrected(self, answer: dict[str, Any], passed: Passed, i: int) -> None:
        """Which correction the part was judged with, and what the model alone gives."""
        answer["correction"] = passed.corrections[i].said
        for name, told in answer["outputs"].items():
            alone = float(passed.frozen.value[i, self.model.output_names.index(name)])
            if alone != told["value"]:
                told["model_value"] = alone

    def _completed(self, x: Floats) -> tuple[Floats, dict[int, str], dict[int, str]]:
        """Readings [N, D] with what is usual in place of those that may be missing, {row: what
        was}, and {row: why so few readings give no verdict}."""
        gaps, axes = self.model.gaps, self.model.axes
        if gaps is None:
            return x, {}, {}
        columns = {a.name: x[:, d] for d, a in enumerate(axes)}
        filled, absent = gaps.filled(axes, x)
        return filled, gaps.remarks(axes, columns), gaps.unread(axes, absent)

    def _why(
        self, judged: Judged, sure: Sure | None, i: int, x: Floats, status: int
    ) -> dict[str, Any]:
        """The reason, and on a reject the advice, for a part with values that is not accepted."""
        why: dict[str, Any] = {"reason": self._reasons.of(judged, sure, i, x, status)}
        if judged.verdict[i] == REJECT and self.limits.knobs and self.advice_ms > 0:
            why["advice"] = self._advice(x.tolist())
        return why

    def _explain(
        self, explained: Explained, answer: dict[str, Any], row: list[float], x: Floats
    ) -> None:
        """What the inputs contribute to a part that is not accepted; one that is is kept."""
        if answer["verdict"] == ACCEPT:
            marks = {key: value for key, value in answer.items() if key in MARKS}
            explained.accepted(row, x, marks)
        else:
            answer |= explained.of(row, x)

    def _row(
        self, reading: Reading | str, read: Callable[[str], float], units: Mapping[str, str]
    ) -> list[float] | str:
        """The inputs of a reading, then its raw readings, NaN for what is computed or not needed;
        or what is wrong with it."""
        if isinstance(reading, str):
            return reading
        row = [reading.get(name) for name in self.names]
        quick = self._quick(row, read) if self._smooth and not units else None
        if quick is not None:
            return quick
        if self._computes and (lost := absent(self.model, reading)):
            return lost
        out = []
        for d, value in enumerate(row):
            lacks = self.names[d] in self._may_lack and is_missing(value)
            if lacks or (value is None and self._computes):
                out.append(float("nan"))
                continue
            number = self._number(d, value, read, units.get(self.names[d], ""))
            if isinstance(number, str):
                return number
            out.append(number)
        return out

    def _quick(self, row: list[Any], read: Callable[[str], float]) -> list[float] | None:
        """The usual row, all numbers or all text, in half the time; None where something has to be
        said."""
        try:
            if NUMBERS.issuperset(map(type, row)):
                numbers = row
            elif TEXT.issuperset(map(type, row)):
                numbers = list(map(read, row))
            else:
                return None
            return numbers if all(map(isfinite, numbers)) else None
        except (OverflowError, InputError):
            return None

    def _number(self, d: int, value: object, read: Callable[[str], float], own: str) -> float | str:
        """One input, or the reason why not; `own` is the unit of a number without one, where it is
        not that of the model."""
        name, levels = self.names[d], self._levels[d]
        if value is None:
            return f"missing reading {name!r}"
        if levels is not None and isinstance(value, (bool, int, float, str)):
            found = levels.index(value)  # infinite where it is no level: evaluate says so
            return f"missing reading {name!r}" if found != found else found
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            return f"bad reading {name!r} = {said(value)}: not a number"
        try:
            number = read(value) if isinstance(value, str) else float(value)
            if isinstance(value, str) and number != number and QUANTITY.fullmatch(value):
                number = quantity(value, self._units[name], name, read)
            elif own:
                number = converted(number, own, self._units[name], name)
        except InputError as error:
            return f"bad reading {name!r}: {error}"
        except OverflowError:
            number = float("inf")
        if isinstance(value, str) and number != number:
            return f"bad reading {name!r} = {said(value)}: {no_number(value)}"
        return number if isfinite(number) else f"bad reading {name!r} = {said(value)}: not finite"

    def _outputs(
        self, value: list[float], lower: list[float], upper: list[float], margin: list[float]
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for (name, lsl, usl, target), v, a, b, m in zip(
            self._bounds, value, lower, upper, margin, strict=True
        ):
            found[name] = {"value": v, "lower": a, "upper": b, "LSL": lsl, "USL": usl, "margin": m}
            if target is not None:
                found[name] |= {"target": target, "off_target": v - target}
        return found

    def _outside(self, row: list[float], d: int) -> str:
        axis = self.model.axes[d]
        if axis.kind == "categorical":
            return axis.unseen(row[d])
        return f"{axis.name} = {row[d]:g} is outside its domain, {axis.describe()}"

    def advice(self, reading: Reading) -> dict[str, Any] | None:
        """The recommended adjustment of one part, whatever its verdict, as rejects carry it; None
        without knobs or inputs. For who judges with `advice_ms` = 0 and asks later."""
        row = self._row(reading, plain_number, {})
        if isinstance(row, str) or not self.limits.knobs:
            return None
        x, refused = np.array([row], dtype=float), Refused()
        if self._computes:
            x, refused = computed(self.model, x, self.limits.tolerance)
        x = self._completed(x)[0]
        if self.limits.tolerance:
            x = to_border(self.model.axes, x, self.limits.tolerance)[0]
        return None if refused else self._advice(x[0].tolist())

    def _advice(self, row: list[float]) -> dict[str, Any]:
        part = named(self.model.axes, np.array(row))
        limits = {name: (lsl, usl) for name, lsl, usl, _ in self._bounds}
        budget = TimeBudget.for_query(self.advice_ms)
        try:
            found = advise(self.model, part, limits, self.limits.knobs, deadline_ms=self.advice_ms)
        except SnaError as error:
            return {"status": error.status.label, "message": str(error)}
        return towards_targets(self.model, self.limits, row, found, budget)


def _level(sent: Any, index: float) -> Any:
    """A level as it was sent; in a few words where it is none."""
    return sent if isfinite(index) else said(sent)


def _end(limit: float) -> float | None:
    return float(limit) if np.isfinite(limit) else None
