"""Targets that a gauge could not read: cells as `<0.5` or `>100` take part as what they say.

    v = f(x) + e,  e ~ (0, s^2):   E[v | v < L] = f - s phi(z) / Phi(z),  z = (L - f) / s

f and s by expectation and maximisation around a cheap Gaussian process, which gives the expected
values that the whole fit is trained on (Tobin, Econometrica 26, 1958). Values are taken as they are
or in logarithms, whichever makes what was measured likelier.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from sna_edge.errors import InputError

from ...table.table import Table
from ...teacher.gaussian_process import GaussianProcess, fit_gaussian_process
from ...teacher.kernel import KernelInputs
from ...teacher.marginal_likelihood import JITTER
from ...teacher.stack import crowded
from ...threads import one_thread
from ..data.folds import fold_of_rows
from ..data.samples import Samples

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
CELL = re.compile(r"\s*(<=|>=|<|>|\u2264|\u2265)\s*(\S.*)")
ROUNDS, STEPS, AT_ONCE, HYPER_ROWS, ITERATIONS = 3, 40, 1200, 300, 40
"""Rounds of hyper-parameters, steps of expectation in each, rows of a process, rows of its evidence
and steps of that search."""
LEAST_READ, LEAST_SHARE = 10, 0.2
"""Cells of a target that must have been read, and their share."""
FAINTEST = 1e-4
"""Least s, over the spread of what was read."""


def signed(table: Table, targets: Sequence[str]) -> dict[str, dict[int, tuple[str, str]]]:
    """{target: {row: sign and number as text}} of cells as `<0.5`."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    for name in targets:
        if name not in table.cells:
            continue
        cells = table.written(name)
        rows = np.flatnonzero(~np.isfinite(table.column(name))).tolist()
        some = {row: m.groups() for row in rows if (m := CELL.fullmatch(cells[row]))}
        if some:
            found[name] = {row: (str(a), str(b)) for row, (a, b) in some.items()}
    return found


def with_limits(table: Table, targets: Sequence[str], numeric: Sequence[str], take: bool) -> Table:
    """The table with its cells as `<0.5` as limits, the limits themselves in their place. Raises
    InputError where there are such cells and they are not to be taken, or name no number."""
    cells = signed(table, targets)
    if not cells:
        return table
    name, rows = next(iter(cells.items()))
    row = next(iter(rows))
    if not take:
        raise InputError(
            f"{table.place(row)}, column {name!r}: {table.written(name)[row]!r} is a limit of what"
            f" the gauge reads, as {len(rows)} of {len(table)} cells are; take them as such"
            " (--below-detection)"
        )
    table = table.decided(numeric)
    numbers, written = np.array(table.numbers, order="F"), dict(table.cells)
    limits: dict[str, tuple[Floats, Floats]] = {}
    for name, rows in cells.items():
        column, texts = table.column(name).copy(), list(table.written(name))
        low, high = column.copy(), column.copy()
        for row, (sign, text) in rows.items():
            value = table.marks.number(text)
            if not np.isfinite(value):
                raise InputError(
                    f"{table.place(row)}, column {name!r}: {sign + text!r} names no number;"
                    " correct the cell"
                )
            below = sign in ("<", "<=", "\u2264")
            low[row], high[row] = (-np.inf, value) if below else (value, np.inf)
            column[row], texts[row] = value, text
        limits[name], written[name] = (low, high), texts
        numbers[:, table.index(name)] = column
    return replace(table, numbers=numbers, cells=written, limits=limits)


def with_expected(
    table: Table, targets: Sequence[str], inputs: Sequence[str] | None, options: Mapping[str, Any]
) -> tuple[Table, dict[str, Any]]:
    """The table with expected values in place of limits, and what is said of each target. Raises
    InputError where too little of one was read."""
    said: dict[str, Any] = {}
    numbers = np.array(table.numbers, order="F")
    chosen = list(inputs) if inputs is not None else None
    for name in targets:
        if name not in table.limits:
            continue
        low, high = table.limits[name]
        read = low == high
        if read.sum() < max(LEAST_READ, LEAST_SHARE * len(read)):
            raise InputError(
                f"target {name!r} was read in {int(read.sum())} of {len(read)} rows; at least"
                f" {LEAST_READ} and a fifth of the rows are needed beside its limits"
            )
        if read.all():
            continue
        apart = (*targets, *options.get("apart", ()))
        others = [n for n in (chosen or table.names) if n not in apart]
        samples, _ = table.samples(
            [name], others, categorical=[n for n in options.get("categorical", ()) if n in others]
        )
        expected, space = expected_values(
            samples, low, high, options.get("link", "auto"), options.get("seed", 0)
        )
        numbers[:, table.index(name)] = expected
        said[name] = {
            "below": int(np.isneginf(low).sum()),
            "above": int(np.isposinf(high).sum()),
            "space": space,
        }
    if not said:
        return table, said
    cells = {n: c for n, c in table.cells.items() if n not in said}
    return replace(table.settled(list(said)), numbers=numbers, cells=cells), said


