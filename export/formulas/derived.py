"""Inputs computed from readings: stated as formulas, computed for a table, stored with a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.beside import Derived, RawReading, Readings, Step
from sna_edge.core.beside.program import fault, ran
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.values.naming import BRACKETS, bare

from .expression import Expression
from .postfix import Steps, steps_of
from .units import need_unit, unit_of_steps

if TYPE_CHECKING:
    from ..table import Table

Floats = NDArray[np.float64]
MOST_RAW = 64
WORD = r"`[^`]*`|[^\W\d]\w*"


@dataclass(frozen=True)
class Stated:
    """A derived input: its name, its formula as written, its steps, in which ("input", i) is column
    i of the table, and its unit."""

    name: str
    text: str
    steps: Steps
    unit: str
    inner: bool
    """Whether a later formula takes it."""

    def parents(self, columns: Sequence[str]) -> list[str]:
        """The columns that it is computed from."""
        return list(dict.fromkeys(columns[s.index] for s in self.steps if s.what == "input"))


def stated(
    texts: Sequence[str],
    columns: Sequence[str],
    unit: Mapping[str, str],
    barred: Sequence[str] = (),
) -> list[Stated]:
    """The derived inputs 'name = formula' or 'name [unit] = formula' over the columns of a table
    with these units; later ones may use earlier ones, none the columns `barred` (targets, levels).
    Raises InputError for what is no such text, names what is wrong with a unit."""
    usable = [c for c in columns if c not in barred]
    steps: dict[str, Steps] = {}
    found: list[Stated] = []
    for text in texts:
        name, declared, right = _sides(text)
        if name in columns or name in steps:
            raise InputError(f"--derive {text!r}: {name!r} is there already; use another name")
        made = Expression.amount(_whole_names(right, usable, barred, steps), [*usable, *steps])
        if not made.names:
            raise InputError(f"--derive {text!r} takes no column; name at least one")
        steps[name] = steps_of(made, columns, steps)
        own = unit_of_steps(steps[name], lambda s: unit.get(columns[s.index], ""), text)
        if declared:
            need_unit(declared, own, f"--derive {text!r}")
        found = [replace(f, inner=f.inner or f.name in made.names) for f in found]
        found.append(Stated(name, right, steps[name], declared or own, False))
    return found


def _sides(text: str) -> tuple[str, str, str]:
    """Name, unit ('' where none stands there) and formula."""
    left, equals, right = text.partition("=")
    name = left.strip().strip("`").strip()
    declared = BRACKETS.search(name)
    if declared:
        name = name[: declared.start()].strip()
    if not equals or not name or not right.strip() or right.startswith("="):
        raise InputError(
            f"--derive {text!r} is not NAME = FORMULA; write, for example, 'energy = power / (speed"
            " * hatch)'"
        )
    return name, declared.group(1).strip() if declared else "", right.strip()


def _whole_names(
    text: str, usable: Sequence[str], barred: Sequence[str], derived: Collection[str]
) -> str:
    """`text` in which a word, in backquotes or not, that is a column without its unit ('power' of
    'power [W]', where no other has that name) and no input derived before is that column. Raises
    InputError for a column that is barred."""
    columns = [*usable, *barred]
    alike = [bare(c) for c in columns]
    short = {
        bare(c): c
        for c in columns
        if alike.count(bare(c)) == 1 and bare(c) not in (*columns, *derived)
    }
    for word in set(re.findall(WORD, text)):
        name = word.strip("`")
        if short.get(name, name) in barred:
            raise InputError(
                f"a derived input takes {name!r}, which is a target, has levels or holds rows"
                " together; use columns of numbers that are known before the target"
            )

    def whole(found: re.Match[str]) -> str:
        name = found.group(0).strip("`")
        return f"`{short[name]}`" if name in short else found.group(0)

    return re.sub(WORD, whole, text)


def with_derived(table: Table, formulas: Sequence[Stated]) -> Table:
    """The table with a column for each formula, empty where a cell that it takes is. Raises
    InputError with row and cause where a formula has no value."""
    if not formulas:
        return table
    fresh = [_column(table, f) for f in formulas]
    numbers = np.asfortranarray(np.column_stack([table.numbers, *fresh]))
    return replace(table, names=(*table.names, *(f.name for f in formulas)), numbers=numbers)


def _column(table: Table, made: Stated) -> Floats:
    indices = sorted({s.index for s in made.steps if s.what == "input"})
    values = {("input", i): table.numbers[:, i] for i in indices}
    found = np.broadcast_to(ran(made.steps, values), len(table)).copy()
    here = np.all([np.isfinite(v) for v in values.values()], axis=0)
    lost = np.flatnonzero(here & ~np.isfinite(found))
    if len(lost):
        row = int(lost[0])
        point = {key: float(v[row]) for key, v in values.items()}
        given = ", ".join(f"{table.names[i]} = {point['input', i]:g}" for i in indices)
        raise InputError(
            f"{table.place(row)}: {made.name} = {made.text} has no value there:"
            f" {fault(made.steps, point)} ({given}); correct the cell or the formula, or drop the"
            " row"
        )
    return found


def with_readings(
    model: Model,
    formulas: Sequence[Stated],
    table: Table,
    unit: Mapping[str, str],
    domain: Mapping[str, tuple[float, float]],
) -> Model:
    """The model, which computes those of its inputs that are derived from readings: other inputs,
    or raw readings with their range in the table. Raises InputError for more than 64 of these."""

    def reading(name: str) -> RawReading:
        return _raw_reading(table, name, unit.get(name, ""), domain.get(name))

    return computing(model, formulas, table.names, reading)


def computing(
    model: Model,
    formulas: Sequence[Stated],
    columns: Sequence[str],
    reading: Callable[[str], RawReading],
) -> Model:
    """The model, which computes those of its inputs that have a formula over `columns`: of other
    inputs, or of raw readings, which `reading` makes. Raises InputError for more than 64 of
    these."""
    places = {name: d for d, name in enumerate(model.input_names)}
    present = sorted((f for f in formulas if f.name in places), key=lambda f: places[f.name])
    if not present:
        return model
    derived_names = {f.name for f in formulas}
    raw: dict[str, int] = {}

    def resolved(step: Step) -> Step:
        if step.what != "input":
            return step
        name = columns[step.index]
        if name in places and name not in derived_names:
            return Step("input", places[name])
        return Step("raw", raw.setdefault(name, len(raw)))

    derived = tuple(
        Derived(places[f.name], "program", program=tuple(map(resolved, f.steps))) for f in present
    )
    if len(raw) > MOST_RAW:
        raise InputError(f"formulas take {len(raw)} raw readings, but a model has at most 64")
    readings = Readings(
        np.zeros(len(model.axes)),
        tuple(reading(name) for name in raw),
        derived,
    )
    units = {f.name: f.unit for f in present}
    axes = [replace(a, unit=a.unit or units.get(a.name, "")) for a in model.axes]
    return model.replace(axes=axes, readings=readings)


def _raw_reading(
    table: Table, name: str, unit: str, ends: tuple[float, float] | None
) -> RawReading:
    """The reading that a column is, over the range of its cells or the one declared."""
    column = table.column(name)
    column = column[np.isfinite(column)]
    low, high = ends or (float(column.min()), float(column.max()))
    if low == high:  # a constant of the table: a range of one number needs some width
        low, high = low - abs(low) * 2.0**-40 - 2.0**-200, high + abs(high) * 2.0**-40 + 2.0**-200
    return RawReading(name, unit, low, high)
