"""`inverse --observations`: which inputs caused the measurements, and how sure that is."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...calculus.distribution import Distribution, LogNormal, Normal, Uniform
from ...core.axis import Axis
from ...core.output import Output
from ...errors import InputError
from ...model import Model
from ..arguments import assignments, coordinate, input_values, number
from ..columns import measure
from ..console import table, with_unit
from ..options.dialect import open_for
from .plotted import plotted

if TYPE_CHECKING:
    from ...table import Measure, Source

KINDS = {"uniform": Uniform, "normal": Normal, "lognormal": LogNormal}


def caused(
    args: argparse.Namespace, model: Model, unknowns: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """What caused the measurements in --observations: modes, or samples with --posterior."""
    from ...inverse import estimate, posterior

    data = observations(args, model, unknowns)
    noise, prior = _noise(args, model, data), _prior(args, unknowns)
    common: dict[str, Any] = {
        "at": input_values(model, args.at), "seed": args.seed, "deadline_ms": args.deadline_ms,
        "noise_only": bool(args.noise_only), "input_error": _input_error(args, model),
    }  # fmt: skip
    if args.posterior is not None:
        if args.posterior < 1:
            raise InputError(f"--posterior is {args.posterior}; ask for at least one sample")
        drawn = posterior(model, data, unknowns, noise, prior, args.posterior, **common)
        answer = drawn.to_dict()
        return answer, [
            *_summary(answer),
            *_source(args, drawn),
            *([f"{drawn.status.label}: {drawn.message}"] if drawn.message else []),
            *plotted(args, drawn),
        ]
    found = estimate(model, data, unknowns, noise, prior, **common)
    return found.to_dict(), [*_modes(found), *_source(args, found)]


def _source(args: argparse.Namespace, found: Any) -> list[str]:
    """What the uncertainty is made of."""
    if not len(found.x):
        return []
    gauge = "" if args.noise else " (of the gauge study kept with the model)"
    parts = [
        *(["errors of the readings of known inputs"] if "inputs" in found.uncertainty else []),
        *(["model error"] if "model" in found.uncertainty else []),
    ]
    more = "".join(f" and {part}" for part in parts) or " only"
    bare = "model" not in found.uncertainty and not args.noise_only
    why = " (the model has no interval)" if bare else ""
    return [f"uncertainty: measurement noise{gauge}{more}{why}"]


def _input_error(args: argparse.Namespace, model: Model) -> dict[str, float] | None:
    """--input-error per input; None, what the file says of its sensors, where it is not given."""
    if not args.input_error:
        return None
    named = assignments(args.input_error, model.input_names)
    return {name: number(f"the reading error of {name}", text) for name, text in named.items()}


def observations(
    args: argparse.Namespace, model: Model, unknowns: list[str]
) -> dict[str, NDArray[Any]]:
    """The columns of the table that are inputs or outputs of the model; an empty cell of an output
    is NaN, levels are as written."""
    source = open_for(args, args.observations, model)
    for name in unknowns:
        if name in source.names:
            raise InputError(
                f"{source.path} has a column {name!r}, which is also in --unknown; remove it from"
                " one of the two"
            )
    columns = _columns(source, model)
    rows = 0
    for block in source.blocks():
        rows += len(block)
        for row, reason in block.wrong.items():
            raise InputError(f"{source.path}, line {block.lines[row]}: {reason}; correct the line")
        for name, column in columns.items():
            column.take(block.column(source.names.index(name)), block.lines)
    if not rows:
        raise InputError(
            f"{source.path} has no rows below its header; give a table with observations"
        )
    return {name: column.whole() for name, column in columns.items()}


def _columns(source: Source, model: Model) -> dict[str, _Column]:
    """Of the table, those that the model knows."""
    quantities: dict[str, Axis | Output] = {
        **{a.name: a for a in model.axes},
        **{o.name: o for o in model.outputs},
    }
    known = {name: quantities[name] for name in source.names if name in quantities}
    levels = {n for n, q in known.items() if isinstance(q, Axis) and q.kind == "categorical"}
    marks = source.marks([name for name in known if name not in levels])
    return {
        name: _Column(
            source.path, quantity, None if name in levels else measure(source, marks, quantity)
        )
        for name, quantity in known.items()
    }


@dataclass
class _Column:
    """The cells of one input or output of a table: numbers by their `reader`, which is None for
    levels."""

    path: str
    quantity: Axis | Output
    reader: Measure | None
    pieces: list[NDArray[Any]] = field(default_factory=list)

    def take(self, cells: list[str], lines: Sequence[int]) -> None:
        """The cells of some lines. Raises InputError for the first that is no number or level; that
        of an output may be empty."""
        if self.reader is None:
            values = self._levels(cells)
            self.pieces.append(np.array(cells, dtype=object))
        else:
            values = self.reader.numbers(cells, lines)
            self.pieces.append(values)
        for row in np.flatnonzero(np.isnan(values)).tolist():
            self._need(cells[row].strip(), lines[row])

    def _levels(self, cells: list[str]) -> NDArray[np.float64]:
        assert isinstance(self.quantity, Axis)
        known = {
            c: coordinate(self.quantity, c.strip()) if c.strip() else np.nan for c in set(cells)
        }
        return np.array([known[c] for c in cells], dtype=float)

    def _need(self, cell: str, line: int) -> None:
        name = self.quantity.name
        if cell and self.reader is not None:
            raise InputError(
                f"{self.path}, line {line}, column {name!r}: {self.reader.wrong(cell)}; correct the"
                " cell or leave it empty"
            )
        if isinstance(self.quantity, Axis):
            raise InputError(
                f"{self.path}, line {line}, column {name!r}: the cell is empty; fill it in or"
                " delete the row"
            )

    def whole(self) -> NDArray[Any]:
        """All cells, once the last line was taken."""
        if self.reader is not None:
            self.reader.finish()
        return np.concatenate(self.pieces)


def _noise(args: argparse.Namespace, model: Model, data: dict[str, Any]) -> Any:
    from ...inverse import StudentT
    from ...inverse.bayes.density.observations import gauge_noise

    if not args.noise and any(gauge_noise(model, name) for name in model.output_names):
        return {} if args.student_t is None else StudentT({}, args.student_t)
    if not args.noise:
        raise InputError(
            "--observations needs --noise S: the standard deviation of the measurements, in output"
            " units"
        )
    bare = [text for text in args.noise if "=" not in text]
    if bare and len(args.noise) > 1:
        raise InputError("--noise takes one number, or NAME=S for every measured output")
    if bare:
        scale: Any = number("--noise", bare[0])
    else:
        named = assignments(args.noise, model.output_names)
        for name in named:
            if name not in model.output_names:
                raise InputError(
                    f"{name!r} is not an output of this model; its outputs are"
                    f" {', '.join(model.output_names)}"
                )
        scale = {name: number(name, text) for name, text in named.items()}
    return scale if args.student_t is None else StudentT(scale, args.student_t)


def _prior(args: argparse.Namespace, unknowns: list[str]) -> dict[str, Distribution] | None:
    found: dict[str, Distribution] = {}
    for name, text in assignments(args.prior, unknowns).items():
        if name not in unknowns:
            raise InputError(
                f"--prior names {name!r}, which is not an unknown; the unknowns are"
                f" {', '.join(unknowns)}"
            )
        kind, _, numbers = text.partition(":")
        values = [number(name, v.strip()) for v in numbers.split(",") if v.strip()]
        if kind not in KINDS or len(values) != 2:
            raise InputError(
                f"prior {text!r} is not KIND:A,B; write uniform:LOW,HIGH, normal:MEAN,STD or"
                " lognormal:MU,SIGMA"
            )
        if kind != "uniform" and not values[1] > 0:
            raise InputError(f"the prior of {name!r} needs a positive standard deviation")
        found[name] = KINDS[kind](*values)
    return found or None


def _modes(found: Any) -> list[str]:
    lines = []
    for mode, deviation, density in zip(
        found.solutions, found.deviation, found.log_density, strict=True
    ):
        parts = [
            _with_deviation(a, mode[a.name], s) for a, s in zip(found.axes, deviation, strict=True)
        ]
        lines.append(
            ", ".join(parts) + (f"  (log density {density:.3g})" if len(found) > 1 else "")
        )
    if found.status < 0:
        return [*lines, f"{found.status.label}: {found.message}"]
    return [*lines, *([found.message] if found.message else [])]


def _with_deviation(axis: Any, value: Any, deviation: float) -> str:
    if isinstance(value, str):
        return f"{axis.name} = {value}"
    return f"{axis.name} = {with_unit(value, axis.unit)} +- {float(f'{deviation:.2g}'):g}"


def _summary(answer: dict[str, Any]) -> list[str]:
    if "summary" not in answer:
        return []
    rows = [
        [n, *(f"{s[k]:.6g}" for k in ("mean", "deviation", "lower", "upper"))]
        for n, s in answer["summary"].items()
    ]
    worth = (
        f"{len(answer['solutions'])} samples from {answer['draws']} weighted draws, effective"
        f" sample size {answer['effective_samples']:.0f}"
    )
    return [*table(["unknown", "mean", "std", "90 % interval from", "to"], rows), worth]
