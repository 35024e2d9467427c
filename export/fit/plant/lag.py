"""Sensors that act later: an input taken some rows before the row that measured the target.

In a table ordered by time the quality of a part may follow a sensor that was read rows earlier. The
lag is given, or estimated: the one by which the sensor, up to its cube, explains most of the
targets beside the other inputs (up to their squares) on blocks of rows left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.errors import InputError

from ...table.row_facts import taken
from ...table.row_keys import times
from ...table.table import Table

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
AUTO = "auto"
MOST, SHARE = 50, 0.1
"""Lags that are tried: so many rows, and this share of the table, at most."""
BLOCKS, RIDGE = 6, 1e-6
CLEARLY = 0.98
"""Error over that without a lag, below which a lag is taken for one."""
LEAST_ROWS = 20


@dataclass(frozen=True, eq=False)
class Lagged:
    """The table with the inputs of other rows, `inputs`, and what is said of each sensor."""

    table: Table
    inputs: list[str]
    said: dict[str, dict[str, Any]]


def name_of(sensor: str, rows: int) -> str:
    """The input that is a sensor so many rows before.

    >>> name_of("flow", 3), name_of("flow", 1)
    ('flow 3 rows before', 'flow 1 row before')
    """
    return f"{sensor} {rows} row{'' if rows == 1 else 's'} before"


def asked(given: Mapping[str, object] | Sequence[str]) -> dict[str, int | str]:
    """{sensor: rows or "auto"} of texts `flow=3`, `flow=auto`, `flow` or a mapping. Raises
    InputError for what is no whole number from 0 on."""
    pairs: list[tuple[str, object]] = []
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        for text in given:
            name, equals, value = text.rpartition("=")
            pairs.append((name, value) if equals else (text, AUTO))
    found: dict[str, int | str] = {}
    for name, rows in pairs:
        text = str(rows).strip()
        if text != AUTO and not text.isdigit():
            raise InputError(
                f"lag {name}={text} is no whole number of rows from 0 on; write {name}=3, or {name}"
                " alone to have it estimated"
            )
        found[str(name)] = AUTO if text == AUTO else int(text)
    return found


def lagged(
    table: Table,
    targets: Sequence[str],
    inputs: Sequence[str],
    categorical: Sequence[str],
    time: str | None,
    lags: Mapping[str, int | str],
) -> Lagged:
    """The table in the order of `time` with each sensor of `lags` taken from earlier rows, without
    the first rows, which have none. Raises InputError without times or with equal ones, for sensors
    that are no input with a scale, and where too few rows are left."""
    if time is None:
        raise InputError("a lag needs the order of the rows; name the column of times (--time)")
    for name in lags:
        table.index(name)
        if name not in inputs or name in categorical:
            raise InputError(
                f"lag names {name!r}, which is no input with a scale; the inputs are"
                f" {', '.join(n for n in inputs if n not in categorical)}"
            )
    when = times(table, time)
    order = np.argsort(when, kind="stable")
    same = np.flatnonzero(np.diff(when[order]) == 0)
    if len(same):
        raise InputError(
            f"{table.place(int(order[same[0]]))} and {table.place(int(order[same[0] + 1]))} have"
            f" one time in {time!r}; rows of one time have no order to lag by, name a finer column"
        )
    numeric = [n for n in (*targets, *inputs) if n not in categorical]
    table = taken(table.settled(numeric), order)
    rows, how = _estimated(table, targets, inputs, categorical, lags)
    return _shifted(table, inputs, rows, how)


def _shifted(
    table: Table, inputs: Sequence[str], rows: Mapping[str, int], how: dict[str, dict[str, Any]]
) -> Lagged:
    first = max(rows.values(), default=0)
    if len(table) - first < LEAST_ROWS:
        raise InputError(
            f"a lag of {first} rows leaves {max(len(table) - first, 0)} of {len(table)} rows; at"
            f" least {LEAST_ROWS} are needed"
        )
    names, columns = list(table.names), [table.numbers[first:]]
    for sensor, lag in rows.items():
        if lag:
            names.append(name_of(sensor, lag))
            columns.append(table.column(sensor)[first - lag : len(table) - lag, None])
    taken_twice = [name for name in names[len(table.names) :] if name in table.names]
    if taken_twice:
        raise InputError(f"the table has a column {taken_twice[0]!r} already; rename it")
    short = taken(table, np.arange(first, len(table)))
    wider = replace(
        short, names=tuple(names), numbers=np.asfortranarray(np.concatenate(columns, axis=1))
    )
    used = [name_of(n, rows[n]) if rows.get(n) else n for n in inputs]
    return Lagged(wider, used, {name: {**how[name], "left_out": first} for name in rows})


def _estimated(
    table: Table,
    targets: Sequence[str],
    inputs: Sequence[str],
    categorical: Sequence[str],
    lags: Mapping[str, int | str],
) -> tuple[dict[str, int], dict[str, dict[str, Any]]]:
    """Rows of every lag, those to be found one after the other, twice, and what is said of them."""
    rows = {name: 0 if lag == AUTO else int(lag) for name, lag in lags.items()}
    said: dict[str, dict[str, Any]] = {n: {"rows": r, "estimated": False} for n, r in rows.items()}
    searched = [name for name, lag in lags.items() if lag == AUTO]
    most = int(min(MOST, SHARE * len(table)))
    for _ in range(2 if len(searched) > 1 else 1):
        for name in searched:
            fixed = {n: r for n, r in rows.items() if n != name}
            errors = _errors(table, targets, inputs, categorical, fixed, name, most)
            best = int(np.argmin(errors))
            best = best if errors[best] < CLEARLY * errors[0] else 0
            rows[name] = best
            said[name] = {
                "rows": best,
                "estimated": True,
                "tried": most,
                "error": float(f"{errors[best]:.4g}"),
                "error_without": float(f"{errors[0]:.4g}"),
            }
    return rows, said


def _errors(
    table: Table,
    targets: Sequence[str],
    inputs: Sequence[str],
    categorical: Sequence[str],
    fixed: Mapping[str, int],
    sensor: str,
    most: int,
) -> Floats:
    """Left-out RMSE / sigma of the targets for lags 0 .. most of `sensor`, on the same rows."""
    first = max(most, *fixed.values(), 0) if fixed else most
    count = len(table) - first

    def column(name: str, lag: int) -> Floats:
        found = table.column(name)[first - lag : len(table) - lag]
        spread = float(np.nanstd(found))
        return np.nan_to_num((found - np.nanmean(found)) / (spread or 1.0))

    parts = [np.ones((count, 1))]
    for name in inputs:
        if name in categorical:
            cells = np.array(table.written(name)[first:])
            parts.append((cells[:, None] == np.unique(cells)).astype(float))
        elif name != sensor:
            one = column(name, fixed.get(name, 0))
            parts.append(np.stack([one, one**2], axis=1))
    y = np.stack([table.column(n)[first:] for n in targets], axis=1)
    known = np.isfinite(y).all(axis=1)
    y = (y - y[known].mean(axis=0)) / np.where(y[known].std(axis=0) > 0, y[known].std(axis=0), 1.0)
    block = np.arange(count) * BLOCKS // max(count, 1)
    errors = []
    for lag in range(most + 1):
        s = column(sensor, lag)
        design = np.concatenate([*parts, np.stack([s, s**2, s**3], axis=1)], axis=1)
        errors.append(_left_out(design[known], y[known], block[known]))
    return np.array(errors)


def _left_out(design: Floats, y: Floats, block: Ints) -> float:
    total = 0.0
    for b in np.unique(block):
        seen = block != b
        a = design[seen].T @ design[seen] + RIDGE * seen.sum() * np.eye(design.shape[1])
        beta = np.linalg.solve(a, design[seen].T @ y[seen])
        total += float(np.sum((y[~seen] - design[~seen] @ beta) ** 2))
    return float(np.sqrt(total / y.size))
