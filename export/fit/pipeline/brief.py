"""The search of a brief fit: what takes hundredths of a second first, and dearer functions only
where that leaves something to find.

Polynomials with few terms on offer choose the link. Under it the families are begun; products are
grown where the rows hardly have noise and polynomials err by more than ENOUGH. Then families are
judged that promise to do better, and where all miss more than ROUGH a Gaussian process is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget

from ...progress import Reporter
from ...teacher.stack import crowded
from ..candidates.baseline import baseline
from ..candidates.candidate import Candidate
from ..candidates.direct.direct import direct_candidate
from ..candidates.distilled import distilled
from ..candidates.families import POLYNOMIAL_CHAOS, Begun
from ..data.folds import Folds
from ..data.samples import Samples
from ..effort import Effort
from ..validation.choice import ROUNDING_ERROR
from .search import (
    CLEAN,
    STUDENT,
    by_promise,
    candidates,
    ended,
    families_begun,
    most_parameters,
    student_size,
    trained_stack,
)

FIRST = (POLYNOMIAL_CHAOS,)
"""Families by which the link is taken."""
ENOUGH = 1e-4
"""Error that a brief fit is content with."""
ROUGH, TEACHES = 3e-3, 0.7
"""Error above which a Gaussian process is asked, and the share of it that the process must err by
for a student."""
NEAR = 2.0
"""Times the error of the first link up to which products are grown under another, too."""


def brief_candidates(
    samples: Samples,
    link: str,
    folds: Folds,
    seed: int,
    budget: TimeBudget,
    reporter: Reporter,
    effort: Effort,
) -> list[Candidate]:
    """The baseline, then what is worth its time; as `candidates` where inputs are many for the
    rows."""
    if crowded(samples):
        return candidates(samples, link, folds, seed, budget, reporter, None, effort)
    links = samples.link_candidates(link)
    found = [baseline(samples, links, folds, budget)]
    near = links[:1]
    judged: list[Candidate] = []
    if len(links) > 1:
        reporter.stage("polynomials under each link", 0.2)
        first = families_begun(samples, links, folds, seed, budget, None, effort.first, FIRST)
        near, judged = _links(first, budget)
    reporter.stage("polynomials and splines", 0.4)
    begun = by_promise(
        families_begun(samples, near[:1], folds, seed, budget, None, effort.families)
    )
    exact = ended(begun, ROUNDING_ERROR, budget)
    if exact or found[0].error <= ROUNDING_ERROR:
        return [*found, *exact]
    worth = min((b.promise for b in begun), default=found[0].error)
    for name in near:
        if worth <= ENOUGH:
            break
        reporter.stage(f"fits to the rows, link {name}", 0.8)
        size = most_parameters(len(samples.x))
        grown = direct_candidate(
            samples, name, folds, seed, size, budget, budget, worth, reporter.say, effort=effort
        )
        if grown:
            found.append(grown)
            worth = min(worth, grown.error)
    found += judged
    found += ended(begun, min(c.error for c in found), budget)
    best = min(found, key=lambda c: c.error)
    return found + _taught(samples, best, folds, seed, budget, reporter, effort)


def _taught(
    samples: Samples,
    best: Candidate,
    folds: Folds,
    seed: int,
    budget: TimeBudget,
    reporter: Reporter,
    effort: Effort,
) -> list[Candidate]:
    """The student of a Gaussian process under the link of the best, where that misses more than
    ROUGH and the process errs far less."""
    if best.error < ROUGH:
        return []
    links = (best.outputs[0].link,)
    stack = trained_stack(samples, links, folds, seed, budget, budget, reporter, effort, best.error)
    if stack is None or stack.error(samples) > TEACHES * best.error:
        return []
    reporter.stage(STUDENT, 1.0)
    size = student_size(len(samples.x), stack.error(samples))
    try:
        return [distilled(samples, stack, folds, seed, size, budget, reporter.say, effort)]
    except OutOfTime:
        budget.leave_out(STUDENT)
        return []


def _links(
    first: Mapping[str, list[Begun]], budget: TimeBudget
) -> tuple[tuple[str, ...], list[Candidate]]:
    """The link under which polynomials promise the least error, and others that come NEAR it. Where
    all promise more than CLEAN, that under which they err least, and what was judged for that."""
    least = {link: min((b.promise for b in own), default=np.inf) for link, own in first.items()}
    judged: list[Candidate] = []
    if min(least.values()) > CLEAN:
        for link, own in first.items():
            made = ended(own, np.inf, budget)
            least[link] = min((c.error for c in made), default=np.inf)
            judged += made
    order = sorted(least, key=lambda link: least[link])
    near = [link for link in order[1:] if least[link] <= NEAR * least[order[0]]]
    return (order[0], *near), judged
