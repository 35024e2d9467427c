"""A plan as a user states it: a TOML or JSON file, or options of the command line.

rows = 24
method = "lhs"
targets = ["depth"]
where = ["power / speed <= 0.5"]

[inputs.power]
range = [100, 400]
step = 5
unit = "W"

[inputs.gas]
levels = ["Ar", "N2"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike, fspath
from typing import Any

from sna_edge.errors import InputError
from sna_edge.table import is_number
from sna_edge.values.documents import read_document, shortened

from .space import Factor, Space

ENTRIES: dict[str, type | tuple[type, ...]] = {
    "rows": int, "method": str, "terms": str, "seed": int, "centre": int, "replicates": int,
    "targets": list, "where": list, "cost": str, "inputs": Mapping,
}  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """Ranges, steps, levels, units and fixed values by input, in the order stated; rules, and the
    other entries."""

    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    other: dict[str, Any] = field(default_factory=dict)

    def over(self, file: Stated) -> Stated:
        """The same, with the entries of a file where nothing is said here."""
        return Stated(
            {**file.ranges, **self.ranges},
            {**file.steps, **self.steps},
            {**file.levels, **self.levels},
            {**file.units, **self.units},
            {**file.at, **self.at},
            (*file.where, *self.where),
            {**file.other, **{k: v for k, v in self.other.items() if v not in (None, [])}},
        )

    def space(self, domain: Space | None = None) -> Space:
        """What can be set; `domain`: that of a model, which ranges and levels may only narrow.

        Raises InputError for inputs that a model does not have, and for what lies outside.
        """
        names = domain.names if domain else list({**self.ranges, **self.levels, **self.at})
        for name in (*self.ranges, *self.levels, *self.steps, *self.units, *self.at):
            if name not in names:
                raise InputError(f"{name!r} is no input of the plan; its inputs are"
                                 f" {', '.join(names) or 'none'}")  # fmt: skip
        known = {f.name: f for f in domain.factors} if domain else {}
        return Space(tuple(self._factor(name, known.get(name)) for name in names), self.where)

    def _factor(self, name: str, known: Factor | None) -> Factor:
        if name in self.ranges and name in self.levels:
            raise InputError(f"input {name!r} has a range and levels; give one of them")
        levels = self.levels.get(name, known.levels if known else ())
        unit = self.units.get(name, known.unit if known else "")
        if name in self.at and (levels or not (known or is_number(self.at[name]))):
            levels = (self.at[name],)
        if levels:
            if name in self.steps or name in self.ranges:
                raise InputError(f"input {name!r} has levels; leave its step and range out")
            return _levelled(name, levels, unit, known)
        low, high = self.ranges.get(name, (known.lower, known.upper) if known else (0.0, 1.0))
        if name in self.at:
            low = high = _number(self.at[name], name)
        if known and not (known.lower <= low and high <= known.upper):
            raise InputError(
                f"{name} = {low:g} to {high:g} leaves the domain of the model,"
                f" {known.lower:g} to {known.upper:g}; the model says nothing there"
            )
        if self.steps.get(name, 1.0) <= 0.0:
            raise InputError(f"the step of {name!r} is {self.steps[name]:g}; give one above 0")
        return Factor(name, low, high, self.steps.get(name, 0.0), unit=unit)


def _levelled(name: str, levels: Sequence[str], unit: str, known: Factor | None) -> Factor:
    """The factor of levels; of those that are known only these may be set."""
    if known is None:
        return Factor(name, levels=tuple(levels), unit=unit)
    wrong = [level for level in levels if level not in known.levels]
    if wrong:
        raise InputError(
            f"{wrong[0]!r} is no level of {name!r}; its levels are"
            f" {', '.join(known.levels) or 'none, it has numbers'}"
        )
    only = tuple(known.levels.index(level) for level in levels)
    return Factor(name, levels=known.levels, unit=unit, only=only)


def _number(text: str, name: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} = {text!r} is no number; give one") from None


def read_stated(path: str | PathLike[str]) -> Stated:
    """The plan in a TOML or JSON file. Raises InputError that names what is wrong."""
    tables = read_document(path)
    try:
        return parsed(tables)
    except InputError as error:
        raise InputError(f"{fspath(path)}: {error}") from None


def parsed(tables: Mapping[str, Any]) -> Stated:
    """A plan from nested mappings."""
    for key, value in tables.items():
        if key not in ENTRIES:
            raise InputError(
                f"a plan cannot have an entry {shortened(key)!r}; entries are {', '.join(ENTRIES)}"
            )
        if not isinstance(value, ENTRIES[key]) or isinstance(value, bool):
            raise InputError(f"{key} = {value!r} is of another kind; see docs/design.md")
    found = Stated(
        where=tuple(map(str, tables.get("where", ()))),
        other={k: v for k, v in tables.items() if k not in ("where", "inputs")},
    )
    for name, entry in tables.get("inputs", {}).items():
        _read_input(found, str(name), entry)
    return found


def _read_input(found: Stated, name: str, entry: Any) -> None:
    if not isinstance(entry, Mapping):
        raise InputError(f"inputs must be tables, one per name; write [inputs.{name}]")
    for key, value in entry.items():
        if key == "range" and isinstance(value, list) and len(value) == 2:
            found.ranges[name] = (_number(value[0], name), _number(value[1], name))
        elif key == "step":
            found.steps[name] = _number(value, f"step of {name}")
        elif key == "levels" and isinstance(value, list) and value:
            found.levels[name] = tuple(map(str, value))
        elif key == "unit":
            found.units[name] = str(value)
        elif key == "at":
            found.at[name] = str(value)
        else:
            raise InputError(
                f"inputs.{name} cannot have {key} = {value!r}; entries are range = [LO, HI], step,"
                " unit, levels = [..] and at"
            )
