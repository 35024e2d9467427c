"""The threshold of acceptance that measured rows give, and how many of them it accepts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...learning.escape import fewest, threshold
from ...model import Model
from ..limits import LineLimits, need_supported
from ..verdict import evaluated, judge
from .acceptance import Acceptance
from .rule import Escape

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RatedRows:
    """For a `rate`: the `threshold` (above 1: nothing is accepted), whether the rows have set it,
    or why the model alone promises nothing (`unkept`); of so many `rows` that may be accepted at
    all, how many it accepts, and how many of these are bad."""

    rate: float
    threshold: float
    proven: bool
    unkept: str
    rows: int
    accepted: int
    bad: int

    @property
    def kept(self) -> bool:
        """Whether something is accepted."""
        return self.threshold <= 1.0

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        found: dict[str, Any] = {
            "rate": self.rate,
            "threshold": self.threshold if self.kept else None,
            "by": "rows" if self.proven else "model",
            "accepted": self.accepted,
            "bad": self.bad,
        }
        return found if self.kept else {**found, "message": self.why}

    @property
    def why(self) -> str:
        """Why nothing is accepted."""
        needed = f"none bad of {fewest(self.rate)} surest rows would prove it"
        return f"{self.unkept}; {needed}" if self.unkept else "the surest rows were bad"


def rated_rows(
    model: Model, limits: LineLimits, rate: float, x: Floats, y: Floats
) -> tuple[RatedRows, int]:
    """Of rows that took no part in fitting, coordinates x [N, D] and measured limited outputs
    y [N, T] in the order of the limits; and how many can be judged: rows that lack a measurement,
    or that no rule would accept (outside, unfamiliar, edge), are left out. Raises InputError for a
    model without quantiles of residuals."""
    outputs = tuple(replace(o, accept_at=None) for o in limits.outputs)
    asked = replace(limits, outputs=outputs, accept_at=None, escape=Escape(rate))
    need_supported(asked, model)
    acceptance = Acceptance(model, asked)
    judged = judge(model, asked, evaluated(model, asked, x))
    p = acceptance.sure(x, None, None).joint
    some = np.asarray(~judged.edge & np.isfinite(p) & np.isfinite(y).all(axis=1))
    low, high = (np.array([getattr(o, end) for o in outputs]) for end in ("lsl", "usl"))
    bad = np.asarray(~((y >= low) & (y <= high)).all(axis=1))
    at, proven = threshold(p[some], bad[some], rate, acceptance.start)
    taken = some & (p >= at)
    counts = int(some.sum()), int(taken.sum()), int((taken & bad).sum())
    return RatedRows(rate, at, proven, acceptance.unkept, *counts), int(some.sum())
