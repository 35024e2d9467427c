"""What a fit is asked to be, and the searches that it makes: of rows that leave some out to confirm
the winner, of all rows, or of each two thirds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sna_edge.numerics.time_budget import TimeBudget

from ...progress import Progress, Reporter
from ..candidates.candidate import Candidate
from ..data.folds import Folds
from ..data.held_together import folds_of
from ..data.samples import Samples
from ..data.scope import Scope
from ..effort import Effort
from ..shape.asked import Shape
from ..shape.proof import shaped_and_mean
from ..validation.choice import chosen
from .agreement import Answers, agreed
from .brief import brief_candidates
from .confirm import Winner, confirmed
from .search import FirstFit, candidates, first_fit

FOLDS = 6
"""Even, so that the folds part into two halves."""


@dataclass(frozen=True, eq=False)
class Settings:
    """link, or auto; notes: what the table said; narrow: columns that say nothing are no inputs;
    plain: without what stands beside values; shape: None for any."""

    link: str
    seed: int
    effort: Effort
    progress: Progress | bool | None
    notes: list[str]
    narrow: bool
    plain: bool
    shape: Shape | None = None

    def at(self, effort: Effort) -> Settings:
        """The same fit at another effort: in silence, and of values alone."""
        if effort is self.effort:
            return self
        return replace(self, effort=effort, progress=None, plain=True)


class Searches:
    """tried: the candidates of the search that the winner is from."""

    def __init__(self, settings: Settings, reporter: Reporter) -> None:
        self.settings, self.reporter = settings, reporter
        self.tried: list[Candidate] = []
        self._begun: FirstFit | None = None

    def winner(self, samples: Samples, budget: TimeBudget) -> Winner:
        """The winner, confirmed by rows that took no part, or by a simple function that knows
        nothing of them."""
        seed, found = self.settings.seed, None
        if not (self.settings.shape or self.settings.effort.brief):
            found = agreed(samples, self.first, self.search, self.folds, seed, budget)
        if found is None:
            self.tried.clear()
            found = confirmed(samples, self.search, self.folds, seed, budget)
        return found

    def folds(self, rows: Samples) -> Folds:
        """Those that every candidate of the rows is judged by."""
        return folds_of(rows, FOLDS, self.settings.seed)

    def search(
        self, rows: Samples, folds: Folds, budget: TimeBudget
    ) -> tuple[Candidate, Candidate]:
        """The winner and the baseline."""
        scope, asked = self._scope(rows, folds, budget), self.settings

        def free(link: str) -> list[Candidate]:
            if asked.effort.brief:
                return brief_candidates(scope, link)
            return candidates(scope, link, self._begun)

        if asked.shape:
            found = shaped_and_mean(scope, asked.shape, asked.link, free)
            best, base = found[0], found[-1]
        else:
            found = free(asked.link)
            best, base = chosen(found, rows), found[0]
        self.tried.extend([] if self.tried else found)
        return best, base

    def first(
        self, rows: Samples, folds: Folds, budget: TimeBudget
    ) -> tuple[Answers, Candidate] | None:
        """Answers of a simple function, and the baseline; a search of the same rows goes on from
        there."""
        found = first_fit(self._scope(rows, folds, budget), self.settings.link)
        if found is None:
            return None
        self._begun = found
        return found.answers, found.base

    def _scope(self, rows: Samples, folds: Folds, budget: TimeBudget) -> Scope:
        asked = self.settings
        return Scope(rows, folds, asked.seed, budget, asked.effort, self.reporter)
