"""The model with its fixed inputs contracted: span polynomials along an axis, some outputs only."""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.evaluator import Evaluator
from ...core.inputs import axis_index
from ...core.interaction import CP, TT
from ...core.record import ALONE
from ...model import Model
from ...numerics.piecewise_polynomial import PiecewisePolynomial
from ...numerics.power_table import span_polynomials

Floats = NDArray[np.float64]

_POLYNOMIALS: weakref.WeakKeyDictionary[Model, dict[int, Floats]] = weakref.WeakKeyDictionary()


def restricted(model: Model, outputs: Sequence[int]) -> Model:
    """The model with only the outputs at the given indices."""
    if list(outputs) == list(range(len(model.outputs))):
        return model
    interaction = model.interaction.with_tables(
        model.interaction.tables, model.interaction.weights[:, list(outputs)]
    )
    part = model.replace(
        interaction=interaction,
        outputs=[model.outputs[k] for k in outputs],
        certificate={},
        **ALONE,
    )
    if model.backend.name == "tflite":  # its file has all outputs
        return part.served_by(SomeOutputs(model.backend, list(outputs)))
    return part


class SomeOutputs:
    """Some outputs of another backend."""

    def __init__(self, backend: Evaluator, outputs: list[int]) -> None:
        self.name, self._backend, self._outputs = backend.name, backend, outputs

    def value(self, x: Floats) -> Floats:
        """y [N, T] of the chosen outputs."""
        return np.ascontiguousarray(self._backend.value(x)[:, self._outputs])

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, T] and dy/dx [N, T, D] of the chosen outputs."""
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


def curve(model: Model, d: int, fixed: Mapping[int, float], k: int) -> PiecewisePolynomial:
    """The linear part f_k along axis d with all other inputs fixed, bias included."""
    return PiecewisePolynomial(
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
