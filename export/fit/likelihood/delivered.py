"""What a fit by likelihood delivers: the model, its report, and the rows predicted out of fold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import levels
from sna_edge.core.classes import KEY, Classes
from sna_edge.core.output import Output, values
from sna_edge.numerics.time_budget import TimeBudget

from ..candidates.candidate import Candidate
from ..data.samples import Samples
from ..engine.factors import SeparableFunction
from ..pipeline.assemble import assemble
from ..pipeline.beside import LEAST_RESIDUALS, familiar, with_beside
from ..pipeline.conformal import with_intervals
from ..pipeline.result import FitResult
from ..pipeline.screen import Dropped
from ..validation.arrangement import Arrangement
from .calibration import Calibration, calibration, left_out
from .candidates import Likely, Rows, on_all_rows
from .families import Family, Multinomial, Ordinal
from .figures import figures

Floats = NDArray[np.float64]
KINDS = {"bernoulli": "binary", "ordinal": "ordered", "multinomial": "several"}


@dataclass(frozen=True)
class Target:
    """A column by its likelihood: labels [L] of classes (empty: counts and numbers), the threshold
    of two, the column of the exposure."""

    name: str
    family: Family
    labels: tuple[str, ...] = ()
    threshold: float = 0.5
    exposure: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of the outputs."""
        if not self.labels:
            return (self.name,)
        kind = KINDS[self.family.name]
        if kind == "binary":
            return (f"{self.name}:{self.labels[1]}",)
        if kind == "ordered":
            return tuple(f"{self.name}:above {label}" for label in self.labels[:-1])
        return tuple(f"{self.name}:{label}" for label in self.labels)

    def indicators(self, y: Floats) -> Floats:
        """What is measured of every output [N, K], of class numbers, counts or values y [N]."""
        if not self.labels:
            return y[:, None]
        kind, place = KINDS[self.family.name], np.arange(len(self.labels))
        if kind == "binary":
            return y[:, None]
        if kind == "ordered":
            return np.asarray(y[:, None] > place[:-1], dtype=float)
        return np.asarray(y[:, None] == place, dtype=float)

    def shaped(self, samples: Samples) -> Samples:
        """The samples with a column for every output."""
        measured = self.indicators(samples.y[:, 0])
        return replace(samples, y=measured, names=self.names, units=("",) * measured.shape[1])

    def outputs(self) -> tuple[Output, ...]:
        """Templates: links, no interval."""
        return tuple(Output(name, "", self.family.link) for name in self.names)

    def classes(self) -> Classes | None:
        """What the outputs say of labels."""
        if not self.labels:
            return None
        places = tuple(range(len(self.names)))
        return Classes(self.name, KINDS[self.family.name], self.labels, places, self.threshold)


@dataclass(frozen=True, eq=False)
class Found:
    """The chosen linear part and all that the report says of how it was found."""

    target: Target
    family: Family
    rows: Rows
    best: Likely
    tried: list[Likely]
    how: Arrangement
    notes: list[str]
    dropped: list[Dropped]
    seed: int
    quick: bool = False


def delivered(found: Found, budget: TimeBudget, plain: bool) -> FitResult:
    """The model on all rows; figures of rows by what never saw them."""
    target, best, samples = found.target, found.best, found.rows.samples
    y = found.rows.y[best.rows]
    folds = found.rows.folds.take(best.rows)
    made = calibration(found.family, y, best.f, best.weight)
    family, honest = left_out(found.family, y, best.f, best.weight, folds)
    f = on_all_rows(found.family, found.rows, best)
    outputs = target.outputs()
    predicted = values(outputs, _linear(family, honest))
    candidate = _candidate(found, f, made, outputs, y, predicted)
    said = _said(found, y, predicted)
    known = _provenance(found, family, candidate.rank)
    back = {"dropped": [d.name for d in found.dropped], "cut": budget.cut}
    fit = {**known, "outputs": _short(said), **{k: v for k, v in back.items() if v}}
    metadata: dict[str, Any] = {"fit": fit}
    classes = target.classes()
    if classes is not None:
        metadata[KEY] = [classes.document(outputs)]
    group = None if samples.group is None else samples.group[best.rows]
    measured = target.indicators(y)
    if classes is None and target.exposure is None:
        outputs = with_intervals(outputs, measured, predicted, group=group)
    model = assemble(samples, np.arange(len(samples.axes)), candidate, outputs, metadata)
    report = {**known, **back, **_report(found, said, made, budget), "inputs": model.input_names}
    if "classes" in said:
        report["classes"] = said["classes"]
    made_result = FitResult(
        model, report, samples.x[best.rows], measured, predicted, group, best.rows
    )
    return made_result if plain else _beside(made_result, samples, best, found.seed, budget)


def _provenance(found: Found, family: Family, modes: int) -> dict[str, Any]:
    """What model and report both say of how the model came to be."""
    known: dict[str, Any] = {
        "rows": len(found.rows.samples.x), "seed": found.seed, "kind": found.best.name,
        "family": family.name, "link": found.target.family.link, "modes": modes,
    }  # fmt: skip
    if found.quick:
        known["effort"] = "quick"
    if found.how.metadata():
        known["held_out"] = found.how.metadata()
    if found.target.exposure is not None:
        known["exposure"] = found.target.exposure
    return known


