"""The range of every output over the domain: values that are reached, and an enclosure that nothing
leaves.

On a box of pieces of the axes an atom lies between its Bernstein control points: m +- h. With phi_d
= m_d + (phi_d - m_d)

    f = prod m + sum_d (phi_d - m_d) prod_{e != d} m_e + rest
    |rest| <= prod (|m| + h) - prod |m| - sum_d h_d prod_{e != d} |m_e|

summed over modes: the middle part is a sum of functions of one input, enclosed by its own control
points. Sums of products also multiply their intervals mode by mode. Boxes whose enclosure reaches
farthest are halved until the work is spent; every stage is valid. Source: Moore, Kearfott and
Cloud, Introduction to Interval Analysis (2009), chapters 5 and 6.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.axis import Axis
from ..core.basis.nodal import bernstein_matrix
from ..core.interaction import CP
from ..core.record import ModelRecord
from ..numerics.domain_points import domain_points, span_points
from ..numerics.reference import Reference
from ..numerics.time_budget import now
from .axis_profile import along, atoms, sides

Floats = NDArray[np.float64]
Box = tuple[tuple[int, int], ...]

PIECES = 16  # of an axis at least
FINE = 512  # spans up to which each is halved at least
BOXES = 2000  # halved in all, over inputs and outputs
ROUNDING = 1e-11  # relative: float64 arithmetic of the enclosure
SURE = 4  # outputs of which each is climbed whatever the time
CLOSE = 1e-3  # of the range: near enough
SAMPLES, STARTS, SWEEPS, LINE = 4096, 16, 3, 65


@dataclass(frozen=True)
class Range:
    """reached (low, high): values of the model at points that were tried, `at` [D] each. within
    (low, high): no value in the domain lies outside."""

    reached: tuple[float, float]
    within: tuple[float, float]
    at: tuple[Floats, Floats] = field(compare=False)


def ranges(model: ModelRecord, seconds: float = 0.3) -> list[Range]:
    """One range per output. The same model gives the same numbers unless the time runs out
    first."""
    end = now() + seconds
    tried = _reached(model, now() + 0.4 * seconds)
    pieces = _Pieces(model)
    found = []
    for k, output in enumerate(model.outputs):
        begin = now()
        until = begin + (end - begin) / (len(model.outputs) - k)
        reached, at = tried[k]
        f = np.sort(output.linear_of(np.array(reached)))
        low, high = (
            _enclosed(pieces, k, side, f, begin + (until - begin) * part)
            for side, part in ((0, 0.5), (1, 1.0))
        )
        with np.errstate(over="ignore"):
            ends = np.sort(output.value(np.array([low, high])))
        within = min(float(ends[0]), reached[0]), max(float(ends[1]), reached[1])
        found.append(Range(reached, within, at))
    return found


def _reached(
    model: ModelRecord, end: float
) -> list[tuple[tuple[float, float], tuple[Floats, Floats]]]:
    """Lowest and highest value found, and where: samples, then the best of them moved along one
    axis after another."""
    points = np.vstack([span_points(model.axes), domain_points(model.axes, SAMPLES)])
    evaluator = Reference(model)
    y = evaluator.value(points)
    found, starts = [], max(1, STARTS // len(model.outputs))
    for k in range(len(model.outputs)):
        order = np.argsort(y[:, k], kind="stable")
        best = [float(y[order[0], k]), float(y[order[-1], k])]
        place = [points[order[0]], points[order[-1]]]
        for side, rows in ((0, order[:starts]), (1, order[-starts:])):
            if now() < end or len(model.outputs) <= SURE:
                moved = _climbed(model, points[rows], k, (-1, 1)[side])
                value = evaluator.value(moved)[:, k]
                n = int((value.argmin, value.argmax)[side]())
                if (value[n] < best[side], value[n] > best[side])[side]:
                    best[side], place[side] = float(value[n]), moved[n]
        found.append(((best[0], best[1]), (place[0], place[1])))
    return found


def _climbed(model: ModelRecord, x: Floats, k: int, sign: int) -> Floats:
    """Points [N, D] moved to the best position along each axis in turn, the last time the best of
    them alone and closely."""
    drawn = [atoms(model, d, x[:, d]) for d in range(len(model.axes))]
    lines = [_line(axis) for axis in model.axes]
    tables = [atoms(model, d, positions) for d, positions in enumerate(lines)]
    x, y = x.copy(), np.empty(0)
    for sweep in range(SWEEPS):
        if sweep == SWEEPS - 1:
            n = int(y.argmax())
            x, drawn = x[n : n + 1], [part[n : n + 1] for part in drawn]
        for d, axis in enumerate(model.axes):
            left, right = sides(model, drawn)
            found = sign * along(model, tables[d], left[d], right[d], k)
            best, y = found.argmax(axis=0), found.max(axis=0)
            x[:, d] = lines[d][best]
            if sweep == SWEEPS - 1 and axis.kind != "categorical":
                x[0, d] = _zoomed(model, d, lines[d], int(best[0]), (left[d], right[d]), k, sign)
            drawn[d] = atoms(model, d, x[:, d])
    return x


def _zoomed(
    model: ModelRecord,
    d: int,
    positions: Floats,
    best: int,
    others: tuple[Floats, Floats],
    k: int,
    sign: int,
) -> float:
    """The best position along axis d between the neighbours of positions[best], looked at twice
    more closely."""
    for _ in range(2):
        positions = np.linspace(
            positions[max(best - 1, 0)], positions[min(best + 1, len(positions) - 1)], 33
        )
        best = int((sign * along(model, atoms(model, d, positions), *others, k)[:, 0]).argmax())
    return float(positions[best])


def _line(axis: Axis) -> Floats:
    """Positions along an axis: ends, breaks and between them."""
    if axis.kind == "categorical":
        return np.arange(axis.basis.n_spans, dtype=float)
    return np.unique(
        np.r_[
            axis.basis.breaks[:: 1 + axis.basis.n_spans // LINE],
            np.linspace(axis.lower, axis.upper, LINE),
        ]
    )


class _Pieces:
    """Control points of every axis on its pieces: CP [n, p+1, R], TT [n, p+1, l, r]; None where no
    mode uses the axis."""

    def __init__(self, model: ModelRecord) -> None:
        self.cp = isinstance(model.interaction, CP)
        self.weights = model.interaction.weights
        self.bias = [o.bias for o in model.outputs]
        self.control = [_control(model, d) for d in range(len(model.axes))]
        self.whole: Box = tuple((0, 1 if c is None else len(c)) for c in self.control)
        self._one = np.ones(model.interaction.rank if self.cp else 1)

    def bounds(self, box: Box, k: int) -> tuple[float, float, Floats]:
        """Enclosure of f_k on a box, and what each axis adds to its width [D]."""
        used = [
            (d, c[a:b])
            for d, (c, (a, b)) in enumerate(zip(self.control, box, strict=True))
            if c is not None
        ]
        low, high = [c.min(axis=(0, 1)) for _, c in used], [c.max(axis=(0, 1)) for _, c in used]
        middle = [0.5 * (a + b) for a, b in zip(low, high, strict=True)]
        size, half = (
            [np.abs(m) for m in middle],
            [0.5 * (b - a) for a, b in zip(low, high, strict=True)],
        )
        reach = [s + h for s, h in zip(size, half, strict=True)]
        weight = self.weights[:, k]
        before, after = self._before(middle), self._after(middle, weight)
        outer, behind = self._before(size), self._after(size, np.abs(weight))
        far, beyond = self._before(reach), self._after(reach, np.abs(weight))
        centre, most = self._ended(before[-1], weight), self._ended(far[-1], np.abs(weight))
        rest, lower, upper = most - self._ended(outer[-1], np.abs(weight)), 0.0, 0.0
        adds = np.zeros(len(box))
        for i, (d, c) in enumerate(used):
            line = self._lines(c - middle[i], before[i], after[i])
            lower, upper = lower + float(line.min()), upper + float(line.max())
            rest -= self._between(outer[i], half[i], behind[i])
            adds[d] = self._between(far[i], half[i], beyond[i])
        slack = max(rest, 0.0) + ROUNDING * (most + abs(self.bias[k]))
        ends = centre + lower - slack, centre + upper + slack
        if self.cp:
            product = self._product(low, high, weight)
            ends = (
                max(ends[0], product[0] - ROUNDING * most),
                min(ends[1], product[1] + ROUNDING * most),
            )
        return self.bias[k] + ends[0], self.bias[k] + ends[1], adds

    def _before(self, parts: list[Floats]) -> list[Floats]:
        out = [self._one]
        for part in parts:
            out.append(out[-1] * part if self.cp else out[-1] @ part)
        return out

    def _after(self, parts: list[Floats], weight: Floats) -> list[Floats]:
        """Behind every part: the product of those that follow, and W."""
        out = [weight]
        for part in reversed(parts[1:]):
            out.append(part * out[-1] if self.cp else part @ out[-1])
        return out[::-1]

    def _ended(self, row: Floats, weight: Floats) -> float:
        return float(row @ weight)

    def _between(self, before: Floats, part: Floats, after: Floats) -> float:
        return float((before * part) @ after if self.cp else before @ part @ after)

    def _lines(self, control: Floats, before: Floats, after: Floats) -> Floats:
        return np.asarray(control @ (before * after) if self.cp else (before @ control) @ after)

    def _product(
        self, low: list[Floats], high: list[Floats], weight: Floats
    ) -> tuple[float, float]:
        """Intervals multiplied mode by mode, then summed."""
        a = b = self._one
        for c, d in zip(low, high, strict=True):
            ends = np.stack([a * c, a * d, b * c, b * d])
            a, b = ends.min(axis=0), ends.max(axis=0)
        return float(np.minimum(weight * a, weight * b).sum()), float(
            np.maximum(weight * a, weight * b).sum()
        )


def _control(model: ModelRecord, d: int) -> Floats | None:
    """Control points of axis d on pieces: spans, cut evenly where there are few."""
    table, basis = model.interaction.tables[d], model.axes[d].basis
    if not table.shape[1]:
        return None
    poly, p = basis.power_tables(table), basis.degree
    parts = (
        1
        if basis.kind == "levels"
        else max(-(-PIECES // basis.n_spans), 2 if p > 1 and basis.n_spans <= FINE else 1)
    )
    to_bernstein = np.linalg.inv(bernstein_matrix(p)).T
    cut = np.stack([to_bernstein @ _shifted(p, j / parts, 1.0 / parts) for j in range(parts)])
    control = np.matmul(cut[None], poly[:, None]).reshape(-1, p + 1, table.shape[1])
    if not isinstance(model.interaction, CP):
        return np.asarray(
            control.reshape(len(control), p + 1, *model.interaction.cores[d].shape[1:])
        )
    full = np.ones((len(control), p + 1, model.interaction.rank))
    full[:, :, model.interaction.modes[d]] = control
    return full


def _shifted(p: int, start: float, width: float) -> Floats:
    """Matrix from the coefficients of sum_k a_k u^k to those in v, u = start + width v."""
    v = np.polynomial.Polynomial([start, width])
    out = np.zeros((p + 1, p + 1))
    for k in range(p + 1):
        power = (v**k).coef
        out[: len(power), k] = power
    return out


def _enclosed(pieces: _Pieces, k: int, side: int, reached: Floats, end: float) -> float:
    """The lower (side 0) or upper (1) end of f_k over the domain: the farthest of all boxes after
    halving the farthest again and again."""
    sign = (1.0, -1.0)[side]
    target, near = (
        sign * float(reached[side]),
        CLOSE * float(np.nan_to_num(reached[1] - reached[0], posinf=0.0)),
    )
    boxes = max(1, BOXES // (2 * len(pieces.whole) * len(pieces.bias)))
    bounds = pieces.bounds(pieces.whole, k)
    heap: list[tuple[Any, ...]] = [(sign * bounds[side], 0, pieces.whole, bounds[2])]
    done, count = np.inf, 1  # the nearest end of the boxes that are one piece on every axis
    while heap and count < 2 * boxes and now() < end:
        value, _, box, adds = heap[0]
        if value >= done or target - value <= near:
            break
        heapq.heappop(heap)
        halves = _halves(box, adds)
        if not halves:
            done = min(done, value)
        for half in halves:
            bounds = pieces.bounds(half, k)
            heapq.heappush(heap, (max(value, sign * bounds[side]), count, half, bounds[2]))
            count += 1
    return sign * min(done, heap[0][0] if heap else np.inf)


def _halves(box: Box, adds: Floats) -> list[Box]:
    """The box in two, across the axis that adds most to its width; none where it is one piece on
    every axis."""
    lengths = np.array([b - a for a, b in box])
    if (lengths == 1).all():
        return []
    d = int(np.where(lengths > 1, adds, -1.0).argmax())
    a, b = box[d]
    middle = (a + b) // 2
    return [(*box[:d], part, *box[d + 1 :]) for part in ((a, middle), (middle, b))]
