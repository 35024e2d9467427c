"""What an inverse query is about: which inputs are fixed, which are sought, which outputs are
wanted."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...backends import Backend
from ...core.axis import Axis
from ...core.inputs import axis_index
from ...core.interaction import CP, TT
from ...errors import DomainError, InputError
from ...model import Model
from ...numerics.piecewise_polynomial import Piecewise
from ...numerics.power_table import span_polynomials
from ...values.reals import real

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Fixed = Mapping[str, object]
Target = float | Mapping[str, float]


class BadValue(InputError):
    """A fixed input or a target is not a usable number: answered with the status `bad_input`."""


UNUSABLE = (
    BadValue,
    DomainError,
)  # answered as a status; other errors are mistakes in the call and are raised

_POLYNOMIALS: weakref.WeakKeyDictionary[Model, dict[int, Floats]] = weakref.WeakKeyDictionary()


def split(
    model: Model, unknowns: Sequence[str], at: Fixed | None
) -> tuple[list[int], dict[int, float]]:
    """Indices of the unknown axes and the coordinates of all others.

    Raises InputError for a wrong, missing or doubled name, DomainError or BadValue for a value
    outside its axis.
    """
    fixed = {axis_index(model.axes, name): value for name, value in (at or {}).items()}
    sought = [axis_index(model.axes, name) for name in unknowns]
    if not sought or len(set(sought)) != len(sought):
        raise InputError("name each unknown input once, and at least one")
    both = [model.axes[d].name for d in sought if d in fixed]
    if both:
        raise InputError(
            f"input {both[0]!r} is both unknown and fixed; take it out of one of the two"
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
        message = (
            f"input {axis.name!r} = {x:g} lies {abs(excess):g} {axis.unit} outside"
            f" {axis.describe()}; move it inside"
        )
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
    if name not in model.output_names:
        raise InputError(
            f"{name!r} is not an output of this model; its outputs are"
            f" {', '.join(model.output_names)}"
        )
    return model.output_names.index(name)


def restricted(model: Model, outputs: Sequence[int]) -> Model:
    """The model with only the outputs at the given indices."""
    if list(outputs) == list(range(len(model.outputs))):
        return model
    interaction = model.interaction.with_tables(
        model.interaction.tables, model.interaction.weights[:, list(outputs)]
    )
    part = model.replace(
        interaction=interaction, outputs=[model.outputs[k] for k in outputs], certificate={}
    )
    if model.backend.name == "tflite":  # its file has all outputs
        return part.served_by(Columns(model.backend, list(outputs)))
    return part


class Columns:
    """Some outputs of another backend."""

    def __init__(self, backend: Backend, outputs: list[int]) -> None:
        self.name, self._backend, self._outputs = backend.name, backend, outputs

    def value(self, x: Floats) -> Floats:
        return np.ascontiguousarray(self._backend.value(x)[:, self._outputs])

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        y, slope = self._backend.value_and_gradient(x)
        return np.ascontiguousarray(y[:, self._outputs]), np.ascontiguousarray(
            slope[:, self._outputs]
        )


def reordered(model: Model, names: Sequence[str]) -> list[int]:
    """Columns of `model` in the order of `names`."""
    return [axis_index(model.axes, name) for name in names]


def atoms(model: Model, d: int, x: Floats) -> Floats:
    """Atoms (CP [N, R], ones where a mode does not use d) or core matrices (TT [N, l, r]) of axis d
    at x [N]."""
    basis, table = model.axes[d].basis, model.interaction.tables[d]
    span, local = basis.values(x)
    rows = basis.first_row[span][:, None] + np.arange(basis.degree + 1)
    found = np.matmul(local[:, None, :], table[rows])[:, 0]
    if isinstance(model.interaction, TT):
        return np.asarray(found.reshape(len(x), *model.interaction.cores[d].shape[1:]))
    full = np.ones((len(x), model.interaction.rank))
    full[:, model.interaction.modes[d]] = found
    return full


def curve(model: Model, d: int, fixed: Mapping[int, float], k: int) -> Piecewise:
    """The linear part f_k along axis d with all other inputs fixed, bias included."""
    return Piecewise(
        model.axes[d].basis.breaks,
        curves(model, d, {e: np.array([x]) for e, x in fixed.items()}, 1, k)[0],
    )


def curves(model: Model, d: int, fixed: Mapping[int, Floats], count: int, k: int) -> Floats:
    """Span polynomials [N, S, p+1] of f_k along axis d for N sets of fixed inputs (each [N])."""
    poly = power_table(model, d)
    interaction = model.interaction
    if isinstance(interaction, CP):
        weight = np.repeat(interaction.weights[None, :, k], count, axis=0)
        for e, x in fixed.items():
            if len(interaction.modes[e]):
                weight = weight * atoms(model, e, x)
        used = interaction.modes[d]
        unused = np.ones(interaction.rank, dtype=bool)
        unused[used] = False
        out = (weight[:, used] @ poly.reshape(-1, len(used)).T).reshape(count, *poly.shape[:2])
        out[:, :, 0] += weight[:, unused].sum(axis=1)[:, None]
    else:
        left, right = (
            np.ones((count, 1, 1)),
            np.repeat(interaction.weights[None, :, k : k + 1], count, axis=0),
        )
        for e in range(d):
            left = left @ atoms(model, e, fixed[e])
        for e in reversed(range(d + 1, len(model.axes))):
            right = atoms(model, e, fixed[e]) @ right
        pair = (left.transpose(0, 2, 1) @ right.transpose(0, 2, 1)).reshape(count, -1)
        out = (pair @ poly.reshape(-1, poly.shape[2]).T).reshape(count, *poly.shape[:2])
    out[:, :, 0] += model.outputs[k].bias
    return np.asarray(out)


def power_table(model: Model, d: int) -> Floats:
    """Span polynomials [S, p+1, columns] of the atoms of axis d, computed once per model."""
    kept = _POLYNOMIALS.setdefault(model, {})
    if d not in kept:
        axis, table = model.axes[d], model.interaction.tables[d]
        kept[d] = span_polynomials(axis.basis, table)
    return kept[d]
