"""Control charts on a machine temperature with four labelled failures: which are flagged before the
failure, and how many alarms a month are false.

python tools/quality/machine_temperature.py [--write]

The temperature (every five minutes, eleven weeks) hangs together from reading to reading, so that a
chart of the readings themselves would signal without end. Charts are fed hourly means, and what
these differ from what the hour before predicts (a line fitted to the reference). Limits are from
the first seven days, before the first failure, and nothing is tuned on what comes after. Signals
less than a day apart are one alarm. An alarm is early where it begins between a day before the
labelled window and the label, late where it begins after the label and within the window, false
elsewhere; windows begin about 24 hours before the label. Writes docs/tables/charts.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from sna_edge.quality.charts import Chart, Cusum, Ewma, Individuals

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT.parent / "shared" / "data" / "nab_machine_temperature"
NAME = "machine_temperature_system_failure"
TABLE = ROOT / "docs" / "tables" / "charts.md"
REFERENCE, DAY = 7 * 24, 24
REACHES = (2.6, 3, 3.5, 4, 5, 6, 8, 10, 13, 16, 20, 30)
LIMITS = "limits"
MONTH = 30.4 * DAY
HEADER = (
    "| chart | flagged before the failure | hours before | before its window | late |"
    " false alarms a month | hours with a signal |"
)


def hours() -> tuple[datetime, np.ndarray]:
    """The first hour, and hourly means, NaN for an hour without a reading."""
    with open(FOLDER / f"{NAME}.csv", encoding="utf-8") as file:
        told = [(r["timestamp"], float(r["value"])) for r in csv.DictReader(file)]
    rows = [(datetime.fromisoformat(time), value) for time, value in told]
    first = rows[0][0].replace(minute=0, second=0)
    at = np.array([(time - first) // timedelta(hours=1) for time, _ in rows])
    count = np.bincount(at)
    with np.errstate(invalid="ignore"):
        return first, np.bincount(at, [value for _, value in rows]) / count


def failures(first: datetime) -> list[tuple[float, float, float]]:
    """Begin of the window, label, end of the window, in hours."""
    told = json.loads((FOLDER / "labels.json").read_text(encoding="utf-8"))[NAME]
    return [
        tuple((datetime.fromisoformat(t) - first) / timedelta(hours=1) for t in (a, label, b))  # type: ignore[misc]
        for (a, b), label in zip(told["windows"], told["labels"], strict=True)
    ]


def residuals(y: np.ndarray) -> np.ndarray:
    """Each hour less what the hour before predicts, by the line of the reference hours."""
    x, then = y[: REFERENCE - 1], y[1:REFERENCE]
    good = np.isfinite(x) & np.isfinite(then)
    slope, level = np.polyfit(x[good], then[good], 1)
    return np.r_[np.nan, y[1:] - (level + slope * y[:-1])]


def charts(y: np.ndarray, off: np.ndarray) -> list[tuple[str, Chart, np.ndarray]]:
    """Name, chart with limits of the reference, and what it is fed."""
    mean, rest = y[:REFERENCE], off[:REFERENCE]
    of = {"by": "standard deviation"}
    return [
        ("individuals, hourly means", Individuals.of(mean, rules="limits", **of), y),
        ("EWMA 0.05, hourly means", Ewma.of(mean, weight=0.05, reach=2.615, **of), y),
        ("individuals, residuals", Individuals.of(rest, rules="limits", **of), off),
        ("Western Electric, residuals", Individuals.of(rest, **of), off),
        ("EWMA 0.2, residuals", Ewma.of(rest, **of), off),
        ("EWMA 0.05, residuals", Ewma.of(rest, weight=0.05, reach=2.615, **of), off),
        ("CUSUM, residuals", Cusum.of(rest, **of), off),
    ]


def read() -> tuple[np.ndarray, np.ndarray]:
    """Hour [N] and value [N] of every reading."""
    first = hours()[0]
    with open(FOLDER / f"{NAME}.csv", encoding="utf-8") as file:
        told = [(r["timestamp"], float(r["value"])) for r in csv.DictReader(file)]
    at = [(datetime.fromisoformat(time) - first) // timedelta(hours=1) for time, _ in told]
    return np.array(at), np.array([value for _, value in told])


def further(y: np.ndarray) -> dict[str, np.ndarray]:
    """What else charts may be fed, each from the reference alone: what a line of the last 24 hours
    leaves, the logarithm of the scatter within the hour, the change in 24 hours."""
    full = np.where(np.isfinite(y), y, np.nanmean(y[:REFERENCE]))
    past = [full[DAY - 1 - k : len(y) - 1 - k] for k in range(DAY)]
    x, then, n = np.column_stack([*past, np.ones(len(y) - DAY)]), full[DAY:], REFERENCE - DAY
    slopes = np.linalg.solve(x[:n].T @ x[:n] + 1e-3 * n * np.eye(DAY + 1), x[:n].T @ then[:n])
    at, value = read()
    within = [np.diff(value[at == hour]) for hour in range(len(y))]
    scatter = [np.log(np.std(one) + 1e-6) if len(one) > 2 else np.nan for one in within]
    before = np.full(DAY, np.nan)
    return {
        "residuals of 24 hours": np.r_[before, then - x @ slopes],
        "scatter within the hour": np.array(scatter),
        "change in 24 hours": np.r_[before, full[DAY:] - full[:-DAY]],
    }


def once_a_month(make: Callable[[float], Chart], rest: np.ndarray) -> Chart:
    """The chart with the least reach that signals at most once in a month of days of the reference,
    drawn again."""
    starts = np.random.default_rng(0).integers(0, len(rest) - DAY, 31)
    month = np.concatenate([rest[a : a + DAY] for a in starts])
    for reach in REACHES:
        if len(alarms(make(reach), np.r_[np.full(REFERENCE, np.nan), month])[0]) <= 1:
            break
    return make(reach)


def longer(y: np.ndarray) -> list[tuple[str, Chart, np.ndarray]]:
    """Further charts, whose reach is that of the reference."""
    found, of = list[tuple[str, Chart, np.ndarray]](), {"by": "standard deviation", "rules": LIMITS}
    for name, fed in further(y).items():
        rest = fed[:REFERENCE][np.isfinite(fed[:REFERENCE])]
        slow = once_a_month(lambda r: Ewma.of(rest, weight=0.05, reach=r, **of), rest)  # noqa: B023
        sums = once_a_month(lambda r: Cusum.of(rest, reach=r, **of), rest)  # noqa: B023
        found += [(f"EWMA 0.05, {name}", slow, fed), (f"CUSUM, {name}", sums, fed)]
    return found


def alarms(chart: Chart, values: np.ndarray) -> tuple[list[int], float]:
    """Hours at which alarms begin, and the share of hours with a signal."""
    begun, last, signals = [], -np.inf, 0
    for hour, value in enumerate(values):
        points = chart.add(value)
        if any(p.signals for p in points if p.statistic != "moving range"):
            signals += hour >= REFERENCE
            if hour - last >= DAY and hour >= REFERENCE:
                begun.append(hour)
            last = hour
    return begun, signals / (len(values) - REFERENCE)


def row(
    name: str,
    found: tuple[list[int], float],
    labelled: list[tuple[float, float, float]],
    hours: int,
) -> str:
    (begun, share), early, late, ahead, known = found, [], 0, 0, set[int]()
    for start, label, end in labelled:
        mine = [a for a in begun if start - DAY <= a <= end]
        known.update(mine)
        if mine and mine[0] <= label:
            early.append(label - mine[0])
            ahead += mine[0] < start
        else:
            late += bool(mine)
    false = len(set(begun) - known) / ((hours - REFERENCE) / MONTH)
    lead = ", ".join(f"{one:.0f}" for one in early) or "-"
    return (
        f"| {name} | {len(early)} of {len(labelled)} | {lead} | {ahead} | {late} | {false:.1f} |"
        f" {100 * share:.0f} % |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    args = parser.parse_args()
    if not FOLDER.is_dir():
        print(f"{FOLDER} is not there: skipped")
        return 0
    first, y = hours()
    labelled = failures(first)
    told = charts(y, residuals(y)) + longer(y)
    lines = [HEADER, "|" + " --- |" * 7]
    lines += [row(name, alarms(chart, fed), labelled, len(y)) for name, chart, fed in told]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
