"""The candidates that time allows for some rows, and the choice among them by out-of-fold error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget

from ...teacher.stack import EXACT, Stack, best_stack, crowded, teachers, with_forest
from ...threads import side_by_side
from ..candidates.baseline import baseline
from ..candidates.candidate import Candidate
from ..candidates.direct.direct import direct_candidate, simple_function
from ..candidates.direct.trial import MANY_ROWS, RankTrials
from ..candidates.distilled import distilled
from ..candidates.families import FAMILIES, Begun, Family, Task
from ..data.folds import SPLIT_ROWS
from ..data.samples import Samples
from ..data.scope import Scope
from ..effort import FamilySizes
from ..validation.choice import ROUNDING_ERROR
from ..validation.noise import only_noise
from .agreement import CONFIRMED, Answers

Floats = NDArray[np.float64]
NOT_DISTILLED = 1.25
"""A teacher whose own out-of-fold error is this much above a fitted candidate's is not
distilled."""
LEAST_PARAMETERS, MOST_PARAMETERS = 150, 4000
SMALL_SEARCH = 1300
"""Parameters of a direct candidate up to which three per row are allowed; beyond, four rows per
parameter."""
CLEAN = 0.05
"""Out-of-fold error of the teachers below which the rows are fitted under every link: one of them
may be exact."""
NOISY_STUDENT, SMALL_STUDENT = 0.03, 1300
"""Error of the teachers above which a student is as large as a direct candidate may be, and the
most parameters of one below."""
SURE = 0.2
"""Share of the error that a simple function may have below which the promise of a family is
believed."""
EARLY = 0.5
"""Share of the baseline's error below which the best promise of a family is judged before anything
dear is made: what falls far behind is then given up."""
SHARE_OF_TIME, FIRST_SHARE = 0.4, 0.2
"""Of the time left: for the teachers or the fits to the rows; for a simple function before."""
TEACHERS, STUDENT = "Gaussian-process teachers", "a student of the teachers"


@dataclass(frozen=True)
class FirstFit:
    """Answers of a simple function of some rows under a link and the baseline of these rows, known
    by their `digest`; what was tried (None where that is cut or of fewer rows) and the families
    begun under that link, so that a search over the same rows goes on from there."""

    digest: bytes
    link: str
    answers: Answers
    base: Candidate
    trials: RankTrials | None
    begun: dict[str, list[Begun]]

    def of(self, samples: Samples) -> bool:
        """Whether these are the rows."""
        return self.digest == samples.digest()


def candidates(scope: Scope, link: str, first: FirstFit | None = None) -> list[Candidate]:
    """The baseline, then what time allows of fits to the rows and a student of the teachers; the
    `first` fit of these rows is not made again."""
    samples, budget = scope.samples, scope.budget
    links = samples.link_candidates(link)[: scope.effort.links]
    first = first if first and first.of(samples) else None
    found = [first.base if first else baseline(samples, links, scope.folds, budget)]
    begun = by_promise(families_begun(scope, links, first.begun if first else None))
    exact = ended(begun, ROUNDING_ERROR, budget)
    if exact or found[0].error <= ROUNDING_ERROR:
        return [*found, *exact]
    found += ended(begun[:1], EARLY * found[0].error, budget)
    begun = begun[len(found) - 1 :]
    best = min(found, key=lambda c: c.error)
    part = budget.part(SHARE_OF_TIME)
    stack = trained_stack(scope, links, part, best.error)
    found += _fits_to_rows(scope, _links_left(scope, links, stack, best), stack, part, best, first)
    fitted = min((c.error for c in found[1:]), default=np.inf)
    if stack is not None and stack.error(samples) < NOT_DISTILLED * fitted:
        found += student(scope, stack)
    return found + ended(begun, min(c.error for c in found), budget)


def _links_left(
    scope: Scope, links: tuple[str, ...], stack: Stack | None, best: Candidate
) -> tuple[str, ...]:
    """Links under which the rows themselves are worth fitting: those of the teachers, or all where
    one may be exact; none where the rows are crowded, or hold noise alone beside the best."""
    samples = scope.samples
    if stack is not None:
        error = min(stack.error(samples), best.error)
        return () if crowded(samples) else links if error < CLEAN else (stack.first.link,)
    noise = len(samples.x) >= SPLIT_ROWS and only_noise(best, samples)
    return () if noise else links


def _fits_to_rows(
    scope: Scope,
    links: tuple[str, ...],
    stack: Stack | None,
    part: TimeBudget,
    best: Candidate,
    first: FirstFit | None,
) -> list[Candidate]:
    """A direct candidate under each link until one is exact; `part`: what the teachers had of the
    time."""
    samples, budget = scope.samples, scope.budget
    if stack is not None:
        worth = min(stack.error(samples), best.error)
    else:
        worth = best.error if len(samples.x) >= SPLIT_ROWS else np.inf
    found: list[Candidate] = []
    rivals: dict[str, float] = {}
    for number, link in enumerate(links):
        scope.reporter.stage(f"fits to the rows, link {link}", 0.6)
        search = budget.part(SHARE_OF_TIME if stack else 1.0 / (len(links) - number))
        if stack:
            search = max(part, search, key=lambda b: b.deadline)
        candidate = direct_candidate(
            scope, link, most_parameters(len(samples.x)), search=search, worth=worth, rivals=rivals,
            before=first.trials if first and first.link == link else None,
        )  # fmt: skip
        found += [candidate] if candidate else []
        if candidate and candidate.error < EXACT:
            break
    return found


def student(scope: Scope, stack: Stack) -> list[Candidate]:
    """The student of the teachers, where there is time for one."""
    scope.reporter.stage(STUDENT, 1.0)
    size = student_size(len(scope.samples.x), stack.error(scope.samples))
    try:
        return [distilled(scope, stack, size)]
    except OutOfTime:
        scope.budget.leave_out(STUDENT)
        return []


def families_begun(
    scope: Scope,
    links: Sequence[str],
    before: Mapping[str, list[Begun]] | None = None,
    sizes: FamilySizes | None = None,
    families: Sequence[Family] | None = None,
) -> dict[str, list[Begun]]:
    """What time allows of the `families` (default: all) under every link, of the `sizes` (default:
    those of the effort); what was begun `before` of these rows is taken as it is."""
    known, sizes = dict(before or {}), sizes or scope.effort.families
    samples, budget = scope.samples, scope.budget
    tasks = [
        (link, family)
        for link in links
        for family in families or FAMILIES
        if link not in known
        and budget.affords(f"{family.name} under link {link}", family.work(samples, sizes))
    ]

    def begin(task: tuple[str, Family]) -> Begun | None:
        return task[1].begin(Task(samples, task[0], scope.folds, scope.seed, budget, sizes))

    made = list(zip(tasks, side_by_side(begin, tasks), strict=True))
    new = {link: [b for (of, _), b in made if b and of == link] for link in links}
    return {link: known.get(link, new[link]) for link in links}


def by_promise(begun: Mapping[str, list[Begun]]) -> list[Begun]:
    """Of all links, the best promise first."""
    return sorted((b for own in begun.values() for b in own), key=lambda b: b.promise)


def ended(begun: list[Begun], least: float, budget: TimeBudget) -> list[Candidate]:
    """Candidates of the families that promise less than `least`, one after another while they
    do."""
    out: list[Candidate] = []
    for one in begun:
        if not one.promise < least:
            break
        try:
            made = one.finished(budget)
        except OutOfTime:
            break
        if made.error < least or not one.by_error:
            out.append(made)
        least = min(least, made.error)
    return out


def trained_stack(
    scope: Scope, links: tuple[str, ...], search: TimeBudget, rival: float
) -> Stack | None:
    """The best stack of teachers; None for large tables, or where there is no time for them.
    `search`: the time for hyper-parameters; `rival`: the error of another candidate."""
    samples, budget, effort = scope.samples, scope.budget, scope.effort
    if len(samples.x) > effort.teacher_rows or not budget.affords(TEACHERS, _teacher_work(samples)):
        return None
    scope.reporter.stage(TEACHERS, 0.4)
    found = teachers(scope, links, search, rival)
    if not found:
        budget.leave_out(TEACHERS)
        return None
    smooth = best_stack(samples, found)
    return with_forest(scope, smooth) if effort.families.trees else smooth


def first_fit(scope: Scope, link: str) -> FirstFit | None:
    """Of a table that direct candidates are searched for and whose baseline is not exact."""
    samples = scope.samples
    if crowded(samples) or len(samples.x) > scope.effort.search_rows:
        return None
    part, links = scope.budget.part(FIRST_SHARE), samples.link_candidates(link)
    base = baseline(samples, links, scope.folds, scope.budget)
    if base.error <= ROUNDING_ERROR:
        return None
    scope = replace(scope, budget=part)
    size = most_parameters(min(len(samples.x), MANY_ROWS))
    enough = 0.5 * CONFIRMED * base.error
    begun = families_begun(scope, links[:1])
    known = begun if not part.stopped else {}
    for one in by_promise(begun)[:1]:
        if one.promise < SURE * enough:
            simple = one.finished(part)
            return FirstFit(samples.digest(), links[0], simple.values, base, None, known)
    found = simple_function(scope, links[0], size, enough)
    if found is None:
        return None
    answers, trials = found
    cut = part.over() or len(samples.x) > MANY_ROWS
    return FirstFit(samples.digest(), links[0], answers, base, None if cut else trials, known)


def _teacher_work(samples: Samples) -> float:
    """Multiply-adds of the least that one teacher costs: three factorised processes an output,
    which run fast."""
    return 0.3 * samples.y.size * len(samples.x) ** 2


def most_parameters(n_rows: int) -> int:
    """Of a candidate fitted to the rows themselves."""
    return int(
        np.clip(min(3 * n_rows, max(SMALL_SEARCH, n_rows // 4)), LEAST_PARAMETERS, MOST_PARAMETERS)
    )


def student_size(n_rows: int, error: float) -> int:
    """Three and a half parameters per row of a noisy table; smooth ones, trained all at once, need
    fewer."""
    noisy = error > NOISY_STUDENT
    each, most = (3.5, MOST_PARAMETERS) if noisy else (1.3, SMALL_STUDENT)
    return int(np.clip(each * n_rows, LEAST_PARAMETERS, most))