def _report(
    found: Found, said: dict[str, Any], made: Calibration, budget: TimeBudget
) -> dict[str, Any]:
    """What the report says beside the provenance."""
    return {
        "why": _why(found), "chosen": found.best.name,
        "outputs": said["outputs"], "seconds": budget.elapsed,
        "notes": [*found.notes, *map(str, found.dropped)],
        "folds": found.how.sentence(found.rows.folds),
        "effort": "quick" if found.quick else "normal",
        "stopped": budget.halted,
        "calibration": {"shift": made.shift, "factor": made.factor},
        "candidates": [c.row() for c in found.tried],
    }  # fmt: skip


def _linear(family: Family, f: Floats) -> Floats:
    """Linear parts of all outputs: of ordered classes one for each limit."""
    return np.asarray(f - np.asarray(family.cuts)) if isinstance(family, Ordinal) else f


def _candidate(
    found: Found,
    f: SeparableFunction,
    made: Calibration,
    outputs: tuple[Output, ...],
    y: Floats,
    predicted: Floats,
) -> Candidate:
    """The calibrated linear part as `assemble` takes it."""
    count = len(outputs)
    centre, spread = np.full(count, made.shift), np.full(count, made.factor)
    if isinstance(made.family, Ordinal):
        centre = -np.asarray(made.family.cuts)
        f = _repeated(f, count)
    if isinstance(made.family, Multinomial):
        f = _centred(f)
    measured = found.target.indicators(y)
    return Candidate(
        found.best.name, "likelihood", f, outputs, centre, spread, found.best.rows, measured,
        predicted, found.best.seconds,
    )  # fmt: skip


def _repeated(f: SeparableFunction, count: int) -> SeparableFunction:
    """One linear part as that of `count` outputs."""
    weights = np.repeat(f.tables[-1], count, axis=0)
    return SeparableFunction((*f.bases[:-1], levels(count)), f.uses, (*f.tables[:-1], weights))


def _centred(f: SeparableFunction) -> SeparableFunction:
    """Linear parts whose mean over the classes is 0: shares do not see it."""
    weights = f.tables[-1]
    return f.with_tables([*f.tables[:-1], weights - weights.mean(axis=0)])


def _said(found: Found, y: Floats, predicted: Floats) -> dict[str, Any]:
    """Figures for the report, of every output and of the classes."""
    classes = found.target.classes()
    if classes is None:
        return {"outputs": {found.target.name: _numbers(found, y, predicted[:, 0])}}
    p = classes.probabilities(predicted)
    whole = figures(y, p, classes.places(predicted), classes.labels)
    whole |= {"kind": classes.kind, "threshold": classes.threshold}
    outputs = {name: {"log_loss": whole["log_loss"]} for name in found.target.names}
    return {"outputs": outputs, "classes": {classes.target: whole}}


def _numbers(found: Found, y: Floats, predicted: Floats) -> dict[str, float]:
    """Of counts and positive numbers: deviance explained beside R2 and RMSE."""
    family, weight = found.target.family, found.best.weight
    mean = np.full((len(y), 1), family.constant(y, weight)[0])
    loss = float(np.average(found.best.loss, weights=weight))
    base = float(np.average(family.loss(y, mean), weights=weight))
    residual = y - predicted
    return {
        "rmse": float(np.sqrt(np.mean(residual**2))),
        "r2": float(1.0 - np.mean(residual**2) / np.var(y)),
        "deviance_explained": 1.0 - loss / base if base > 0 else 0.0,
    }


def _short(said: dict[str, Any]) -> dict[str, Any]:
    """As the metadata hold it."""

    def digits(value: float) -> float:
        return float(f"{value:.5g}")

    out = {n: {k: digits(v) for k, v in s.items()} for n, s in said["outputs"].items()}
    for whole in said.get("classes", {}).values():
        kept = ("log_loss", "base_log_loss", "auc", "accuracy", "calibration_error")
        out = {n: {k: digits(whole[k]) for k in kept if np.isfinite(whole[k])} for n in out}
    return out


def _why(found: Found) -> str:
    others = [f"{c.name} ({c.error:.4g})" for c in found.tried if c.name != found.best.name]
    against = f"; others: {', '.join(others)}" if others else ""
    what = "log-loss" if found.target.labels else "half deviance"
    return (
        f"selected by cross-validated {what}: {found.best.name} ({found.best.error:.4g}){against}"
    )


def _beside(
    found: FitResult, samples: Samples, best: Likely, seed: int, budget: TimeBudget
) -> FitResult:
    """Familiarity, and for numbers intervals; a class has none, nor a rate whose counts scatter
    with their exposure."""
    rate = "exposure" in found.report
    if "classes" in found.report or rate or len(best.rows) < LEAST_RESIDUALS:
        return familiar(found, samples, seed, budget)
    return with_beside(found, samples, best.rows, seed, budget)
