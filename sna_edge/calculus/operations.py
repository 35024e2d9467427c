"""Closed operations: fixing, differentiating, integrating, adding, scaling; each gives another SNA.

Results drop interval, certificate, signature and what stands beside the values, which no longer
describe them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.basis import SpanBasis, bernstein
from ..core.basis.nodal import bernstein_matrix
from ..core.domain import DomainBox
from ..core.inputs import axis_index
from ..core.interaction import CP, TT
from ..core.output import Output
from ..core.record import ALONE, ModelRecord, Record
from ..errors import InputError, NotClosed

Floats = NDArray[np.float64]


def bare(output: Output, **changes: Any) -> Output:
    """The output without interval and range."""
    return replace(output, interval=None, range=None, **changes)


def contract(model: ModelRecord, rows: Mapping[int, Floats], ones: Mapping[int, float]) -> Any:
    """Replace the atoms of axis d by the numbers rows[d] @ table_d and the constant 1 by ones[d],
    for every d in `rows`.

    This is fixing (basis values, 1), integrating (integrals, b - a) and averaging (means, 1) in
    one. Gives a Model of the remaining axes, or the outputs [K] when none is left.
    """
    outputs = [bare(o) for o in model.outputs]
    model = model.replace(outputs=outputs, certificate={}, dtypes=None, **ALONE)
    work = _contract_cp if isinstance(model.interaction, CP) else _contract_tt
    interaction, bias = work(model, rows, ones)
    factor = float(np.prod([ones[d] for d in rows]))
    outputs = [
        replace(o, bias=float(b), offset=o.offset * factor)
        for o, b in zip(model.outputs, bias + factor * biases(model), strict=True)
    ]
    if interaction is None:
        return np.array([o.value(np.array(o.bias)) for o in outputs], dtype=float)
    kept = tuple(a for d, a in enumerate(model.axes) if d not in rows)
    return model.computed(axes=kept, interaction=interaction, outputs=outputs)


def biases(model: ModelRecord) -> Floats:
    """bias [K] of the linear parts."""
    return np.array([o.bias for o in model.outputs])


def _contract_cp(
    model: ModelRecord, rows: Mapping[int, Floats], ones: Mapping[int, float]
) -> tuple[CP | None, Floats]:
    cp = model.interaction
    assert isinstance(cp, CP)
    factor = np.ones(cp.rank)
    for d, row in rows.items():
        column = np.full(cp.rank, ones[d])
        column[cp.modes[d]] = row @ cp.tables[d] if len(cp.modes[d]) else []
        factor *= column
    weights = cp.weights * factor[:, None]
    kept = [d for d in range(len(model.axes)) if d not in rows]
    alive = cp.uses[kept].any(axis=0) if kept else np.zeros(cp.rank, dtype=bool)
    bias = weights[~alive].sum(axis=0)
    if not kept:
        return None, bias
    tables, modes = tuple(cp.tables[d] for d in kept), tuple(cp.modes[d] for d in kept)
    index = np.cumsum(alive) - 1
    return CP(tables, tuple(index[m] for m in modes), weights[alive]), bias


def _contract_tt(
    model: ModelRecord, rows: Mapping[int, Floats], ones: Mapping[int, float]
) -> tuple[TT | None, Floats]:
    tt = model.interaction
    assert isinstance(tt, TT)
    pending: Floats = np.eye(1)
    cores: list[Floats] = []
    for d, core in enumerate(tt.cores):
        if d in rows:
            pending = pending @ np.einsum("i,ilr->lr", rows[d], core)
        else:
            cores.append(np.einsum("ql,ilr->iqr", pending, core))
            pending = np.eye(core.shape[2])
    weights = pending @ tt.weights
    if not cores:
        return None, weights[0]
    return TT(tuple(cores), weights), np.zeros(weights.shape[1])


def at(model: ModelRecord, fixed: Mapping[str, object]) -> Any:
    """f(.., x_d = value, ..). Survives any link. Raises DomainError outside the domain."""
    if not fixed:
        return model
    found: dict[int, float] = {}
    for name, value in fixed.items():
        d = axis_index(model.axes, name)
        x = np.atleast_1d(model.axes[d].encode(value))  # type: ignore[arg-type]
        if x.shape != (1,):
            raise InputError(f"input {name!r} must be fixed to one number; use grid for several")
        found[d] = float(DomainBox((model.axes[d],)).admitted(x[:, None])[0, 0])
    return fix(model, found)


def fix(model: ModelRecord, fixed: Mapping[int, float]) -> Any:
    """`at` with coordinates {axis index: x} inside the domain."""
    rows = {d: model.axes[d].basis.design(np.array([x]))[0] for d, x in fixed.items()}
    part = contract(model, rows, dict.fromkeys(rows, 1.0))
    if isinstance(part, ModelRecord):
        return part.replace(backend=model.backend_name, parent=(model, dict(fixed)))
    return part


def linear(model: Record) -> Record:
    """f_k with identity links; on identity links scale and offset are folded into W and bias,
    others are named 'y before exp'."""
    factor = np.array([o.scale if o.link == "identity" else 1.0 for o in model.outputs])
    outputs = [
        (
            bare(o, link="identity", scale=1.0, offset=0.0, bias=o.value(np.array(o.bias)).item())
            if o.link == "identity"
            else bare(
                o, name=f"{o.name} before {o.link}", link="identity", scale=1.0, offset=0.0, unit=""
            )
        )
        for o in model.outputs
    ]
    interaction = model.interaction.with_tables(
        model.interaction.tables, model.interaction.weights * factor
    )
    return model.replace(interaction=interaction, outputs=outputs, certificate={}, **ALONE)


def closed(model: Record, what: str, other: str = "") -> Record:
    """`linear(model)` where the links are identity; NotClosed otherwise, naming the `other` way."""
    for o in model.outputs:
        if o.link != "identity":
            raise NotClosed(
                f"{what} of a model with link {o.link!r} is not an SNA; use model.linear() for its"
                f" linear part{other}"
            )
    return linear(model)


def derivative(model: Record, name: str) -> Record:
    """df/dx_d: the atoms of axis d become their derivatives, of one degree less; exact."""
    model = closed(model, "the derivative")
    d = axis_index(model.axes, name)
    axis = model.axes[d]
    if axis.kind == "categorical":
        raise NotClosed(
            f"input {name!r} is categorical and has no derivative; differentiate along another"
            " input"
        )
    basis = axis.basis
    target = bernstein(basis.breaks, max(basis.degree - 1, 0))
    change = _derivative_matrix(basis, target)
    axes = _replaced(model.axes, d, replace(axis, basis=target))
    outputs = [
        bare(o, bias=0.0, unit=f"{o.unit or '1'}/({axis.unit or '1'})") for o in model.outputs
    ]
    interaction = model.interaction
    if isinstance(interaction, CP):
        part = interaction.select(interaction.uses[d])
        tables = _replaced(part.tables, d, change @ part.tables[d])
        return model.computed(axes=axes, interaction=part.with_tables(tables), outputs=outputs)
    cores = _replaced(interaction.cores, d, np.einsum("ij,jlr->ilr", change, interaction.cores[d]))
    train = TT(cores, interaction.weights)
    return model.computed(axes=axes, interaction=train, outputs=outputs)


def _replaced(items: tuple[Any, ...], d: int, item: Any) -> tuple[Any, ...]:
    return (*items[:d], item, *items[d + 1 :])


def _derivative_matrix(basis: SpanBasis, target: SpanBasis) -> Floats:
    """Rows of `target` (discontinuous Bernstein, degree p-1) as combinations of the rows of
    `basis`."""
    p = basis.degree
    if p == 0:
        return np.zeros((target.n_rows, basis.n_rows))
    k = np.arange(1, p + 1)
    to_bernstein = np.linalg.inv(bernstein_matrix(p - 1)).T
    out = np.zeros((target.n_rows, basis.n_rows))
    for s in range(basis.n_spans):
        power = (basis.matrices[basis.matrix_id[s]][:, 1:] * k).T / (
            basis.breaks[s + 1] - basis.breaks[s]
        )
        row = basis.first_row[s]
        out[s * p : (s + 1) * p, row : row + p + 1] = to_bernstein @ power
    return out


def integrate(model: ModelRecord, name: str, a: float | None, b: float | None) -> Any:
    """int_a^b f dx_d; levels are summed on a categorical axis."""
    model = closed(model, "the integral")
    d = axis_index(model.axes, name)
    axis = model.axes[d]
    if axis.kind == "categorical":
        return contract(model, {d: np.ones(axis.basis.n_rows)}, {d: float(axis.basis.n_spans)})
    a, b = axis.lower if a is None else float(a), axis.upper if b is None else float(b)
    a, b = DomainBox((axis,)).admitted(np.array([[a], [b]]))[:, 0].tolist()
    sign, low, high = (1.0, a, b) if a <= b else (-1.0, b, a)
    unit = f" {axis.unit}" if axis.unit else ""
    model = model.replace(
        outputs=[replace(o, unit=f"{o.unit}{unit}".strip()) for o in model.outputs]
    )
    return contract(model, {d: sign * axis.basis.integral(low, high)}, {d: b - a})


def scale(model: Record, factor: float) -> Record:
    """k f."""
    model = closed(model, "a multiple")
    outputs = [replace(o, bias=o.bias * factor) for o in model.outputs]
    interaction = model.interaction.with_tables(
        model.interaction.tables, model.interaction.weights * factor
    )
    return model.computed(interaction=interaction, outputs=outputs)
