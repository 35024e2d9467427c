"""From the options of `sna-edge chart` to a chart and the values that it is fed."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from ...quality.charts import CHARTS, Chart, Cusum, Ewma, Hotelling, Individuals
from ..arguments import split_names
from ..options.stated import refuse_foreign
from .columns import bare_columns, grouped
from .logged import logged, rejected
from .options import JUDGED, TUNED, VALUES, WAYS

GROUPED = ("xbar-r", "xbar-s")


def values_of(args: argparse.Namespace) -> tuple[list[Any], str]:
    """What the chart is fed, one a point, and what that is."""
    refuse_foreign(args, "chart", VALUES, JUDGED, TUNED)
    if args.log:
        return _of_log(args)
    columns = split_names(args.column)
    if not args.table or not columns:
        raise InputError(
            "missing values; give TABLE and --column C, or --log LOG and --output NAME"
        )
    if len(columns) > 1 and args.chart != "t2":
        raise InputError(f"--chart {args.chart} takes one column; several are for --chart t2")
    rows = int(args.subgroup) if (args.subgroup or "").isdecimal() else None
    labels = [args.subgroup] if args.subgroup and rows is None else []
    size = [] if args.chart != "p" or (args.size or "").isdecimal() else [args.size]
    if size == [None]:
        raise InputError("--chart p needs the parts of a sample; give --size N, or --size COLUMN")
    numbers, texts = bare_columns(args, args.table, [*columns, *size], labels)
    name = ", ".join(columns)
    x = np.stack([numbers[c] for c in columns], axis=1)
    if args.chart == "p":
        count = numbers[size[0]] if size else np.full(len(x), float(args.size))
        return list(zip(x[:, 0].tolist(), count.tolist(), strict=True)), name
    y = x if args.chart == "t2" else x[:, 0]
    if not args.subgroup:
        if args.chart in GROUPED:
            raise InputError(f"--chart {args.chart} needs --subgroup N, or the column of subgroups")
        return list(y) if args.chart == "t2" else y.tolist(), name
    if rows is not None and rows < 2:
        raise InputError(f"--subgroup {rows} has no scatter within; give 2 rows or more")
    return _grouped(args, y, rows, texts[args.subgroup] if labels else None), name


def _grouped(
    args: argparse.Namespace, y: Any, rows: int | None, labels: Sequence[str] | None
) -> list[Any]:
    """Subgroups; their means for charts of single values. A last one that is shorter is left
    out."""
    groups = grouped(y, rows, labels)
    if rows is not None:
        groups = [group for group in groups if len(group) == rows]
    if args.chart == "t2" and len({len(group) for group in groups}) > 1:
        raise InputError("--chart t2 needs subgroups of one size; give --subgroup N")
    if args.chart in (*GROUPED, "t2"):
        return groups
    return [float(np.nanmean(g)) if np.isfinite(g).any() else float("nan") for g in groups]


def _of_log(args: argparse.Namespace) -> tuple[list[Any], str]:
    if args.table or args.column:
        raise InputError("--log is in place of TABLE and --column; give one of the two")
    if args.chart == "p":
        if not (args.size or "").isdecimal() or int(args.size) < 1:
            raise InputError("--chart p of a log needs --size N: verdicts of a sample")
        return rejected(args.log, int(args.size)), "rejected parts"
    if args.chart == "t2" or not args.output:
        raise InputError("--log needs --output NAME, one output; --chart t2 takes a table")
    y = np.array(logged(args.log, args.output, args.of), dtype=float)
    name = f"{args.output}, {args.of}"
    rows = int(args.subgroup) if (args.subgroup or "").isdecimal() else 0
    if args.subgroup and rows < 2:
        raise InputError("--subgroup of a log is a number of parts; give 2 or more")
    if not rows and args.chart in GROUPED:
        raise InputError(f"--chart {args.chart} needs --subgroup N")
    return (_grouped(args, y, rows, None) if rows else y.tolist()), name


def reference_of(text: str | None, count: int) -> range:
    """The points that limits are made from: the first N, or A:B from 1 on. Raises InputError."""
    if text is None:
        return range(count)
    found = re.fullmatch(r"\s*(\d*)\s*(:?)\s*(\d*)\s*", text)
    if found is None or not (found[1] or found[3]):
        raise InputError(f"--reference {text!r} is no number of points; write 25, or 11:35")
    first, last = (1, found[1]) if not found[2] else (int(found[1] or 1), found[3] or count)
    if not 1 <= first <= int(last) <= count:
        raise InputError(
            f"--reference {text} is not within the {count} points there are; give others"
        )
    return range(first - 1, int(last))


def made(args: argparse.Namespace, values: list[Any], reference: range) -> Chart:
    """The chart, with limits from the reference points or as they are stated."""
    kind = CHARTS[args.chart]
    options: dict[str, Any] = {o.name: getattr(args, o.name) for o in TUNED}
    options = {k: v for k, v in options.items() if v is not None}
    options["rules"] = args.rules
    chosen = [values[i] for i in reference]
    stated = {k: getattr(args, k) for k in ("center", "sigma") if getattr(args, k) is not None}
    if issubclass(kind, (Individuals, Ewma, Cusum)):
        if len(stated) == 2:
            if not stated["sigma"] > 0:
                raise InputError(f"--sigma {stated['sigma']:g} is no deviation; give one above 0")
            return kind(**stated, **options)
        chart = kind.of(chosen, WAYS[args.sigma_by or "range"], **options)
        for key, value in stated.items():
            setattr(chart, key, value)
        chart.__post_init__()
        return chart
    if issubclass(kind, Hotelling):
        options["names"] = split_names(args.column)
    return kind.of(chosen, **options)  # type: ignore[attr-defined, no-any-return]
