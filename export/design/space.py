"""What can be set: inputs with their ranges, steps and levels, and the rules between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from sna_edge.core.axis import Axis
from sna_edge.errors import InputError

from ..formulas.expression import Expression
from ..teacher.kernel import KernelInputs

Floats = NDArray[np.float64]
FINEST = 1000
"""Parts of a range without a step: settings are rounded to the decimal below width / FINEST."""
DRAWS = 1 << 17
"""Settings that are drawn at most to find some that keep the rules."""
SLACK = 1e-9


@dataclass(frozen=True)
class Factor:
    """An input that is set: a range [lower, upper] in multiples of `step` (0: any number), or
    `levels`, of which `only` some may be set (indices; all where empty). Raises InputError for a
    range without room.

    >>> Factor("power", 100.0, 200.0, step=40.0).positions.tolist()
    [120.0, 160.0, 200.0]
    """

    name: str
    lower: float = 0.0
    upper: float = 1.0
    step: float = 0.0
    levels: tuple[str, ...] = ()
    unit: str = ""
    only: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.levels:
            if len(set(self.levels)) < len(self.levels) or "" in self.levels:
                raise InputError(f"levels of {self.name!r} must differ and not be empty")
            return
        if not (isfinite(self.lower) and isfinite(self.upper) and self.lower <= self.upper):
            raise InputError(
                f"input {self.name!r} has no range from {self.lower:g} to {self.upper:g}; give"
                " LO:HI with LO < HI"
            )
        if not (isfinite(self.step) and self.step >= 0):
            raise InputError(f"the step of {self.name!r} is {self.step:g}; give one above 0")
        if self.upper > self.lower and self.count < 1:
            raise InputError(
                f"no multiple of the step {self.step:g} of {self.name!r} lies between"
                f" {self.lower:g} and {self.upper:g}; give a smaller step or a wider range"
            )

    @property
    def fixed(self) -> bool:
        """Whether there is one setting only."""
        return self.count == 1

    @property
    def grain(self) -> float:
        """The distance of two settings: the step, else a power of ten below width / 1000."""
        width = self.upper - self.lower
        return self.step or 10.0 ** floor(log10(width / FINEST)) if width > 0 else 0.0

    @property
    def _first(self) -> int:
        return ceil(self.lower / self.grain - SLACK) if self.grain else 0

    @property
    def count(self) -> int:
        """How many different settings there are."""
        if self.levels:
            return len(self.only or self.levels)
        if not self.grain:
            return 1
        return max(floor(self.upper / self.grain + SLACK) - self._first + 1, 0)

    @property
    def positions(self) -> Floats:
        """All settings in order: of an input with a step, or the indices of levels."""
        if self.levels:
            return np.array(self.only or range(len(self.levels)), dtype=float)
        if not self.grain:
            return np.array([self.lower])
        return self._at(np.arange(self._first, self._first + self.count))

    def _at(self, k: NDArray[np.int64]) -> Floats:
        """grain k without binary tails, ends kept."""
        digits = max(0, 2 - floor(log10(self.grain)) + 10)
        return np.clip(np.round(k * self.grain, min(digits, 15)), self.lower, self.upper)

    def placed(self, u: Floats) -> Floats:
        """Settings of shares u [N] of [0, 1): each of the positions is as likely."""
        if self.levels:
            return self.positions[np.minimum(np.floor(u * self.count), self.count - 1).astype(int)]
        if self.step:
            k = np.minimum(np.floor(u * self.count), self.count - 1).astype(np.int64)
            return self._at(self._first + k)
        return self.nearest(self.lower + u * (self.upper - self.lower))

    def nearest(self, x: Floats) -> Floats:
        """The setting nearest to x [N]."""
        if self.levels:
            return self.positions[np.abs(x[:, None] - self.positions).argmin(axis=1)]
        if not self.grain:
            return np.full(len(x), self.lower)
        k = np.rint(np.asarray(x) / self.grain).astype(np.int64)
        return self._at(np.clip(k, self._first, self._first + self.count - 1))

    def written(self, x: float) -> str:
        """A setting as it stands in a table."""
        return self.levels[int(x)] if self.levels else f"{x:.12g}"


@dataclass(frozen=True, eq=False)
class Space:
    """D factors and the rules between them; settings are x [N, D], levels as their index.

    >>> space = Space((Factor("a", 0, 1), Factor("b", 0, 1)), ("a + b <= 1",))
    >>> x = space.sobol(16, seed=1)
    >>> x.shape, bool((x.sum(axis=1) <= 1).all())
    ((16, 2), True)
    """

    factors: tuple[Factor, ...]
    rules: Sequence[str] = ()
    _rules: tuple[Expression, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = [f.name for f in self.factors]
        if not names:
            raise InputError("a plan needs inputs; give --input NAME=LO:HI or --levels NAME=A,B")
        if len(set(names)) < len(names):
            twice = next(n for n in names if names.count(n) > 1)
            raise InputError(f"input {twice!r} is stated twice; state it once")
        object.__setattr__(
            self, "_rules", tuple(Expression.rule(text, self.numeric) for text in self.rules)
        )

    @classmethod
    def of_axes(cls, axes: Sequence[Axis], rules: Sequence[str] = ()) -> Space:
        """The domain of a model."""
        return cls(
            tuple(
                Factor(a.name, a.lower, a.upper, 0.0, tuple(a.level_names), a.unit) for a in axes
            ),
            rules,
        )

    @property
    def names(self) -> list[str]:
        """Names of the inputs."""
        return [f.name for f in self.factors]

    @property
    def numeric(self) -> list[str]:
        """Names of the inputs that are numbers."""
        return [f.name for f in self.factors if not f.levels]

    @property
    def inputs(self) -> KernelInputs:
        """How settings become columns of [0, 1] in which distances are taken; levels are at a
        distance of 1 from each other."""
        levels = np.array([len(f.levels) for f in self.factors])
        ends = np.array([(0.0, 1.0) if f.levels else (f.lower, f.upper) for f in self.factors])
        return KernelInputs.of(levels, ends[:, 0], ends[:, 1])

    def columns(self, x: Floats) -> dict[str, Floats]:
        """Columns by name of the inputs that are numbers."""
        return {f.name: x[:, d] for d, f in enumerate(self.factors) if not f.levels}

    def keeps(self, x: Floats) -> NDArray[np.bool_]:
        """[N], which settings keep the rules."""
        kept = np.ones(len(x), dtype=bool)
        for rule in self._rules:
            kept &= np.broadcast_to(rule.value(self.columns(x)), kept.shape)
        return kept

    def placed(self, u: Floats) -> Floats:
        """Settings x [N, D] of shares u [N, D]."""
        return np.stack([f.placed(u[:, d]) for d, f in enumerate(self.factors)], axis=1)

    def nearest(self, x: Floats) -> Floats:
        """The nearest settings."""
        return np.stack([f.nearest(x[:, d]) for d, f in enumerate(self.factors)], axis=1)

    @property
    def size(self) -> float:
        """How many different settings there are, rules aside."""
        return float(np.prod([float(f.count) for f in self.factors]))

    def sobol(self, count: int, seed: int) -> Floats:
        """The first `count` different settings of a scrambled Sobol sequence that keep the rules;
        as many as there are where they are fewer. Raises InputError where none is found."""
        engine = qmc.Sobol(len(self.factors), scramble=True, rng=np.random.default_rng(seed))
        found, drawn = np.empty((0, len(self.factors))), 0
        block = 1 << max(4, ceil(log10(2 * count) / log10(2)))
        while len(found) < min(count, self.size) and drawn < max(DRAWS, block):
            block = max(block, drawn)  # so that all drawn are a power of two
            x = self.placed(engine.random(block))
            found = distinct(np.concatenate([found, x[self.keeps(x)]]))
            drawn += block
        if not len(found):
            raise InputError(
                f"none of {drawn} settings keeps the rules ({'; '.join(self.rules)}); widen the"
                " ranges or loosen a rule"
            )
        return found[:count]


def distinct(x: Floats) -> Floats:
    """Each row once, in the order in which it came."""
    return x[np.sort(np.unique(x, axis=0, return_index=True)[1])]
