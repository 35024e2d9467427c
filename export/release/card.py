"""The model card as plain data: what people have to know of a model before they rely on it.

`card_schema.SCHEMA` states its keys; `card_page` shows it.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import sna_edge
from sna_edge.calculus.ranges import ranges
from sna_edge.core.axis import Axis
from sna_edge.files import format_of
from sna_edge.model import Model
from sna_edge.values.fit_told import fit_told, refit_told

from ..calibrate.judged import Judged
from .commit import Commit
from .failures import failures, worst_rows
from .shares import of_labels

NAME, FORMAT = "sna-edge-model-card", 1
USER = ("intended", "not-for", "failures", "owner", "data")
"""What a person says, as [card] of a project names it."""
PACKAGES = ("numpy", "scipy")
FOREVER = float("inf")
"""Seconds that ranges may take: a time limit would make numbers depend on the machine's load."""


def card(
    model: Model,
    *,
    name: str,
    said: Mapping[str, Any],
    version: int | None = None,
    created: str | None = None,
    data: Mapping[str, Any] | None = None,
    fitted: Any = None,
    commit: Commit | None = None,
    changes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The card of a model read from a file. `said`: what a person says (USER); `data`: the table;
    `fitted`: the fit (`found`, `judged`, `answer`), None where only its file is there; `changes`
    against the release before."""
    found, judged = (fitted.found, fitted.judged) if fitted is not None else (None, ())
    report = found.report if found is not None else fit_told(model.metadata)
    return {
        "schema": {"name": NAME, "version": FORMAT},
        "name": name,
        "version": version,
        "created": created,
        "intended": {
            "use": said.get("intended"),
            "not_for": list(said.get("not-for", [])),
            "owner": said.get("owner"),
            "data": said.get("data"),
            "domain": [_domain(axis) for axis in model.axes],
        },
        "model": _model(model),
        "outputs": _outputs(model, report, judged),
        "data": data and dict(data),
        "fit": _fit(report),
        "refit": refit_told(model.metadata) or None,
        "solve": {k: model.metadata[k] for k in ("estimate", "doubts") if k in model.metadata}
        or None,
        "failures": {
            "stated": list(said.get("failures", [])),
            "found": failures(model, report, found, judged),
            "worst_rows": worst_rows(model, found) if found is not None else {},
        },
        "certificate": model.certificate,
        "changes": changes and dict(changes),
        "made_with": made_with() if fitted is not None else {},
        "git": commit and asdict(commit),
    }


def _model(model: Model) -> dict[str, Any]:
    assert model.artifact is not None
    signature = model.signature
    return {
        "sha256": hashlib.sha256(model.artifact).hexdigest(),
        "format": format_of(model.artifact),
        "bytes": len(model.artifact),
        "kind": model.interaction.kind,
        "modes": model.interaction.rank,
        "parameters": model.parameters,
        "stored": list(model.dtypes),
        "signature": signature
        and {"key": signature.key_id.hex(), "version": signature.model_version},
    }


def _domain(axis: Axis) -> dict[str, Any]:
    """An input and where the model answers."""
    levels = list(axis.level_names) if axis.kind == "categorical" else None
    ends = (None, None) if levels else (axis.lower, axis.upper)
    return {"name": axis.name, "unit": axis.unit, "kind": axis.kind, "lower": ends[0],
            "upper": ends[1], "levels": levels}  # fmt: skip


def _outputs(
    model: Model, report: Mapping[str, Any], judged: Sequence[Judged]
) -> list[dict[str, Any]]:
    """Units, ranges, errors on rows left out, coverage of intervals."""
    by_name = {one.output.name: one for one in judged}
    scores, several = report.get("outputs", {}), of_labels(model, "several")
    told = []
    for output, reach in zip(model.outputs, ranges(model, FOREVER), strict=True):
        score, one = scores.get(output.name, {}), by_name.get(output.name)
        told.append(
            {
                "name": output.name,
                "unit": output.unit,
                "link": output.link,
                "reached": [None, None] if output.name in several else list(reach.reached),
                "guaranteed": [0.0, 1.0] if output.name in several else list(reach.within),
                "errors": {k: score[k] for k in ("rmse", "r2") if k in score} or None,
                "coverage": _coverage(score, one),
            }
        )
    return told


def _coverage(score: Mapping[str, Any], one: Judged | None) -> dict[str, Any] | None:
    """Shares of rows inside intervals that had not seen them, by level and by quarter of the
    prediction."""
    if one is not None:
        report = one.report()
        return {
            "level": report["level"],
            "by_level": {k: v["coverage"] for k, v in report["levels"].items()},
            "by_quarter": [p["coverage"] for p in report["by_prediction"]],
            "mean_width": report["mean_width"],
            "said": report["said"],
        }
    if "coverage" not in score:
        return None
    return {
        "level": score.get("level"),
        "by_level": {f"{score.get('level')}": score["coverage"]},
        "by_quarter": list(score.get("by_quarter", [])),
        "mean_width": None,
        "said": [],
    }


def _fit(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """How the model was chosen, and what was held out."""
    if not report:
        return None
    confirmed = report.get("confirmed", {})
    return {
        "solver": report.get("kind"),
        "chosen": report.get("chosen"),
        "why": report.get("why"),
        "effort": report.get("effort", "normal"),
        "seed": report.get("seed"),
        "rows": report.get("rows"),
        "splits": {
            "folds": report.get("folds"),
            "confirmed_by": confirmed.get("by"),
            "confirmed": confirmed.get("error"),
            "held_out": _held_out(report.get("holdout")),
        },
        "left_out": report.get("missing") or None,
        "classes": report.get("classes") or None,
    }


def _held_out(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Rows kept out of the whole fit; a file has the figures of an output by its name alone."""
    if not told:
        return None
    figures = {name: one for name, one in told.items() if isinstance(one, Mapping)}
    outputs = told.get("outputs", figures)
    return {"rows": told.get("rows"), "how": told.get("how"), "outputs": outputs}


def made_with() -> dict[str, str]:
    """Versions of what computed the model, and the machine."""
    found = {"sna_edge": sna_edge.__version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found | {"machine": platform.machine(), "system": platform.system()}
