"""Rows to fit: inputs, outputs and what is known of each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.core.border import settled
from sna_edge.core.magnitude import need_magnitude, need_slopes
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from .weights import mean, variance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DIGESTED = 1 << 16
"""Rows digested at a time."""
FAINT = 1e-3
"""Shares below this share of the middle one are not told from 0."""


@dataclass(frozen=True)
class AxisSpec:
    """One input: name, unit, level names of a categorical axis, and the declared domain (default:
    range of the rows).

    >>> AxisSpec("power", "W", domain=(100.0, 400.0))
    AxisSpec(name='power', unit='W', levels=(), domain=(100.0, 400.0))
    """

    name: str
    unit: str = ""
    levels: tuple[str, ...] = ()
    domain: tuple[float, float] | None = None


def first_outside(column: Floats, domain: tuple[float, float]) -> int | None:
    """The first row [N] that lies outside a closed domain by more than rounding."""
    column = settled(column, *domain)
    outside = (column < domain[0]) | (column > domain[1])
    return int(np.argmax(outside)) if outside.any() else None


def _inside(x: Floats, axes: tuple[AxisSpec, ...]) -> Floats:
    """x [N, D] with what rounding put beyond the end of a declared domain at the end; InputError
    for what lies outside."""
    moved: dict[int, Floats] = {}
    for d, axis in enumerate(axes):
        if axis.domain is None or axis.levels:
            continue
        column, (low, high) = x[:, d], axis.domain
        if (row := first_outside(column, axis.domain)) is not None:
            where = f"row {row + 1} of input {axis.name!r} = {column[row]:g}"
            raise InputError(
                f"{where} lies outside its declared domain {low:g}..{high:g}; widen the domain or"
                " drop the row"
            )
        if (inside := settled(column, low, high)) is not column:
            moved[d] = inside
    if not moved:
        return x
    x = x.copy(order="A")
    for d, column in moved.items():
        x[:, d] = column
    return x


@dataclass(frozen=True, eq=False)
class Samples:
    """x [N, D] (level indices on categorical axes), y [N, K]; axes [D]; names and units of the
    outputs [K]; group [N] (0, 1, ..) and time [N] of the rows where they are known; weight [N] of
    mean one, None where all rows weigh alike; noise [N]: how much larger the error of a row is than
    that of a typical one, where errors are known (the weights then contain it);
    limits [N, K]: ends between which y is known to lie, equal where it was read."""

    x: Floats
    y: Floats
    axes: tuple[AxisSpec, ...]
    names: tuple[str, ...]
    units: tuple[str, ...] = field(default=())
    group: Ints | None = None
    time: Floats | None = None
    weight: Floats | None = None
    noise: Floats | None = None
    limits: tuple[Floats, Floats] | None = None

    @classmethod
    def of(
        cls,
        x: ArrayLike,
        y: ArrayLike,
        axes: Sequence[AxisSpec] = (),
        names: Sequence[str] = (),
        units: Sequence[str] = (),
    ) -> Samples:
        """Checked: finite, at least two rows, inside the domain, no constant output, magnitudes
        that every target carries.

        Raises InputError. Inputs that rounding put beyond an end of their domain are moved to it.
        """
        x, y = reals(x, "x"), reals(y, "y")
        if x.ndim != 2 or y.ndim not in (1, 2):
            raise InputError(
                f"x has shape {x.shape} and y {y.shape}; give x (N, D) and y (N,) or (N, K), a row"
                " per sample"
            )
        y = y[:, None] if y.ndim == 1 else y
        axes = tuple(axes) or tuple(AxisSpec(f"x{d}") for d in range(x.shape[1]))
        names = tuple(names) or tuple(f"y{k}" if y.shape[1] > 1 else "y" for k in range(y.shape[1]))
        if len(x) < 2:
            raise InputError(
                f"the table has {len(x)} row{'' if len(x) == 1 else 's'}; a fit needs at least two"
                " different ones"
            )
        if x.ndim != 2 or len(axes) != x.shape[1] or y.shape != (len(x), len(names)):
            raise InputError(
                f"x has shape {x.shape} and y {y.shape} for {len(axes)} axes and {len(names)}"
                " outputs; give a row per sample"
            )
        for what, array in (("input", x), ("output", y)):
            for column in range(array.shape[1]):
                bad = np.flatnonzero(~np.isfinite(array[:, column]))
                if len(bad):
                    name = axes[column].name if what == "input" else names[column]
                    raise InputError(
                        f"row {bad[0] + 1} of {what} {name!r} is not a finite number; fill or"
                        " drop it"
                    )
        for k, name in enumerate(names):
            if y[:, k].min() == y[:, k].max():
                raise InputError(
                    f"output {name!r} is constant ({y[0, k]:g}); choose a target that varies"
                )
        made = cls(_inside(x, axes), y, axes, names, tuple(units) or ("",) * y.shape[1])
        made.need_magnitudes()
        return made

    def need_magnitudes(self) -> None:
        """Raise InputError naming the column whose numbers no target could carry."""
        ends = {
            a.name: self.bounds(d)
            for d, a in enumerate(self.axes)
            if not a.levels and (a.domain or np.ptp(self.x[:, d]))
        }
        for name, (low, high) in ends.items():
            need_magnitude(f"input {name!r}", low, high)
        for k, name in enumerate(self.names):
            need_magnitude(f"output {name!r}", float(self.y[:, k].min()), float(self.y[:, k].max()))
        spreads = dict(zip(self.names, np.ptp(self.y, axis=0).tolist(), strict=True))
        need_slopes({name: high - low for name, (low, high) in ends.items()}, spreads)

    def digest(self) -> bytes:
        """Of x and y: that of other rows is another one."""
        found = blake2b(repr((self.x.shape, self.y.shape)).encode())
        for array in (self.x, self.y):
            for start in range(0, len(array), DIGESTED):
                found.update((array[start : start + DIGESTED] + 0.0).tobytes())
        return found.digest()

    @property
    def n_levels(self) -> Ints:
        """Number of levels of each axis, 0 where it is continuous: [D]."""
        return np.array([len(a.levels) for a in self.axes], dtype=np.int64)

    def bounds(self, d: int) -> tuple[float, float]:
        """Closed domain of axis d: declared, else the range of its rows (a constant column gets a
        small width)."""
        declared = self.axes[d].domain
        if declared is not None:
            return declared
        lower, upper = float(self.x[:, d].min()), float(self.x[:, d].max())
        return lower, (upper if upper > lower else lower + max(abs(lower), 1.0) * 1e-6)

    def take(self, rows: Ints) -> Samples:
        """These rows alone."""
        group = None if self.group is None else self.group[rows]
        time = None if self.time is None else self.time[rows]
        weight, noise = self.weight_of(rows), None if self.noise is None else self.noise[rows]
        ends = None if self.limits is None else (self.limits[0][rows], self.limits[1][rows])
        x, y = self.x[rows], self.y[rows]
        return Samples(x, y, self.axes, self.names, self.units, group, time, weight, noise, ends)

    def weight_of(self, rows: Ints) -> Floats | None:
        """Weights [n] of these rows, None where all weigh alike."""
        return None if self.weight is None else self.weight[rows]

    def columns(self, chosen: Ints) -> Samples:
        """The same rows with these inputs alone."""
        whole = len(chosen) == len(self.axes)
        return (
            self
            if whole
            else replace(self, x=self.x[:, chosen], axes=tuple(self.axes[int(d)] for d in chosen))
        )

    def over(self, whole: Samples) -> Samples:
        """These rows with the domain of `whole` declared on the continuous axes."""
        axes = tuple(
            a if a.levels else replace(a, domain=whole.bounds(d)) for d, a in enumerate(self.axes)
        )
        return replace(self, axes=axes)

    def outputs(self, link: str) -> tuple[Output, ...]:
        """Output templates of a link: exp scales by the geometric mean, logistic runs over 0..1."""
        return tuple(self._output(k, link) for k in range(len(self.names)))

    def _output(self, k: int, link: str) -> Output:
        y = self.y[:, k]
        if link == "exp":
            if y.min() <= 0:
                raise InputError(
                    f"output {self.names[k]!r} has values <= 0; link exp needs positive ones, use"
                    " identity"
                )
            return Output(self.names[k], self.units[k], "exp", float(np.exp(np.mean(np.log(y)))))
        if link == "logistic":
            if y.min() < 0 or y.max() > 1:
                raise InputError(
                    f"output {self.names[k]!r} leaves 0..1; link logistic needs shares, use"
                    " identity"
                )
            return Output(self.names[k], self.units[k], "logistic")
        return Output(self.names[k], self.units[k], "identity", float(y.std()), float(y.mean()))

    def link_candidates(self, link: str) -> tuple[str, ...]:
        """The links to try: the one asked for, or for `auto` identity and those the values allow
        and hint at."""
        if link != "auto":
            return (link,)
        out = ["identity"]
        if self.y.min() > 0 and np.all(self.y.max(axis=0) > 3.0 * self.y.min(axis=0)):
            out.append("exp")
        if self.y.min() >= 0 and self.y.max() <= 1:
            out.append("logistic")
        return tuple(out)


def linear_targets(outputs: Sequence[Output], y: Floats) -> Floats:
    """f [N, K] with output.value(f) = y; shares nearer to the border of a logistic link than
    `margin` are taken to lie there."""
    columns = []
    for k, output in enumerate(outputs):
        column = y[:, k]
        if output.link == "logistic":
            column = np.clip(column, margin(column), 1.0 - margin(1.0 - column))
        columns.append(output.linear_of(column))
    return np.stack(columns, axis=1)


def margin(share: Floats) -> float:
    """Half a row's share, but no more than half the least share above 0 (or a thousandth of the
    middle one): shares that are all small, and a single one, keep their values."""
    some = share[share > 0]
    half = 0.5 / len(share)
    return (
        min(half, max(0.5 * float(some.min()), FAINT * float(np.median(some))))
        if len(some)
        else half
    )


def relative_error(residual: Floats, y: Floats, weight: Floats | None = None) -> float:
    """Root mean over the outputs of (RMSE / standard deviation)^2, of rows of weight [n]."""
    return float(np.sqrt(np.mean(mean(residual**2, weight) / variance(y, weight))))
