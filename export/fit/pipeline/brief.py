"""The search of a brief fit: what takes hundredths of a second first, and dearer functions only
where that leaves something to find.

Polynomials with few terms on offer choose the link. Under it the families are begun; products are
grown where the rows hardly have noise and polynomials err by more than ENOUGH. Then families are
judged that promise to do better, and where all miss more than ROUGH a Gaussian process is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sna_edge.numerics.time_budget import TimeBudget

from ...teacher.stack import crowded
from ..candidates.baseline import baseline
from ..candidates.candidate import Candidate
from ..candidates.direct.direct import direct_candidate
from ..candidates.families import POLYNOMIAL_CHAOS, Begun
from ..data.scope import Scope
from ..validation.choice import ROUNDING_ERROR
from .search import (
    CLEAN,
    by_promise,
    candidates,
    ended,
    families_begun,
    most_parameters,
    student,
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


def brief_candidates(scope: Scope, link: str) -> list[Candidate]:
    """The baseline, then what is worth its time; as `candidates` where inputs are many for the
    rows."""
    samples, budget = scope.samples, scope.budget
    if crowded(samples):
        return candidates(scope, link)
    links = samples.link_candidates(link)
    found = [baseline(samples, links, scope.folds, budget)]
    near = links[:1]
    judged: list[Candidate] = []
    if len(links) > 1:
        scope.reporter.stage("polynomials under each link", 0.2)
        first = families_begun(scope, links, sizes=scope.effort.first, families=FIRST)
        near, judged = _links(first, budget)
    scope.reporter.stage("polynomials and splines", 0.4)
    begun = by_promise(families_begun(scope, near[:1]))
    exact = ended(begun, ROUNDING_ERROR, budget)
    if exact or found[0].error <= ROUNDING_ERROR:
        return [*found, *exact]
    worth = min((b.promise for b in begun), default=found[0].error)
    found += [*_grown(scope, near, worth), *judged]
    found += ended(begun, min(c.error for c in found), budget)
    return found + _taught(scope, min(found, key=lambda c: c.error))


def _grown(scope: Scope, links: tuple[str, ...], worth: float) -> list[Candidate]:
    """Products grown under each link while more than ENOUGH is left."""
    found: list[Candidate] = []
    for link in links:
        if worth <= ENOUGH:
            break
        scope.reporter.stage(f"fits to the rows, link {link}", 0.8)
        size = most_parameters(len(scope.samples.x))
        grown = direct_candidate(scope, link, size, search=scope.budget, worth=worth)
        if grown:
            found.append(grown)
            worth = min(worth, grown.error)
    return found


def _taught(scope: Scope, best: Candidate) -> list[Candidate]:
    """The student of a Gaussian process under the link of the best, where that misses more than
    ROUGH and the process errs far less."""
    if best.error < ROUGH:
        return []
    stack = trained_stack(scope, (best.outputs[0].link,), scope.budget, best.error)
    if stack is None or stack.error(scope.samples) > TEACHES * best.error:
        return []
    return student(scope, stack)


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
