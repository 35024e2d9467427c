"""What a fit prints."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from ...model import Model
from ...uncertainty.typical import typical_outputs
from ..beside import unfamiliar_text
from ..console import interval_text, table, two_valued, with_unit
from ..labels import fitted, of_classes
from ..shape import shape_lines
from .choice import candidate_lines, inputs_lines, next_step

HEAD = ("cross-validated", "R2", "RMSE", "90 % interval", "turns a slice")
SHOWN = 12
"""Names of left-out inputs printed at most; --json and the report have all."""


def _left_out(missing: Mapping[str, Any] | None) -> list[str]:
    """How many rows were left out because of which columns."""
    if not missing:
        return []
    cells = ", ".join(f"{name} {count}" for name, count in missing["cells"].items())
    count = missing["rows"]
    if not count:
        return [f"missing cells ({cells})"]
    return [f"left out {count} row{'' if count == 1 else 's'} with missing cells ({cells})"]


def fit_lines(
    args: argparse.Namespace, found: Any, judged: Sequence[Any], answer: dict[str, Any]
) -> list[str]:
    """The lines of a fit: size, how it was chosen, how good it is."""
    from sna_export.report.remarks import remarks
    from sna_export.report.trust import trust_lines

    model = found.model
    lines = [
        (
            f"{args.output}: {model.interaction.rank} modes, {model.parameters} parameters,"
            f" {answer['bytes']} bytes"
        ),
        f"fitted in {answer['seconds']:.1f} s",
        *inputs_lines(found.report, SHOWN),
        *_left_out(found.report.get("missing")),
        *candidate_lines(found.report),
        *remarks(found.report, SHOWN),
        *shape_lines(model),
    ]
    lines += [
        f"{name} is {low:g} or {high:g} in every row: the model predicts a share between them, and"
        " its interval covers single outcomes"
        for name, (low, high) in two_valued(model).items()
    ]
    return [
        *lines,
        *_scores(model, found.report.get("outputs", {})),
        *fitted(found.report.get("classes", {})),
        *trust_lines(judged),
        *_familiar(model),
        *_held_out(found.report),
        next_step(args.output, found.report),
    ]


def _scores(model: Model, scores: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A table of the outputs that are numbers, by rows that were left out; nothing without one."""
    heads = ["cross-validated", "R2", "RMSE", "90 % interval", "turns a slice"]
    rows, classes = [], of_classes(model)
    for k, (output, typical) in enumerate(zip(model.outputs, typical_outputs(model), strict=True)):
        if k in classes:
            continue
        score = scores.get(output.name, {})
        width = interval_text(model, typical).removeprefix("90 %: ")
        width += " (typical)" if output.interval is None and typical.interval else ""
        errors = (with_unit(score[k], "") if k in score else "-" for k in ("r2", "rmse"))
        rows.append([output.name, *errors, width, turning(score.get("turning_points", {}))])
    return table(heads, rows) if rows else []


def turning(found: Mapping[str, float]) -> str:
    """Turning points of a slice, mean over the inputs, and the input of most of them."""
    if not found:
        return "-"
    most = max(found, key=lambda name: found[name])
    mean = sum(found.values()) / len(found)
    return f"{mean:.2g} ({most} {found[most]:.2g})" if found[most] > 0 else "0"


def _held_out(report: dict[str, Any]) -> list[str]:
    """Tables of the rows held out of the whole fit."""
    from sna_export.report.validation import holdout_table, parts_table

    tables = (holdout_table(report), parts_table(report))
    return [line for head, rows in tables if rows for line in ("", *table(head, rows))]


def _familiar(model: Model) -> list[str]:
    """Whether the model says how familiar inputs are."""
    made = model.calibration
    if made is None or not made.n_scores:
        return []
    return [f"familiarity of {made.n_scores} rows: {unfamiliar_text(made)}"]
