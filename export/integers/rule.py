"""What a model in whole numbers answers, and what it leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact import integer_section
from sna_edge.artifact.integer_path import FixedPath
from sna_edge.errors import InputError
from sna_edge.model import Model
from sna_edge.status import Status
from sna_edge.uncertainty.interval import left_open

from .companion import Ints, asked
from .constants import ends_of
from .ends import Ends
from .errors import Sample
from .share import Share, share_of, sum_of
from .width import width_of


class Plan(Protocol):
    """A model (numpy backend), the level of its intervals (None: that of the model), and how its
    outputs and the ends of those that have an interval are called."""

    @property
    def model(self) -> Model:
        """As its bytes mean it."""
        ...

    @property
    def level(self) -> float | None:
        """Of the intervals."""
        ...

    @property
    def outputs(self) -> list[str]:
        """Names of the values."""
        ...

    @property
    def intervals(self) -> Mapping[int, tuple[str, str]]:
        """Names of both ends, by output."""
        ...


NOTHING = -(2**31) + 1
"""What stands for a number that there is not."""


@dataclass(frozen=True)
class Query:
    """A plan whose names are those of the model."""

    model: Model
    level: float | None = None

    @property
    def outputs(self) -> list[str]:
        """Those of the model."""
        return list(self.model.output_names)

    @property
    def intervals(self) -> dict[int, tuple[str, str]]:
        """Both ends of every output that has an interval."""
        names = self.outputs
        told = with_intervals(self.model, self.level)
        return {k: (f"{names[k]} lower", f"{names[k]} upper") for k in told}


def path_of(artifact: bytes) -> FixedPath | None:
    """The integer path of a file, None without one."""
    try:
        return integer_section.of_artifact(artifact)
    except InputError:
        return None


def with_intervals(model: Model, level: float | None) -> list[int]:
    """Outputs that have an interval: at `level`, or (None) any."""
    told = left_open(model) if level is None else range(len(model.outputs))
    own = [k for k, o in enumerate(model.outputs) if o.interval is not None]
    return sorted({*told, *own})


def is_familiar(model: Model) -> bool:
    """Whether the model knows which inputs it has not seen."""
    told = model.calibration
    return told is not None and bool(told.n_scores or told.pairs)


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
        sample = Sample(model, self.path)
        for k in plan.intervals:
            try:
                width = width_of(model, k, plan.level)
                scale = None if width.scale is None else asked(model, self.path, width.scale)
                self.ends[k] = ends_of(sample, k, width, scale)
            except InputError as reason:
                self.lacking.append(f"the interval of {plan.outputs[k]}: {reason}")
        try:
            self.share = share_of(model, self.path) if is_familiar(model) else None
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

    def laid_out(self, x: Ints) -> Ints:
        """[N, 3 K + 2] at sensor counts [N, D] of the domain: values, lower ends, upper ends,
        familiarity, status; what there is not is NOTHING."""
        found, status = self.answer(x)
        count = len(self.path.outputs)
        told = np.full((len(x), 3 * count + 2), NOTHING)
        told[:, :count], told[:, -1] = found[:, :count], status
        for i, k in enumerate(self.ends):
            told[:, count + k] = found[:, count + 2 * i]
            told[:, 2 * count + k] = found[:, count + 2 * i + 1]
        if self.share is not None:
            told[:, -2] = found[:, -1]
        return told
