"""Say what of the scatter of measurements is the gauge: repeatability, reproducibility and parts
from a crossed study, as shares of the variation and of the tolerance, and the noise that a model
takes."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ...errors import InputError
from ...quality.gage import POOLED, TELLS, GageStudy, gage_study, numbered
from ..arguments import add_json
from ..charting.study import read_study
from ..console import ANSWERED, emit, table
from ..options.dialect import add_dialect
from ..options.stated import state, value

HELP = "gage R&R of a crossed study: repeatability, reproducibility, and the noise of a model"

OPTIONS = (
    value("table", "TABLE", "a row per measurement"),
    value("--part", "COL", "which part (default: part)", default="part"),
    value("--operator", "COL", "who measured (default: operator, where there is one)"),
    value("--value", "COL", "what was measured (default: value)", default="value"),
    value("--tolerance", "T", "USL - LSL of the value", type=float),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge gage`."""
    state(parser, OPTIONS)
    add_dialect(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Answer; returns the exit code. Raises InputError for a study that is not crossed."""
    if args.tolerance is not None and not 0.0 < args.tolerance < np.inf:
        raise InputError(f"--tolerance {args.tolerance:g} is no width; give USL - LSL, above 0")
    study = _study(args)
    name, noise = args.value, float(f"{study.sigma:.5g}")
    answer: dict[str, Any] = {
        "status": "ok",
        **study.report(),
        "repeatability_95": study.repeatability_95(),
        "sources": study.sources(args.tolerance),
        "says": study.verdict(args.tolerance),
        "noise": {
            "fit": ["--gage", f"{name}={args.table}"],
            "inverse": ["--noise", f"{name}={noise:g}"],
            "limits": {"inputs": {name: {"tolerance": study.tolerance}}},
        },
    }
    emit(args, answer, _lines(args, study, noise))
    return ANSWERED


def _study(args: argparse.Namespace) -> GageStudy:
    found = read_study(args, args.table, args.part, args.value, args.operator)
    return gage_study(numbered(found.parts), numbered(found.operators), found.values)


def _lines(args: argparse.Namespace, study: GageStudy, noise: float) -> list[str]:
    header = ["source", "standard deviation", "of the variance", "of the variation"]
    rows = []
    for name, one in study.sources(args.tolerance).items():
        row = [name, f"{one['deviation']:.5g}"]
        row += [f"{100 * one[key]:.1f} %" for key in ("contribution", "study")]
        rows.append([*row, f"{100 * one['tolerance']:.1f} %"] if "tolerance" in one else row)
    header += ["of the tolerance"] if args.tolerance is not None else []
    low, high = study.repeatability_95()
    lines = [
        f"{study.parts} parts, {study.operators} operators, {study.repeats} measurements each",
        *table(header, rows),
        f"repeatability {study.repeatability:.5g}, 95 %: {low:.4g} to {high:.4g}"
        f" ({study.freedom} degrees of freedom)",
    ]
    if study.interaction_p is not None:
        end = "so it counts as repeatability" if study.pooled else "so it is kept"
        than = "above" if study.pooled else "not above"
        lines.append(f"operator x part: p = {study.interaction_p:.3g}, {than} {POOLED:g}, {end}")
    lines.append(f"distinct categories: {study.categories} ({TELLS} or more tell parts apart)")
    lines.append(study.verdict(args.tolerance))
    if noise == 0.0:
        return lines
    lines.append(f"noise of {args.value}: {noise:g}; a fit keeps it with the model by --gage")
    lines.append(
        f"  inverse --noise {args.value}={noise:g}; as an input: [inputs.{args.value}]"
        f" tolerance = {study.tolerance:g} (three deviations) in a limits file"
    )
    return lines
