"""Measured values joined to the part that they were measured of: what was predicted, whether the
interval held it, whether it is inside the limits."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from math import inf, isfinite, nan
from typing import Any

from ...errors import InputError
from ...learning.measured import KEY
from ...model import Model
from ...quality import LineLimits
from ...quality.readings import COMMA, Reading, plain_number, said
from ...values.documents import shortened
from ...values.naming import QUANTITY
from ...values.units import quantity
from .limited import some_of

ROOM = 4096
"""Parts whose verdict is at hand without the disk, and measured values that wait for a part."""

BY = ("model", "limits")
"""By what a record says that its part was judged."""
OTHERS, WAITING, LETTERS = 10, 100, 4 << 20
"""Names that are no outputs of which a record tells; values of one part that wait for it; the
characters, about, of all values that wait."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Of a part: its recipe, verdict and outputs as its record has them; `told`: which model and
    limits judged it, as `Served.told` ("": none did)."""

    recipe: str
    verdict: str
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    told: str = ""


class Joining:
    """The parts of late; `judged`: (station, part) -> the text of an older verdict, or None.
    `forgotten`: measured values whose part has not come while there was room for them."""

    def __init__(self, judged: Callable[[str, str], str | None]) -> None:
        self._judged = judged
        self._recent: OrderedDict[tuple[str, str], Judged] = OrderedDict()
        self._waiting: OrderedDict[tuple[str, str], Mapping[str, Any]] = OrderedDict()
        self._letters = self.forgotten = 0

    def add(self, station: str, part: str, judged: Judged) -> None:
        """A part that was judged now."""
        self._recent[station, part] = judged
        if len(self._recent) > ROOM:
            self._recent.popitem(last=False)

    def find(self, station: str, part: str) -> Judged | None:
        """The last verdict of a part; None where it was never judged."""
        found = self._recent.get((station, part))
        if found is not None or not part:
            return found
        text = self._judged(station, part)
        if text is None:
            return None
        told = json.loads(text)
        by = "".join(f', "{key}": {json.dumps(told[key])}' for key in BY if key in told)
        return Judged(told.get("recipe", ""), told.get("verdict", ""), told.get("outputs", {}), by)

    def wait(self, station: str, part: str, measured: object) -> None:
        """Measured values whose part has not come; the oldest go where there is no room."""
        self.awaited(station, part)
        some = some_of(measured, WAITING)
        self._waiting[station, part] = some
        self._letters += _letters(some)
        while len(self._waiting) > ROOM or self._letters > LETTERS:
            self._letters -= _letters(self._waiting.popitem(last=False)[1])
            self.forgotten += 1

    def awaited(self, station: str, part: str) -> Mapping[str, Any] | None:
        """Measured values that were waiting for this part; they wait no longer."""
        found = self._waiting.pop((station, part), None) if self._waiting else None
        if found is not None:
            self._letters -= _letters(found)
        return found


def _letters(measured: Mapping[str, Any]) -> int:
    """About so many characters: a number counts as eight."""
    return sum(len(k) + (len(v) if isinstance(v, str) else 8) for k, v in measured.items())


def mark_of(reading: Reading) -> str:
    """A digest of measured values: the same again is the same message."""
    text = json.dumps(reading[KEY], sort_keys=True, default=str)
    return blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def measured_of(model: Model, given: object) -> dict[str, dict[str, Any]]:
    """{output: {"value"}, or {"reason"} why there is none} of what a message gives as measured."""
    if not isinstance(given, Mapping):
        return {KEY: {"reason": f"{said(given)} is no object; give {{output: value}}"}}
    units = {o.name: o.unit for o in model.outputs}
    found: dict[str, dict[str, Any]] = {}
    others = 0
    for name, value in given.items():
        if value is None:
            continue
        if name not in units:
            others += 1
            if others <= OTHERS:
                names = ", ".join(units)
                found[shortened(name)] = {"reason": f"no output; outputs are {names}"}
            continue
        y = _number(name, value, units[name])
        found[name] = {"reason": y} if isinstance(y, str) else {"value": y}
    return found


def _number(name: str, value: object, unit: str) -> float | str:
    try:
        if isinstance(value, str):
            y = plain_number(value)
            if y != y and QUANTITY.fullmatch(value):
                y = quantity(value, unit, name, plain_number, "output")
        else:
            numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
            y = float(value) if numeric else nan  # type: ignore[arg-type]
    except InputError as error:
        return str(error)
    except OverflowError:
        y = nan
    if isfinite(y):
        return y
    hint = "; write a decimal point" if isinstance(value, str) and COMMA.fullmatch(value) else ""
    return f"{said(value)} is no finite number{hint}"


def joined(
    answer: dict[str, Any],
    found: dict[str, dict[str, Any]],
    part: Judged | None,
    limits: LineLimits,
) -> None:
    """Put measured values into an answer: beside what the line has learned of them stand value,
    prediction and interval of the part, and whether the value is inside the limits: those that
    judged the part, `limits` where there is no verdict."""
    told = answer.setdefault(KEY, {})
    ends = {o.name: (o.lsl, o.usl) for o in limits.outputs}
    ends |= {n: _ends(one) for n, one in (part.outputs if part else {}).items() if "LSL" in one}
    for name, one in found.items():
        entry = {**one, **told.get(name, {})}
        value = entry.get("value")
        if value is not None and name in ends:
            entry["in_limits"] = ends[name][0] <= value <= ends[name][1]
        output = part.outputs.get(name) if part else None
        if output and value is not None and "predicted" not in entry:
            lower, upper = output["lower"], output["upper"]
            entry |= {"predicted": output["value"], "lower": lower, "upper": upper}
            if lower is not None and upper is not None:
                entry["inside"] = lower <= value <= upper
        told[name] = entry
    if part is not None and part.verdict:
        answer["was"] = part.verdict


def _ends(output: Mapping[str, Any]) -> tuple[float, float]:
    """Of an output in a record, which has None for a limit that there is not."""
    lsl, usl = output["LSL"], output.get("USL")
    return (-inf if lsl is None else lsl), (inf if usl is None else usl)


def learned_by(answer: Mapping[str, Any], said: Mapping[str, Any], mode: str) -> dict[str, Any]:
    """{"learned_by": which model of this recipe, in which mode} where it has learned from measured
    values that came alone; it need not be the one that judged their part."""
    measured = answer.get(KEY, {}).values()
    if not any(isinstance(one, Mapping) and one.get("learned") for one in measured):
        return {}
    return {"learned_by": {**said, "mode": mode}}
