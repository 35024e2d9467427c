"""One input of a model: name, unit, closed domain and the basis of its atoms."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..values.levels import AMBIGUOUS, LevelIndex, number, numbers, unmasked
from ..values.naming import labelled
from .basis import SpanBasis, bspline, levels, uniform_breaks
from .border import settled, slack
from .mesh import Mesh

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """x in [lower, upper], closed; outside or NaN is a status, never a clamp. Rounding at an end
    (border.py) is inside.

    `support` u8 [S]: training rows per span (255: many or unknown); 0 gives status `edge`. With a
    `mesh` its levels are the nodes of that, N of them (a node axis).
    """

    name: str
    unit: str
    basis: SpanBasis
    level_names: tuple[str, ...] = ()
    support: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))
    mesh: Mesh | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("an axis needs a name")
        support = np.array(
            self.support if len(self.support) else np.full(self.basis.n_spans, 255), dtype=np.uint8
        )
        if support.shape != (self.basis.n_spans,):
            raise InputError(
                f"axis {self.name!r}: support must have one number per span ({self.basis.n_spans})"
            )
        support.setflags(write=False)
        object.__setattr__(self, "support", support)
        if self.mesh is not None:
            object.__setattr__(self, "level_names", self.mesh.names)  # made when asked
        if self.kind == "categorical" and len(self.level_names) != self.basis.n_spans:
            raise InputError(
                f"axis {self.name!r}: {self.basis.n_spans} levels need as many level names"
            )

    @property
    def kind(self) -> str:
        """`continuous`, `periodic` or `categorical`."""
        return {"levels": "categorical", "periodic": "periodic"}.get(self.basis.kind, "continuous")

    @property
    def lower(self) -> float:
        """Lower end of the domain; 0 on levels."""
        return self.basis.lower

    @property
    def upper(self) -> float:
        """Upper end of the domain; the last level on a categorical axis."""
        return self.basis.upper

    @property
    def width(self) -> float:
        """upper - lower."""
        return self.upper - self.lower

    @property
    def slack(self) -> float:
        """How far beyond an end rounding alone may put a coordinate that lies on it; 0 on
        levels."""
        return 0.0 if self.kind == "categorical" else slack(self.lower, self.upper)

    def settled(self, x: ArrayLike) -> Floats:
        """x with those that lie within `slack` beyond an end moved to it; all others as they
        are."""
        return (
            np.asarray(x, dtype=float)
            if self.kind == "categorical"
            else settled(x, self.lower, self.upper)
        )

    def excess(self, x: ArrayLike) -> Floats:
        """How far x lies outside the domain, in axis units: 0 inside, signed outside, inf on an
        unseen level."""
        x = self.settled(x)
        with np.errstate(invalid="ignore"):
            beyond = x - np.clip(x, self.lower, self.upper)
            if self.kind == "categorical":
                beyond = np.where((beyond != 0) | (np.rint(x) != x), np.inf, 0.0)
        return np.asarray(beyond)

    @cached_property
    def levels(self) -> LevelIndex:
        """Which level a value means."""
        return LevelIndex(self.level_names) if self.mesh is None else self.mesh.index

    def coordinate(self, value: object) -> float:
        """The coordinate of what a user writes: a number, or the index of the level that it means
        (levels.py has the rule).

        NaN: missing; inf: a level never seen; -inf: several levels are the same number. Raises
        InputError for what is no number.
        """
        return (
            self.levels.index(value)
            if self.kind == "categorical"
            else number(value, self.name, self.unit)
        )

    def encode(self, values: ArrayLike) -> Floats:
        """`coordinate` of every element of an array, a list or a single value; the same shape."""
        if self.kind == "categorical":
            return self.levels.indices(unmasked(values))
        return numbers(values, self.name, self.unit)

    @property
    def wanted(self) -> str:
        """What a user gives for this input, in words."""
        if self.mesh is not None:
            return "a node"
        return "a level" if self.kind == "categorical" else "a finite number"

    def unseen(self, x: float) -> str:
        """Why the coordinate x of a categorical axis is no level: never seen, or several are the
        same number."""
        if x == AMBIGUOUS:
            return (
                f"input {self.name!r} matches several levels as a number; write one of them"
                f" exactly: {self.describe()}"
            )
        what = "level that was not in the training data" if self.mesh is None else "node of no name"
        return f"input {self.name!r} has a {what}; {self.describe()}"

    def describe(self) -> str:
        """The input and its domain in words: 'power [W] in [100, 200]', 'machine in {A, B}'."""
        if self.mesh is not None:
            return f"{self.name}: {self.mesh.describe()}"
        if self.kind == "categorical":
            return f"{self.name} in {{{', '.join(self.level_names)}}}"
        return f"{labelled(self.name, self.unit or '-')} in [{self.lower:g}, {self.upper:g}]"


def spline_axis(
    name: str, unit: str, lower: float, upper: float, *, spans: int = 8, degree: int = 3
) -> Axis:
    """A continuous input on [lower, upper]: B-splines of `degree` on `spans` equal spans,
    S + p rows. Raises InputError for what is no domain.

    >>> from sna_edge import spline_axis
    >>> axis = spline_axis("power", "W", 100, 200, spans=8, degree=3)
    >>> axis.describe(), axis.basis.n_rows
    ('power [W] in [100, 200]', 11)
    """
    return Axis(name, unit, bspline(uniform_breaks(lower, upper, spans), degree))


def level_axis(name: str, level_names: tuple[str, ...]) -> Axis:
    """A categorical input: x is the index of a level, one row per level.

    >>> from sna_edge import level_axis
    >>> machine = level_axis("machine", ("A", "B", "7"))
    >>> machine.coordinate("B"), machine.coordinate(7.0), machine.coordinate("C")
    (1.0, 2.0, inf)
    """
    return Axis(name, "", levels(len(level_names)), level_names)
