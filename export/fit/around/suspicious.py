"""Inputs that look like counters, dates or results: a model that leans on them errs on new rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ...table import Table

Floats = NDArray[np.float64]
RESULT = 0.999
"""|correlation| with a target above which an input may be a result."""
LEAST_ROWS, MOST_ROWS = 8, 100_000
FIRST_DAY, LAST_DAY = 19000101, 21001231
UNIX = 6e8, 4e9
"""Seconds of 1989 and 2096."""
APART = "leave it out (--inputs) if so"


def warnings_of(
    table: Table, targets: Sequence[str], inputs: Sequence[str], categorical: Sequence[str]
) -> list[str]:
    """A sentence for every input that looks like a counter of rows, a date or a result.

    >>> from sna_export.table import Table
    >>> run, depth = list(range(1, 10)), [3.0, 1, 4, 1, 5, 9, 2, 6, 5]
    >>> warnings_of(Table.of({"run": run, "depth": depth}), ["depth"], ["run"], [])[0][:27]
    "input 'run' counts the rows"
    """
    if len(table) < LEAST_ROWS:
        return []
    known = [n for n in (*targets, *inputs) if n in table.names and n not in categorical]
    columns = {name: table.column(name) for name in known}
    found = []
    for name in inputs:
        if name in columns:
            said = (
                _counter(name, columns[name])
                or _date(name, columns[name])
                or _result(name, columns, targets)
            )
            found += [said] if said else []
    return found


def _counter(name: str, x: Floats) -> str:
    head = np.diff(x[:MOST_ROWS])
    step = head[0] if len(head) else 0.0
    if abs(step) == 1 and (head == step).all() and (np.diff(x) == step).all():
        return (
            f"input {name!r} counts the rows ({x[0]:g}, {x[1]:g}, {x[2]:g} ..): a number of the row"
            f" says nothing of a new part; {APART}, or hold out forward in time (--time {name})"
        )
    return ""


def _date(name: str, x: Floats) -> str:
    some = x[:: max(1, len(x) // MOST_ROWS)]
    some = some[np.isfinite(some)]
    if not len(some) or (some != np.floor(some)).any() or some.min() == some.max():
        return ""
    day = ((some % 100 >= 1) & (some % 100 <= 31)).all()
    month = (((some // 100) % 100 >= 1) & ((some // 100) % 100 <= 12)).all()
    written = day and month and some.min() >= FIRST_DAY and some.max() <= LAST_DAY
    seconds = some.min() >= UNIX[0] and some.max() <= UNIX[1] and (np.diff(some) >= 0).all()
    if not (written or seconds):
        return ""
    kind = "a date written as a number" if written else "a time in seconds since 1970"
    return (
        f"input {name!r} looks like {kind} ({some[0]:.0f}): new parts have later ones, outside the"
        f" domain; {APART}, or hold out forward in time (--time {name})"
    )


def _result(name: str, columns: dict[str, Floats], targets: Sequence[str]) -> str:
    for target in targets:
        if target not in columns:
            continue
        together = _correlation(columns[name], columns[target])
        if abs(together) > RESULT:
            return (
                f"input {name!r} follows the target {target!r} (correlation {together:.5f}): it may"
                f" be a result that nobody knows before the part is measured; {APART}"
            )
        if len(target) > 2 and name.lower().startswith(target.lower()) and name != target:
            return (
                f"input {name!r} is named after the target {target!r}: it may be a result of it;"
                f" {APART}"
            )
    return ""


def _correlation(x: Floats, y: Floats) -> float:
    step = max(1, len(x) // MOST_ROWS)
    x, y = x[::step], y[::step]
    good = np.isfinite(x) & np.isfinite(y)
    if good.sum() < LEAST_ROWS:
        return 0.0
    x, y = x[good] - x[good].mean(), y[good] - y[good].mean()
    size = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / size if size > 0 and np.isfinite(size) else 0.0
