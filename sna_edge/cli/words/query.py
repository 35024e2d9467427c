"""Predict the outputs at one point (--at) or for every row of a table (--table)."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.tolerance import checked, remark
from ...errors import InputError
from ...model import Evaluation, Model
from ...status import MEANING, Status
from ...uncertainty.familiarity import told
from ...uncertainty.interval import USUAL, left_open
from ...uncertainty.readings import bordered
from ...uncertainty.reason import Reason
from ..answered_table import Floats, answer_table, free_name, summary
from ..arguments import (
    add_json,
    add_model,
    assignments,
    input_values,
    number,
    share_of,
    writable,
)
from ..console import as_written, emit, exit_code, two_valued, with_unit
from ..explaining.against import coordinates_by_name, read_against
from ..explaining.told import as_json, as_lines
from ..labels import answered, as_probabilities, of_classes
from ..labels import lines as class_lines
from ..options.dialect import add_dialect, open_for
from ..options.stated import several, state, switch, value
from ..raw_readings import needed, places, readable, refusal
from ..trusted.options import add_trust, load_model

HELP = "predict outputs, with intervals, at one point or for a table"

POINT = (
    several("--at", "NAME=VALUE", "the point: every input once, categorical ones by level"),
    value("--table", "IN.csv", "a table with one column per input; other columns are copied"
          " through"),
    value("-o --output", "OUT.csv", "where to write the answered table"),
)  # fmt: skip
READINGS = (
    switch("--extrapolate", "answer outside the domain too: linear, status `extrapolated`, no"
           " interval"),
    several("--sensor-tolerance", "NAME=T", "take a reading up to T outside the domain as its"
            " boundary, with a remark"),
    value("--level", "P", "level of the intervals, 95%% or 0.95, as far as the calibration rows"
          " support it (default: that of the file, or 90%%)"),
    switch("--explain", "also what each input contributes to the value, against --against"),
    several("--against", "WHAT", "NAME=VALUE .. (inputs left out are as at the point), mean (over"
            " the domain, the default), ROWS.csv (the mean of its rows) or ROWS.csv:N (its row N)"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge query`."""
    add_model(parser)
    add_trust(parser)
    state(parser, POINT, READINGS)
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Answer one point or a table; returns the exit code of its status."""
    if bool(args.at) == bool(args.table):
        raise InputError("missing or ambiguous input; give exactly one of --at, --table")
    if args.table and not args.output:
        raise InputError("--table needs a file for its answers; add -o OUT.csv")
    if args.explain and args.table:
        raise InputError("--explain says why of one point; give --at instead of --table")
    if args.against and not args.explain:
        raise InputError("--against needs --explain; add it, or leave --against out")
    if args.output:
        writable(args.output, args.table, args.model)
    model = load_model(args, args.backend)
    level = None if args.level is None else share_of("--level", args.level)
    return _table(args, model, level) if args.table else _point(args, model, level)


def _point(args: argparse.Namespace, model: Model, level: float | None) -> int:
    given = [text.partition("=")[0] for text in args.at]
    point = input_values(model, args.at, readable(model) | places(model, given))
    lacking = ""
    if model.gaps is not None:
        point, lacking = model.gaps.point(model.axes, point)
    found = model.evaluate(
        point, extrapolate=args.extrapolate, tolerance=_tolerance(args, model), level=level
    )
    status = Status(int(found.status[0]))
    answer = {"status": status, "outputs": _outputs(model, found)}
    if level is not None:
        answer["level"] = level
    shown = range(len(model.outputs)) if status >= 0 else ()
    lines = [_line(model, found, k, level) for k in shown if k not in of_classes(model)]
    if model.classes and status >= 0:
        answer["classes"] = answered(model, found.value[0])
        lines += class_lines(model, found.value[0])
    if found.axis[0] >= 0:
        answer |= _outside(model, found, point)
        lines.append(f"{status.label}: {answer['message']}")
    elif status != Status.OK:
        lines.append(f"{status.label}: {MEANING[status]}")
    if status >= 0 and status != Status.EXTRAPOLATED and told(model):
        why = _reason(model, point)
        answer["familiarity"] = {"p": why.p, "inputs": list(why.inputs), "reason": why.said}
        if status == Status.UNFAMILIAR:
            lines.append(f"{why.said} (p = {100 * why.p:.2g} %)")
    if lacking:
        answer["missing"] = lacking
        lines.append(f"remark: {lacking}")
    if found.moved is not None and found.moved.any():
        answer["remark"] = remark(model.axes, _given(model, point), found.moved[0])
        lines.append(f"remark: {answer['remark']}")
    if args.explain and status >= 0:
        lines += _explained(args, model, found, point, answer)
    emit(args, answer, lines)
    return exit_code(status)


def _explained(
    args: argparse.Namespace,
    model: Model,
    found: Evaluation,
    point: dict[str, object],
    answer: dict[str, Any],
) -> list[str]:
    """What each input contributes: in `answer`, and in words."""
    if found.status[0] == Status.EXTRAPOLATED:
        raise InputError(
            "--explain holds inside the domain; leave out --extrapolate, or move the point inside"
        )
    x = coordinates_by_name(model, point)
    formulas = model.readings.derived if model.readings else ()
    whole = _given(model, point) if formulas else np.empty(0)
    computed = {model.axes[f.axis].name: float(whole[f.axis]) for f in formulas}
    for d in [] if found.moved is None else np.flatnonzero(found.moved[0]):
        axis = model.axes[d]
        if axis.name in x:
            x[axis.name] = float(np.clip(x[axis.name], axis.lower, axis.upper))
    against = read_against(args, model, args.against, x)
    why = model.contributions(x, against.query, level_index=True)
    answer["explain"] = as_json(model, why, against)
    return as_lines(model, why, against, computed | x)


def _given(model: Model, point: dict[str, object]) -> Floats:
    """Coordinates [D] as given, of derived inputs as computed."""
    x = np.array(model.derived(point).x[0])
    for d, axis in enumerate(model.axes):
        if axis.name in point:
            x[d] = axis.coordinate(point[axis.name])
    return x


def _reason(model: Model, point: dict[str, object]) -> Reason:
    """Why the point, within the tolerance of its sensors, is no more familiar than it is."""
    lower, upper = np.array([(a.lower, a.upper) for a in model.axes]).T
    return model.why_unfamiliar(np.clip(_given(model, point), lower, upper), level_index=True)


def _tolerance(args: argparse.Namespace, model: Model) -> dict[str, float] | None:
    """--sensor-tolerance in axis units; None, those of the file, where it is not given."""
    if not args.sensor_tolerance:
        return None
    texts = assignments(args.sensor_tolerance, model.input_names)
    return checked(
        model.axes, {name: number(f"the tolerance of {name}", text) for name, text in texts.items()}
    )


def _outputs(model: Model, found: Evaluation) -> dict[str, Any]:
    return {
        o.name: {
            "value": found.value[0, k],
            "lower": found.lower[0, k],
            "upper": found.upper[0, k],
            "unit": o.unit,
        }
        for k, o in enumerate(model.outputs)
    }


def _line(model: Model, found: Evaluation, k: int, asked: float | None) -> str:
    """'strength = 41.2 MPa  (90 % between 35.0 and 47.4)'."""
    o = model.outputs[k]
    text = f"{o.name} = {with_unit(found.value[0, k], o.unit)}"
    level = asked or (o.interval.level if o.interval else USUAL)
    if o.interval is None and asked is None and k not in left_open(model):
        return text
    if found.status[0] == Status.EXTRAPOLATED:
        return f"{text}  (no interval outside the domain)"
    return (
        f"{text}  ({100 * level:.10g} % interval{_of(model, o.name)}:"
        f" {found.lower[0, k]:.6g} to {found.upper[0, k]:.6g})"
    )


def _of(model: Model, name: str) -> str:
    """What the interval holds where the table had two values only: single outcomes, not the share
    that the value is."""
    two = two_valued(model).get(name)
    return f" of single outcomes, {two[0]:g} or {two[1]:g}" if two else ""


def _outside(model: Model, found: Evaluation, point: dict[str, object]) -> dict[str, Any]:
    """Which input is outside and how far, in words and numbers; in words alone where a reading is
    why it could not be computed."""
    axis, excess = model.axes[int(found.axis[0])], float(found.excess[0])
    if axis.name not in point and np.isnan(excess):
        return {"message": refusal(model, point)}
    if axis.mesh is not None and axis.name not in point:
        message = f"the point lies {excess:.6g} outside {axis.name!r}; ask inside the part"
    elif axis.kind == "categorical":
        message = axis.unseen(axis.coordinate(point[axis.name]))
    else:
        side = "above" if excess > 0 else "below"
        message = (
            f"input {axis.name!r} is {with_unit(abs(excess), axis.unit)} {side} its domain,"
            f" {axis.describe()}"
        )
    extra = {"input": axis.name, "excess": excess, "message": message}
    return (
        extra
        if axis.kind == "categorical"
        else extra | {"domain": [as_written(axis, axis.lower), as_written(axis, axis.upper)]}
    )


def _table(args: argparse.Namespace, model: Model, level: float | None) -> int:
    tolerance = _tolerance(args, model)
    source = open_for(args, args.table, model)
    columns_read = needed(model, source.names)
    inputs = tuple(a for a in model.axes if a.name in columns_read)

    def answer(columns: dict[str, Floats]) -> tuple[NDArray[np.int8], Floats]:
        found = model.evaluate(
            columns,
            extrapolate=args.extrapolate,
            tolerance=tolerance,
            level_index=True,
            level=level,
        )
        whole = np.stack([as_probabilities(model, found.value), found.lower, found.upper], axis=2)
        places = [one.places(found.value).astype(float) for one in model.classes]
        return found.status, np.stack([*whole.reshape(len(whole), -1).T, *places], axis=1)

    def remarks(columns: dict[str, Floats]) -> dict[int, str]:
        x = np.stack([columns[a.name] for a in inputs], axis=1)
        _, moved = bordered(model, inputs, x, tolerance)
        lacking = {} if model.gaps is None else model.gaps.remarks(model.axes, columns)
        if moved is None:
            return lacking
        rows = np.flatnonzero(moved.any(axis=1)).tolist()
        said = {row: remark(inputs, x[row], moved[row]) for row in rows}
        both = sorted({*said, *lacking})
        return {row: "; ".join(filter(None, (lacking.get(row), said.get(row)))) for row in both}

    names: list[str] = []
    for output in model.output_names:
        ends = [
            free_name(f"{output}_{end}", "_", [*model.output_names, *names])
            for end in ("lower", "upper")
        ]
        names += [output, *ends]
    labels = {free_name(one.target, "_", names): one.labels for one in model.classes}
    names += labels
    lacking = frozenset() if model.gaps is None else model.gaps.may_lack
    found = answer_table(
        source, args.output, columns_read, names, answer,
        remarks=remarks, labels=labels, may_lack=lacking,
    )  # fmt: skip
    emit(args, *summary(found, args.output))
    return found.code()
