"""Runs left out: modes and coefficients of the others predict their fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .modes import Modes, spread

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def folds_of_runs(count: int, folds: int, seed: int) -> Ints:
    """[E], which of `folds` groups of about equal size a run is left out with."""
    order = np.random.default_rng(seed).permutation(count)
    found = np.empty(count, dtype=np.int64)
    found[order] = np.arange(count) % folds
    return found


Coefficients = Callable[[Floats], Floats]
"""c [P, J] at settings [P, D]."""


def predicted_without(
    x: Floats,
    fields: Floats,
    fold: Ints,
    fitted: Callable[[Floats, Floats], tuple[Modes, dict[str, Coefficients]]],
) -> dict[str, Floats]:
    """Fields [E, M] of runs at x [E, D], by each kind of coefficients, predicted by what `fitted`
    makes of the runs of other folds: everything is found anew there."""
    predicted: dict[str, Floats] = {}
    for k in np.unique(fold):
        out = fold == k
        modes, kinds = fitted(x[~out], fields[~out])
        for kind, coefficients in kinds.items():
            rows = predicted.setdefault(kind, np.empty_like(fields))
            rows[out] = modes.fields(coefficients(x[out]))
    return predicted


@dataclass(frozen=True, eq=False)
class HeldOut:
    """`fields` and `predicted` [E, M] of runs that took no part, weights [M] of the part;
    components are together at a node: M = N components."""

    fields: Floats
    predicted: Floats
    weight: Floats
    components: int

    @cached_property
    def of_runs(self) -> Floats:
        """Root mean square error over the part of every run [E], in units of the field."""
        return np.asarray(np.sqrt(np.square(self.predicted - self.fields) @ self.weight))

    @property
    def rmse(self) -> float:
        """Over runs and part."""
        return float(np.sqrt(np.square(self.of_runs).mean()))

    @cached_property
    def of_nodes(self) -> Floats:
        """Root mean square error over the runs at every node [N]."""
        square = np.square(self.predicted - self.fields).mean(axis=0)
        return np.asarray(np.sqrt(square.reshape(-1, self.components).sum(axis=1)))

    @cached_property
    def spread(self) -> float:
        """What fields deviate from their mean."""
        return spread(self.fields, self.weight)

    def figures(self) -> dict[str, Any]:
        """rmse in units, and as shares of the spread and of the norm of the field; the worst run
        and the worst node."""
        norm = float(np.sqrt((np.square(self.fields) @ self.weight).mean()))
        rmse = self.rmse
        run, node = int(np.argmax(self.of_runs)), int(np.argmax(self.of_nodes))
        return {
            "rmse": rmse,
            "of_spread": rmse / self.spread,
            "of_norm": rmse / norm,
            "median_of_norm": float(np.median(self.of_runs)) / norm,
            "worst_run": {"run": run, "rmse": float(self.of_runs[run])},
            "worst_node": {"node": node, "rmse": float(self.of_nodes[node])},
            "largest": float(np.abs(self.predicted - self.fields).max()),
        }
