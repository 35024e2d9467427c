"""Where intervals hold what they promise: by quarter of the prediction and by part of each input,
beside what counting alone would do to a perfect model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrc, bdtrik

from sna_edge.core.axis import Axis

from .between_groups import design_effect

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
_Rows = tuple[str, str, Bools]
"""Name and values of a part, and which rows are in it."""
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
THIRDS = 3
FEW_VALUES = 5
"""An input with so many different values at most is parted by value."""
CONFIDENCE = 0.95
"""Of all parts of one kind together: a perfect model has one of them outside its range in one table
of twenty."""
SAID = 3
"""Parts of the prediction, and of the inputs, that are named at most."""
TELLING = 3.0
"""Where a perfect model could miss this many times as often as its level says, rows are too few."""


@dataclass(frozen=True)
class Part:
    """`inside` of `rows` lie in their intervals of `level`; of a perfect model from `least` to
    `most` would. `where`: the values of the part in words; `name`: its place among the others;
    `ends`: its lowest and highest value."""

    name: str
    where: str
    ends: tuple[float, float]
    rows: int
    inside: int
    level: float
    least: int
    most: int

    @property
    def share(self) -> float:
        """inside / rows."""
        return self.inside / self.rows

    @property
    def verdict(self) -> str:
        """Outside the range "low" or "high"; "few": rows too few to tell; else "as promised"."""
        if self.inside < self.least:
            return "low"
        if self.inside > self.most:
            return "high"
        few = self.least / self.rows < 1.0 - TELLING * (1.0 - self.level)
        return "few" if few else "as promised"

    def report(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "part": self.name,
            "values": self.where,
            "rows": self.rows,
            "coverage": self.share,
            "perfect": [self.least / self.rows, self.most / self.rows],
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Coverage:
    """Of one output at one level: `whole`, the parts of the prediction from the lowest up, and
    those of every input that varies; the rows are of so many `groups`, where they have any."""

    level: float
    whole: Part
    by_prediction: tuple[Part, ...]
    by_input: Mapping[str, tuple[Part, ...]]
    groups: int = 0

    @property
    def shares(self) -> list[float]:
        """Coverage by quarter of the prediction from the lowest up, in four digits."""
        return [float(f"{p.share:.4g}") for p in self.by_prediction]

    def report(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "level": self.level,
            "all": self.whole.report(),
            "by_prediction": [p.report() for p in self.by_prediction],
            "by_input": {name: [p.report() for p in of] for name, of in self.by_input.items()},
        }

    def sentences(self) -> list[str]:
        """What to know of it in plain words: the worst quarters, the worst parts of inputs; the
        whole where no part differs."""
        quarters = [(f"in the {p.name}", p) for p in self.by_prediction]
        inputs = [(f"at {n} {p.where}", p) for n, of in self.by_input.items() for p in of]
        parts = [("in all", self.whole), *quarters]
        said = []
        for of in (parts, inputs):
            low = [(where, p) for where, p in of if p.verdict == "low"]
            low.sort(key=lambda pair: pair[1].share)
            said += [_missed(where, p) for where, p in low[:SAID]]
        high = [(where, p) for where, p in parts if p.verdict == "high"]
        said += [f"covers {_percent(p.share)} {where}: wider than it need be" for where, p in high]
        if any(p.verdict == "few" for p in self.by_prediction):
            rows = f"rows to tell by quarter of the prediction ({self._least_rows()} a quarter)"
            some = f"groups to tell by quarter of the prediction ({self.groups} in all)"
            said.append(f"too few {some if self.groups else rows}")
        return said or [f"covers {_percent(self.whole.share)}, and no quarter or input stands out"]

    def _least_rows(self) -> int:
        return min(p.rows for p in self.by_prediction)


def coverage(
    axes: Sequence[Axis],
    x: ArrayLike,
    measured: ArrayLike,
    predicted: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    level: float,
    groups: ArrayLike | None = None,
    alike: float = 0.0,
) -> Coverage:
    """Of one output: inputs x [n, D] on `axes` (levels as 0, 1, ..; NaN where missing), measured,
    predicted, and intervals from lower to upper [n] of `level`, of rows that the model has not
    seen (n > 0). Of rows of `groups` [n], whose residuals correlate by `alike`, a perfect model's
    coverage varies more: they count for as many free rows as they are worth.

    >>> import numpy as np
    >>> from sna_edge import spline_axis
    >>> from sna_export.calibrate.coverage import coverage
    >>> x = np.linspace(0, 1, 400)
    >>> y = x * np.random.default_rng(0).normal(size=400)
    >>> axis = spline_axis("x", "m", 0, 1)
    >>> found = coverage([axis], x[:, None], y, x, 0 * x - 0.9, 0 * x + 0.9, 0.9)
    >>> [p.inside for p in found.by_prediction], found.by_prediction[3].verdict
    ([100, 98, 84, 76], 'low')
    """
    x, measured, predicted, lower, upper = (
        np.asarray(a, dtype=float) for a in (x, measured, predicted, lower, upper)
    )
    inside = (measured >= lower) & (measured <= upper)
    parts = {a.name: (_of_input(a, v), v) for a, v in zip(axes, x.T, strict=True)}
    parts = {name: (of, v) for name, (of, v) in parts.items() if len(of) > 1}
    count = sum(len(of) for of, _ in parts.values())
    every = np.ones(len(x), bool)

    def worth(rows: Bools) -> float:
        return 1.0 if groups is None else design_effect(np.asarray(groups)[rows], alike)

    (whole,) = _counted([("all rows", "all rows", every)], predicted, inside, level, worth)
    return Coverage(
        level,
        whole,
        _counted(_quarters(predicted), predicted, inside, level, worth),
        {name: _counted(of, v, inside, level, worth, count) for name, (of, v) in parts.items()},
        0 if groups is None else len(np.unique(np.asarray(groups))),
    )


@lru_cache(maxsize=4096)
def perfect(rows: int, level: float, of: int = 1, worth: float = 1.0) -> tuple[int, int]:
    """Rows inside, from .. to, that a perfect model has in each of `of` parts in 95 of 100 tables,
    all parts of a table together; `worth` rows of a group say as much as one free row."""
    tail = (1.0 - CONFIDENCE) / (2.0 * of)
    free = max(int(rows / worth), 1)
    least = _first(lambda k: bdtr(k, free, level) >= tail, bdtrik(tail, free, level), free)
    most = _first(lambda k: bdtrc(k, free, level) <= tail, bdtrik(1.0 - tail, free, level), free)
    return math.floor(least * rows / free), math.ceil(most * rows / free)


def _first(reached: Callable[[int], bool], near: float, last: int) -> int:
    """The least of 0 .. last that has `reached` it, as all after it have; `near` it."""
    k = int(np.clip(np.nan_to_num(np.ceil(near)), 0, last))
    while k < last and not reached(k):
        k += 1
    while k > 0 and reached(k - 1):
        k -= 1
    return k


def _quarters(predicted: Floats) -> list[_Rows]:
    parts = _between(predicted, 4)
    if len(parts) < 4:
        return parts
    return [(name, where, rows) for name, (_, where, rows) in zip(QUARTERS, parts, strict=True)]


def _of_input(axis: Axis, x: Floats) -> list[_Rows]:
    """Each level, each of a few values, or thirds; rows without a value are in none."""
    values = np.unique(x[~np.isnan(x)])
    if axis.kind != "categorical" and len(values) > FEW_VALUES:
        return _between(x, THIRDS)
    levels = axis.level_names if axis.kind == "categorical" else ()
    names = [levels[int(v)] if levels else f"{v:.4g}" for v in values]
    return [(name, name, x == v) for name, v in zip(names, values, strict=True)]


def _between(v: Floats, count: int) -> list[_Rows]:
    """Parts of about equally many rows, equal values in one."""
    cuts = np.nanquantile(v, np.arange(1, count) / count)
    place = np.searchsorted(cuts, v, side="left")
    found = [(place == i) & ~np.isnan(v) for i in range(count)]
    words = [(f"{v[r].min():.4g} to {v[r].max():.4g}", r) for r in found if r.any()]
    return [(where, where, r) for where, r in words]


def _counted(
    parts: Sequence[_Rows],
    v: Floats,
    inside: Bools,
    level: float,
    worth: Callable[[Bools], float],
    of: int = 0,
) -> tuple[Part, ...]:
    """Parts of the values v [n], `of` together (0: these alone); `worth` of rows [n]: how many of
    them say as much as one free row."""
    found = []
    for name, where, rows in parts:
        count, ends = int(rows.sum()), (float(v[rows].min()), float(v[rows].max()))
        least, most = perfect(count, level, of or len(parts), worth(rows))
        found.append(Part(name, where, ends, count, int(inside[rows].sum()), level, least, most))
    return tuple(found)


def _missed(where: str, part: Part) -> str:
    return (
        f"covers {_percent(part.share)} {where} ({part.rows} rows; a perfect model at least"
        f" {_percent(part.least / part.rows)})"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
