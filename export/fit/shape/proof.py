"""A shape is delivered only where it is proved of what the file will mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.calculus.shape import proofs
from sna_edge.errors import InputError

from ..candidates.baseline import mean_alone
from ..candidates.candidate import Candidate
from ..data.scope import Scope
from ..validation.choice import chosen
from .asked import Shape
from .candidate import shaped
from .nearest import nearest

if TYPE_CHECKING:
    from ..pipeline.result import FitResult

KEY = "shape"
"""Of metadata and report."""


def shaped_and_mean(
    scope: Scope, shape: Shape, link: str, free: Callable[[str], list[Candidate]]
) -> list[Candidate]:
    """Candidates of the shape, best first, and the mean, which has every shape, as the last.
    free(link): candidates of any shape."""
    samples, budget = scope.samples, scope.budget
    here = shape.of_inputs([axis.name for axis in samples.axes])
    found = shaped(scope, here, link)
    mean = mean_alone(samples, found[0], scope.folds)
    if budget.over():
        budget.leave_out("the free fit nearest to the shape asked for")
    elif here.claims():
        best = chosen(free(here.one_link(samples, link)), samples)
        moved = nearest(samples, here, best, scope.seed, budget)
        found = sorted([*found, moved] if moved else found, key=lambda c: c.error)
    return [*found, mean]


def delivered(found: FitResult, shape: Shape) -> FitResult:
    """`found` with its shape in metadata and report; InputError where a part of it is not proved of
    the tables as they are stored."""
    here = shape.of_inputs(found.model.input_names)
    stored = as_stored(found.model)
    missing = [str(claim) for claim, holds in proofs(stored, here.claims()).items() if not holds]
    if missing:
        raise InputError(
            f"the fit could not be proved {' and '.join(missing)} over the whole domain, so no"
            " model is delivered; leave that out, or give fewer inputs"
        )
    said = here.report()
    model = found.model.replace(metadata={**found.model.metadata, KEY: said})
    unused = [
        f"{claim}: the model does not use this input"
        for claim in shape.claims()
        if claim not in here.claims()
    ]
    notes = list(dict.fromkeys([*found.report["notes"], *unused]))
    return replace(found, model=model, report={**found.report, KEY: said, "notes": notes})
