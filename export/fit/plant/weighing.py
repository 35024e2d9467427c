"""Rows that do not all count alike: weights from a column, or the measurement error of every row.

    weight_i = w_i / (tau^2 + s_i^2)

w_i: the weight given (1 without); s_i: the standard deviation of the measurement of row i, tau that
of everything else that the function does not explain, from left-out residuals of a cheap process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ...table.row_facts import amounts, taken
from ...table.table import Table
from ...teacher.gaussian_process import fit_gaussian_process
from ...teacher.kernel import KernelInputs
from ...teacher.stack import crowded
from ...threads import one_thread
from ..data.folds import Folds, fold_of_rows
from ..data.samples import Samples
from ..data.weights import worth

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_ROWS, HYPER_ROWS, ITERATIONS, FOLDS = 1200, 300, 40, 10
"""Rows of the cheap process, those of its evidence, steps of the search, folds of residuals."""
FAINTEST = 1e-6
"""Least scatter beside the measurement errors, over the spread of the output."""


@dataclass(frozen=True, eq=False)
class Weighing:
    """weight [N] as given; error [N]: standard deviation of every measurement, in the unit of the
    target; None where nobody said. columns {weights, error: name}; absent: rows left out because
    they weigh nothing."""

    weight: Floats | None = None
    error: Floats | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    absent: int = 0

    def of(self, samples: Samples, seed: int) -> Samples:
        """The rows with their weights. Raises InputError for errors of several targets at once."""
        if self.error is not None:
            samples = self._with_error(samples, self.error, seed)
        elif self.weight is not None and np.ptp(self.weight) > 0:
            samples = replace(samples, weight=self.weight / self.weight.mean())
        return samples

    def _with_error(self, samples: Samples, error: Floats, seed: int) -> Samples:
        if len(samples.names) > 1:
            raise InputError(
                f"measurement errors are those of one target, not of {', '.join(samples.names)};"
                " fit each target with its errors in a call of its own"
            )
        given = np.ones(len(error)) if self.weight is None else self.weight
        if np.ptp(error) <= 1e-12 * error.max() and np.ptp(given) == 0:
            return samples
        beyond = scatter_beyond(samples, error, seed)
        variance = beyond**2 + error**2
        noise = np.sqrt(variance / (beyond**2 + float(np.median(error)) ** 2))
        weight = given / variance
        return replace(samples, weight=weight / weight.mean(), noise=noise)


def scatter_beyond(samples: Samples, error: Floats, seed: int) -> float:
    """tau of rows with one output: the standard deviation of left-out residuals that their
    measurement errors [N] do not explain, by maximum likelihood."""
    rows = np.random.default_rng(seed).permutation(len(error))[:MOST_ROWS]
    part, s = samples.take(np.sort(rows)), error[np.sort(rows)]
    with one_thread():
        residual = _left_out(part, 1.0 / (s**2 + max(float(np.median(s)) ** 2, 1e-300)), seed)
    spread = float(part.y.std())

    def loss(log_tau: float) -> float:
        variance = np.exp(2.0 * log_tau) + s**2
        return float(np.sum(np.log(variance) + residual**2 / variance))

    ends = np.log(FAINTEST * spread), np.log(2.0 * spread)
    return float(np.exp(minimize_scalar(loss, bounds=ends, method="bounded").x))


def _left_out(samples: Samples, weight: Floats, seed: int) -> Floats:
    """Residuals [N] of rows predicted without their fold by one cheap process."""
    bounds = np.array([samples.bounds(d) for d in range(samples.x.shape[1])])
    process = fit_gaussian_process(
        KernelInputs.of(samples.n_levels, bounds[:, 0], bounds[:, 1]),
        samples.x,
        samples.y[:, 0],
        np.random.default_rng(seed),
        rows=np.arange(len(samples.x)),
        tied=crowded(samples),
        hyper_rows=HYPER_ROWS,
        iterations=ITERATIONS,
        weight=weight / weight.mean(),
    )
    return process.held_out(Folds(fold_of_rows(samples.x, FOLDS, seed)))


def said(weighing: Weighing, samples: Samples) -> dict[str, Any] | None:
    """For report and metadata: columns, rows left out, how many equal rows the `samples` are worth;
    None where all weigh alike."""
    if samples.weight is None and not weighing.absent:
        return None
    found: dict[str, Any] = {**weighing.columns, "rows": len(samples.x)}
    if weighing.absent:
        found["absent"] = weighing.absent
    if samples.weight is not None:
        found["worth"] = float(f"{worth(samples.weight):.5g}")
    return found


def weighed(
    table: Table, weights: str | None, error: str | None
) -> tuple[Weighing, Table, dict[str, str]]:
    """What columns say that rows weigh, the table without rows of weight 0, and what each of these
    columns is. Raises InputError with row and column for cells that cannot be used."""
    beside: dict[str, str] = {}
    weight, errors, before = None, None, len(table)
    if weights is not None:
        weight = amounts(table, weights, "weight")
        beside[weights] = "says what rows weigh"
        if not weight.all():
            table, weight = taken(table, np.flatnonzero(weight)), weight[weight > 0]
    if error is not None:
        errors = amounts(table, error, "measurement error")
        beside[error] = "says how well each row was measured"
    columns = {"weights": weights, "error": error}
    named = {what: name for what, name in columns.items() if name is not None}
    return Weighing(weight, errors, named, before - len(table)), table, beside


def of_arrays(samples: Samples, weights: ArrayLike | None, error: ArrayLike | None) -> Weighing:
    """What arrays [N] say. Raises InputError for other lengths, numbers that are not finite,
    weights of zero and negative errors."""
    found: dict[str, Floats | None] = {}
    for what, given, least in (("weights", weights, 1e-300), ("errors", error, 0.0)):
        if given is None:
            found[what] = None
            continue
        array = reals(given, what).reshape(-1)
        if len(array) != len(samples.x):
            raise InputError(f"{len(samples.x)} rows need as many {what}, not {len(array)}")
        if not (np.isfinite(array) & (array >= least)).all() or not array.any():
            raise InputError(
                f"{what} must be {'positive' if least else 'zero or more, not all zero'}; leave the"
                " other rows out"
            )
        found[what] = array
    return Weighing(found["weights"], found["errors"])
