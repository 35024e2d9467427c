"""Adjustable inputs: where they may be set, by which steps, and what a change costs."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.axis import Axis
from ..query.question import BadValue, coordinate, number


@dataclass(frozen=True)
class Knob:
    """An input that may be changed between lower and upper (the axis by default), in multiples of
    `step` from where it is.

    The bounds of a categorical input are levels: those from `lower` to `upper` in the axis's order
    are tried. `cost` weighs a change of one axis unit (a change of level on a categorical input);
    by default 1 / width of the axis.

    >>> from sna_edge import CP, Model, Output, spline_axis
    >>> from sna_edge.inverse import Knob, advise
    >>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
    >>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
    >>> found = advise(area, {"x": 0.5, "y": 1}, {"area": (0.57, None)}, {"x": Knob(step=0.05)})
    >>> {name: round(value, 6) for name, value in found.settings.items()}
    {'x': 0.6}
    """

    lower: float | str | None = None
    upper: float | str | None = None
    step: float | None = None
    cost: float | None = None


def box(axis: Axis, knob: Knob) -> tuple[float, float]:
    """Where a knob may be set, in coordinates. Raises BadValue or DomainError for bounds, steps and
    costs that leave nothing."""
    lower, upper = (
        _end(axis, knob.lower, axis.lower, "lower"),
        _end(axis, knob.upper, axis.upper, "upper"),
    )
    lower, upper = (
        max(float(axis.settled(lower)), axis.lower),
        min(float(axis.settled(upper)), axis.upper),
    )
    if lower > upper:
        raise BadValue(
            f"knob {axis.name!r} has no room between its bounds inside {axis.describe()}; give"
            " lower <= upper there"
        )
    for what, value in (("step", knob.step), ("cost", knob.cost)):
        if value is not None and not number(value, f"{what} of {axis.name!r}") > 0:
            raise BadValue(f"{what} of {axis.name!r} is {value}; give a positive number")
    return lower, upper


def _end(axis: Axis, given: object, otherwise: float, what: str) -> float:
    """A bound of a knob: a number, or of a categorical input a level, the first or last of those
    that may be tried."""
    if given is None:
        return otherwise
    return (
        coordinate(axis, given)
        if axis.kind == "categorical"
        else number(given, f"{what} bound of {axis.name!r}")
    )
