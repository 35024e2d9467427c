"""What every search over the rows of a table goes by."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sna_edge.numerics.time_budget import TimeBudget

from ...progress import Reporter
from ..effort import NORMAL, Effort
from .folds import Folds
from .samples import Samples


@dataclass(frozen=True, eq=False)
class Scope:
    """The rows; folds that every candidate is judged by; the seed of what is drawn; the time there
    is, which also lists what was left out for it; how much is tried, and who is told of it."""

    samples: Samples
    folds: Folds
    seed: int
    budget: TimeBudget
    effort: Effort = NORMAL
    reporter: Reporter = field(default_factory=lambda: Reporter(None, np.inf))
