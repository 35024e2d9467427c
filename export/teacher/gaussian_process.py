"""Gaussian process whose kernel is a sum of products over the axes: itself separable, one mode a
row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.optimize import minimize

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget, now

from ..fit.data.folds import Folds
from ..fit.engine.positive_definite import inverse_of
from ..threads import side_by_side
from .kernel import Hyper, KernelInputs, features, kernels
from .marginal_likelihood import JITTER, MarginalLikelihood

Floats = NDArray[np.float64]
SETTLED = 1e-6
"""Relative gain of the evidence below which a step of the search is the last: a thousandth of a
nat, where a tenth cannot be told."""
WORTH_SEARCHING, LEAST_EVIDENCE_ROWS, LEAST_TRIES = 60, 150, 15
"""Evaluations of the evidence to plan for when time is short, the fewest rows of one, and the
fewest evaluations."""


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """mean(x) = centre + spread * sum_j alpha_j k(x, x_j).

    alpha [N]; inverse [N, N] = (K + noise)^-1 in units of spread, kept for left-out predictions;
    searched [T]: the logarithms of the hyper-parameters that the evidence was searched over.
    """

    inputs: KernelInputs
    hyper: Hyper
    u: Floats
    alpha: Floats
    inverse: Floats
    centre: float
    spread: float
    searched: Floats

    def alpha_without(self, rows: NDArray[np.int64]) -> Floats:
        """alpha of the process that never saw `rows` (zero there): block elimination of the
        inverse."""
        block = self.inverse[np.ix_(rows, rows)]
        out = self.alpha - self.inverse[:, rows] @ np.linalg.solve(block, self.alpha[rows])
        out[rows] = 0.0
        return out

    def held_out(self, folds: Folds) -> Floats:
        """y - prediction without the rows of the same fold, [N]: inverse_FF^-1 alpha_F for each
        fold F (and the later ones, where folds go forward); NaN for rows of no fold.

        Source: Rasmussen and Williams, Gaussian Processes (2006), eq. 5.12, for blocks.
        """
        out = np.full(len(self.alpha), np.nan)
        for fold in folds.judged:
            rows = np.flatnonzero(folds.unseen(fold))
            out[rows] = np.linalg.solve(self.inverse[np.ix_(rows, rows)], self.alpha[rows])
        return self.spread * out

    def given(self, x: Floats, y: Floats, weight: Floats | None = None) -> GaussianProcess:
        """The same hyper-parameters, centre and spread given other rows; for predictions alone."""
        return condition(
            self.inputs,
            self.hyper,
            x,
            (y - self.centre) / self.spread,
            self.centre,
            self.spread,
            self.searched,
            weight,
            inverse=False,
        )

    def predict(
        self,
        x: Floats,
        alphas: Floats | None = None,
        chunk: int = 4096,
        budget: TimeBudget | None = None,
    ) -> Floats:
        """Mean at x [M, D]: [M], or [M, A] for several `alphas` [N, A]. Raises OutOfTime when the
        time is up."""
        weights = self.alpha if alphas is None else alphas
        parts = []
        for start in range(0, len(x), chunk):
            if budget is not None:
                budget.require()
            v = features(self.inputs, self.hyper, x[start : start + chunk])
            k = kernels(v, self.u, self.inputs.axis, self.hyper)
            parts.append(sum(k[1:], k[0]) @ weights)
        return np.asarray(self.centre + self.spread * np.concatenate(parts))


def fit_gaussian_process(
    inputs: KernelInputs,
    x: Floats,
    y: Floats,
    rng: np.random.Generator,
    *,
    rows: NDArray[np.int64],
    n_products: int = 1,
    tied: bool = False,
    laplace: bool = False,
    hyper_rows: int = 700,
    iterations: int = 100,
    starts: Sequence[Floats] = (),
    weight: Floats | None = None,
    budget: TimeBudget | None = None,
    hard: TimeBudget | None = None,
    given: Callable[..., GaussianProcess] | None = None,
) -> GaussianProcess:
    """Hyper-parameters by evidence on at most `hyper_rows` of `rows`, drawn by `rng`, then one
    factorisation on all rows, or what `given` makes of them (the arguments of `condition`, which
    it is by default).

    x [N, D], y [N]; `starts`: places [T] (`searched` of processes of the same kind), of which the
    one with the most evidence begins a second search; `tied`: one length for all axes and no warps,
    for few rows in many axes (`laplace` only with it); weight [N] of the rows: the noise of one is
    noise / w. The noise is lifted until the kernel matrix factors. Where `budget` leaves the search
    little time, the evidence is taken on fewer rows. Raises OutOfTime where the factorisation would
    not be done in the time that `hard` leaves.
    """
    centre, spread = float(y.mean()), float(y.std()) or 1.0
    v = (y - centre) / spread
    order = rng.permutation(rows)[:hyper_rows]
    z = inputs.columns(x)

    def evidence(count: int) -> MarginalLikelihood:
        some = np.sort(order[:count])
        w = None if weight is None else weight[some]
        return MarginalLikelihood(z[some], v[some], inputs, n_products, tied, laplace, w)

    goal = evidence(len(order))
    budget = budget or TimeBudget()
    if not budget.endless:
        begin = now()
        goal, whole = evidence(_affordable(goal, len(order), budget)), now() - begin
        if hard is not None:
            hard.require(whole * (len(x) / len(order)) ** 3)
    begun = (goal.start, *sorted(starts, key=lambda t: goal(t)[0])[:1])
    ends = side_by_side(lambda start: _search(goal, start, iterations, budget), begun)
    t = min(ends, key=lambda t: goal(t)[0])
    return (given or condition)(inputs, goal.hyper(t), x, v, centre, spread, t, weight)


def _affordable(goal: MarginalLikelihood, count: int, budget: TimeBudget) -> int:
    """Rows on which WORTH_SEARCHING evaluations fit into the time left, by the time of one on
    `count` (cost ~ rows^2.5)."""
    begin = now()
    goal(goal.start)
    share = budget.left / (WORTH_SEARCHING * max(now() - begin, 1e-9))
    if share < 1.0:
        budget.stop()
    return max(int(count * min(share, 1.0) ** 0.4), min(LEAST_EVIDENCE_ROWS, count))


def _search(goal: MarginalLikelihood, start: Floats, iterations: int, budget: TimeBudget) -> Floats:
    """The hyper-parameters of the best evidence found in `iterations` from `start` [T], or when the
    time is up (after LEAST_TRIES)."""
    best, tries = (np.inf, start), 0

    def watched(t: Floats) -> tuple[float, Floats]:
        nonlocal best, tries
        tries += 1
        if tries > LEAST_TRIES:
            budget.require()
        value, slope = goal(t)
        best = min(best, (value, t.copy()), key=lambda pair: pair[0])
        return value, slope

    try:
        return np.asarray(
            minimize(
                watched,
                start,
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": iterations, "maxcor": 20, "ftol": SETTLED},
            ).x
        )
    except OutOfTime:
        return best[1]


def condition(
    inputs: KernelInputs,
    hyper: Hyper,
    x: Floats,
    v: Floats,
    centre: float,
    spread: float,
    searched: Floats,
    weight: Floats | None = None,
    *,
    inverse: bool = True,
) -> GaussianProcess:
    """The process with known hyper-parameters given all rows; v = (y - centre) / spread. Without
    `inverse` nothing can be left out."""
    u = features(inputs, hyper, x)
    gram, *more = kernels(u, u, inputs.axis, hyper)
    while more:
        gram += more.pop(0)
    noise = hyper.noise if weight is None else hyper.noise / weight
    lift = JITTER * hyper.variance.sum() + noise
    while True:
        a = np.array(gram, order="F")
        a[np.diag_indices(len(a))] += lift
        try:
            factor = cho_factor(a, lower=True, overwrite_a=True, check_finite=False)
            break
        except LinAlgError:
            lift = 10.0 * lift
    alpha = cho_solve(factor, v)
    del a, gram
    whole = inverse_of(factor[0], overwrite=True) if inverse else np.empty((0, 0))
    return GaussianProcess(inputs, hyper, u, alpha, whole, centre, spread, searched)
