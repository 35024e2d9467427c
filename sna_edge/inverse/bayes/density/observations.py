"""Measurements at known coordinates and their noise, as rows of residuals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ....artifact.layout import LARGEST, REACH
from ....core.inputs import axis_index, unknown_name
from ....core.output import Output
from ....errors import DomainError, InputError
from ....model import Model
from ....uncertainty.readings import bordered
from ....values.reals import reals
from ...query.question import BadValue, Fixed, coordinate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = Mapping[str, ArrayLike]

FINEST = 2.0**-400
"""Of the output: the least noise, so that squares of residuals over it are finite."""


@dataclass(frozen=True)
class StudentT:
    """Noise with heavy tails: p(r) ~ (1 + r^2 / (freedom scale^2))^(-(freedom+1)/2); outliers lose
    their weight.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> read = {"y": [0.5, 1.0, 1.5, 1.0], "area": [0.41, 0.79, 1.2, 1.9]}  # the last is wrong
    >>> from sna_edge.inverse import estimate
    >>> estimate(area, read, ["x"], StudentT(0.02)).x.round(2).tolist()
    [[0.8]]
    >>> estimate(area, read, ["x"], 0.02).x.round(2).tolist()
    [[1.04]]
    """

    scale: float | Mapping[str, float]
    freedom: float = 4.0

    def __post_init__(self) -> None:
        if not self.freedom > 0:
            raise InputError(f"Student-t noise needs freedom > 0, got {self.freedom}")


Noise = float | Mapping[str, ArrayLike] | ArrayLike | StudentT


@dataclass(frozen=True)
class Observations:
    """N measured numbers: of row point[i] and output output[i] the value y[i] with noise scale
    sigma[i].

    known {axis index: [Q]} are the coordinates of the Q points; dof (degrees of freedom) None for
    normal noise. model[i]: standard deviation of the model's own error; seen_as: the outputs as the
    numbers see them, without a link where they were taken before it.
    """

    known: dict[int, Floats]
    count: int
    point: Ints
    output: Ints
    y: Floats
    sigma: Floats
    dof: float | None
    model: Floats
    seen_as: tuple[Output, ...]

    def some(self, rows: Ints) -> Observations:
        """Some of the numbers."""
        return replace(
            self,
            point=self.point[rows],
            output=self.output[rows],
            y=self.y[rows],
            sigma=self.sigma[rows],
            model=self.model[rows],
        )

    def wider(self, factor: float) -> Observations:
        """Noise and model error `factor` times as large."""
        return replace(self, sigma=factor * self.sigma, model=factor * self.model)

    def thinned(self, points: int) -> Observations:
        """The observations of about that many of the points, one at random out of every group of
        them; seeded."""
        used = np.flatnonzero(np.bincount(self.point, minlength=self.count))
        points = min(points, len(used))
        ends = np.linspace(0, len(used), points + 1).astype(np.int64)
        taken = used[
            ends[:-1] + (np.random.default_rng(0).random(points) * np.diff(ends)).astype(np.int64)
        ]
        place = np.full(self.count, -1)
        place[taken] = np.arange(points)
        rows = np.flatnonzero(place[self.point] >= 0)
        known = {d: x[taken] for d, x in self.known.items()}
        return replace(self.some(rows), known=known, count=points, point=place[self.point[rows]])


def read(
    model: Model, observations: Columns, unknowns: Sequence[str], noise: Noise, at: Fixed | None
) -> Observations:
    """Columns of known inputs and measured outputs (a number, or one per point; NaN in an output:
    not measured there). An output that a mapping of noises leaves out has that of its gauge study.

    Raises InputError for wrong names or lengths, BadValue and DomainError for values.
    """
    sought = {axis_index(model.axes, name) for name in unknowns}
    names = [*model.input_names, *model.output_names]
    for name in observations:
        if name not in names:
            raise InputError(unknown_name(name, names))
    measured = [name for name in model.output_names if name in observations]
    if not measured:
        raise InputError(
            f"the observations have no output column; outputs are {', '.join(model.output_names)}"
        )
    count = _length(observations)
    values = np.stack([_column(observations[name], count, name) for name in measured])
    known = _known(model, observations, sought, at, count)
    index = np.array([model.output_names.index(name) for name in measured])
    row, point = np.nonzero(~np.isnan(values))
    if not len(row):
        raise BadValue("no observation has a value; give at least one measured number")
    if np.isinf(values).any():
        raise BadValue(
            "an observation is infinite; give finite numbers, or NaN where nothing was measured"
        )
    scale = noise.scale if isinstance(noise, StudentT) else noise
    sigma = np.stack([_sigma(scale, name, count, gauge_noise(model, name)) for name in measured])
    dof = noise.freedom if isinstance(noise, StudentT) else None
    _bounded(model, index[row], values[row, point], sigma[row, point], point)
    return Observations(
        known,
        count,
        point,
        index[row],
        values[row, point],
        sigma[row, point],
        dof,
        np.zeros(len(row)),
        tuple(model.outputs),
    )


def _bounded(model: Model, output: Ints, y: Floats, sigma: Floats, point: Ints) -> None:
    """Raises BadValue for numbers, and for noise, so far from the scale of their output that
    squares of residuals overflow."""
    scale, offset = np.array([[o.scale, o.offset] for o in model.outputs])[output].T
    gap, size = np.abs(y / 4 - offset / 4), np.abs(scale) / 4
    most = REACH * np.minimum(size, LARGEST / (4 * REACH))
    wrong = np.flatnonzero(~((FINEST * size < sigma) & (sigma / 4 < most)))
    if len(wrong):
        name = model.outputs[output[wrong[0]]].name
        raise BadValue(
            f"the noise of {name!r} is {sigma[wrong[0]]:g}, out of all proportion to the output;"
            " give the noise of the gauge"
        )
    far = np.flatnonzero(~(gap < most) | ~(FINEST * gap < sigma))
    if len(far):
        name = model.outputs[output[far[0]]].name
        what = (
            f"observation {point[far[0]]}: {name} = {y[far[0]]:g} is beyond anything the model can"
            " produce"
        )
        raise BadValue(f"{what}; check the reading and its unit, or leave it out")


def _length(observations: Columns) -> int:
    lengths = {len(np.atleast_1d(np.asarray(v))) for v in observations.values() if np.ndim(v)}
    if len(lengths) > 1:
        raise InputError(
            f"observation columns have different lengths: {', '.join(map(str, sorted(lengths)))}"
        )
    return lengths.pop() if lengths else 1


def _column(values: ArrayLike, count: int, name: str) -> Floats:
    try:
        return np.broadcast_to(reals(values, f"column {name!r} of the observations"), (count,))
    except InputError as error:
        raise BadValue(f"{error}, NaN where nothing was measured") from None
    except ValueError:
        raise InputError(
            f"column {name!r} of the observations must be one number or one per observation"
            f" ({count})"
        ) from None


def _known(
    model: Model, observations: Columns, sought: set[int], at: Fixed | None, count: int
) -> dict[int, Floats]:
    known: dict[int, Floats] = {}
    for d, axis in enumerate(model.axes):
        given = axis.name in observations, axis.name in (at or {})
        if d in sought:
            if any(given):
                raise InputError(
                    f"input {axis.name!r} is listed both as unknown and as known; remove it from"
                    " one of the two"
                )
            continue
        if all(given) or not any(given):
            what = "given twice" if all(given) else "neither unknown nor known"
            raise InputError(
                f"input {axis.name!r} is {what}; give it once, as a column of the observations or"
                " in at"
            )
        if given[1]:
            known[d] = np.full(count, coordinate(axis, (at or {})[axis.name]))
            continue
        x = np.broadcast_to(axis.encode(observations[axis.name]), (count,))
        x = bordered(model, (axis,), x[:, None], None)[0][:, 0]
        bad = np.flatnonzero(np.isnan(x))
        if len(bad):
            raise BadValue(f"observation {bad[0]}: input {axis.name!r} is not a number")
        far = np.flatnonzero(axis.excess(x) != 0)
        if len(far):
            row, excess = int(far[0]), float(axis.excess(x)[far[0]])
            what = (
                axis.unseen(x[row])
                if axis.kind == "categorical"
                else f"input {axis.name!r} = {x[row]:g} is outside {axis.describe()}"
            )
            message = f"observation {row}: {what}; leave it out"
            raise DomainError(message, row=row, axis=axis.name, excess=excess)
        known[d] = axis.settled(x)
    return known


def gauge_noise(model: Model, name: str) -> float | None:
    """Standard deviation of the gauge of an output, where a study of it is kept with the model."""
    fit = model.metadata.get("fit")
    known = fit.get("gauge", {}) if isinstance(fit, dict) else {}
    study = known.get(name) if isinstance(known, dict) else None
    sigma = study.get("sigma") if isinstance(study, dict) else None
    return float(sigma) if isinstance(sigma, (int, float)) and sigma > 0 else None


def _sigma(
    noise: float | Mapping[str, ArrayLike] | ArrayLike, name: str, count: int, gauge: float | None
) -> Floats:
    """Noise scale [Q] of one output, that of its `gauge` where none is given."""
    value = noise.get(name, gauge) if isinstance(noise, Mapping) else noise
    if value is None:
        raise InputError(
            f"the noise of {name!r} is missing; give its standard deviation in output units"
        )
    try:
        sigma = np.broadcast_to(reals(value, f"the noise of {name!r}"), (count,))
    except InputError:
        raise
    except ValueError:
        raise InputError(
            f"the noise of {name!r} must be one number or one per observation ({count})"
        ) from None
    if not (np.isfinite(sigma).all() and (sigma > 0).all()):
        raise BadValue(f"the noise of {name!r} must be positive and finite")
    return sigma
