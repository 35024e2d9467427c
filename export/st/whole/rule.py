"""What a block in whole numbers answers, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact import integer_section
from sna_edge.artifact.integer_path import FixedPath
from sna_edge.errors import InputError
from sna_edge.status import Status

from ...certify.integer_path import integer_errors
from ..beside import width_of
from ..block import Plan
from .companion import Ints, asked
from .constants import ends_of
from .ends import Ends
from .share import Share, share_of, sum_of


def path_of(plan: Plan) -> FixedPath | None:
    """The integer path of the file, None without one."""
    try:
        return integer_section.of_artifact(plan.artifact)
    except InputError:
        return None


@dataclass
class Whole:
    """A model on its integer path, with what stands beside it there: `ends` of intervals by output,
    `share` for familiarity; `lacking` says of each that has none what it is and why."""

    plan: Plan
    path: FixedPath
    ends: dict[int, Ends] = field(default_factory=dict)
    share: Share | None = None
    lacking: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        model, plan = self.plan.model, self.plan
        errors = integer_errors(model, self.path) if plan.intervals else np.zeros(0)
        for k in plan.intervals:
            try:
                width = width_of(model, k, plan.level)
                scale = None if width.scale is None else asked(model, self.path, width.scale)
                self.ends[k] = ends_of(model, self.path, k, width, scale, float(errors[k]))
            except InputError as reason:
                self.lacking.append(f"the interval of {plan.outputs[k]}: {reason}")
        try:
            self.share = share_of(model, self.path) if plan.familiar else None
        except InputError as reason:
            self.lacking.append(f"familiarity: {reason}")

    @property
    def placed(self) -> list[int]:
        """Outputs whose ends follow from the place of a link."""
        return [k for k, ends in self.ends.items() if ends.back is not None]

    @property
    def results(self) -> list[str]:
        """Names of the outputs that are whole numbers."""
        both = [name for k in self.ends for name in self.plan.intervals[k]]
        return [*self.plan.outputs, *both, *(["familiarity"] if self.share is not None else [])]

    def score(self, x: Ints) -> Ints:
        """How familiar inputs are [N], the more the larger, of a model that tells."""
        assert self.share is not None
        y = self.path.evaluate(self.path.locate(x)[0]).astype(np.int64)
        return sum_of(self.share.terms, x, y) if self.share.terms else self.share.p(x, y)

    def answer(self, x: Ints) -> tuple[Ints, NDArray[np.int64]]:
        """Results [N, V] and status [N] at sensor counts [N, D] of the domain."""
        places, _ = self.path.locate(x)
        y = self.path.evaluate(places).astype(np.int64)
        v = self.path.linear(places)
        bare = [np.asarray(a.support) == 0 for a in self.plan.model.axes]
        edge = np.any([b[places[:, d, 0]] for d, b in enumerate(bare)], axis=0)
        status, columns = np.where(edge, int(Status.EDGE), 0), [y]
        for k, ends in self.ends.items():
            sigma = np.ones(len(x), np.int64) if ends.scale is None else ends.scale.value(x, y)
            columns.append(np.stack(ends.both(y[:, k], v[:, k], sigma), axis=1))
        if self.share is not None:
            p = self.share.p(x, y)
            columns.append(p[:, None])
            status = np.where(p <= self.share.limit, int(Status.UNFAMILIAR), status)
        return np.hstack(columns), status
