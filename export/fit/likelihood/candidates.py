"""Which linear part (straight, additive or paired) and how smooth, by the loss on left-out
folds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import TimeBudget, now

from ..data.folds import Folds
from ..data.samples import Samples
from ..engine.factors import SeparableFunction
from .families import Family
from .features import CURVE, PAIR, STRAIGHT, Features
from .penalised import compressed, fitted, linear_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEVELS = 10.0 ** np.arange(-2.0, 4.5, 0.5)
"""Ridges tried, from weak to strong."""
NAMES = {STRAIGHT: "linear", CURVE: "additive", PAIR: "pairs"}
ALONE = "constant"
"""The model that no input changes: what the others must beat."""
LEAST_GAIN = 1.0
"""Standard errors of the gain by which a richer linear part must lose less."""
LEAST_SHARE = 0.99
"""Of the loss of a simpler linear part that a richer one may have at most."""
ROWS_OF_PAIR = 2
"""Rows for each pair of inputs from which products are tried."""
FLAT = 1e-3
"""Share of the loss by which a weaker ridge must be better."""
MOST_ROWS = 6_000
"""Rows that the search sees; the chosen linear part is then found on all."""
BLOCK_ROWS = 200_000


@dataclass(frozen=True, eq=False)
class Rows:
    """samples; y [N] (class numbers, counts, values); weight [N]; folds."""

    samples: Samples
    y: Floats
    weight: Floats
    folds: Folds

    def take(self, rows: Ints) -> Rows:
        """These rows alone, in the domain of all."""
        part = self.samples.take(rows).over(self.samples)
        return Rows(part, self.y[rows], self.weight[rows], self.folds.take(rows))


@dataclass(frozen=True, eq=False)
class Likely:
    """One linear part: features, log10 ridges by kind, and out of fold f [n, K] and loss [n] of
    `rows`."""

    name: str
    features: Features
    ridges: dict[int, float]
    rows: Ints
    f: Floats
    loss: Floats
    weight: Floats
    seconds: float = 0.0
    theta: dict[int, Floats] = field(default_factory=dict)

    @property
    def error(self) -> float:
        """Mean loss of rows that were left out, in nats."""
        return float(np.average(self.loss, weights=self.weight))

    def row(self) -> dict[str, object]:
        """The line of the report."""
        count = len(self.features.kind)
        return {
            "name": self.name, "loss": self.error, "columns": count, "seconds": self.seconds,
            "ridges": {NAMES[k]: v for k, v in self.ridges.items()},
        }  # fmt: skip


def scale(kind: Ints, ridges: dict[int, float]) -> Floats:
    """1 / sqrt(ridge) of every column."""
    return np.asarray([ridges[int(k)] for k in kind]) ** -0.5


class Search:
    """Fits of one set of features on the folds of some rows, kept by their ridges."""

    def __init__(self, family: Family, rows: Rows, features: Features, name: str) -> None:
        self.family, self.rows, self.features, self.name = family, rows, features, name
        self.columns = features.columns(rows.samples.x)
        self.begin = now()
        self._known: dict[tuple[float, ...], Likely] = {}

    def at(self, ridges: dict[int, float]) -> Likely:
        """Every fold predicted without it."""
        key = tuple(ridges[k] for k in sorted(ridges))
        if key in self._known:
            return self._known[key]
        rows, folds = self.rows, self.rows.folds
        z, _ = compressed(self.columns * scale(self.features.kind, ridges))
        f = np.full((len(z), self.family.columns), np.nan)
        for fold in folds.judged:
            seen, held = ~folds.unseen(fold), folds.held(fold)
            theta = fitted(self.family, z[seen], rows.y[seen], rows.weight[seen])
            f[held] = linear_part(theta, z[held])
        judged = folds.rows
        loss = self.family.loss(rows.y[judged], f[judged])
        found = Likely(
            self.name, self.features, dict(ridges), judged, f[judged], loss, rows.weight[judged]
        )
        self._known[key] = found
        return found

    def along(self, start: Likely, kind: int, levels: Floats, budget: TimeBudget) -> Likely:
        """The best ridge of one kind; of nearly equal ones the strongest."""
        tried = []
        for level in levels[::-1]:
            tried.append(self.at({**start.ridges, kind: float(level)}))
            worse = len(tried) > 3 and all(
                t.error > min(tried, key=lambda t: t.error).error for t in tried[-3:]
            )
            if worse or budget.passed:
                break
        least = min(tried, key=lambda t: t.error)
        return next(t for t in tried if t.error <= (1.0 + FLAT) * least.error)

    def near(self, start: Likely, kind: int, budget: TimeBudget) -> Likely:
        """One step up or down in the ridge of one kind while that helps."""
        best = start
        for step in (10.0**0.5, 10.0**-0.5):
            while not budget.passed:
                ridge = best.ridges[kind] * step
                if not LEVELS[0] / 2 < ridge < LEVELS[-1] * 2:
                    break
                other = self.at({**best.ridges, kind: ridge})
                if other.error >= (1.0 - FLAT) * best.error:
                    break
                best = other
        return best


def searched(
    family: Family, rows: Rows, budget: TimeBudget, *, paired: bool = True
) -> Iterator[Likely]:
    """The shares alone, then straight, additive and (if `paired`) paired linear parts, each begun
    at the ridges of the one before."""
    ridges: dict[int, float] = {}
    straight = Features.of(rows.samples, curved=False)
    yield Search(family, rows, straight, ALONE).at({STRAIGHT: np.inf})
    for kind, name in NAMES.items():
        if budget.passed:
            budget.leave_out(f"the linear part {name!r}")
            return
        if kind == PAIR and not (paired and _tells_pairs(rows.samples)):
            return
        begin = now()
        features = Features.of(rows.samples, curved=kind >= CURVE, paired=kind >= PAIR)
        if kind == CURVE and not (features.kind == CURVE).any():
            continue
        search = Search(family, rows, features, name)
        present = {int(k) for k in np.unique(features.kind)}
        base = {k: ridges.get(k, LEVELS[-1]) for k in present}
        levels = LEVELS if kind == STRAIGHT else LEVELS[::2]
        found = search.along(search.at(base), kind if kind in present else PAIR, levels, budget)
        for other in sorted(present - {kind}, reverse=True):
            found = search.near(found, other, budget)
        if kind != STRAIGHT:
            found = search.near(found, kind, budget)
        ridges = dict(found.ridges)
        yield replace(found, seconds=now() - begin)


def _tells_pairs(samples: Samples) -> bool:
    """Whether there are ROWS_OF_PAIR rows for each pair of inputs, and pairs."""
    n, d = samples.x.shape
    return 0 < ROWS_OF_PAIR * d * (d - 1) // 2 <= n


def chosen(found: list[Likely]) -> Likely:
    """The simplest that no richer one beats by a hundredth and by LEAST_GAIN standard errors."""
    best = found[0]
    for other in found[1:]:
        clear = other.error < LEAST_SHARE * best.error and gained(best, other, LEAST_GAIN)
        best = other if clear else best
    return best


def gained(one: Likely, other: Likely, errors: float) -> bool:
    """Whether the other loses less than one by so many standard errors."""
    gain = (one.loss - other.loss) * one.weight / one.weight.mean()
    return bool(gain.mean() > errors * gain.std() / np.sqrt(len(gain)))


def on_all_rows(family: Family, rows: Rows, found: Likely) -> SeparableFunction:
    """The chosen linear part with its ridges, of all rows."""
    some = np.arange(0, len(rows.y), max(1, -(-len(rows.y) // BLOCK_ROWS)))
    factor = scale(found.features.kind, found.ridges)
    share = len(rows.y) / len(some)
    z, turn = compressed(found.features.columns(rows.samples.x[some]) * factor)
    theta = fitted(family, z, rows.y[some], rows.weight[some] * share)
    b = theta[1:] if turn is None else turn @ theta[1:]
    return found.features.separable(theta[0], b * factor[:, None])
