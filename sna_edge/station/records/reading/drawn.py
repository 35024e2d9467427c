"""Points and minutes of an output as arrays: what charts, histograms and figures are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .history import History

MINUTES = (
    "SELECT minute / :width, sum(n), total(n * (mean - :c)), total(spread),"
    " total(n * (mean - :c) * (mean - :c)), min(low), max(high),"
    " sum(off_n), total(off_n * off_mean)"
    " FROM minutes WHERE series = :series AND minute >= :first AND minute < :end GROUP BY 1"
)
POINTS = "record, time, verdict, value, lower, upper, measured, chance"


@dataclass(frozen=True, slots=True)
class Chart:
    """An output over time in steps of `width` seconds; arrays of T steps that have a point: `time`
    (the beginning, seconds), `n` values, their `mean`, standard deviation `sd` (NaN for n < 2),
    `low` and `high`; `off_n` parts were measured, `off` is the mean of measured less predicted
    (NaN where none was)."""

    width: float
    time: NDArray[np.float64]
    n: NDArray[np.int64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    off_n: NDArray[np.int64]
    off: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Points:
    """Single points of an output in the order of records, arrays of N: `record`, `time` (seconds),
    `verdict` (0 none, measured alone; 1 ACCEPT, 2 REJECT, 3 NO VERDICT), `value` predicted with its
    interval `lower`, `upper`, `measured`, and the probability in spec `chance`; NaN where there is
    none."""

    record: NDArray[np.int64]
    time: NDArray[np.float64]
    verdict: NDArray[np.int64]
    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    measured: NDArray[np.float64]
    chance: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """All values of an output in a time: `n`, `mean`, standard deviation `sd`, `low`, `high`, and
    of `off_n` measured parts the mean of measured less predicted. NaN where there is nothing."""

    n: int
    mean: float
    sd: float
    low: float
    high: float
    off_n: int
    off: float


def chart(
    history: History,
    station: str,
    recipe: str,
    output: str,
    start: float,
    end: float,
    most: int = 1440,
) -> Chart:
    """An output from `start` to before `end` (seconds since 1970) in at most `most` steps of whole
    minutes."""
    minutes = max(1, math.ceil((end - start) / 60))
    width = -(-minutes // max(1, most))
    rows = _minutes(history, history.series(station, recipe, output), start, end, width)
    step, n, mean, spread, low, high, off_n, off = rows
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.where(n > 1, spread / (n - 1), np.nan))
    return Chart(width * 60.0, step * width * 60.0, n.astype(np.int64), mean, sd, low, high,
                 off_n.astype(np.int64), off)  # fmt: skip


def figures(
    history: History, station: str, recipe: str, output: str, start: float, end: float
) -> Figures:
    """Count, mean, standard deviation and range of an output from `start` to before `end`, by the
    minute: what capability is computed from without its short-term part."""
    series = history.series(station, recipe, output)
    found = _minutes(history, series, start, end, 1 << 40)
    if not found.shape[1]:
        return Figures(0, math.nan, math.nan, math.nan, math.nan, 0, math.nan)
    _, n, mean, spread, low, high, off_n, off = (float(x) for x in found[:, 0])
    sd = math.sqrt(spread / (n - 1)) if n > 1 else math.nan
    return Figures(int(n), mean, sd, low, high, int(off_n), off)


def points(
    history: History,
    station: str,
    recipe: str,
    output: str,
    most: int = 200,
    *,
    start: float | None = None,
    end: float | None = None,
) -> Points:
    """The newest points of an output, at most `most`; from `start` to before `end` where given."""
    where, values = "series = ?", [history.series(station, recipe, output)]
    if start is not None or end is not None:
        begin, until = start or 0.0, 1e11 if end is None else end
        first, last = history.between(begin, until, station, recipe)
        where += " AND record BETWEEN ? AND ? AND time >= ? AND time < ?"
        values += [first, last, round(begin * 1000), round(until * 1000)]
    query = f"SELECT {POINTS} FROM points WHERE {where} ORDER BY record DESC LIMIT ?"
    rows = history.rows(query, (*values, most))[::-1]
    columns = np.array(rows, dtype=float).reshape(-1, 8).T
    record = np.array([row[0] for row in rows], dtype=np.int64)
    return Points(record, columns[1] / 1000, columns[2].astype(np.int64), *columns[3:])


def _minutes(
    history: History, series: int, start: float, end: float, width: int
) -> NDArray[np.float64]:
    """Steps of `width` minutes: an array of step, n, mean, spread, low, high, off_n, off by T.

    Means and spreads are added about the mean of the first minute (c): spread = sum s_i +
    sum n_i (m_i - c)^2 - N (M - c)^2."""
    first, stop = int(start // 60), math.ceil(end / 60)
    begin = "SELECT mean FROM minutes WHERE series = ? AND minute >= ? AND n > 0 LIMIT 1"
    found = history.rows(begin, (series, first))
    told = {"series": series, "first": first, "end": stop, "width": width}
    about = found[0][0] if found else 0.0
    rows = history.rows(MINUTES, told | {"c": about})
    step, n, total, within, between, low, high, off_n, off = (
        np.array(rows, dtype=float).reshape(-1, 9).T
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, total / n, np.nan)
        spread = within + np.maximum(between - n * mean * mean, 0.0)
        return np.array([step, n, mean + about, spread, low, high, off_n, off / off_n])
