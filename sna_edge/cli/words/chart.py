"""Draw and judge a control chart of a column, or of the log of a line: limits from reference rows,
then every point, with what it signals in words. The exit code is 4 where a point signals."""

from __future__ import annotations

import argparse
from typing import Any

from ...quality.charts import CHARTS, SETS, Chart, Hotelling, Point, rules_of
from ...quality.charts.rules import USUAL
from ..arguments import add_json, writable
from ..charting.logged import OF
from ..charting.made import WAYS, made, reference_of, values_of
from ..console import ANSWERED, SIGNALS, emit, table
from ..dialect_options import add_dialect

HELP = "control charts: individuals, X-bar/R, X-bar/S, p, EWMA, CUSUM, T2, with signals in words"
SHOWN = 20
FEW = 20
"""Reference points below which limits are said to be rough."""
NUMBERS = {
    "center": "the centre line, in place of that of the reference",
    "sigma": "the standard deviation of a point, in place of that of the reference",
    "weight": "with ewma: the weight of the newest value (default 0.2)",
    "reach": "with ewma and cusum: limits in standard deviations (default 2.962 and 5)",
    "slack": "with cusum: half of the shift to be found, in sigma (default 0.5)",
    "head": "with cusum: where the sums begin, in sigma (default 0)",
    "alpha": "with t2: how often a point signals falsely (default 0.0027)",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge chart`."""
    parser.add_argument(
        "table", nargs="?", metavar="TABLE", help="rows in the order of the process"
    )
    parser.add_argument(
        "--chart", choices=tuple(CHARTS), default="individuals", metavar="NAME",
        help=f"{', '.join(CHARTS)} (default: %(default)s)",
    )  # fmt: skip
    many: dict[str, Any] = {"nargs": "+", "action": "extend", "default": []}
    parser.add_argument(
        "--column", **many, metavar="C",
        help="the column; with t2 several; with p that of the bad parts of a sample",
    )  # fmt: skip
    parser.add_argument(
        "--subgroup", metavar="N|C",
        help="rows of a subgroup, or the column that says which one a row is of",
    )  # fmt: skip
    parser.add_argument(
        "--size", metavar="N|C", help="with p: parts of a sample, a number or their column"
    )
    parser.add_argument("--log", **many, metavar="LOG", help="answers of watch in place of a table")
    parser.add_argument("--output", metavar="NAME", help="with --log: which output")
    parser.add_argument(
        "--of", choices=OF, default=OF[0], metavar="WHAT",
        help=f"with --log: {', '.join(OF)} (measured less predicted) (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--reference", metavar="N|A:B",
        help="points that limits are made from: the first N, or A to B (default: all)",
    )  # fmt: skip
    parser.add_argument(
        "--rules", default=USUAL, metavar="NAMES",
        help=f"{', '.join(SETS)}, or keys of rules (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--sigma-by", choices=tuple(WAYS), metavar="WAY",
        help="how single values scatter: range (of neighbours, the default) or deviation (of all)",
    )  # fmt: skip
    for name, text in NUMBERS.items():
        parser.add_argument(f"--{name}", type=float, metavar="X", help=text)
    parser.add_argument("--plot", metavar="FILE", help="the chart as .svg, .png or .pdf")
    add_dialect(parser)
    add_json(parser)


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
