"""How readings of sensors become coordinates: tolerances, raw readings, derived inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError
from ..axis import Axis
from .given import all_of, array_of, need_numbers, need_whole
from .program import Step, need_program, power, ran

Floats = NDArray[np.float64]
FORMULAS = ("product", "sum", "program")
LARGEST, REACH = 2.0**1000, 2.0**500
MOST_RAW, MOST_TERMS, MOST_EXPONENT = 64, 16, 64.0


@dataclass(frozen=True)
class RawReading:
    """A reading that is no input of its own: name, unit and the closed range it may have. Raises
    InputError for what is no range."""

    name: str
    unit: str
    lower: float
    upper: float

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not isinstance(self.unit, str):
            raise InputError(f"name and unit of raw reading {self.name!r} must be text")
        need_numbers(f"an end of raw reading {self.name!r}", self.lower, self.upper)
        fits = max(abs(self.lower), abs(self.upper)) < LARGEST
        if not (self.name and fits and self.upper - self.lower >= 1.0 / LARGEST):
            raise InputError(f"raw reading {self.name!r} needs a name and a range from low to high")


@dataclass(frozen=True)
class Term:
    """v^number (product) or number v (sum) of a formula: v is raw reading `index` where `raw`, else
    input `index`. Raises InputError for a number that a file does not hold."""

    index: int
    number: float
    raw: bool = False

    def __post_init__(self) -> None:
        need_whole("the index of a term", self.index)
        need_numbers("the number of a term", self.number)
        if not (self.index >= 0 and 0 < abs(self.number) < REACH):
            raise InputError("a term needs the index of what it takes and a number that is not 0")


@dataclass(frozen=True)
class Derived:
    """Input `axis` = constant prod_i v_i^number_i ("product"), constant + sum_i number_i v_i
    ("sum"), or what the steps of `program` leave ("program"; its terms are what it takes). Raises
    InputError for what is no formula."""

    axis: int
    formula: str
    terms: tuple[Term, ...] = ()
    constant: float = 1.0
    program: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "program", all_of("steps of a formula", self.program, Step))
        need_whole("the input that a formula gives", self.axis)
        if self.formula not in FORMULAS or self.axis < 0:
            raise InputError(f"a formula is one of {', '.join(FORMULAS)} and gives an input")
        if self.formula == "program":
            need_program(self.program)
            loads = dict.fromkeys(
                (s.index, s.what == "raw") for s in self.program if s.what in ("input", "raw")
            )
            object.__setattr__(self, "terms", tuple(Term(i, 1.0, raw) for i, raw in loads))
            object.__setattr__(self, "constant", 0.0)
            if not loads:
                raise InputError("a formula takes at least one input or raw reading")
        else:
            self._need_terms()

    def _need_terms(self) -> None:
        object.__setattr__(self, "terms", all_of("terms of a formula", self.terms, Term))
        need_numbers("the constant of a formula", self.constant)
        if self.program:
            raise InputError("a product or sum has terms and no steps")
        if not 1 <= len(self.terms) <= MOST_TERMS:
            raise InputError(f"a formula has 1 to {MOST_TERMS} terms, not {len(self.terms)}")
        product = self.formula == "product"
        if not abs(self.constant) < REACH or (product and self.constant == 0):
            raise InputError("the constant of a formula is below 2^500, of a product not 0")
        if product and any(abs(t.number) > MOST_EXPONENT for t in self.terms):
            raise InputError(f"exponents of a formula are at most {MOST_EXPONENT:g}")

    def value(self, parents: Sequence[Floats]) -> Floats:
        """The formula of values of its terms, in their order from the constant on; NaN, or not
        finite, where it has none."""
        if self.formula == "program":
            pairs = zip(self.terms, parents, strict=True)
            return ran(self.program, {("raw" if t.raw else "input", t.index): v for t, v in pairs})
        total = np.asarray(self.constant)
        with np.errstate(all="ignore"):
            for term, v in zip(self.terms, parents, strict=True):
                if self.formula == "sum":
                    total = total + term.number * v
                else:
                    total = total * power(v, term.number)
        return total


@dataclass(frozen=True, eq=False)
class Readings:
    """`tolerance` [D] of the sensors in axis units (0 on levels and derived inputs), `raw` readings
    and `derived` inputs by increasing axis. Raises InputError for what a file does not hold."""

    tolerance: Floats
    raw: tuple[RawReading, ...] = ()
    derived: tuple[Derived, ...] = field(default=())

    def __post_init__(self) -> None:
        tolerance = array_of("tolerances of sensors", self.tolerance, np.float64)
        object.__setattr__(self, "tolerance", tolerance)
        object.__setattr__(self, "raw", all_of("raw readings", self.raw, RawReading))
        object.__setattr__(self, "derived", all_of("derived inputs", self.derived, Derived))
        if tolerance.ndim != 1 or not ((tolerance >= 0) & (tolerance < LARGEST)).all():
            raise InputError("tolerances of sensors are one number from 0 on for each input")
        if len(self.raw) > MOST_RAW:
            raise InputError(f"{len(self.raw)} raw readings, but a model has at most {MOST_RAW}")
        places = [d.axis for d in self.derived]
        if places != sorted(set(places)):
            raise InputError("derived inputs must be in increasing order, each once")

    @property
    def formulas(self) -> dict[int, Derived]:
        """{input index: formula}."""
        return {d.axis: d for d in self.derived}

    def need_fit(self, axes: Sequence[Axis]) -> None:
        """InputError where the readings do not fit the inputs."""
        if len(self.tolerance) != len(axes):
            raise InputError(f"{len(axes)} inputs need as many tolerances of sensors")
        names = [a.name for a in axes] + [r.name for r in self.raw]
        if len(set(names)) != len(names):
            raise InputError("names of inputs and raw readings must all be different")
        derived = self.formulas
        if any(d >= len(axes) or axes[d].kind != "continuous" for d in derived):
            raise InputError("a derived input must be a continuous input of the model")
        for d, (axis, tolerance) in enumerate(zip(axes, self.tolerance, strict=True)):
            if tolerance and (axis.kind == "categorical" or d in derived):
                raise InputError(
                    f"input {axis.name!r} has levels or is derived, so it has no tolerance"
                )
        for term in (t for formula in self.derived for t in formula.terms):
            self._need_term(term, axes)

    def _need_term(self, term: Term, axes: Sequence[Axis]) -> None:
        if term.index >= (len(self.raw) if term.raw else len(axes)):
            raise InputError("a formula takes an input or a raw reading that is not there")
        if term.raw:
            return
        if term.index in self.formulas or axes[term.index].kind == "categorical":
            raise InputError(
                f"a formula cannot take input {axes[term.index].name!r}, which has levels or is"
                " derived itself"
            )
