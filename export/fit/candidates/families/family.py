"""What a family of functions must say to compete in a fit.

A family is begun on the rows of a search before anything dear is made. What it then promises, an
error that flatters it, decides whether it is judged on left-out rows at all; one that promises
rounding alone ends the search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sna_edge.numerics.time_budget import TimeBudget

from ...data.folds import Folds
from ...data.samples import Samples
from ...effort import FULL, FamilySizes
from ..candidate import Candidate


@dataclass(frozen=True, eq=False)
class Task:
    """Rows to model under a link; folds by which every candidate is judged; the time there is, and
    how large it may be."""

    samples: Samples
    link: str
    folds: Folds
    seed: int
    budget: TimeBudget
    sizes: FamilySizes = FULL


@dataclass(frozen=True, eq=False)
class Begun:
    """The least error (relative, as `Candidate.error`) that the family may reach; finish(budget) is
    the candidate with its out-of-fold predictions, or raises OutOfTime. `by_error`: it competes
    only where it errs less than all before, since turning points do not see kinks."""

    promise: float
    finish: Callable[[TimeBudget], Candidate]
    by_error: bool = False
    made: list[Candidate] = field(default_factory=list)

    def finished(self, budget: TimeBudget) -> Candidate:
        """What `finish` makes, made once."""
        if not self.made:
            self.made.append(self.finish(budget))
        return self.made[0]


@dataclass(frozen=True)
class Family:
    """name for the report; work(samples, sizes): multiply-adds of beginning and finishing it;
    begin(task) is None where the rows do not suit it."""

    name: str
    work: Callable[[Samples, FamilySizes], float]
    begin: Callable[[Task], Begun | None]
