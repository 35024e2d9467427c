"""The past for the page: records found again, and the chart of a day as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..records import History, chart, csv_lines, points

ROWS = 500
"""Lines of a table that are sent at once."""
SINGLE = 2000
"""Parts that are drawn one by one; more of them by the minute."""


def day(
    history: History, station: str, recipe: str, output: str, start: float, end: float
) -> dict[str, Any]:
    """{"time", "low", "high", "mean", "n"} from `start` to before `end`, seconds since 1970: single
    parts where they are few, else steps of whole minutes, at most 1440."""
    drawn = chart(history, station, recipe, output, start, end)
    if drawn.n.sum() > SINGLE:
        columns = {"low": drawn.low, "high": drawn.high, "mean": drawn.mean}
        return {"time": listed(drawn.time + drawn.width / 2), "n": drawn.n.tolist(),
                **{name: listed(one) for name, one in columns.items()}}  # fmt: skip
    one = points(history, station, recipe, output, SINGLE, start=start, end=end)
    value = listed(one.value)
    return {"time": listed(one.time), "n": [1] * len(value), "low": value, "high": value,
            "mean": value, "measured": listed(one.measured)}  # fmt: skip


def part(history: History, name: str) -> list[dict[str, Any]]:
    """All records of a part."""
    return [json.loads(found.text) for found in history.find(name)]


def rows(
    history: History, station: str, start: float, end: float, zone: str, decimal: str
) -> Iterator[str]:
    """Verdicts as a table, ROWS lines at a time."""
    lines = csv_lines(
        history, station=station or None, start=start, end=end, zone=zone,
        decimal="," if decimal == "," else ".",
    )  # fmt: skip
    while piece := "".join(islice(lines, ROWS)):
        yield piece


def listed(array: NDArray[np.float64]) -> list[float | None]:
    """Numbers for JSON; None for what is none."""
    return [v if isfinite(v) else None for v in array.tolist()]
