"""The parts of `inverse` that start from measurements and from parts out of limits."""

from __future__ import annotations

import argparse
import csv
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..distribution import Distribution, LogNormal, Normal, Uniform
from ..errors import InputError
from ..inputs import unknown_name
from ..model import Model
from .answer import assignments, coordinate, given, number, split_names, table, with_unit
from .rows import delimiter

KINDS = {"uniform": Uniform, "normal": Normal, "lognormal": LogNormal}


def caused(args: argparse.Namespace, model: Model, unknowns: list[str]) -> tuple[dict[str, Any], list[str]]:
    """What caused the measurements in --observations: modes, or samples with --posterior."""
    from ..inverse import estimate, posterior

    data = observations(model, args.observations, unknowns)
    noise, prior = _noise(args, model, data), _prior(args, unknowns)
    common: dict[str, Any] = {
        "at": given(model, args.at), "seed": args.seed, "deadline_ms": args.deadline_ms, "noise_only": bool(args.noise_only),
    }  # fmt: skip
    if args.posterior is not None:
        if args.posterior < 1:
            raise InputError(f"--posterior is {args.posterior}; ask for at least one sample")
        drawn = posterior(model, data, unknowns, noise, prior, args.posterior, **common)
        answer = drawn.to_dict()
        return answer, [*_summary(answer), *_source(args, drawn), *([f"{drawn.status.label}: {drawn.message}"] if drawn.message else [])]
    found = estimate(model, data, unknowns, noise, prior, **common)
    return found.to_dict(), [*_modes(found), *_source(args, found)]


def _source(args: argparse.Namespace, found: Any) -> list[str]:
    """What the uncertainty is made of."""
    if not len(found.x):
        return []
    if found.uncertainty != "noise":
        return ["uncertainty from the noise and the model's own error"]
    return ["uncertainty from the noise alone" + ("" if args.noise_only else ": the model has no interval")]


