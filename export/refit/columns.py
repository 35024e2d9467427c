"""The columns that a fit takes of a part: numbers in the units of the model, levels as the training
table writes them, text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite, nan
from typing import Any

from sna_edge.core.missing import is_missing
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.quality.readings import plain_number, said
from sna_edge.values.naming import QUANTITY
from sna_edge.values.units import quantity

from .join import Part

Cells = dict[str, float | str]
LIMIT = re.compile(r"\s*[<>]=?\s*([0-9.eE+-]+)\s*")
"""A reading below or above what the gauge detects."""


@dataclass(frozen=True)
class Columns:
    """What a fit needs of each row: `inputs`, of which `levels` {name: as the model knows them} are
    levels; `targets`, of which `labels` are text; `text`: columns of groups and times. `may_lack`:
    inputs whose cell may be empty; `weight`: the column of weights, 1 for a part that has none;
    `units` of the model; `domain` of inputs that the fit is told; `below`: targets may be `<0.5`.

    >>> needs = Columns(("power",), {}, ("depth",), units={"power": "W", "depth": "um"})
    >>> needs.cells(Part("7", {"power": "0.2 kW"}, {"depth": 81}))
    {'power': 200.0, 'depth': 81.0}
    """

    inputs: tuple[str, ...]
    levels: Mapping[str, Sequence[str]]
    targets: tuple[str, ...]
    labels: frozenset[str] = frozenset()
    text: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    may_lack: frozenset[str] = frozenset()
    units: Mapping[str, str] | None = None
    weight: str = ""
    domain: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    below: bool = False

    @classmethod
    def of(
        cls,
        model: Model,
        inputs: Sequence[str],
        targets: Sequence[str],
        text: Sequence[str] = (),
        amounts: Sequence[str] = (),
        weight: str = "",
    ) -> Columns:
        """Those of a model whose fit takes `inputs` and `targets`; `amounts`: columns of numbers
        that say something of each row."""
        axes = {a.name: a for a in model.axes}
        raw = model.readings.raw if model.readings else ()
        units = {n: a.unit for n, a in axes.items()} | {r.name: r.unit for r in raw}
        levels = {
            n: axes[n].level_names for n in inputs if n in axes and axes[n].kind == "categorical"
        }
        return cls(
            tuple(inputs), levels, tuple(targets), frozenset(c.target for c in model.classes),
            tuple(text), tuple(amounts),
            model.gaps.may_lack if model.gaps else frozenset(),
            units | {o.name: o.unit for o in model.outputs}, weight,
        )  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.inputs, *self.targets, *self.text, *self.amounts)))

    def cells(self, part: Part) -> Cells:
        """What a row of the table holds of a part: a target that was not measured is left out, as
        is an input that may be missing. Raises InputError for what is missing or no value."""
        found: Cells = {}
        for name in self.names:
            of_target = name in self.targets
            value = part.measured.get(name) if of_target else self._sent(part, name)
            if is_missing(value) and name == self.weight:
                value = 1.0
            if is_missing(value):
                if of_target or name in self.may_lack:
                    continue
                raise InputError(f"no reading of {name!r}; send it with each part")
            found[name] = self._cell(name, value)
        return found

    def _sent(self, part: Part, name: str) -> Any:
        value = part.reading.get(name)
        return part.time if value is None and name in ("time", "timestamp") else value

    def _cell(self, name: str, value: Any) -> float | str:
        if name in self.levels:
            return _level(name, value, self.levels[name])
        if name in self.labels or name in self.text:
            return _text(name, value)
        if self.below and name in self.targets and isinstance(value, str):
            limit = LIMIT.fullmatch(value)
            if limit and isfinite(plain_number(limit[1])):
                return value.strip()
        unit = (self.units or {}).get(name, "")
        number = _number(name, value, unit, "output" if name in self.targets else "input")
        low, high = self.domain.get(name, (number, number))
        if not low <= number <= high:
            raise InputError(
                f"{name!r} lies outside its domain in the recipe, {low:g} to {high:g}; widen that"
            )
        return number


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise InputError(f"{name!r} is {said(value)}; give a text or a number")
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value) if whole else value).strip()


def _level(name: str, value: Any, levels: Sequence[str]) -> str:
    """The level that it equals, as text or as a number; else as it is: a new one."""
    text = _text(name, value)
    if text in levels:
        return text
    number = plain_number(text)
    return next((level for level in levels if plain_number(level) == number), text)


def _number(name: str, value: Any, unit: str, kind: str) -> float:
    numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        found = float(value) if numeric else nan
    except OverflowError:
        found = nan
    if isinstance(value, str):
        found = plain_number(value)
        if found != found and QUANTITY.fullmatch(value):
            found = quantity(value, unit, name, plain_number, kind)
    if not isfinite(found):
        raise InputError(f"{name!r} is {said(value)}, no finite number; give one")
    return found
