"""One input of a model: name, unit, closed domain and the basis of its atoms."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .basis import SpanBasis, bspline, levels, uniform_breaks
from .border import slack
from .errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Axis:
    """x in [lower, upper], closed; outside or NaN is a status, never a clamp. Rounding at an end (border.py) is inside.

    `support` u8 [S]: training rows per span (255: many or unknown); 0 gives status `edge`.
    """

    name: str
    unit: str
    basis: SpanBasis
    level_names: tuple[str, ...] = ()
    support: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("an axis needs a name")
        support = np.array(self.support if len(self.support) else np.full(self.basis.n_spans, 255), dtype=np.uint8)
        if support.shape != (self.basis.n_spans,):
            raise InputError(f"axis {self.name!r}: support must have one number per span ({self.basis.n_spans})")
        support.setflags(write=False)
        object.__setattr__(self, "support", support)
        if self.kind == "categorical" and len(self.level_names) != self.basis.n_spans:
            raise InputError(f"axis {self.name!r}: {self.basis.n_spans} levels need as many level names")

    @property
    def kind(self) -> str:
        """`continuous`, `periodic` or `categorical`."""
        return {"levels": "categorical", "periodic": "periodic"}.get(self.basis.kind, "continuous")

    @property
    def lower(self) -> float:
        return self.basis.lower

    @property
    def upper(self) -> float:
        return self.basis.upper

    @property
    def width(self) -> float:
        return self.upper - self.lower

    @property
    def slack(self) -> float:
        """How far beyond an end rounding alone may put a coordinate that lies on it; 0 on levels."""
        return 0.0 if self.kind == "categorical" else slack(self.lower, self.upper)

    def settled(self, x: ArrayLike) -> Floats:
        """x with those that lie within `slack` beyond an end moved to it; all others as they are."""
        x = np.asarray(x, dtype=float)
        inside = np.clip(x, self.lower, self.upper)
        return np.asarray(np.where((x >= self.lower - self.slack) & (x <= self.upper + self.slack), inside, x))

    def excess(self, x: ArrayLike) -> Floats:
        """How far x lies outside the domain, in axis units: 0 inside, signed outside, inf on an unseen level."""
        x = self.settled(x)
        with np.errstate(invalid="ignore"):
            beyond = x - np.clip(x, self.lower, self.upper)
            if self.kind == "categorical":
                beyond = np.where((beyond != 0) | (np.rint(x) != x), np.inf, 0.0)
        return np.asarray(beyond)

    def encode(self, values: ArrayLike) -> Floats:
        """Numbers of the axis: level names become level indices, NaN where a name is unseen."""
        array = np.asarray(values)
        if self.kind != "categorical" or array.dtype.kind not in "USO":
            return np.asarray(array, dtype=float)
        index = {name: float(i) for i, name in enumerate(self.level_names)}
        coded = [index.get(str(v), np.inf) for v in array.reshape(-1)]
        return np.asarray(coded, dtype=float).reshape(array.shape)

    def describe(self) -> str:
        if self.kind == "categorical":
            return f"{self.name} in {{{', '.join(self.level_names)}}}"
        return f"{self.name} [{self.unit or '-'}] in [{self.lower:g}, {self.upper:g}]"


def spline_axis(name: str, unit: str, lower: float, upper: float, *, spans: int = 8, degree: int = 3) -> Axis:
    """Uniform clamped B-spline axis."""
    return Axis(name, unit, bspline(uniform_breaks(lower, upper, spans), degree))


def level_axis(name: str, level_names: tuple[str, ...]) -> Axis:
    """Categorical axis: x is the level index, one row per level."""
    return Axis(name, "", levels(len(level_names)), level_names)
