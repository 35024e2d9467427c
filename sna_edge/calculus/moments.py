"""Exact mean, variance and Sobol indices from one-dimensional integrals; inputs are independent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.inputs import axis_index
from ..core.interaction import CP, TT
from ..core.record import ALONE, ModelRecord
from .distribution import Distribution, Uniform, quadrature
from .operations import closed, contract

Floats = NDArray[np.float64]
Over = Mapping[str, Distribution] | None


@dataclass(frozen=True)
class Sobol:
    """first[d, k] = Var(E[f|x_d]) / Var(f), total[d, k] = 1 - Var(E[f|x_~d]) / Var(f), variance
    [K].

    `lost` is the probability of each input outside its domain, cut off by truncation. `error` [D,
    K] is 0 where the indices are exact; of an output behind a link they are sampled, and both lie
    within it in 95 of 100 cases. Source: Sobol, Math. Comput. Simul. 55 (2001); Saltelli et al.
    (2010). Assumes independent inputs.
    """

    names: tuple[str, ...]
    first: Floats
    total: Floats
    variance: Floats
    lost: dict[str, float]
    error: Floats


def _distributions(model: ModelRecord, over: Over) -> list[Distribution]:
    for name in over or {}:
        axis_index(model.axes, name)
    return [(over or {}).get(a.name, Uniform()) for a in model.axes]


def lost_mass(model: ModelRecord, over: Over) -> dict[str, float]:
    """Probability of every input outside its axis."""
    pairs = zip(model.axes, _distributions(model, over), strict=True)
    return {a.name: 1.0 - p.mass(a) for a, p in pairs}


def mean(model: ModelRecord, over: Over) -> Any:
    """E[f] over the named inputs; all of them, uniform, when `over` is None. Raises NotClosed on
    other links."""
    model = closed(model, "the mean")
    chosen = {a.name: Uniform() for a in model.axes} if over is None else over
    rows: dict[int, Floats] = {}
    for name, distribution in chosen.items():
        d = axis_index(model.axes, name)
        x, w = quadrature(model.axes[d], distribution)
        rows[d] = w @ model.axes[d].basis.design(x)
    return contract(model, rows, dict.fromkeys(rows, 1.0))


def variance(model: ModelRecord, over: Over) -> Floats:
    """Var[f] [K]; every input random."""
    return _Moments(closed(model, "the variance"), over).variance(range(len(model.axes)))


def sobol(model: ModelRecord, over: Over, sampled: bool = False) -> Sobol:
    """First-order and total indices of every input; `sampled` where a link makes it necessary.
    Raises NotClosed without it there."""
    if sampled and any(o.link != "identity" for o in model.outputs):
        return _sampled(model, over)
    work = _Moments(
        closed(model, "Sobol indices", " or sobol(sampled=True) for those of the output"), over
    )
    axes = range(len(model.axes))
    total_variance = work.variance(axes)
    safe = np.where(total_variance > 0, total_variance, np.nan)
    first = np.stack([work.variance([d]) / safe for d in axes])
    total = np.stack([1.0 - work.variance([e for e in axes if e != d]) / safe for d in axes])
    return Sobol(
        tuple(model.input_names),
        first,
        total,
        total_variance,
        lost_mass(model, over),
        np.zeros_like(first),
    )


def pair_shares(model: ModelRecord, over: Over = None) -> Floats:
    """[K, D, D]: Var(E[f|x_d, x_e]) / Var(f) - first_d - first_e, what two inputs explain together
    beyond what each explains alone; symmetric, 0 on the diagonal. Raises NotClosed on other links.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> pair_shares(area)[0].round(3).tolist()
    [[0.0, 0.143], [0.143, 0.0]]
    """
    work = _Moments(closed(model, "interactions of two inputs"), over)
    count = len(model.axes)
    alone = [work.variance([d]) for d in range(count)]
    whole = work.variance(range(count))
    found = np.zeros((len(model.outputs), count, count))
    for d, e in combinations(range(count), 2):
        both = work.variance([d, e]) - alone[d] - alone[e]
        found[:, d, e] = found[:, e, d] = both / np.where(whole > 0, whole, np.nan)
    return found


def _sampled(model: ModelRecord, over: Over) -> Sobol:
    """Exact on identity links, sampled on the others."""
    from .sampled_sobol import indices, rule

    first, total, variance, error = (
        np.empty((len(model.axes), len(model.outputs))) for _ in range(4)
    )
    rules = [rule(a, p) for a, p in zip(model.axes, _distributions(model, over), strict=True)]
    for k, output in enumerate(model.outputs):
        one = _of_output(model, k)
        if output.link == "identity":
            exact = sobol(one, over)
            found = exact.first, exact.total, exact.variance, exact.error
        else:
            found = indices(one, rules)
        for column, part in zip((first, total, variance, error), found, strict=True):
            column[:, k : k + 1] = part
    return Sobol(tuple(model.input_names), first, total, variance[0], lost_mass(model, over), error)


def pair_indices(model: ModelRecord, over: Over = None, *, sampled: bool = False) -> Floats:
    """S_de = Var(E[f|x_d, x_e]) / Var(f) - S_d - S_e [D, D, K]: what inputs d and e do together
    beyond what each does alone; 0 on the diagonal. Exact; behind a link sampled, within about 0.01.

    Raises NotClosed for such outputs without `sampled`.
    """
    if not sampled or all(o.link == "identity" for o in model.outputs):
        return _exact_pairs(model, over)
    from .sampled_sobol import pairs, rule

    rules = [rule(a, p) for a, p in zip(model.axes, _distributions(model, over), strict=True)]
    columns = []
    for k, output in enumerate(model.outputs):
        one = _of_output(model, k)
        exact = output.link == "identity"
        columns.append(_exact_pairs(one, over)[..., 0] if exact else pairs(one, rules))
    return np.stack(columns, axis=2)


def _exact_pairs(model: ModelRecord, over: Over) -> Floats:
    work = _Moments(closed(model, "Sobol indices of pairs"), over)
    axes = range(len(model.axes))
    whole = work.variance(axes)
    alone = np.stack([work.variance([d]) for d in axes])
    found = np.zeros((len(axes), len(axes), len(model.outputs)))
    for d in axes:
        for e in range(d):
            both = work.variance([d, e]) - alone[d] - alone[e]
            found[d, e] = found[e, d] = both / np.where(whole > 0, whole, np.nan)
    return found


def _of_output(model: ModelRecord, k: int) -> ModelRecord:
    """Output k alone."""
    work = model.interaction
    return model.replace(
        outputs=[model.outputs[k]],
        interaction=work.with_tables(work.tables, work.weights[:, k : k + 1]),
        **ALONE,
    )


class _Moments:
    """Var(E[f | x_S]) = E[(E[f|x_S])^2] - E[f]^2 from per-axis means m_d and second moments G_d =
    E[phi phi^T].

    The centred Gram C_d = G_d - m_d m_d^T keeps the small differences: for CP the sum over mode
    pairs of prod_{d in S} (C_d + M_d) prod_{d not in S} M_d - prod_d M_d is accumulated without
    cancellation.
    """

    def __init__(self, model: ModelRecord, over: Over) -> None:
        self._model = model
        self._rules = [
            quadrature(a, p) for a, p in zip(model.axes, _distributions(model, over), strict=True)
        ]

    def variance(self, random: Any) -> Floats:
        chosen = set(random)
        if isinstance(self._model.interaction, TT):
            return self._variance_tt(self._model.interaction, chosen)
        return self._variance_cp(self._model.interaction, chosen)

    def _variance_cp(self, cp: CP, random: set[int]) -> Floats:
        outer, spread = np.ones((cp.rank, cp.rank)), np.zeros((cp.rank, cp.rank))
        for d in range(len(self._model.axes)):
            m, c = self._pair(cp, d)
            square = np.outer(m, m)
            spread = spread * (square + c) + outer * c if d in random else spread * square
            outer = outer * square
        return np.asarray(np.einsum("rk,rs,sk->k", cp.weights, spread, cp.weights))

    def _pair(self, cp: CP, d: int) -> tuple[Floats, Floats]:
        """Means [R] and centred Gram [R, R] of the atoms of axis d; modes that do not use d have
        mean 1, spread 0."""
        m, c = np.ones(cp.rank), np.zeros((cp.rank, cp.rank))
        modes = cp.modes[d]
        if len(modes):
            x, w = self._rules[d]
            atoms = self._model.axes[d].basis.design(x) @ cp.tables[d]
            m[modes] = w @ atoms
            centred = atoms - m[modes]
            c[np.ix_(modes, modes)] = centred.T @ (w[:, None] * centred)
        return m, c

    def _variance_tt(self, tt: TT, random: set[int]) -> Floats:
        """The same recursion on pairs of bonds: outer [r, r], spread [r, r] pushed through each
        core."""
        outer, spread = np.ones((1, 1)), np.zeros((1, 1))
        for d, core in enumerate(tt.cores):
            x, w = self._rules[d]
            mats = np.einsum("ni,ilr->nlr", self._model.axes[d].basis.design(x), core)
            m = np.einsum("n,nlr->lr", w, mats)
            both = m.T @ spread @ m
            if d in random:
                centred = mats - m
                both = both + np.einsum(
                    "n,nlr,lm,nms->rs", w, centred, outer + spread, centred, optimize=True
                )
            spread, outer = both, m.T @ outer @ m
        return np.asarray(np.einsum("rk,rs,sk->k", tt.weights, spread, tt.weights))
