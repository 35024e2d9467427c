"""An estimation problem made ready: observations read, known axes contracted, as many of them as a
deadline leaves time for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.beside import Role
from ...errors import InputError
from ...model import Model
from ...numerics.low_discrepancy import points
from ...numerics.time_budget import OutOfTime, Pace, TimeBudget
from ..query.question import Fixed
from .density.forward import Forward, forward
from .density.local_error import MOST, LocalEnergy, at_setting, input_deviations
from .density.model_error import with_model_error
from .density.objective import Objective, Prior
from .density.observations import Columns, Noise, Observations, read

Floats = NDArray[np.float64]

PLANNING, PROBED = 128, 8
"""Observations and settings by which a deadline is first planned."""
PROBING = 0.25
"""Share of the time left that this planning takes at most, once one setting is timed."""
WORK, ANSWERING = 1000.0, 12
"""Evaluations of a whole search, and of writing its answer."""
CONTRACTING, SEARCHING = 0.25, 0.5
"""Shares of the time left for contracting observations and for the search."""
MOVED = 0.1
"""Share by which noise or model error may differ from those of the best setting."""
TICK = 1e-9
"""Seconds: a coarse clock may stand still."""


@dataclass(frozen=True)
class EstimationProblem:
    """An estimation problem made ready: shared by estimate and posterior."""

    axes: tuple[Axis, ...]
    data: Observations
    objective: Objective
    forward: Forward
    budget: TimeBudget
    builder: ProblemBuilder

    @property
    def whole(self) -> bool:
        """True when no observation was left out."""
        return len(self.data.y) == len(self.builder.data.y)

    @property
    def uncertainty(self) -> str:
        """What the answer's uncertainty comes from, in words."""
        parts = ["noise", *(["inputs"] if self.builder.read_off else [])]
        parts += ["model"] if self.data.model.any() else []
        return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]

    def at_setting(self, z: Floats) -> EstimationProblem:
        """The same question with noise and model error as they are at a unit point z [U]."""
        builder = self.builder
        x = np.zeros(len(builder.model.axes))
        x[builder.sought] = self.objective.x(z[None])[0]
        data = at_setting(builder.model, builder.read, x, builder.deviations)
        made = replace(builder, data=data, read_off=bool(builder.deviations), setting=z)
        return made.problem(self.data.count)

    @property
    def energy(self) -> Callable[[Floats], Floats]:
        """E of samples: with the width of each sample itself where the model has one, the numbers
        are few and the noise is normal; else that of the search."""
        builder, data = self.builder, self.data
        few = len(data.y) <= MOST and data.dof is None and bool(data.model.any())
        if builder.setting is None or not (builder.scaled and few):
            return self.objective.value
        return LocalEnergy(builder.model, builder.sought, data, self.objective, builder.setting)

    def moved(self, z: Floats) -> bool:
        """Whether noise or model error at a unit point z are others than those of the question."""
        now, then = self.at_setting(z).data, self.data
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = np.log(np.concatenate([now.model / then.model, now.sigma / then.sigma]))
        return bool((np.abs(ratios) > MOVED).any())

    def widened(self, factor: float) -> EstimationProblem:
        """The same question with noise and model error `factor` times as large."""
        return replace(self.builder, factor=factor).problem(self.data.count)

    @property
    def used(self) -> str:
        """What a deadline left out of the observations, in words."""
        if self.whole:
            return ""
        some, every = len(self.data.y), len(self.builder.data.y)
        return f"{some} of {every} measurements were used before the deadline"

    @property
    def answering(self) -> float:
        """Seconds that writing the answer takes beside fixed costs: 0 without a deadline."""
        if self.budget.endless:
            return 0.0
        return (
            ANSWERING * self.objective.pace.seconds.get("value", 0.0)
            + 0.05 * self.builder.seconds * self.data.count
        )


def prepare(
    model: Model,
    observations: Columns,
    unknowns: Sequence[str],
    noise: Noise,
    prior: Prior | None,
    at: Fixed | None,
    deadline_ms: float | None,
    work: float = WORK,
    *,
    noise_only: bool = False,
    input_error: Mapping[str, float] | None = None,
) -> EstimationProblem:
    """Check everything and contract the known axes once; the model's own error takes part unless
    `noise_only`, as does that of readings of known inputs. Raises as observe.read does.

    With a deadline as many of the observations are used as leave time for the search: `work`
    evaluations, in units of the time that one setting takes with the observations used.
    """
    budget = TimeBudget.for_query(deadline_ms)
    if not unknowns or len(set(unknowns)) != len(unknowns):
        raise InputError("list at least one unknown input, and each only once")
    as_read = read(model, observations, unknowns, noise, at)
    deviations = input_deviations(model, unknowns, input_error)
    data = as_read if noise_only else with_model_error(model, as_read)
    sought = [model.axis_index(name) for name in unknowns]
    builder = ProblemBuilder(model, sought, data, prior, budget, noise_only, as_read, deviations)
    return builder.problem(data.count) if budget.endless else builder.affordable(work)


@dataclass
class ProblemBuilder:
    """Queries on all or some of the observations."""

    model: Model
    sought: list[int]
    data: Observations
    prior: Prior | None
    budget: TimeBudget
    noise_only: bool
    read: Observations
    deviations: dict[int, float]  # of readings of known inputs
    read_off: bool = False  # whether these count in the data
    setting: Floats | None = None  # unit point whose noise and model error the data have
    factor: float = 1.0  # times which noise and model error are taken
    seconds: float = 0.0  # per observation, of making a query

    @property
    def scaled(self) -> bool:
        """Whether the width of the model follows its inputs."""
        return any(c.role == Role.SCALE for c in self.model.companions)

    @property
    def local(self) -> bool:
        """Whether noise or model error depend on the setting of the unknowns."""
        return not self.noise_only and (self.scaled or bool(self.deviations))

    def problem(self, points: int) -> EstimationProblem:
        """On about that many observed points; times itself."""
        begun = self.budget.elapsed
        data = self.data if points >= self.data.count else self.data.thinned(points)
        data = data if self.factor == 1.0 else data.wider(self.factor)
        axes = tuple(self.model.axes[d] for d in self.sought)
        operator = forward(self.model, self.sought, data)
        made = EstimationProblem(
            axes,
            data,
            Objective(axes, operator, data, self.prior, Pace(self.budget)),
            operator,
            self.budget,
            self,
        )
        self.seconds = max(self.budget.elapsed - begun, TICK) / points
        return made

    def affordable(self, work: float) -> EstimationProblem:
        """As many observations as leave time for `work`; found by making larger and larger ones."""
        size = self.data.count if self.data.count <= 4 * PLANNING else PLANNING
        while True:
            made = self.problem(size)
            least = (
                self.data.count
                if made.objective.compressed
                else int(size * self.speed(made.objective, work))
            )
            wanted = min(
                self.data.count,
                16 * size,
                least,
                int(CONTRACTING * self.budget.left / self.seconds),
            )
            if wanted < min(2 * size, self.data.count) or size == self.data.count:
                return made
            size = wanted

    def speed(self, objective: Objective, work: float) -> float:
        """How many times more observations could be used."""
        z = points(PROBED, len(objective.axes))
        begun = self.budget.elapsed
        try:
            objective.value(z[:1])
            count = objective.pace.affordable("value", PROBING, PROBED)
            if count > 1:
                objective.value(z[1:count])
        except OutOfTime:
            return 0.0
        seconds = max(self.budget.elapsed - begun, TICK) / count
        return SEARCHING * self.budget.left / (work * seconds)
