"""The candidates that time allows for some rows, and the choice among them by out-of-fold error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sna_edge.numerics.time_budget import OutOfTime, TimeBudget

from ...progress import Reporter
from ...teacher.stack import EXACT, Stack, best_stack, crowded, teachers, with_forest
from ...threads import side_by_side
from ..candidates.baseline import baseline
from ..candidates.candidate import Candidate
from ..candidates.direct.direct import direct_candidate, simple_function
from ..candidates.direct.trial import MANY_ROWS, RankTrials
from ..candidates.distilled import distilled
from ..candidates.families import FAMILIES, Begun, Family, Task
from ..data.folds import SPLIT_ROWS, Folds
from ..data.samples import Samples
from ..effort import FULL, NORMAL, Effort, FamilySizes
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


def candidates(
    samples: Samples,
    link: str,
    folds: Folds,
    seed: int,
    budget: TimeBudget,
    reporter: Reporter,
    first: FirstFit | None = None,
    effort: Effort = NORMAL,
) -> list[Candidate]:
    """The baseline, then what time allows of fits to the rows and a student of the teachers; the
    `first` fit of these rows is not made again."""
    links = samples.link_candidates(link)[: effort.links]
    first = first if first and first.of(samples) else None
    found = [first.base if first else baseline(samples, links, folds, budget)]
    before = first.begun if first else {}
    sizes = effort.families
    begun = by_promise(families_begun(samples, links, folds, seed, budget, before, sizes))
    exact = ended(begun, ROUNDING_ERROR, budget)
    if exact or found[0].error <= ROUNDING_ERROR:
        return [*found, *exact]
    found += ended(begun[:1], EARLY * found[0].error, budget)
    begun = begun[len(found) - 1 :]
    rival = min(c.error for c in found)
    part = budget.part(SHARE_OF_TIME)
    stack = trained_stack(samples, links, folds, seed, budget, part, reporter, effort, rival)
    worth = rival if len(samples.x) >= SPLIT_ROWS else np.inf
    if stack is not None:
        worth = min(stack.error(samples), rival)
        links = () if crowded(samples) else links if worth < CLEAN else (stack.first.link,)
    elif len(samples.x) >= SPLIT_ROWS and only_noise(min(found, key=lambda c: c.error), samples):
        links = ()
    rivals: dict[str, float] = {}
    for number, name in enumerate(links):
        reporter.stage(f"fits to the rows, link {name}", 0.6)
        search = budget.part(SHARE_OF_TIME if stack else 1.0 / (len(links) - number))
        if stack:
            search = max(part, search, key=lambda b: b.deadline)
        size = most_parameters(len(samples.x))
        trials = first.trials if first and first.link == name else None
        candidate = direct_candidate(
            samples, name, folds, seed, size, budget, search, worth, reporter.say, trials, rivals,
            effort,
        )  # fmt: skip
        found += [candidate] if candidate else []
        if candidate and candidate.error < EXACT:
            break
    fitted = min((c.error for c in found[1:]), default=np.inf)
    if stack is not None and stack.error(samples) < NOT_DISTILLED * fitted:
        reporter.stage(f"{STUDENT}", 1.0)
        size = student_size(len(samples.x), stack.error(samples))
        try:
            found.append(distilled(samples, stack, folds, seed, size, budget, reporter.say, effort))
        except OutOfTime:
            budget.leave_out(STUDENT)
    return found + ended(begun, min(c.error for c in found), budget)


def families_begun(
    samples: Samples,
    links: tuple[str, ...],
    folds: Folds,
    seed: int,
    budget: TimeBudget,
    before: Mapping[str, list[Begun]] | None = None,
    sizes: FamilySizes = FULL,
    families: Sequence[Family] | None = None,
) -> dict[str, list[Begun]]:
    """What time allows of the `families` (default: all) under every link; what was begun `before`
    of these rows is taken as it is."""
    known = dict(before or {})
    tasks = [
        (link, family)
        for link in links
        for family in families or FAMILIES
        if link not in known
        and budget.affords(f"{family.name} under link {link}", family.work(samples, sizes))
    ]

    def begin(task: tuple[str, Family]) -> Begun | None:
        return task[1].begin(Task(samples, task[0], folds, seed, budget, sizes))

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
    samples: Samples,
    links: tuple[str, ...],
    folds: Folds,
    seed: int,
    budget: TimeBudget,
    search: TimeBudget,
    reporter: Reporter,
    effort: Effort,
    rival: float,
) -> Stack | None:
    """The best stack of teachers; None for large tables, or where there is no time for them."""
    if len(samples.x) > effort.teacher_rows or not budget.affords(TEACHERS, _teacher_work(samples)):
        return None
    reporter.stage(TEACHERS, 0.4)
    found = teachers(samples, links, folds, seed, search, reporter.say, budget, effort, rival)
    if not found:
        budget.leave_out(TEACHERS)
        return None
    smooth = best_stack(samples, found)
    return with_forest(samples, smooth, folds, seed, budget) if effort.families.trees else smooth


def first_fit(
    samples: Samples, link: str, folds: Folds, seed: int, budget: TimeBudget, effort: Effort
) -> FirstFit | None:
    """Of a table that direct candidates are searched for and whose baseline is not exact."""
    if crowded(samples) or len(samples.x) > effort.search_rows:
        return None
    part, links = budget.part(FIRST_SHARE), samples.link_candidates(link)
    base = baseline(samples, links, folds, budget)
    if base.error <= ROUNDING_ERROR:
        return None
    size = most_parameters(min(len(samples.x), MANY_ROWS))
    enough = 0.5 * CONFIRMED * base.error
    begun = families_begun(samples, links[:1], folds, seed, part)
    known = begun if not part.stopped else {}
    for one in by_promise(begun)[:1]:
        if one.promise < SURE * enough:
            simple = one.finished(part)
            return FirstFit(samples.digest(), links[0], simple.values, base, None, known)
    found = simple_function(samples, links[0], folds, seed, size, enough, part, effort)
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