def observations(model: Model, path: str, unknowns: list[str]) -> dict[str, NDArray[np.float64]]:
    """The columns of the table that are inputs or outputs of the model; an empty cell of an output is NaN."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file, delimiter=delimiter(path))
        header = [name.strip() for name in next(rows, [])]
        body = [row for row in rows if any(c.strip() for c in row)]
    if not body:
        raise InputError(f"{path} has no rows below its header; give a table with observations")
    columns = {}
    for i, name in enumerate(header):
        if name in unknowns:
            raise InputError(f"{path} has a column {name!r}, which is also unknown; leave it out of one of the two")
        if name in model.input_names:
            axis = model.axes[model.axis_index(name)]
            columns[name] = np.array([coordinate(axis, _cell(row, i, path, r)) for r, row in enumerate(body)])
        elif name in model.output_names:
            cells = [_cell(row, i, path, r) for r, row in enumerate(body)]
            columns[name] = np.array([number(name, c) if c else np.nan for c in cells])
    return columns


def _cell(row: list[str], i: int, path: str, r: int) -> str:
    if i >= len(row):
        raise InputError(f"{path}: row {r + 1} is too short; give every row all columns")
    return row[i].strip()


def _noise(args: argparse.Namespace, model: Model, data: dict[str, Any]) -> Any:
    from ..inverse import StudentT

    if not args.noise:
        raise InputError("measurements need --noise S, their standard deviation in output units")
    bare = [text for text in args.noise if "=" not in text]
    if bare and len(args.noise) > 1:
        raise InputError("--noise takes one number, or NAME=S for every measured output")
    if bare:
        scale: Any = number("--noise", bare[0])
    else:
        named = assignments(args.noise, model.output_names)
        for name in named:
            if name not in model.output_names:
                raise InputError(f"{name!r} is not an output of this model; its outputs are {', '.join(model.output_names)}")
        scale = {name: number(name, text) for name, text in named.items()}
    return scale if args.student_t is None else StudentT(scale, args.student_t)


def _prior(args: argparse.Namespace, unknowns: list[str]) -> dict[str, Distribution] | None:
    found: dict[str, Distribution] = {}
    for name, text in assignments(args.prior, unknowns).items():
        if name not in unknowns:
            raise InputError(f"a prior is given for {unknown_name(name, unknowns).replace('input of this model', 'unknown')}")
        kind, _, numbers = text.partition(":")
        values = [number(name, v.strip()) for v in numbers.split(",") if v.strip()]
        if kind not in KINDS or len(values) != 2:
            raise InputError(f"prior {text!r} is not KIND:A,B; write uniform:LOW,HIGH, normal:MEAN,DEVIATION or lognormal:MU,SIGMA")
        if kind != "uniform" and not values[1] > 0:
            raise InputError(f"the prior of {name!r} needs a positive width")
        found[name] = KINDS[kind](*values)
    return found or None


def _modes(found: Any) -> list[str]:
    lines = []
    for mode, deviation, density in zip(found.solutions, found.deviation, found.log_density, strict=True):
        parts = [_with_deviation(a, mode[a.name], s) for a, s in zip(found.axes, deviation, strict=True)]
        lines.append(", ".join(parts) + (f"  (log density {density:.3g})" if len(found) > 1 else ""))
    if found.status < 0:
        return [*lines, f"{found.status.label}: {found.message}"]
    return [*lines, *([found.message] if found.message else [])]


def _with_deviation(axis: Any, value: Any, deviation: float) -> str:
    if isinstance(value, str):
        return f"{axis.name} = {value}"
    return f"{axis.name} = {with_unit(value, axis.unit)} +- {deviation:.2g}"


def _summary(answer: dict[str, Any]) -> list[str]:
    if "summary" not in answer:
        return []
    rows = [[n, *(f"{s[k]:.6g}" for k in ("mean", "deviation", "lower", "upper"))] for n, s in answer["summary"].items()]
    worth = f"{len(answer['solutions'])} samples from {answer['draws']} draws worth {answer['effective_samples']:.0f} independent ones"
    return [*table(["unknown", "mean", "deviation", "90 % from", "to"], rows), worth]


def limits(model: Model, texts: list[str]) -> dict[str, tuple[float | None, float | None]]:
    """'width=100:140' as numbers; an empty side is no limit."""
    found: dict[str, tuple[float | None, float | None]] = {}
    for name, text in assignments(texts, model.output_names).items():
        low, colon, high = text.partition(":")
        if not colon:
            raise InputError(f"limits {text!r} of {name!r} are not LO:HI; write for example {name}=100:140, or {name}=100: for one side")
        if not low.strip() and not high.strip():
            raise InputError(f"limits {text!r} of {name!r} limit nothing; give LO:HI, or one of the two")
        found[name] = (number(name, low) if low.strip() else None, number(name, high) if high.strip() else None)
    return found


def advised(args: argparse.Namespace, model: Model) -> tuple[dict[str, Any], list[str]]:
    """What to turn so that --part comes inside --limits."""
    from ..inverse import advise

    if not args.part:
        raise InputError("advice needs --part NAME=VALUE ..., every input of the part as it is")
    knobs = split_names(args.knobs)
    if not knobs:
        raise InputError(f"name what may be turned with --knobs; inputs are {', '.join(model.input_names)}")
    part = given(model, args.part)
    found = advise(model, part, limits(model, args.limits), knobs, seed=args.seed, deadline_ms=args.deadline_ms)
    return found.to_dict(), _advice(model, found)


def _advice(model: Model, found: Any) -> list[str]:
    lines = [f"set {name} to {_setting(model, name, found.settings[name])}" for name in found.change]
    for o in model.outputs:
        if o.name in found.after:
            before, after = found.before[o.name]["value"], found.after[o.name]["value"]
            lines.append(f"{o.name}: {with_unit(before, o.unit)} -> {with_unit(after, o.unit)}")
    return lines + ([f"{found.status.label}: {found.message}"] if found.message else [])


def _setting(model: Model, name: str, value: Any) -> str:
    return value if isinstance(value, str) else with_unit(value, model.axes[model.axis_index(name)].unit)
