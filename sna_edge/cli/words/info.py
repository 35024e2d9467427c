"""What is in a model: inputs with their domains, outputs, sizes and the certificate."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from typing import Any

from ...calculus.ranges import Range, ranges
from ...core.axis import Axis
from ...files import format_of
from ...model import Model
from ...signing import Trust
from ...values.fit_told import fit_told, refit_told
from ...values.learning_told import learning_curves
from ..arguments import add_json
from ..beside import described, level_text, lines, signature_text
from ..console import emit, interval_text, of_outcomes, table, with_unit
from ..shape import shape_lines, shape_proofs
from ..trusted.options import add_trust, load_with_trust

HELP = "inputs, outputs, sizes and certificate of a model"

WORTH_SAYING = 0.05  # of the interval of a solve: values that far beyond the solution's are named


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge info`."""
    parser.add_argument("model", metavar="MODEL", help="an .sna file")
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Print what is in a model; returns the exit code."""
    model, trust = load_with_trust(args, "numpy")
    found = ranges(model)
    head = {"status": "ok", "file": args.model, "bytes": os.path.getsize(args.model)}
    emit(args, head | describe(model, found, trust), _lines(args.model, model, found, trust))
    return 0


def describe(model: Model, found: list[Range], trust: Trust | None = None) -> dict[str, Any]:
    """The model as JSON types; `range` is what no value in the domain leaves, `reached` what some
    take, `sampled` what the file says."""
    return {
        "kind": model.interaction.kind,
        "modes": model.interaction.rank,
        "parameters": model.parameters,
        "inputs": [_input(a, dtype) for a, dtype in zip(model.axes, model.dtypes, strict=True)],
        "outputs": [
            {
                "name": o.name,
                "unit": o.unit,
                "link": o.link,
                "range": r.within,
                "reached": r.reached,
                "sampled": o.range,
                "interval": o.interval
                and {
                    "level": o.interval.level,
                    "below": o.interval.below,
                    "above": o.interval.above,
                    "space": o.interval.space,
                },
            }
            for o, r in zip(model.outputs, found, strict=True)
        ],
        **described(model, trust),
        "shape": {str(claim): holds for claim, holds in shape_proofs(model).items()},
        "certificate": model.certificate,
        "metadata": model.metadata,
    }


def _input(axis: Axis, dtype: str) -> dict[str, Any]:
    mesh = axis.mesh
    part = {} if mesh is None else {
        "coordinates": list(mesh.coordinates), "probes": dict(mesh.probes), "cells": len(mesh.cells)
    }  # fmt: skip
    return {
        "name": axis.name, "unit": axis.unit, "kind": axis.kind, "lower": axis.lower,
        "upper": axis.upper, "levels": list(axis.level_names) if mesh is None else [],
        "spans": axis.basis.n_spans, "degree": axis.basis.degree, "rows": axis.basis.n_rows,
        "dtype": dtype, **part,
    }  # fmt: skip


def _lines(path: str, model: Model, found: list[Range], trust: Trust) -> list[str]:
    """Everything, a line each: what it is, inputs, outputs, and how it was made."""
    shown = [_head(path, model, trust), "", *_inputs(model), "", *_outputs(model, found)]
    shown += lines(model)
    if said := shape_lines(model):
        shown += ["", *said]
    if model.certificate:
        shown += ["", "certificate", *_tree(model.certificate)]
    shown += plant_lines(model)
    shown += _fitted(fit_told(model.metadata)) + _anew(refit_told(model.metadata))
    return shown + solved_lines(model.metadata)


def _head(path: str, model: Model, trust: Trust) -> str:
    assert model.artifact is not None
    kind, modes = model.interaction.kind.upper(), model.interaction.rank
    return (
        f"{path}: format {format_of(model.artifact)}, {kind}, {modes} modes, {model.parameters}"
        f" parameters, {os.path.getsize(path)} bytes, {signature_text(model, trust)}"
    )


def _inputs(model: Model) -> list[str]:
    """A table of the axes."""
    rows = [
        [a.name, a.unit or "-", _domain(a), a.kind, f"{a.basis.n_spans}", f"{a.basis.degree}", kind]
        for a, kind in zip(model.axes, model.dtypes, strict=True)
    ]
    return table(["input", "unit", "domain", "kind", "spans", "degree", "stored"], rows)


def _outputs(model: Model, found: list[Range]) -> list[str]:
    """A table of the outputs and their ranges."""
    heads = ["output", "unit", "range reached", "guaranteed range", "link", "interval"]
    rows = []
    for o, r in zip(model.outputs, found, strict=True):
        interval = (
            interval_text(model, o) if o.interval else level_text(model) + of_outcomes(model, o)
        )
        rows.append(
            [o.name, o.unit or "-", _inward(r.reached), _outward(r.within), o.link, interval]
        )
    return table(heads, rows)


def plant_lines(model: Model) -> list[str]:
    """Readings that may be missing, and sensors taken from earlier rows."""
    found, lags = [], model.metadata.get("lags")
    if model.gaps is not None:
        names = (*model.gaps.flags, *model.gaps.levels)
        found.append(f"readings that may be missing: {', '.join(names)}")
    if isinstance(lags, dict):
        said = ", ".join(f"{name} {rows}" for name, rows in lags.items())
        found.append(f"rows before, in the order of the table: {said}")
    return found


def solved_lines(metadata: Mapping[str, Any]) -> list[str]:
    """The estimated error of a solve, how far values leave the range of the solution, what kept
    them within bounds, and why it is not to be believed."""
    doubts = metadata.get("doubts")
    found = [f"doubtful: {doubt}" for doubt in doubts] if isinstance(doubts, list) else []
    told = [*_estimate(metadata.get("estimate")), *_bounds(metadata.get("bounds"))]
    return [*_eigenvalues(metadata), *told, *found]


def _eigenvalues(metadata: Mapping[str, Any]) -> list[str]:
    """Those in the middle of the parameters, and how wrong they are at most."""
    try:
        values = ", ".join(f"{float(v):.7g}" for v in metadata["eigenvalues"])
        error = float(metadata["eigenvalue_error"])
    except (TypeError, KeyError, ValueError):
        return []
    return [f"eigenvalues in the middle of the parameters: {values} (relative error {error:.1e})"]


def _estimate(estimate: Any) -> list[str]:
    try:
        relative, worst = float(estimate["relative"]), float(estimate["worst"])
        at = ", ".join(f"{n} = {float(v):.4g}" for n, v in dict(estimate["at"]).items())
    except (TypeError, KeyError, ValueError):
        return []
    where = f", {worst:.1e} at {at}" if at else ""
    lines = [f"estimated error of the solve: {relative:.1e} relative{where}"]
    try:
        below, above = (float(far) for far in estimate["beyond"])
        width = float(estimate["width"])
    except (TypeError, KeyError, ValueError):
        return lines
    if max(below, above) > WORTH_SAYING * width:
        lines.append(
            f"values leave the range of the solution by up to {below:.3g} below and {above:.3g}"
            " above"
        )
    return lines


def _bounds(kept: Any) -> list[str]:
    try:
        ends = [
            f"{word} {float(kept[end]):g}"
            for end, word in (("low", "at least"), ("high", "at most"))
            if kept[end] is not None
        ]
        left, moved, places = max(map(float, kept["after"])), float(kept["moved"]), kept["places"]
        rest = f"values outside by {left:.2g}" if left > 0 else "no value outside"
        return [
            f"kept {' and '.join(ends)}: {rest} at {int(places):,} places, moved by {moved:.1e}"
            " relative for it"
        ]
    except (TypeError, KeyError, ValueError):
        return []


def _fitted(fit: Mapping[str, Any]) -> list[str]:
    """Inputs that the fit left out, what its time limit cut and whether more rows would help."""
    said = {
        "left out of the fit": fit.get("dropped"),
        "cut short by the time limit": fit.get("cut"),
    }
    lines = [f"{what}: {', '.join(names)}" for what, names in said.items() if names]
    curves = learning_curves({"fit": fit})
    return [*lines, *(f"{name}: {curve.sentence()}" for name, curve in curves.items())]


def _inward(ends: tuple[float, float]) -> str:
    """Five digits, none of them beyond what is reached."""
    return f"{_digits(ends[0], ROUND_CEILING)} .. {_digits(ends[1], ROUND_FLOOR)}"


def _outward(ends: tuple[float, float]) -> str:
    """Five digits that hold the range."""
    return f"{_digits(ends[0], ROUND_FLOOR)} .. {_digits(ends[1], ROUND_CEILING)}"


def _digits(value: float, rounding: str) -> str:
    """`value` to five digits, rounded to one side."""
    if not math.isfinite(value):
        return f"{value:g}"
    return f"{float(Context(prec=5, rounding=rounding).create_decimal(repr(value))):.5g}"


def _domain(axis: Axis) -> str:
    if axis.mesh is not None:
        return axis.mesh.describe()
    if axis.kind == "categorical":
        return "{" + ", ".join(axis.level_names) + "}"
    return f"{axis.lower:.6g} .. {axis.upper:.6g}"


def _tree(value: dict[str, Any], depth: int = 1) -> list[str]:
    """Nested names and numbers, indented."""
    lines = []
    for name, item in value.items():
        if isinstance(item, dict):
            lines += [f"{'  ' * depth}{name}", *_tree(item, depth + 1)]
        else:
            shown = with_unit(item, "") if isinstance(item, float) else item
            lines.append(f"{'  ' * depth}{name}: {shown}")
    return lines


def _anew(told: Mapping[str, Any]) -> list[str]:
    """From which model and logs this one was fitted anew."""
    if not told:
        return []
    version = told.get("from-version", 0)
    old = f"{told.get('from-sha256', '?')[:16]}.." + (f" (version {version})" if version else "")
    logs = ", ".join(told.get("logs", []))
    return [f"fitted anew from the model {old} with {told.get('parts', '?')} parts of {logs}"]
