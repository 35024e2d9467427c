"""The distribution of a measurement at given inputs, as the calibration knows it.

    Q_k(p) = y_k + q_k(p) sigma_k(x) -+ floor_k

or the same of the linear part, in the space of the residuals; minus below the median, plus above.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core.beside import GRID, Calibration
from ..core.beside.given import is_number, is_whole
from ..core.output import Output
from ..core.record import ModelRecord
from ..errors import InputError
from ..numerics import normal
from .companions import sigma
from .interval import LEAST, MIDDLE

Floats = NDArray[np.float64]
PLACES = np.arange(GRID, dtype=float)


@dataclass(frozen=True, eq=False)
class Predictive:
    """Per row and output of N rows and K outputs: `value` [N, K], NaN where the model has none (so
    are all answers there), `wide` [N, K] their scale; `learned` [3, N, K], what measured parts have
    changed: what is added to the value and the factors of both tails around it, in the space of the
    residuals (None: nothing).

    Tails end where the rows do: no probability is nearer to 0 or 1 than 1 / (n + 1) of n
    calibration rows, and no quantile lies beyond the grid.
    """

    outputs: tuple[Output, ...]
    calibration: Calibration
    value: Floats
    wide: Floats
    learned: Floats | None = None

    def beside(self, learned: Floats | None) -> Predictive:
        """The same with what measured parts have changed [3, N, K]."""
        return self if learned is None else replace(self, learned=learned)

    @property
    def least(self) -> float:
        """The least probability that the rows speak of."""
        return max(float(LEAST), 1.0 / (self.calibration.n_residuals + 1.0))

    def quantile(self, p: float) -> Floats:
        """[N, K]: below it lies a measurement with probability p. Raises InputError where p is not
        between 0 and 1."""
        if not (is_number(p) and 0.0 < p < 1.0):
            raise InputError(f"probability {p!r} must lie between 0 and 1; give 0.5 for the median")
        return self._at(np.full(self.value.shape, p))

    def cdf(self, y: ArrayLike) -> Floats:
        """[N, K]: the probability that a measurement is at most y (one number, [K] or [N, K], in
        output units). Raises InputError for other shapes and what is no number."""
        y = self._each(y)
        columns = [self._cdf(k, y[:, k]) for k in range(len(self.outputs))]
        return np.stack(columns, axis=1)

    def probability(self, low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> Floats:
        """[N, K]: of a measurement from low to high (each one number, [K] or [N, K])."""
        return np.maximum(self.cdf(high) - self.cdf(low), 0.0)

    def joint_probability(self, low: ArrayLike = -np.inf, high: ArrayLike = np.inf) -> Floats:
        """[N]: that all outputs lie from low to high at once (each one number, [K] or [N, K];
        infinite where there is no limit). The outputs have their own quantiles and vary together
        as normal numbers with the correlation of their residuals (Gaussian copula)."""
        low, high = self._each(low), self._each(high)
        some = np.flatnonzero(((low > -np.inf) | (high < np.inf)).any(axis=0))
        a, b = self.cdf(low)[:, some], self.cdf(high)[:, some]
        if len(some) == 1:
            return np.maximum(b - a, 0.0)[:, 0]
        turned = np.array([-1.0 if t else 1.0 for _, _, t in self._spaces()])[some]
        together = self._correlation()[np.ix_(some, some)] * np.outer(turned, turned)
        return normal.of_box(normal.quantile(a), normal.quantile(b), together)

    def _each(self, y: ArrayLike) -> Floats:
        """Numbers per row and output [N, K]."""
        n, k = self.value.shape
        try:
            found = np.asarray(y, dtype=float)
            return np.broadcast_to(found, (n, k))
        except (TypeError, ValueError):
            shape = f"shape {np.shape(y)}" if _regular(y) else repr(y)
            raise InputError(
                f"measurements of {shape} do not fit {n} rows of {k} outputs; give one number,"
                f" ({k},) or ({n}, {k})"
            ) from None

    def sample(self, count: int, seed: int = 0) -> Floats:
        """[count, N, K] measurements at random; outputs of a row vary together as their residuals
        did. Raises InputError for a count that is no whole number from 0 on."""
        if not (is_whole(count) and count >= 0):
            raise InputError(f"{count!r} samples cannot be drawn; give a whole number from 0 on")
        n, k = self.value.shape
        mixing = normal.mixing(self._correlation())
        drawn = np.random.default_rng(seed).standard_normal((count, n, k)) @ mixing.T
        drawn = np.where([turned for _, _, turned in self._spaces()], -drawn, drawn)
        p = np.clip(normal.below(drawn), LEAST, 1.0 - LEAST)
        return np.stack([self._at(one) for one in p]) if count else np.empty((0, n, k))

    def _correlation(self) -> Floats:
        """[K, K] of the residuals."""
        k = len(self.outputs)
        whole = np.eye(k)
        whole[np.tril_indices(k, -1)] = self.calibration.correlation
        return np.asarray(np.tril(whole) + np.tril(whole, -1).T)

    def _at(self, p: Floats) -> Floats:
        """Quantiles [N, K] at p [N, K]."""
        found, kinds = np.empty_like(self.value), self._spaces()
        for k, (output, space, turned) in enumerate(kinds):
            share = 1.0 - p[:, k] if turned else p[:, k]
            place = MIDDLE + 2.0 * np.log(share / (1.0 - share))
            q = np.interp(place, PLACES, self.calibration.quantiles[k])
            by = q * self.wide[:, k] + np.sign(share - 0.5) * self.calibration.floor[k]
            if self.learned is not None:
                shift, below, above = self.learned[:, :, k]
                by = shift + by * np.where(by < 0, below, above)
            found[:, k] = _moved(output, space, self.value[:, k], by)
        return found

    def _spaces(self) -> list[tuple[Output, str, bool]]:
        """Per output: the space of its residuals, and whether it falls where they grow."""
        pairs = zip(self.outputs, self.calibration.spaces, strict=True)
        return [(o, space, space == "link" and o.scale < 0) for o, space in pairs]

    def _cdf(self, k: int, y: Floats) -> Floats:
        output, space, turned = self._spaces()[k]
        value, wide = self.value[:, k], self.wide[:, k]
        with np.errstate(invalid="ignore"):
            if space == "link":
                by = output.linear_of(y) - output.linear_inside(value)
            else:
                by = y - value
            if self.learned is not None:
                shift, below, above = self.learned[:, :, k]
                by = (by - shift) / np.where(by < shift, below, above)
            p = self._share(k, by)
        p = np.clip(1.0 - p if turned else p, self.least, 1.0 - self.least)
        lowest, highest = output.ends
        none = y <= lowest if space == "link" else (y < lowest) | (y == -np.inf)
        p = np.where(none, 0.0, p)
        p = np.where((y >= highest) | (y == np.inf), 1.0, p)
        return np.where(np.isfinite(value) & np.isfinite(wide), p, np.nan)

    def _share(self, k: int, by: Floats) -> Floats:
        """Probability [N] of a residual of at most `by` [N], in the space of the residuals."""
        q, wide, floor = self.calibration.quantiles[k], self.wide[:, k], self.calibration.floor[k]
        middle = q[MIDDLE] * wide
        within = np.where(
            by < middle, np.minimum(by + floor, middle), np.maximum(by - floor, middle)
        )
        place = np.interp(within / wide, q, PLACES)
        return np.asarray(1.0 / (1.0 + np.exp((MIDDLE - place) / 2.0)))


def supported(n_residuals: int, sides: int) -> float:
    """The largest probability to be inside so many finite limits that n rows know of."""
    return 1.0 - sides * max(float(LEAST), 1.0 / (n_residuals + 1.0))


def need_rows(n_residuals: int, sides: int, probability: float, what: str) -> str:
    """Why no part can be told to be inside `sides` finite limits with `probability`, "" where it
    can: n rows know of no tail below 1 / (n + 1). `what` asks for it."""
    share = (1.0 - probability) / max(sides, 1)
    most = supported(n_residuals, sides)
    if probability <= most + 1e-12:
        return ""
    if share < LEAST:
        return f"{what} is beyond the quantiles of a file; give at most {100 * most:.6g} %"
    needed = int(np.ceil(1.0 / share - 1e-6)) - 1
    return (
        f"{what} needs {needed:,} calibration rows; this model has {n_residuals:,}, which support"
        f" at most {100 * max(most, 0.0):.4g} %"
    )


def _regular(y: ArrayLike) -> bool:
    try:
        return np.asarray(y).dtype.kind in "biuf"
    except ValueError:
        return False


def _moved(output: Output, space: str, y: Floats, by: Floats) -> Floats:
    """y [N] moved by `by` [N] in a space, kept in the range of the link."""
    with np.errstate(over="ignore", invalid="ignore"):
        there = y + by if space == "output" else output.value(output.linear_inside(y) + by)
    return np.clip(there, *output.ends)


def predictive(model: ModelRecord, x: Floats, y: Floats, good: NDArray[np.bool_]) -> Predictive:
    """Of inputs x [N, D] with values y [N, K]; nothing is said of rows that are not `good` [N].
    Raises InputError where the model has no quantiles of residuals."""
    found = model.calibration
    if found is None or not found.n_residuals:
        raise InputError(
            "this model has no quantiles of residuals, so no distribution; make them with"
            " sna_export.calibrate"
        )
    value, wide = np.where(good[:, None], y, np.nan), np.full(y.shape, np.nan)
    if good.any():
        wide[good] = sigma(model, x[good], y[good])
    return Predictive(model.outputs, found, value, wide)
