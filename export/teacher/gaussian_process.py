"""Gaussian process whose kernel is a sum of products over the axes, on power-warped inputs: itself
an SNA, one mode a row.

    k(x, x') = sum_c v_c prod_d exp(-(u_d - u'_d)^2 / (2 l_cd^2)) + noise,   u = (e^{a x} - 1) / (e^a - 1),  x in [0, 1]

or, with `laplace`, prod_d exp(-|u_d - u'_d| / l_cd). A categorical axis enters as its indicator
columns, which share one length.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from ..fit.engine.budget import check, late, strike

Floats = NDArray[np.float64]
JITTER = 1e-10
FARTHEST = 60.0
"""Logarithms of lengths, variances and noise, or a warp, beyond which the search has lost its way:
their powers overflow."""
START_LENGTH = (1.4, 0.25, 0.08)
START_VARIANCE = (1.0, 0.3, 0.1)
START_NOISE = 0.02
WORTH_SEARCHING, LEAST_ROWS, LEAST_TRIES = 60, 150, 15
"""Evaluations of the evidence to plan for when time is short, the fewest rows of one, and the
fewest evaluations."""
PRIOR_SPREAD = {"length": 2.0, "variance": 2.0, "noise": 5.0, "warp": 2.0}
"""Standard deviations of the weak normal priors on the logarithms (on the warp itself) around the
start."""


@dataclass(frozen=True, eq=False)
class Inputs:
    """Columns of the kernel: `scale` maps axis values to [0, 1]; `axis` [F] names the axis of each
    column; `level` [F] the level whose indicator the column is, -1 for a continuous axis."""

    lower: Floats
    width: Floats
    axis: NDArray[np.int64]
    level: NDArray[np.int64]

    @classmethod
    def of(cls, n_levels: NDArray[np.int64], lower: Floats, upper: Floats) -> Inputs:
        """`n_levels` [D]: 0 for a continuous axis, else its number of levels; lower, upper [D]: the
        domain."""
        axis = [d for d, n in enumerate(n_levels) for _ in range(max(n, 1))]
        level = [i if n else -1 for n in n_levels for i in range(max(n, 1))]
        return cls(
            lower, np.where(upper > lower, upper - lower, 1.0), np.array(axis), np.array(level)
        )

    @property
    def n_axes(self) -> int:
        return len(self.lower)

    def columns(self, x: Floats) -> Floats:
        """[N, F] in [0, 1]."""
        z = ((x - self.lower) / self.width)[:, self.axis]
        indicator = self.level >= 0
        z[:, indicator] = (x[:, self.axis[indicator]] == self.level[indicator]) / np.sqrt(2.0)
        return z


@dataclass(frozen=True)
class Hyper:
    """length [C, D], variance [C], noise, warp [D] (0: none); `laplace`: the rougher kernel."""

    length: Floats
    variance: Floats
    noise: float
    warp: Floats
    laplace: bool = False

    @classmethod
    def unpack(cls, t: Floats, n_products: int, n_axes: int, laplace: bool = False) -> Hyper:
        split = n_products * n_axes
        length, variance = (
            np.exp(t[:split]).reshape(n_products, n_axes),
            np.exp(t[split : split + n_products]),
        )
        return cls(
            length,
            variance,
            float(np.exp(t[split + n_products])),
            t[split + n_products + 1 :],
            laplace,
        )


def warp(z: Floats, a: Floats) -> tuple[Floats, Floats]:
    """u = expm1(a z) / expm1(a) and du/da, columnwise; the identity at a = 0."""
    a = np.where(np.abs(a) < 1e-3, 1e-3, a)
    full, part = np.expm1(a), np.expm1(a * z)
    return part / full, (z * (part + 1.0) * full - part * (full + 1.0)) / full**2


def kernels(u: Floats, v: Floats, axis: NDArray[np.int64], hyper: Hyper) -> list[Floats]:
    """The products v_c prod_d exp(..) between rows u [N, F] and v [M, F]: one [N, M] per
    product."""
    out = []
    for length, variance in zip(hyper.length, hyper.variance, strict=True):
        a, b = u / length[axis], v / length[axis]
        if hyper.laplace:
            k = -cdist(a, b, "cityblock")
        else:
            k = a @ b.T
            k -= 0.5 * np.sum(a * a, axis=1)[:, None]
            k -= 0.5 * np.sum(b * b, axis=1)
        np.minimum(k, 0.0, out=k)
        np.exp(k, out=k)
        k *= variance
        out.append(k)
    return out


class _Evidence:
    """-log p(y | hyper) with weak priors, and its gradient, in the logarithms of the
    hyper-parameters."""

    def __init__(
        self, z: Floats, y: Floats, inputs: Inputs, n_products: int, tied: bool, laplace: bool
    ) -> None:
        self.z, self.y, self.inputs, self.n_products, self.laplace = (
            z,
            y,
            inputs,
            n_products,
            laplace,
        )
        per_axis = 1 if tied else inputs.n_axes
        length = np.log(
            np.repeat(START_LENGTH[:n_products], per_axis)
            * (inputs.n_axes**0.5 if laplace else 1.0)
        )
        variance = np.log(START_VARIANCE[:n_products])
        bends = 0 if tied else inputs.n_axes
        self.start = np.r_[length, variance, np.log(START_NOISE), np.full(bends, 0.01)]
        s = PRIOR_SPREAD
        self.spread = np.repeat(
            [s["length"], s["variance"], s["noise"], s["warp"]], [len(length), n_products, 1, bends]
        )
        self.untie = self._untie(inputs.n_axes) if tied else np.eye(len(self.start))

    def _untie(self, d: int) -> Floats:
        """All hyper-parameters from the tied ones: one length for the d axes of a product, no
        warps."""
        c = self.n_products
        out = np.zeros((c * d + c + 1 + d, 2 * c + 1))
        for j in range(c):
            out[j * d : (j + 1) * d, j] = 1.0
        out[c * d : c * d + c + 1, c:] = np.eye(c + 1)
        return out

    def hyper(self, t: Floats) -> Hyper:
        return Hyper.unpack(self.untie @ t, self.n_products, self.inputs.n_axes, self.laplace)

    def __call__(self, t: Floats) -> tuple[float, Floats]:
        d, axis = self.inputs.n_axes, self.inputs.axis
        if not np.abs(t).max() < FARTHEST:
            return 1e10, np.zeros_like(t)
        hyper = self.hyper(t)
        u, du = warped(self.inputs, hyper, self.z)
        products = kernels(u, u, axis, hyper)
        k = sum(products[1:], products[0].copy())
        k[np.diag_indices(len(k))] += hyper.noise + JITTER * hyper.variance.sum()
        factor, info = dpotrf(k, lower=1, overwrite_a=1)
        if info:
            return 1e10, np.zeros_like(t)
        log_det = 2.0 * float(np.log(np.diag(factor)).sum())
        inverse = np.tril(dpotri(factor, lower=1)[0])
        inverse = inverse + np.tril(inverse, -1).T
        alpha = inverse @ self.y
        m = inverse - np.outer(alpha, alpha)
        length, bent = np.zeros_like(hyper.length), np.zeros(d)
        variance = np.zeros(self.n_products)
        for c, product in enumerate(products):
            weighted = np.multiply(m, product, out=product)
            row = weighted.sum(axis=1)
            variance[c] = 0.5 * row.sum()
            if self.laplace:
                length[c] = _pulled_apart(weighted, u, axis, d) / hyper.length[c]
                continue
            moved = weighted @ u
            # sum_ij m_ij k_ij (u_i - u_j)^2 and its warp counterpart, by matrix-vector products
            square = np.bincount(axis, row @ (u * u) - np.sum(u * moved, axis=0), d)
            cross = np.bincount(axis, row @ (u * du) - np.sum(du * moved, axis=0), d)
            length[c] = square / hyper.length[c] ** 2
            bent -= cross / hyper.length[c] ** 2
        noise = 0.5 * np.trace(m) * hyper.noise
        pull = (t - self.start) / self.spread
        value = 0.5 * float(self.y @ alpha) + 0.5 * log_det + 0.5 * float(pull @ pull)
        return (
            value,
            self.untie.T @ np.r_[length.reshape(-1), variance, noise, bent] + pull / self.spread,
        )


def _pulled_apart(weighted: Floats, u: Floats, axis: NDArray[np.int64], n_axes: int) -> Floats:
    """1/2 sum_ij weighted_ij |u_i - u_j| of every axis, [D]."""
    per_column = [
        0.5 * float(np.sum(weighted * np.abs(column[:, None] - column))) for column in u.T
    ]
    return np.asarray(np.bincount(axis, per_column, n_axes), dtype=float)


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """mean(x) = centre + spread * sum_j alpha_j k(x, x_j).

    alpha [N]; inverse [N, N] = (K + noise)^-1 in units of spread, kept for left-out predictions;
    evidence: higher is better.
    """

    inputs: Inputs
    hyper: Hyper
    u: Floats
    alpha: Floats
    inverse: Floats
    centre: float
    spread: float

    def alpha_without(self, rows: NDArray[np.int64]) -> Floats:
        """alpha of the process that never saw `rows` (zero there): block elimination of the
        inverse."""
        block = self.inverse[np.ix_(rows, rows)]
        out = self.alpha - self.inverse[:, rows] @ np.linalg.solve(block, self.alpha[rows])
        out[rows] = 0.0
        return out

    def held_out(self, folds: NDArray[np.int64]) -> Floats:
        """y - prediction without the rows of the same fold, [N]: inverse_FF^-1 alpha_F for each
        fold F.

        Source: Rasmussen and Williams, Gaussian Processes (2006), eq. 5.12, for blocks.
        """
        out = np.empty(len(self.alpha))
        for fold in np.unique(folds):
            rows = np.flatnonzero(folds == fold)
            out[rows] = np.linalg.solve(self.inverse[np.ix_(rows, rows)], self.alpha[rows])
        return self.spread * out

    def given(self, x: Floats, y: Floats) -> GaussianProcess:
        """The same hyper-parameters, centre and spread given other rows; for predictions alone."""
        return condition(
            self.inputs,
            self.hyper,
            x,
            (y - self.centre) / self.spread,
            self.centre,
            self.spread,
            inverse=False,
        )

    def predict(
        self, x: Floats, alphas: Floats | None = None, chunk: int = 4096, deadline: float = np.inf
    ) -> Floats:
        """Mean at x [M, D]: [M], or [M, A] for several `alphas` [N, A]. Raises OutOfTime at the
        deadline."""
        weights = self.alpha if alphas is None else alphas
        parts = []
        for start in range(0, len(x), chunk):
            check(deadline)
            v = features(self.inputs, self.hyper, x[start : start + chunk])
            k = kernels(v, self.u, self.inputs.axis, self.hyper)
            parts.append(sum(k[1:], k[0]) @ weights)
        return np.asarray(self.centre + self.spread * np.concatenate(parts))


def features(inputs: Inputs, hyper: Hyper, x: Floats) -> Floats:
    """Warped columns [N, F] of the kernel."""
    return warped(inputs, hyper, inputs.columns(x))[0]


def warped(inputs: Inputs, hyper: Hyper, z: Floats) -> tuple[Floats, Floats]:
    """u and du/da of columns z; indicators of levels stay as they are."""
    u, du = warp(z, hyper.warp[inputs.axis])
    plain = inputs.level >= 0
    u[:, plain], du[:, plain] = z[:, plain], 0.0
    return u, du


def fit_gaussian_process(
    inputs: Inputs,
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
    deadline: float = np.inf,
    hard: float = np.inf,
) -> GaussianProcess:
    """Hyper-parameters by evidence on at most `hyper_rows` of `rows`, drawn by `rng`, then one
    factorisation on all rows.

    x [N, D], y [N]; `tied`: one length for all axes and no warps, for few rows in many axes
    (`laplace` only with it). The noise is lifted until the kernel matrix factors. With little time
    until `deadline` the evidence is taken on fewer rows. Raises OutOfTime where the factorisation
    would not be done at the instant `hard`.
    """
    centre, spread = float(y.mean()), float(y.std()) or 1.0
    v = (y - centre) / spread
    order = rng.permutation(rows)[:hyper_rows]
    z = inputs.columns(x)

    def evidence(count: int) -> _Evidence:
        some = np.sort(order[:count])
        return _Evidence(z[some], v[some], inputs, n_products, tied, laplace)

    goal = evidence(len(order))
    if np.isfinite(deadline):
        begin = time.monotonic()
        goal, whole = evidence(_affordable(goal, len(order), deadline)), time.monotonic() - begin
        check(hard - whole * (len(x) / len(order)) ** 3)
    return condition(inputs, goal.hyper(_search(goal, iterations, deadline)), x, v, centre, spread)


class _OutOfTime(Exception):
    """The search must end with the best it has."""


def _affordable(goal: _Evidence, count: int, deadline: float) -> int:
    """Rows on which WORTH_SEARCHING evaluations end before the deadline, by the time of one on
    `count` (cost ~ rows^2.5)."""
    begin = time.monotonic()
    goal(goal.start)
    now = time.monotonic()
    share = max(deadline - now, 0.0) / (WORTH_SEARCHING * max(now - begin, 1e-9))
    if share < 1.0:
        strike()
    return max(int(count * min(share, 1.0) ** 0.4), min(LEAST_ROWS, count))


def _search(goal: _Evidence, iterations: int, deadline: float) -> Floats:
    """The hyper-parameters of the best evidence found in `iterations`, or when the deadline strikes
    (after LEAST_TRIES)."""
    best, tries = (np.inf, goal.start), 0

    def watched(t: Floats) -> tuple[float, Floats]:
        nonlocal best, tries
        tries += 1
        if tries > LEAST_TRIES and late(deadline):
            raise _OutOfTime
        value, slope = goal(t)
        best = min(best, (value, t.copy()), key=lambda pair: pair[0])
        return value, slope

    try:
        return np.asarray(
            minimize(
                watched,
                goal.start,
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": iterations, "maxcor": 20},
            ).x
        )
    except _OutOfTime:
        return best[1]


def condition(
    inputs: Inputs, hyper: Hyper, x: Floats, v: Floats, centre: float, spread: float, *, inverse: bool = True
) -> GaussianProcess:  # fmt: skip
    """The process with known hyper-parameters given all rows; v = (y - centre) / spread. Without
    `inverse` nothing can be left out."""
    u = features(inputs, hyper, x)
    k = kernels(u, u, inputs.axis, hyper)
    gram = sum(k[1:], k[0])
    lift = JITTER * hyper.variance.sum() + hyper.noise
    while True:
        a = gram.copy()
        a[np.diag_indices(len(a))] += lift
        try:
            factor = cho_factor(a, lower=True, overwrite_a=True, check_finite=False)
            break
        except LinAlgError:
            lift *= 10.0
    alpha = cho_solve(factor, v)
    if not inverse:
        return GaussianProcess(inputs, hyper, u, alpha, np.empty((0, 0)), centre, spread)
    inverted = np.tril(dpotri(factor[0], lower=1)[0])
    inverted += np.tril(inverted, -1).T
    return GaussianProcess(inputs, hyper, u, alpha, inverted, centre, spread)
