"""What a fit delivers: the model, its report, and the rows predicted out of fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.output import Output
from sna_edge.model import Model

from ...calibrate.between_groups import between_groups
from ...calibrate.local_scale import LocalScale
from ..candidates.candidate import Candidate
from ..data.folds import Folds
from ..data.held_together import blocks, when
from ..data.limits import drawn
from ..data.samples import Samples
from ..data.weights import as_often_as_they_weigh, as_typical, mean
from ..effort import NORMAL, Effort
from ..validation.arrangement import Arrangement
from ..validation.reach import said as ran_away
from ..validation.turning_points import by_output_and_input
from .assemble import assemble
from .confirm import Confirmation
from .conformal import LEVEL, two_values, with_intervals
from .screen import Dropped

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
NO_SCORE = 1e-12
"""|R2| below which it is 0: a mean has 0, not what rounding leaves of it."""


@dataclass(frozen=True, eq=False)
class FitResult:
    """model; report (plain data); inputs [n, D], measured and predicted [n, K] of the rows
    predicted out of fold; group [n]: rows that were left out together, None where those with equal
    inputs were; rows [n]: which of the rows given; scales [K]: how large residuals are, None where
    nobody asked; weight [n]: what the rows weigh, None where all weigh alike; noise [n]: how much
    larger their errors are than that of a typical row, where they are known; parts: the fits of
    targets with other gaps, of which this is one model."""

    model: Model
    report: dict[str, Any]
    inputs: Floats
    measured: Floats
    predicted: Floats
    group: Ints | None = None
    rows: Ints | None = None
    scales: tuple[LocalScale, ...] | None = None
    weight: Floats | None = None
    noise: Floats | None = None
    parts: tuple[FitResult, ...] = ()

    def judging(self) -> tuple[Ints, Floats]:
        """Rows [m] that intervals are made of, as often as they count, and what would have been
        measured there [m, K] with a typical error."""
        typical, count = as_typical(self.measured, self.predicted, self.noise, self.weight)
        rows = np.arange(len(typical)) if count is None else as_often_as_they_weigh(count)
        return rows, typical[rows]


@dataclass(frozen=True)
class Run:
    """What the report says beside the candidates."""

    seed: int
    effort: Effort
    seconds: float
    notes: list[str]
    dropped: list[Dropped]
    cut: list[str]
    confirmation: Confirmation
    arrangement: Arrangement
    folds: Folds
    stopped: bool

    def left_out(self) -> dict[str, list[str]]:
        """Inputs that say nothing, and what there was no time for."""
        return {"dropped": [d.name for d in self.dropped], "cut": self.cut}


def result(
    samples: Samples,
    kept: Ints,
    best: Candidate,
    tried: list[Candidate],
    reference: Floats,
    run: Run,
) -> FitResult:
    """`best`, whose axes are the columns `kept` of `samples`, as a model with intervals and its
    report; `reference` [n, K]: the means that R2 is taken against."""
    best = _as_read(best, samples, run.seed)
    group = None if samples.group is None else samples.group[best.rows]
    noise = None if samples.noise is None else samples.noise[best.rows]
    typical, count = as_typical(best.measured, best.shown, noise, best.weight)
    outputs = with_intervals(best.outputs, typical, best.shown, group=group, weight=count)
    by_output = scores(outputs, best, reference)
    known = _provenance(samples, best, outputs, group, run)
    model = assemble(samples, kept, best, outputs, {"fit": known | _told(by_output, run)})
    left_out = group if samples.time is None else blocks(when(samples)[best.rows])
    return FitResult(
        model,
        known
        | _report(samples.columns(kept), best, tried, by_output, run)
        | {"inputs": model.input_names},
        samples.x[best.rows],
        best.measured,
        best.shown,
        left_out,
        best.rows,
        weight=best.weight,
        noise=noise,
    )


def _provenance(
    samples: Samples, best: Candidate, outputs: Sequence[Output], group: Ints | None, run: Run
) -> dict[str, Any]:
    """What model and report both say of how the model came to be."""
    found: dict[str, Any] = {
        "rows": len(samples.x),
        "seed": run.seed,
        "kind": best.kind,
        "link": outputs[0].link,
        "modes": best.rank,
    }
    if run.effort is not NORMAL:
        found["effort"] = run.effort.name
    if run.arrangement.metadata():
        found["held_out"] = run.arrangement.metadata()
    if group is not None:
        found["groups"] = between_groups(outputs, best.measured, best.shown, group)
    if outcomes := two_values(outputs, samples.y):
        found["outcomes"] = outcomes
    return found


def _told(by_output: Mapping[str, dict[str, float]], run: Run) -> dict[str, Any]:
    """What the model says of its errors, in five digits, and of what was left out."""
    outputs = {
        name: {key: float(f"{value:.5g}") for key, value in score.items()}
        for name, score in by_output.items()
    }
    return {"outputs": outputs, **{key: names for key, names in run.left_out().items() if names}}


def _report(
    samples: Samples,
    best: Candidate,
    tried: list[Candidate],
    by_output: Mapping[str, dict[str, float]],
    run: Run,
) -> dict[str, Any]:
    """What the report says beside the provenance; `samples` of the inputs of the model."""
    turns = by_output_and_input(best.values, samples, list(by_output))
    lean = {"modes": best.rank, "parameters": best.f.parameters}
    return {
        **run.left_out(),
        "effort": run.effort.name,
        "skipped": run.effort.left_out(len(samples.x)),
        "stopped": run.stopped,
        "why": why(best, tried),
        "chosen": best.name,
        "outputs": {name: s | {"turning_points": turns[name]} for name, s in by_output.items()},
        "seconds": run.seconds,
        "notes": [*run.notes, *map(str, run.dropped), *ran_away(tried, best)],
        "confirmed": run.confirmation.report(),
        "folds": run.arrangement.sentence(run.folds),
        "candidates": [c.row() | (lean if c.name == best.name else {}) for c in tried],
        "tried": {c.name: c.notes for c in tried},
    }


def _as_read(best: Candidate, samples: Samples, seed: int) -> Candidate:
    """The candidate whose rows that were not read are measured as they may have been."""
    if samples.limits is None:
        return best
    low, high = (end[best.rows] for end in samples.limits)
    columns = [
        drawn(o, best.measured[:, k], best.shown[:, k], low[:, k], high[:, k], seed)
        for k, o in enumerate(best.outputs)
    ]
    return replace(best, measured=np.stack(columns, axis=1))


def why(best: Candidate, candidates: list[Candidate]) -> str:
    """The sentence of the report."""
    others = [f"{c.name} ({c.error:.4g})" for c in candidates if c.name != best.name]
    against = (
        f"; {'runners-up' if others[1:] else 'runner-up'}: {', '.join(others)}" if others else ""
    )
    return f"selected by cross-validated RMSE / sigma: {best.name} ({best.error:.4g}){against}"


def scores(
    outputs: Sequence[Output], best: Candidate, reference: Floats
) -> dict[str, dict[str, float]]:
    """Out-of-fold RMSE, R2 (against the mean of the rows seen, `reference` [n, K]) and coverage of
    the interval per output; rows count as they weigh."""
    scores = {}
    for k, output in enumerate(outputs):
        measured, predicted = best.measured[:, k], best.shown[:, k]
        residual = measured - predicted
        lower, upper = output.bounds(predicted)
        inside = (measured >= lower) & (measured <= upper)
        squared = float(mean(residual**2, best.weight))
        spread = mean((measured - reference[:, k]) ** 2, best.weight)
        r2 = float(1.0 - squared / spread)
        scores[output.name] = {
            "rmse": float(np.sqrt(squared)),
            "r2": r2 if abs(r2) > NO_SCORE else 0.0,
            "coverage": float(mean(inside.astype(float), best.weight)),
            "level": LEVEL,
        }
    return scores
