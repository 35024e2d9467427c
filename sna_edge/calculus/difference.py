"""How one model differs from another over the domain that both have: the difference of two SNAs is
an SNA, whose mean and root mean square are sums of one-dimensional integrals and whose largest
value is enclosed (`ranges`).

An input that only one of them has is one along which the other is constant. Behind a link the
linear parts are subtracted; mean and root mean square are then sampled, and the largest difference
follows from the mean value theorem: |g(a) - g(b)| <= max |g'| |a - b|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.interaction import CP
from ..core.output import Output
from ..core.record import ModelRecord, Record
from ..numerics.domain_points import domain_points
from ..numerics.reference import Reference
from .control_points import control_range
from .moments import mean, variance
from .operations import linear, scale
from .ranges import Range, ranges
from .shared_domain import aligned
from .sums import add

Floats = NDArray[np.float64]
SAMPLES = 1 << 15
RESOLVED = 1e-9
"""Of the mean square of the models: a mean square of the difference below it is what rounding
leaves of it, and is sampled instead."""


@dataclass(frozen=True)
class Difference:
    """New minus old of one output in its units, inputs uniform and independent: `mean`, `rms`
    (`exact`, else sampled), `reached` (lowest, highest) at the points `at` [D], `bound`: no
    difference is larger; `spread`: standard deviation of the old output."""

    output: str
    mean: float
    rms: float
    exact: bool
    reached: tuple[float, float]
    at: tuple[Floats, Floats]
    bound: float
    spread: float

    @property
    def largest(self) -> float:
        """The largest difference that was found, without its sign."""
        return max(abs(end) for end in self.reached)

    @property
    def place(self) -> Floats:
        """Where it was found [D]."""
        return self.at[int(abs(self.reached[1]) > abs(self.reached[0]))]


def differences(
    old: Record, new: Record, outputs: Sequence[str], seconds: float = inf
) -> tuple[tuple[Axis, ...], list[Difference]]:
    """The shared domain, and the difference of each of `outputs`, which both have. `seconds` may
    cut the search for the largest, which is then only less close. Raises InputError where the
    domains have nothing in common, or a train has its inputs in another order."""
    old, new = aligned(old, new)
    found = []
    for name in outputs:
        a, b = picked(old, name), picked(new, name)
        identity = a.outputs[0].link == b.outputs[0].link == "identity"
        work = _between if identity else _linked
        found.append(work(a, b, seconds / len(outputs)))
    return new.axes, found


def picked(model: Record, name: str) -> Record:
    """The model of one output."""
    k = model.output_names.index(name)
    work = model.interaction.with_tables(
        model.interaction.tables, model.interaction.weights[:, k : k + 1]
    )
    return model.computed(interaction=work, outputs=[model.outputs[k]])


def _between(old: Record, new: Record, seconds: float) -> Difference:
    """Both outputs are sums of products."""
    name = new.output_names[0]
    if _same(old, new):
        return _nothing(old, new.axes, name)
    work = add(linear(new), scale(old, -1.0))
    (reach,) = ranges(work, seconds)
    within = _within(work, reach)
    middle, square = float(mean(work, None)[0]), float(variance(work, None)[0])
    spread = float(variance(old, None)[0])
    size = max(spread + float(mean(old, None)[0]) ** 2, float(variance(new, None)[0]))
    exact = square + middle**2 > RESOLVED * size
    rms = hypot(middle, max(square, 0.0) ** 0.5)
    if not exact:
        middle, rms = _sampled(Reference(work).value(domain_points(work.axes, SAMPLES))[:, 0])
    return Difference(name, middle, rms, exact, reach.reached, reach.at, _far(within), spread**0.5)


def _linked(old: Record, new: Record, seconds: float) -> Difference:
    """At least one output is behind a link."""
    name = new.output_names[0]
    if _same(old, new):
        return _nothing(old, new.axes, name)
    a, b = old.outputs[0], new.outputs[0]
    work = add(_before_link(new), scale(_before_link(old), -1.0))
    (of_old,), (of_new,), (between,) = (ranges(m, seconds / 3) for m in (old, new, work))
    tried = [domain_points(new.axes, SAMPLES), *(p[None, :] for p in between.at)]
    tried += [p[None, :] for reach in (of_old, of_new) for p in reach.at]
    x = np.vstack(tried)
    y = Reference(old).value(x)[:, 0]
    change = Reference(new).value(x)[:, 0] - y
    low, high = int(change.argmin()), int(change.argmax())
    bound = max(of_new.within[1] - of_old.within[0], of_old.within[1] - of_new.within[0])
    if (a.link, a.scale, a.offset) == (b.link, b.scale, b.offset):
        ends = [*_within(old, of_old), *_within(new, of_new)]
        bound = min(bound, _slope(a, ends) * _far(_within(work, between)))
    middle, rms = _sampled(change[:SAMPLES])
    return Difference(
        name, middle, rms, False, (float(change[low]), float(change[high])), (x[low], x[high]),
        bound, float(y[:SAMPLES].std()),
    )  # fmt: skip


def _before_link(model: Record) -> Record:
    """The linear part, its link left out."""
    return model.computed(outputs=[Output("f", bias=model.outputs[0].bias)])


def _within(model: Record, reach: Range) -> tuple[float, float]:
    """What no value of the linear part leaves: the closer of two enclosures at each end."""
    low, high = np.sort(model.outputs[0].linear_of(np.array(reach.within)))
    low, high = (-inf if np.isnan(low) else low), (inf if np.isnan(high) else high)
    found = control_range(model)
    return (low, high) if found is None else (max(low, found[0]), min(high, found[1]))


def _slope(output: Output, ends: Sequence[float]) -> float:
    """The largest slope of the link over linear parts between the ends; it is reached at one of
    them, or in the middle of a logistic link."""
    low, high = min(ends), max(ends)
    f = np.array([low, high, np.clip(0.0, low, high)])
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = np.abs(output.slope(f))
    return float(slopes.max()) if np.isfinite(slopes).all() else inf


def _sampled(change: Floats) -> tuple[float, float]:
    return float(change.mean()), float(np.sqrt((change**2).mean()))


def _far(ends: tuple[float, float]) -> float:
    return max(abs(end) for end in ends)


def _nothing(old: Record, axes: tuple[Axis, ...], name: str) -> Difference:
    middle = np.array([a.lower for a in axes])
    spread = (
        float(variance(old, None)[0]) ** 0.5
        if old.outputs[0].link == "identity"
        else float(Reference(old).value(domain_points(axes, SAMPLES))[:, 0].std())
    )
    return Difference(name, 0.0, 0.0, True, (0.0, 0.0), (middle, middle), 0.0, spread)


def _same(a: ModelRecord, b: ModelRecord) -> bool:
    """Whether two models are the same function, number by number."""
    p, q = a.outputs[0], b.outputs[0]
    if (p.link, p.scale, p.offset, p.bias) != (q.link, q.scale, q.offset, q.bias):
        return False
    s, t = a.interaction, b.interaction
    if type(s) is not type(t) or not np.array_equal(s.weights, t.weights):
        return False
    if isinstance(s, CP) and isinstance(t, CP):
        modes = zip(s.modes, t.modes, strict=True)
        if not all(np.array_equal(i, j) for i, j in modes):
            return False
    bases = zip((x.basis for x in a.axes), (x.basis for x in b.axes), strict=True)
    tables = zip(s.tables, t.tables, strict=True)
    return all(
        u.kind == v.kind and u.degree == v.degree and np.array_equal(u.breaks, v.breaks)
        for u, v in bases
    ) and all(np.array_equal(u, v) for u, v in tables)
