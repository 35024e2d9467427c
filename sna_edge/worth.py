"""Verbs of a model that say what an answer is worth and why it is what it is: each is a function of
`uncertainty`, imported at its first call."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .core.domain import Check
from .core.evaluator import Evaluator
from .core.inputs import Query, axis_index, coordinates
from .core.missing import Gaps
from .core.record import ModelRecord

if TYPE_CHECKING:
    from .calculus.contributions import Contributions
    from .calculus.contributions.atoms import Atoms
    from .uncertainty.contributed import Against
    from .uncertainty.familiarity import Familiarity
    from .uncertainty.predictive import Predictive
    from .uncertainty.readings import Coordinates
    from .uncertainty.reason import Reason

Floats = NDArray[np.float64]
Answered = tuple[Check, Floats, "NDArray[np.bool_] | None"]


class Worth(ModelRecord):
    """Distributions, familiarity, contributions and coordinates of readings."""

    @property
    def backend(self) -> Evaluator:
        """What evaluates the model."""
        raise NotImplementedError

    def _answered(self, query: Query, level_index: bool) -> Answered:
        """The checked rows of a query, their values [N, K] and which readings were moved."""
        raise NotImplementedError

    def _admitted(self, query: Query, level_index: bool) -> tuple[Floats, bool]:
        """Coordinates [N, D] inside the domain, and whether the query was one point."""
        raise NotImplementedError

    @cached_property
    def _meshed(self) -> bool:
        """Whether an axis is the nodes of a part."""
        return any(a.mesh is not None for a in self.axes)

    @cached_property
    def gaps(self) -> Gaps | None:
        """What stands in place of a missing reading; None where every reading is needed."""
        return None if self.readings is not None else Gaps.of(self.metadata)

    def _without_gaps(
        self, query: Query, level_index: bool
    ) -> tuple[Query, bool, NDArray[np.bool_] | None]:
        """The query as coordinates, that levels are indices, and which readings were missing."""
        if self.gaps is None:
            return query, level_index, None
        x, _, absent = self.gaps.completed(self.axes, query, level_index)
        return x, True, absent

    def _coordinates(self, query: Query, level_index: bool) -> tuple[Floats, bool]:
        if self.gaps is None:
            return coordinates(self.axes, query, level_index)
        return self.gaps.completed(self.axes, query, level_index)[:2]

    def predictive(self, query: Query, *, level_index: bool = False) -> Predictive:
        """The distribution of a measurement per row and output: `quantile(p)`, `cdf(y)`,
        `probability(low, high)` of a window, `sample(count)`; NaN where there is no value.

        Raises InputError where the model has no quantiles of residuals.
        """
        from .uncertainty.predictive import predictive

        found, value, _ = self._answered(query, level_index)
        return predictive(self, found.x, value, found.status >= 0)

    def familiarity(self, query: Query, *, level_index: bool = False) -> Familiarity:
        """p per row: the share of training rows that were no more familiar than these inputs; 0
        where a pair of levels was never seen. Status `unfamiliar` where p is at most
        `calibration.least_p`.

        Raises InputError where the model does not say how familiar inputs are.
        """
        from .uncertainty.familiarity import answer

        return answer(self, *self._answered(query, level_index)[:2])

    def why_unfamiliar(
        self, query: Query, *, level_index: bool = False, least_p: float | None = None
    ) -> Reason:
        """Why one point is no more familiar than it is: the two inputs that, each changed alone,
        raise its score most, or the pair of levels never seen. Every point has a reason; up to
        `least_p` (at least that of the model) it is called rare.

        Raises InputError where the model does not say how familiar inputs are, for several points,
        and for one without a value.
        """
        from .uncertainty.reason import answer

        found, y, _ = self._answered(query, level_index)
        return answer(self, found, y, self.backend.value, least_p)

    def contributions(
        self, query: Query, against: Against = None, *, level_index: bool = False
    ) -> Contributions:
        """What each input contributes to the value of a point, or of several rows, in units of the
        outputs: `value = base + contribution.sum`, Shapley values of setting inputs from
        `against` to the point.

        `against`: a setting or another part (of several rows the mean over all of them), or the
        mean over independent distributions of inputs, {name: Distribution}; by default uniform
        over the domain. Exact; behind a link with more than 17 inputs that differ sampled, with
        their `error`. Against a mean the base behind a link is the link of the mean linear part.
        Raises InputError or DomainError for the first row without a value.

        >>> from sna_edge import CP, Model, Output, spline_axis
        >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
        >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
        >>> found = area.contributions({"x": 2, "y": 2}, {"x": 1, "y": 1})
        >>> found.names, found.base.tolist(), found.contribution[:, 0].round(12).tolist()
        (('x', 'y'), [1.0], [1.5, 1.5])
        """
        from .uncertainty.contributed import answer

        def admitted(asked: Query) -> tuple[Floats, bool]:
            return self._admitted(asked, level_index)

        return answer(self._atoms, query, against, admitted, self.backend.value, self.gaps)

    @cached_property
    def _atoms(self) -> Atoms:
        from .calculus.contributions.atoms import Atoms

        return Atoms(self)

    def axis_index(self, name: str) -> int:
        """Position of the input `name`. Raises InputError that lists the right names, and for a raw
        reading that says which input to ask for."""
        if self.readings is not None and any(r.name == name for r in self.readings.raw):
            from .uncertainty.readings import raw_is_no_input

            raise raw_is_no_input(self, name)
        return axis_index(self.axes, name)

    def derived(self, readings: Query, *, level_index: bool = False) -> Coordinates:
        """Coordinates [N, D] of readings and their status: readings within the tolerance of their
        sensor at the border, derived inputs computed from the others and from raw readings.

        An array has the inputs, then the raw readings; a mapping may leave out what is derived.
        Raises InputError for a missing reading.
        """
        from .uncertainty.readings import coordinates_of

        return coordinates_of(self, readings, level_index)
