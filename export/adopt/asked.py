"""A black box that is asked at points of a domain: what it answers is checked and counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sna_edge.errors import InputError
from sna_edge.numerics.low_discrepancy import points
from sna_edge.values.reals import reals

from ..fit.data.samples import AxisSpec, Samples
from ..teacher.training_points import training_points
from .adopted import Domain

Floats = NDArray[np.float64]
LEAST_ROWS = 10


def domain_of(domain: Sequence[Domain] | Mapping[str, tuple[float, float]]) -> tuple[Domain, ...]:
    """As given, or of {name: (lower, upper)}."""
    if not len(domain):
        raise InputError("the domain has no input; give {name: (lower, upper)} or Domain(..)")
    if isinstance(domain, Mapping):
        return tuple(Domain(name, "", float(a), float(b)) for name, (a, b) in domain.items())
    return tuple(domain)


@dataclass
class Asked:
    """predict(x [N, D]) gives [N] or [N, K]; `most` calls are allowed; x and y are all that was
    asked to learn from. Points are drawn one after another, never twice."""

    predict: Callable[[Floats], ArrayLike]
    domain: tuple[Domain, ...]
    most: int
    rows: Floats | None
    seed: int
    names: Sequence[str] = ()
    x: Floats = field(init=False)
    y: Floats = field(init=False)
    calls: int = 0
    drawn: int = 0

    def __post_init__(self) -> None:
        self.x, self.y = np.empty((0, len(self.domain))), np.empty((0, 0))
        if self.rows is None:
            return
        self.rows = rows = reals(self.rows, "rows", finite=True)
        if len(rows) < LEAST_ROWS:
            raise InputError(
                f"rows has {len(rows)} rows; points near fewer than {LEAST_ROWS} say nothing"
                " between them: give more, or none for points all over the domain"
            )
        if rows.ndim != 2 or rows.shape[1] != len(self.domain):
            raise InputError(
                f"rows have the shape {rows.shape}; give [N, {len(self.domain)}], a column per"
                " input of the domain"
            )
        for d, box in enumerate(self.domain):
            lower, upper = (0, len(box.levels) - 1) if box.levels else (box.lower, box.upper)
            if rows[:, d].min() < lower or rows[:, d].max() > upper:
                raise InputError(
                    f"rows of input {box.name!r} lie outside its domain {lower:g}..{upper:g}; widen"
                    " the domain or drop them"
                )

    @property
    def left(self) -> int:
        """Calls."""
        return self.most - self.calls

    def values(self, x: Floats) -> Floats:
        """[N, K] at x, counted. InputError for what is no number."""
        y = reals(self.predict(x), "what the black box gives")
        y = y[:, None] if y.ndim == 1 else y
        if y.ndim != 2 or len(y) != len(x):
            raise InputError(
                f"the black box gave the shape {y.shape} for {len(x)} points; it must give [N] or"
                " [N, K] for points [N, D]"
            )
        self.calls += len(x)
        wrong = np.flatnonzero(~np.isfinite(y).all(axis=1))
        if len(wrong):
            at = ", ".join(
                f"{box.name} = {v:g}" for box, v in zip(self.domain, x[wrong[0]], strict=True)
            )
            raise InputError(
                f"the black box gave {y[wrong[0]].min():g} at {at}; it must give finite numbers"
                " everywhere in the domain"
            )
        if self.names and len(self.names) != y.shape[1]:
            raise InputError(
                f"the black box has {y.shape[1]} outputs, not the {len(self.names)} named"
                f" ({', '.join(self.names)})"
            )
        return np.asarray(y)

    def learn(self, x: Floats) -> None:
        """Asks at x and keeps the answers."""
        y = self.values(x)
        self.x = np.concatenate([self.x, x])
        self.y = np.concatenate([self.y, y]) if self.y.size else y

    def fresh(self, count: int) -> Floats:
        """Points [count, D] that were not drawn before: of the box, or near the rows."""
        self.drawn += count
        if self.rows is not None:
            return self._near_rows(count)
        unit = points(self.drawn, len(self.domain), seed=self.seed)[-count:]
        return self._inside(unit)

    def _inside(self, unit: Floats) -> Floats:
        columns = [
            np.minimum((unit[:, d] * len(box.levels)).astype(int), len(box.levels) - 1.0)
            if box.levels
            else box.lower + unit[:, d] * (box.upper - box.lower)
            for d, box in enumerate(self.domain)
        ]
        return np.stack(columns, axis=1)

    def _near_rows(self, count: int) -> Floats:
        assert self.rows is not None
        levels = np.array([len(box.levels) for box in self.domain])
        rng = np.random.default_rng([self.seed, self.drawn])
        x, _ = training_points(self.rows, levels, count, rng)
        return x[len(self.rows) :]

    def samples(self) -> Samples:
        """What was learned, as rows of a fit."""
        axes = [
            AxisSpec(b.name, b.unit, b.levels)
            if b.levels
            else AxisSpec(b.name, b.unit, domain=(b.lower, b.upper))
            for b in self.domain
        ]
        return Samples.of(self.x, self.y, axes, self.names)


def predictor(given: Any) -> Callable[[Floats], ArrayLike]:
    """The function itself, or the `predict` of an object as scikit-learn has it."""
    found = given if callable(given) else getattr(given, "predict", None)
    if not callable(found):
        raise InputError(
            f"a black box is a function of points [N, D] or an object with predict, not"
            f" {type(given).__name__}"
        )
    return found  # type: ignore[no-any-return]
