"""What the running line makes: predictions of its last parts, and what was measured of some."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from math import isfinite
from typing import Any, cast

import numpy as np

from ...core.beside.given import is_number
from ...learning import Learner
from ...learning.measured import KEY, identity_of
from ...learning.parts import NOBODY, key_of
from ...model import Model
from ..accepting.rule import LEAST
from ..limits import LineLimits
from ..line import Line
from .figures import FEWEST, corrected_share, of_values, share
from .logged import Logged

Entry = Mapping[str, Any]


class Stream:
    """The last `most` parts of a log and their measured values. A part that the log does not say a
    probability of, or that of other limits, is judged again, with the numbers of its verdict. An id
    that comes with other inputs is another part; with the same ones it is the same part again."""

    def __init__(self, model: Model, limits: LineLimits, most: int) -> None:
        outputs = tuple(replace(o, accept_at=None) for o in limits.outputs)
        plain = replace(limits, outputs=outputs, escape=None, accept_at=LEAST)
        self._logged, self.limits = Logged(model), limits
        self._line = Line(model, plain, advice_ms=0, learner=cast(Learner, self._logged))
        self._inside: deque[tuple[object, float]] = deque(maxlen=most)
        self._measured: dict[object, dict[str, float]] = {}
        self._named: dict[int, tuple[Entry, object]] = {}
        self._most = most

    def add(self, entries: list[Entry]) -> None:
        """Lines of a log, in their order."""
        lacking = [e for e in entries if _is_part(e) and not self._says(e)]
        self._logged.entries = lacking
        answers = self._line.readings([e["reading"] for e in lacking])
        again = {id(e): a.get("p_in_spec") for e, a in zip(lacking, answers, strict=True)}
        for entry in entries:
            part, new = self._part(entry)
            if _is_part(entry) and new:
                p: Any = again[id(entry)] if id(entry) in again else entry["p_in_spec"]
                if is_number(p) and isfinite(p):
                    self._inside.append((part, float(p)))
            self._hear(entry, part)

    def _part(self, entry: Entry) -> tuple[object, bool]:
        """What stands for the part of a line, and whether it was not there before."""
        key = key_of(identity_of(entry))
        if key == NOBODY:
            return object(), True
        reading, part = self._named.get(key, (None, key))
        if not _is_part(entry):
            return part, False
        own = {name: value for name, value in entry["reading"].items() if name != KEY}
        new = own != reading
        if new:
            part = object()
        self._named.pop(key, None)
        self._named[key] = own, part
        if len(self._named) > self._most:
            del self._named[next(iter(self._named))]
        return part, new

    def _says(self, entry: Entry) -> bool:
        """Whether a verdict says the probability of these limits."""
        asked = {o.name: [o.lsl, o.usl] for o in self.limits.outputs}
        found = {n: _limits(o) for n, o in entry["outputs"].items() if isinstance(o, Mapping)}
        return "p_in_spec" in entry and found == asked

    def _hear(self, entry: Entry, part: object) -> None:
        measured = entry.get(KEY)
        if not isinstance(measured, Mapping):
            return
        kept = self._measured.pop(part, {})
        for limit in self.limits.outputs:
            told = measured.get(limit.name)
            value: Any = told.get("value") if isinstance(told, Mapping) else None
            if is_number(value) and isfinite(value):
                kept[limit.name] = float(value)
        if kept:
            self._measured[part] = kept
            if len(self._measured) > self._most:
                del self._measured[next(iter(self._measured))]

    def told(self) -> dict[str, Any]:
        """Per output what was measured; of all outputs at once the share of bad parts as predicted,
        as measured, and as predicted and put right by the measured ones."""
        found: dict[str, Any] = {"outputs": {}}
        for limit in self.limits.outputs:
            values = [m[limit.name] for m in self._measured.values() if limit.name in m]
            y = np.array(values)
            one = of_values(y, limit.lsl, limit.usl, limit.target)
            if len(y):
                one["outside"] = share(int(((y < limit.lsl) | (y > limit.usl)).sum()), len(y))
            found["outputs"][limit.name] = one
        return found | self._together()

    def _together(self) -> dict[str, Any]:
        inside = np.array([p for _, p in self._inside])
        found: dict[str, Any] = {"parts": len(inside)}
        if len(inside):
            found["predicted"] = {
                "yield": float(inside.mean()),
                "ppm": 1e6 * float(1 - inside.mean()),
            }
        whole = {
            part: not all(o.lsl <= m[o.name] <= o.usl for o in self.limits.outputs)
            for part, m in self._measured.items()
            if all(o.name in m for o in self.limits.outputs)
        }
        if whole:
            found["measured"] = share(sum(whole.values()), len(whole))
        pairs = [(1.0 - p, whole[part]) for part, p in self._inside if part in whole]
        if len(pairs) >= FEWEST:
            predicted, bad = np.array(pairs, dtype=float).T
            found["both"] = corrected_share(1.0 - inside, predicted, bad)
        return found


def _is_part(entry: Entry) -> bool:
    """Whether a line is the verdict of a part with values, which can be judged again."""
    told = "verdict" in entry and isinstance(entry.get("outputs"), dict)
    return told and isinstance(entry.get("reading"), dict)


def _limits(output: Entry) -> list[Any]:
    """LSL and USL of an output of a verdict."""
    low, high = output.get("LSL"), output.get("USL")
    return [-np.inf if low is None else low, np.inf if high is None else high]