def expected_values(
    samples: Samples, low: Floats, high: Floats, link: str, seed: int
) -> tuple[Floats, str]:
    """Expected values [N] of one target known to lie between `low` and `high` [N], and the space in
    which the errors are taken: "value" or "logarithm"."""
    read = low == high
    spaces = ["value"]
    if link in ("auto", "exp") and low[read].min() > 0 and high.min() > 0:
        spaces = ["logarithm"] if link == "exp" else ["value", "logarithm"]
    found = []
    with np.errstate(divide="ignore"), one_thread():
        for space in spaces:
            a, b = (low, high) if space == "value" else (_log(low), np.log(high))
            v, worth = _settled(samples, a, b, seed)
            if space == "logarithm":
                found.append((worth - float(np.log(low[read]).sum()), np.exp(v), space))
            else:
                found.append((worth, v, space))
    _, values, space = max(found, key=lambda one: one[0])
    return np.where(read, low, values), space


def _log(low: Floats) -> Floats:
    return np.where(low > 0, np.log(np.maximum(low, 1e-300)), -np.inf)


def _settled(samples: Samples, low: Floats, high: Floats, seed: int) -> tuple[Floats, float]:
    """Expected values [N] and the log-likelihood of what was read and of the limits."""
    read = low == high
    v = np.where(read, low, np.where(np.isfinite(high), high, low))
    worth = 0.0
    part = fold_of_rows(samples.x, max(1, -(-len(v) // AT_ONCE)), seed)
    for number in np.unique(part):
        rows = np.flatnonzero(part == number)
        v[rows], one = _of_part(samples, rows, v[rows], low[rows], high[rows], seed)
        worth += one
    return v, worth


def _of_part(
    samples: Samples, rows: NDArray[np.int64], v: Floats, low: Floats, high: Floats, seed: int
) -> tuple[Floats, float]:
    read, x = low == high, samples.x[rows]
    bounds = np.array([samples.bounds(d) for d in range(samples.x.shape[1])])
    inputs = KernelInputs.of(samples.n_levels, bounds[:, 0], bounds[:, 1])
    least = FAINTEST * float(np.std(v[read]) or 1.0)
    s, f = float(np.std(v)), np.full(len(v), float(v.mean()))
    for _ in range(ROUNDS):
        process = fit_gaussian_process(
            inputs,
            x,
            v,
            np.random.default_rng(seed),
            rows=np.arange(len(v)),
            tied=crowded(samples),
            hyper_rows=HYPER_ROWS,
            iterations=ITERATIONS,
        )
        for _ in range(STEPS):
            f, before = _at_rows(process, v), v
            v, variance = _expected(f, s, low, high)
            s = max(float(np.sqrt(np.mean((v - f) ** 2 + variance))), least)
            if np.abs(v - before).max() < 1e-3 * s:
                break
    residual = (low[read] - f[read]) / s
    worth = -0.5 * float(np.sum(residual**2)) - read.sum() * np.log(s)
    ends = np.where(np.isfinite(high), (high - f) / s, (f - low) / s)[~read]
    return v, float(worth + log_ndtr(ends).sum())


def _at_rows(process: GaussianProcess, v: Floats) -> Floats:
    """What the process says at its own rows, given values v [N] there."""
    z = (v - process.centre) / process.spread
    alpha = process.inverse @ z
    noise = process.hyper.noise + JITTER * process.hyper.variance.sum()
    return np.asarray(process.centre + process.spread * (z - noise * alpha))


def _expected(f: Floats, s: float, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Mean and variance [N] of normal values about f that lie between the limits."""
    read, below = low == high, np.isneginf(low)
    sign = np.where(below, 1.0, -1.0)
    end = np.where(below, high, low)
    z = sign * (end - f) / s
    ratio = np.exp(-0.5 * z**2 - 0.5 * np.log(2.0 * np.pi) - log_ndtr(z))
    mean = np.where(read, low, f - sign * s * ratio)
    variance = np.where(read, 0.0, s**2 * np.maximum(1.0 - z * ratio - ratio**2, 0.0))
    return mean, variance
