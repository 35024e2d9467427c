"""Likelihoods of one target: of two classes, counts, positive numbers, ordered and several classes.

    loss(y, f) = -log p(y | f)   in nats, up to what does not depend on f

f [N, K] is the linear part, K = 1 but for several classes (one column each).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp, softmax, xlogy

Floats = NDArray[np.float64]
LEAST = 1e-12
"""Weight of a row below which it says nothing of the next step."""
FAR = 30.0
"""Linear part of exp and logistic beyond which nothing more is learnt."""


@dataclass(frozen=True)
class Family:
    """One linear part. Subclasses give `loss`, its slope and its curvature by f, the mean of y, and
    the linear part of a constant model."""

    name = ""
    link = "exp"
    columns = 1

    def loss(self, y: Floats, f: Floats) -> Floats:
        """[N], in nats."""
        raise NotImplementedError

    def slope(self, y: Floats, f: Floats) -> Floats:
        """d loss / df, [N, K]."""
        raise NotImplementedError

    def curvature(self, y: Floats, f: Floats) -> Floats:
        """d2 loss / df2, [N, K], positive."""
        raise NotImplementedError

    def constant(self, y: Floats, weight: Floats) -> Floats:
        """f [K] of the best constant."""
        raise NotImplementedError


class Bernoulli(Family):
    """y in {0, 1}, P(y = 1) = 1 / (1 + exp(-f))."""

    name, link = "bernoulli", "logistic"

    def loss(self, y: Floats, f: Floats) -> Floats:
        """log(1 + e^f) - y f."""
        return np.asarray(np.logaddexp(0.0, f[:, 0]) - y * f[:, 0])

    def slope(self, y: Floats, f: Floats) -> Floats:
        """p - y."""
        return np.asarray(expit(f) - y[:, None])

    def curvature(self, y: Floats, f: Floats) -> Floats:
        """p (1 - p)."""
        p = expit(f)
        return np.maximum(p * (1.0 - p), LEAST)

    def constant(self, y: Floats, weight: Floats) -> Floats:
        """The log odds of the share, half a row short of certain."""
        half = 0.5 / len(y)
        p = np.clip(np.average(y, weights=weight), half, 1.0 - half)
        return np.array([np.log(p / (1.0 - p))])


class Poisson(Family):
    """Counts y of rate exp(f); a row of exposure E has weight E and y = count / E."""

    name = "poisson"

    def loss(self, y: Floats, f: Floats) -> Floats:
        """Half the deviance: y log(y / mu) - (y - mu)."""
        f = np.clip(f[:, 0], -FAR, FAR)
        return np.asarray(xlogy(y, y) - y * f - y + np.exp(f))

    def slope(self, y: Floats, f: Floats) -> Floats:
        """mu - y."""
        return np.asarray(np.exp(np.clip(f, -FAR, FAR)) - y[:, None])

    def curvature(self, y: Floats, f: Floats) -> Floats:
        """mu."""
        return np.maximum(np.exp(np.clip(f, -FAR, FAR)), LEAST)

    def constant(self, y: Floats, weight: Floats) -> Floats:
        """The log of the mean."""
        return np.array([np.log(np.average(y, weights=weight))])


class Gamma(Family):
    """Positive y of mean exp(f) whose standard deviation is a share of the mean."""

    name = "gamma"

    def loss(self, y: Floats, f: Floats) -> Floats:
        """Half the deviance: y / mu - 1 - log(y / mu)."""
        log_ratio = np.clip(np.log(y) - f[:, 0], -FAR, FAR)
        return np.asarray(np.exp(log_ratio) - 1.0 - log_ratio)

    def slope(self, y: Floats, f: Floats) -> Floats:
        """1 - y / mu."""
        return np.asarray(1.0 - np.exp(np.clip(np.log(y)[:, None] - f, -FAR, FAR)))

    def curvature(self, y: Floats, f: Floats) -> Floats:
        """1, its expectation (Fisher scoring)."""
        return np.ones_like(f)

    def constant(self, y: Floats, weight: Floats) -> Floats:
        """The log of the mean."""
        return np.array([np.log(np.average(y, weights=weight))])


@dataclass(frozen=True)
class Multinomial(Family):
    """y in 0..K-1, P(y = k) = exp(f_k) / sum_j exp(f_j): outputs exp(f_k), whose shares count."""

    columns: int = 2
    name, link = "multinomial", "exp"

    def loss(self, y: Floats, f: Floats) -> Floats:
        """log sum_j exp(f_j) - f_y."""
        return np.asarray(logsumexp(f, axis=1) - f[np.arange(len(y)), y.astype(int)])

    def slope(self, y: Floats, f: Floats) -> Floats:
        """p - indicator of y."""
        out = np.asarray(softmax(f, axis=1))
        out[np.arange(len(y)), y.astype(int)] -= 1.0
        return out

    def curvature(self, y: Floats, f: Floats) -> Floats:
        """p (1 - p): the diagonal."""
        p = softmax(f, axis=1)
        return np.maximum(p * (1.0 - p), LEAST)

    def constant(self, y: Floats, weight: Floats) -> Floats:
        """Logs of the shares, half a row short of none."""
        share = np.bincount(y.astype(int), weight, self.columns) + 0.5
        f = np.log(share / share.sum())
        return np.asarray(f - f.mean())


@dataclass(frozen=True)
class Ordinal(Family):
    """y in 0..K (K + 1 ordered classes), P(y > k) = 1 / (1 + exp(-(f - t_k))) with t increasing:
    one linear part, which moves all limits alike."""

    cuts: tuple[float, ...] = ()
    name, link = "ordinal", "logistic"

    def _ends(self, y: Floats, f: Floats) -> tuple[Floats, Floats]:
        """t - f at the lower and upper limit of the class of each row."""
        t = np.r_[-np.inf, self.cuts, np.inf]
        place = y.astype(int)
        return t[place] - f[:, 0], t[place + 1] - f[:, 0]

    def loss(self, y: Floats, f: Floats) -> Floats:
        """-log(s(high) - s(low)), s logistic, without cancellation."""
        low, high = self._ends(y, f)
        with np.errstate(invalid="ignore"):
            gap = np.where(np.isfinite(high) & np.isfinite(low), low - high, -np.inf)
        return np.asarray(
            np.logaddexp(0.0, low) + np.logaddexp(0.0, -high) - np.log(-np.expm1(gap))
        )

    def slope(self, y: Floats, f: Floats) -> Floats:
        """s(high) - s(-low)."""
        low, high = self._ends(y, f)
        return np.asarray(expit(-high) - expit(low))[:, None]

    def curvature(self, y: Floats, f: Floats) -> Floats:
        """s'(low) + s'(high)."""
        low, high = self._ends(y, f)
        return np.maximum(expit(low) * expit(-low) + expit(high) * expit(-high), LEAST)[:, None]

    def constant(self, y: Floats, weight: Floats) -> Floats:
        """0: the limits hold the shares."""
        return np.zeros(1)
