"""What an inverse query asks: which inputs are fixed, which are sought, which outputs have which
targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.axis import Axis
from ...core.inputs import axis_index
from ...errors import DomainError, InputError
from ...model import Model
from ...uncertainty.readings import with_computed
from ...values.reals import real

Floats = NDArray[np.float64]
Fixed = Mapping[str, object]
Target = float | Mapping[str, float]


class BadValue(InputError):
    """A fixed input or a target is not a usable number: answered with the status `bad_input`."""


UNUSABLE = (BadValue, DomainError)
"""Answered as a status; other errors are mistakes in the call and are raised."""


def split(
    model: Model, unknowns: Sequence[str], at: Fixed | None
) -> tuple[list[int], dict[int, float]]:
    """Indices of the unknown axes and the coordinates of all others; raw readings among the fixed
    values stand for the inputs computed from them; flags of missing readings that are not given
    say that they are measured.

    Raises InputError for a wrong, missing or doubled name, DomainError or BadValue for a value
    outside its axis.
    """
    at = with_computed(model, at or {}, unknowns)
    if model.gaps is not None:
        at = model.gaps.measured(at, unknowns)
    fixed = {axis_index(model.axes, name): value for name, value in at.items()}
    sought = [axis_index(model.axes, name) for name in unknowns]
    if not sought or len(set(sought)) != len(sought):
        raise InputError("list at least one unknown input, and each only once")
    both = [model.axes[d].name for d in sought if d in fixed]
    if both:
        raise InputError(
            f"input {both[0]!r} is listed both as unknown and as fixed; remove it from one of the"
            " two"
        )
    missing = [a.name for d, a in enumerate(model.axes) if d not in fixed and d not in sought]
    if missing:
        raise InputError(
            f"input {', '.join(map(repr, missing))} is neither unknown nor fixed; give it a value"
        )
    return sought, {d: coordinate(model.axes[d], value) for d, value in fixed.items()}


def coordinate(axis: Axis, value: object) -> float:
    """The number of one fixed input; raises BadValue or DomainError where it has none."""
    if np.ndim(value):  # type: ignore[arg-type]
        raise InputError(f"input {axis.name!r} must be fixed to one number")
    try:
        x = axis.coordinate(value)
    except (ValueError, TypeError):
        raise BadValue(
            f"input {axis.name!r} = {value!r} is not a number; give one in {axis.describe()}"
        ) from None
    if np.isnan(x) or (np.isinf(x) and axis.kind != "categorical"):
        raise BadValue(f"input {axis.name!r} is {x}; give a finite number in {axis.describe()}")
    excess = float(axis.excess(x))
    if np.isinf(excess):
        raise DomainError(axis.unseen(x), axis=axis.name, excess=excess)
    if excess:
        by = f"{abs(excess):g} {axis.unit}".rstrip()
        message = f"input {axis.name!r} = {x:g} lies {by} outside {axis.describe()}; move it inside"
        raise DomainError(message, axis=axis.name, excess=excess)
    return float(axis.settled(x))


def wanted(model: Model, target: Target) -> tuple[list[int], Floats]:
    """Output indices and target values. A bare number is the target of the only output."""
    if not isinstance(target, Mapping):
        if len(model.outputs) > 1:
            raise InputError(
                f"name the output of the target; outputs are {', '.join(model.output_names)}"
            )
        target = {model.outputs[0].name: target}
    if not target:
        raise InputError("give at least one target")
    indices = [output_index(model, name) for name in target]
    values = np.array([number(v, f"target {name!r}") for name, v in target.items()])
    return indices, values


def number(value: object, what: str) -> float:
    """A finite float, or BadValue."""
    try:
        result = real(value, what)
    except (TypeError, ValueError):
        raise BadValue(f"{what} is {value!r}; give a finite number") from None
    if not np.isfinite(result):
        raise BadValue(f"{what} is {result}; give a finite number")
    return result


def output_index(model: Model, name: str) -> int:
    """The output's place. Raises InputError for a wrong name."""
    if name not in model.output_names:
        raise InputError(
            f"{name!r} is not an output of this model; its outputs are"
            f" {', '.join(model.output_names)}"
        )
    return model.output_names.index(name)
