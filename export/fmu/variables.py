"""The variables of an FMU: names by the rules of FMI, value references, units, limits, starts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite

import numpy as np

from sna_edge.core.axis import Axis, spline_axis
from sna_edge.model import Model
from sna_edge.status import MEANING, Status

from ..firmware.names import ascii_of

INPUT, VALUE, LOWER, UPPER, FAMILIARITY, STATUS, OUTSIDE = range(1, 8)
"""Kinds of sna_fmu.c; a value reference is 256 kind + index, the independent variable 0."""

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NOWHERE = '`,"'
"""Signs that no name keeps: the first is none of the standard's, the others are, but importers cut
the names of a table of inputs or results there."""
OUTSIDES = (
    ("discard", "no value: the call is answered discard, and the importer may stop"),
    ("nan", "no value: NaN with a warning, and the simulation goes on"),
    ("extrapolate", "continued linearly from the border of the domain, with a warning"),
)
Items = tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class Variable:
    """One variable; `items` (name, number, meaning) of an enumeration, `start` None where it is
    computed; `least` and `most` None where nothing limits it."""

    name: str
    reference: int
    causality: str
    description: str
    unit: str = ""
    least: float | None = None
    most: float | None = None
    nominal: float | None = None
    start: float | int | None = None
    items: Items = field(default=())

    @property
    def place(self) -> tuple[int, int]:
        """Kind and index, of which the value reference is made."""
        return divmod(self.reference, 256)

    @property
    def continuous(self) -> bool:
        """A real number that may change at any time."""
        return not self.items


def reference_of(kind: int, index: int = 0) -> int:
    """The value reference of a variable, as sna_fmu.c takes it apart."""
    return 256 * kind + index


def asked(model: Model) -> list[tuple[int, Axis]]:
    """(place among the readings, axis) of every input that no formula computes, then of raw
    readings."""
    found = model.readings
    derived = found.formulas if found else {}
    inputs = [(d, axis) for d, axis in enumerate(model.axes) if d not in derived]
    raw = found.raw if found else ()
    first = len(model.axes)
    return inputs + [
        (first + i, spline_axis(r.name, r.unit, r.lower, r.upper, spans=1))
        for i, r in enumerate(raw)
    ]


def with_interval(model: Model, level: float | None) -> list[int]:
    """Outputs that have one: at `level` all; else those with one in the file or residuals."""
    told = model.calibration is not None and model.calibration.n_residuals > 0
    return [k for k, o in enumerate(model.outputs) if level or told or o.interval is not None]


def tells_familiarity(model: Model) -> bool:
    """Whether the model knows which inputs it has not seen."""
    told = model.calibration
    return told is not None and bool(told.n_scores or told.pairs)


def variables_of(model: Model, level: float | None) -> list[Variable]:
    """Inputs, outputs with their intervals, familiarity, status, and the parameter `outside`.

    >>> import numpy as np, sna_edge
    >>> axis = sna_edge.spline_axis("laser power", "W", 100.0, 300.0, spans=2)
    >>> work = sna_edge.CP.full([np.linspace(0.1, 0.9, 5)[:, None]], [[2.0]])
    >>> model = sna_edge.Model([axis], work, [sna_edge.Output("depth", "um")])
    >>> [(v.name, v.reference) for v in variables_of(model, None)]
    [("'laser power'", 256), ('depth', 512), ('status', 1536), ('outside', 1792)]
    """
    names = Names()
    inputs = [_input(names, i, axis) for i, (_, axis) in enumerate(asked(model))]
    values = [names.new(o.name) for o in model.outputs]
    found = inputs + [_value(model, k, name) for k, name in enumerate(values)]
    found += [
        end
        for k in with_interval(model, level)
        for end in _ends(names, model, k, found[len(inputs) + k])
    ]
    if tells_familiarity(model):
        meaning = "share of the calibration rows that were as unfamiliar as these inputs, or more"
        name = names.new("familiarity")
        found.append(
            Variable(name, reference_of(FAMILIARITY), "output", meaning, "", 0.0, 1.0, 1.0)
        )
    return [*found, _status(names), _outside(names)]


def _input(names: Names, index: int, axis: Axis) -> Variable:
    items = tuple((level, i, level) for i, level in enumerate(axis.level_names))
    middle = 0 if items else (axis.lower + axis.upper) / 2
    size = max(abs(axis.lower), abs(axis.upper))
    return Variable(
        names.new(axis.name),
        reference_of(INPUT, index),
        "input",
        axis.name,
        axis.unit,
        axis.lower,
        axis.upper,
        None if items else size,
        middle,
        items,
    )


def _value(model: Model, k: int, name: str) -> Variable:
    output = model.outputs[k]
    least, most = (end if isfinite(end) else None for end in output.ends)
    size = float(np.abs(output.range).max()) if output.range is not None else 0.0
    return Variable(
        name,
        reference_of(VALUE, k),
        "output",
        output.name,
        output.unit,
        least,
        most,
        size if size > 0 else None,
    )


def _ends(names: Names, model: Model, k: int, value: Variable) -> list[Variable]:
    """Both ends of the interval, limited as the value is."""
    name = model.outputs[k].name
    return [
        Variable(
            names.new(f"{name}_{end}"),
            reference_of(kind, k),
            "output",
            f"{end} end of the interval of {name}",
            value.unit,
            value.least,
            value.most,
            value.nominal,
        )
        for kind, end in ((LOWER, "lower"), (UPPER, "upper"))
    ]


def _status(names: Names) -> Variable:
    items = tuple((s.label, int(s), MEANING[s]) for s in sorted(Status))
    told = "what the outputs are worth: 0 plain, above 0 with a remark, below 0 no value"
    return Variable(names.new("status"), reference_of(STATUS), "output", told, items=items)


def _outside(names: Names) -> Variable:
    items = tuple((name, i, told) for i, (name, told) in enumerate(OUTSIDES))
    told = "what is answered where an input is outside the domain"
    name = names.new("outside")
    return Variable(name, reference_of(OUTSIDE), "parameter", told, start=0, items=items)


class Names:
    """Names of the naming convention `structured`, each once. `time` is that of the independent
    variable, and of the first column of every table of an importer."""

    def __init__(self) -> None:
        self.taken = {"time"}

    def new(self, text: str) -> str:
        """`text` as it is where it is an identifier, else between quotes, in ASCII; with a number
        where it is taken."""
        plain = "".join(c if " " <= c <= "~" and c not in NOWHERE else "_" for c in ascii_of(text))
        name, number = _quoted(plain), 2
        while name in self.taken:
            name, number = _quoted(f"{plain}_{number}"), number + 1
        self.taken.add(name)
        return name


def _quoted(text: str) -> str:
    if PLAIN.fullmatch(text):
        return text
    escaped = re.sub(r"(['\"\\])", r"\\\1", text)
    return f"'{escaped}'"
