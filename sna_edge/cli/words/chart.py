"""Draw and judge a control chart of a column, or of the log of a line: limits from reference rows,
then every point, with what it signals in words. The exit code is 4 where a point signals."""

from __future__ import annotations

import argparse
from typing import Any

from ...quality.charts import Chart, Hotelling, Point, rules_of
from ..arguments import writable
from ..charting.made import made, reference_of, values_of
from ..charting.options import configure
from ..console import ANSWERED, SIGNALS, emit, table

__all__ = ["HELP", "configure", "run"]

HELP = "control charts: individuals, X-bar/R, X-bar/S, p, EWMA, CUSUM, T2, with signals in words"
SHOWN = 20
FEW = 20
"""Reference points below which limits are said to be rough."""


def run(args: argparse.Namespace) -> int:
    """Judge every point; returns the exit code. Raises InputError for what gives no chart."""
    args.rules = rules_of(args.rules)
    if args.plot:
        from sna_export.plot.canvas import format_of

        format_of(args.plot)
        writable(args.plot, args.table, *args.log)
    values, name = values_of(args)
    reference = reference_of(args.reference, len(values))
    chart = made(args, values, reference)
    points = _points(chart, values, reference)
    if args.plot:
        from sna_export import plot

        last = None if args.reference is None else reference.stop
        plot.save(plot.chart(points, name=name, reference=last), args.plot)
    answer = _answer(chart, name, points, reference)
    emit(args, answer, _lines(args, chart, name, answer))
    return SIGNALS if answer["signals"] else ANSWERED


def _points(chart: Chart, values: list[Any], reference: range) -> list[tuple[Point, ...]]:
    """Every point; T2 has another limit for those that the limits are from."""
    if isinstance(chart, Hotelling):
        return [
            chart.add_reference(v) if i in reference else chart.add(v) for i, v in enumerate(values)
        ]
    return [chart.add(value) for value in values]


def _answer(
    chart: Chart, name: str, points: list[tuple[Point, ...]], reference: range
) -> dict[str, Any]:
    signals = [
        {"point": i, "statistic": p.statistic, "value": p.value, "rule": s.rule, "says": s.says}
        for i, each in enumerate(points, start=1)
        for p in each
        for s in p.signals
    ]
    return {
        "status": "ok",
        "chart": chart.kind,
        "of": name,
        "reference": [reference.start + 1, reference.stop],
        "points": [{"point": i, **p.told()} for i, e in enumerate(points, 1) for p in e],
        "signals": signals,
        "judged": chart.count,
        "missing": chart.missing,
        "state": chart.state(),
    }


def _lines(args: argparse.Namespace, chart: Chart, name: str, answer: dict[str, Any]) -> list[str]:
    first, last = answer["reference"]
    whence = f"limits from points {first} to {last}"
    if args.center is not None and args.sigma is not None:
        whence = "centre line and sigma as stated"
    elif last - first + 1 < FEW:
        whence += f", fewer than {FEW}: rough ones"
    lines = [f"{name}: {chart.words}, {chart.count} points, {whence}"]
    ends = {p["statistic"]: p for p in answer["points"]}
    rows = [
        [p["statistic"], *("-" if p[k] is None else f"{p[k]:.6g}" for k in KEYS)]
        for p in ends.values()
    ]
    lines += table(["limits of the last point", "lower", "centre", "upper"], rows)
    if chart.missing:
        lines.append(f"{chart.missing} points without a value, judged by no rule")
    signals = answer["signals"]
    lines += [f"point {s['point']}: {s['says']} ({s['rule']})" for s in signals[:SHOWN]]
    if len(signals) > SHOWN:
        lines.append(f".. and {len(signals) - SHOWN} more; --json has all")
    at = {s["point"] for s in signals}
    lines.append(f"{len(at)} of {chart.count} points signal" if at else "no signals: in control")
    return lines


KEYS = "lower", "center", "upper"
