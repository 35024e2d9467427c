"""Closed operations: fixing, differentiating, integrating, adding, scaling; each gives another SNA.

Results drop interval, certificate and signature, which no longer describe them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import backends
from ..core.axis import Axis
from ..core.basis import SpanBasis, bernstein
from ..core.basis.nodal import bernstein_matrix
from ..core.domain import Domain
from ..core.inputs import axis_index
from ..core.interaction import CP, TT
from ..core.output import Output
from ..errors import InputError, NotClosed
from ..model import Model

Floats = NDArray[np.float64]


def bare(output: Output, **changes: Any) -> Output:
    """The output without interval and range."""
    return replace(output, interval=None, range=None, **changes)


def build(
    model: Model, axes: tuple[Axis, ...], interaction: CP | TT, outputs: list[Output]
) -> Model:
    return Model(
        axes,
        interaction,
        outputs,
        backend=backends.derived(model._backend_name),
        metadata=_origin(model),
    )


def _origin(model: Model) -> dict[str, Any]:
    return {k: v for k, v in model.metadata.items() if k in ("name", "source")}


def contract(model: Model, rows: Mapping[int, Floats], ones: Mapping[int, float]) -> Any:
    """Replace the atoms of axis d by the numbers rows[d] @ table_d and the constant 1 by ones[d],
    for every d in `rows`.

    This is fixing (basis values, 1), integrating (integrals, b - a) and averaging (means, 1) in
    one. Gives a Model of the remaining axes, or the outputs [K] when none is left.
    """
    model = model.replace(outputs=[bare(o) for o in model.outputs], certificate={}, dtypes=None)
    work = _contract_cp if isinstance(model.interaction, CP) else _contract_tt
    interaction, bias = work(model, rows, ones)
    factor = float(np.prod([ones[d] for d in rows]))
    outputs = [
        replace(o, bias=float(b), offset=o.offset * factor)
        for o, b in zip(model.outputs, bias + factor * _biases(model), strict=True)
    ]
    if interaction is None:
        return np.array([o.value(np.array(o.bias)) for o in outputs], dtype=float)
    kept = tuple(a for d, a in enumerate(model.axes) if d not in rows)
    return build(model, kept, interaction, outputs)


def _biases(model: Model) -> Floats:
    return np.array([o.bias for o in model.outputs])


def _contract_cp(
    model: Model, rows: Mapping[int, Floats], ones: Mapping[int, float]
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
    model: Model, rows: Mapping[int, Floats], ones: Mapping[int, float]
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


def at(model: Model, fixed: Mapping[str, object]) -> Any:
    """f(.., x_d = value, ..). Survives any link. Raises DomainError outside the domain."""
    if not fixed:
        return model
    found: dict[int, float] = {}
    for name, value in fixed.items():
        d = axis_index(model.axes, name)
        x = np.atleast_1d(model.axes[d].encode(value))  # type: ignore[arg-type]
        if x.shape != (1,):
            raise InputError(f"input {name!r} must be fixed to one number; use grid for several")
        found[d] = float(Domain((model.axes[d],)).admitted(x[:, None])[0, 0])
    return fix(model, found)


def fix(model: Model, fixed: Mapping[int, float]) -> Any:
    """`at` with coordinates {axis index: x} inside the domain."""
    rows = {d: model.axes[d].basis.design(np.array([x]))[0] for d, x in fixed.items()}
    part = contract(model, rows, dict.fromkeys(rows, 1.0))
    if isinstance(part, Model):
        part = part.with_backend(model._backend_name)
        part.parent = (model, dict(fixed))
    return part


def grid(model: Model, points: Mapping[str, ArrayLike], fixed: Mapping[str, object]) -> Floats:
    """Values on the tensor grid of `points`, shape (*lengths, K)."""
    missing = [a.name for a in model.axes if a.name not in points and a.name not in fixed]
    if missing or not points:
        raise InputError(
            f"input {', '.join(missing)} needs points or a fixed value; pass it in points or at"
        )
    part = at(model, fixed)
    order = [axis_index(part.axes, name) for name in points]
    designs = []
    for axis in part.axes:
        x = np.atleast_1d(axis.encode(points[axis.name]))
        x = Domain((axis,)).admitted(x[:, None])[:, 0]
        designs.append(axis.basis.design(x))
    f = (
        _grid_cp(part.interaction, designs)
        if isinstance(part.interaction, CP)
        else _grid_tt(part.interaction, designs)
    )
    f = f + _biases(part)
    y = np.stack([o.value(f[..., k]) for k, o in enumerate(part.outputs)], axis=-1)
    return np.transpose(y, [*order, len(order)])


def _grid_cp(cp: CP, designs: list[Floats]) -> Floats:
    """sum_r W[r,k] prod_d A_d[i_d, r] as one matrix product of the Khatri-Rao products of two
    halves of the axes."""
    atoms = []
    for d, design in enumerate(designs):
        full = np.ones((len(design), cp.rank))
        if len(cp.modes[d]):
            full[:, cp.modes[d]] = design @ cp.tables[d]
        atoms.append(full)
    half = max(1, len(atoms) // 2)
    left, right = _khatri_rao(atoms[:half], cp.rank), _khatri_rao(atoms[half:], cp.rank)
    lengths = [len(a) for a in atoms]
    parts = [(left * cp.weights[:, k]) @ right.T for k in range(cp.weights.shape[1])]
    return np.stack(parts, axis=-1).reshape(*lengths, -1)


def _khatri_rao(atoms: list[Floats], rank: int) -> Floats:
    out = np.ones((1, rank))
    for a in atoms:
        out = (out[:, None, :] * a[None, :, :]).reshape(-1, rank)
    return out


def _grid_tt(tt: TT, designs: list[Floats]) -> Floats:
    out = np.ones((1, 1))
    for core, design in zip(tt.cores, designs, strict=True):
        mats = np.einsum("ni,ilr->lnr", design, core)
        out = (out @ mats.reshape(mats.shape[0], -1)).reshape(-1, mats.shape[2])
    return (out @ tt.weights).reshape(*(len(d) for d in designs), -1)


def linear(model: Model) -> Model:
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
    return model.replace(interaction=interaction, outputs=outputs, certificate={})


def closed(model: Model, what: str, other: str = "") -> Model:
    """`linear(model)` where the links are identity; NotClosed otherwise, naming the `other` way."""
    for o in model.outputs:
        if o.link != "identity":
            raise NotClosed(
                f"{what} of a model with link {o.link!r} is not an SNA; use model.linear() for its"
                f" linear part{other}"
            )
    return linear(model)


def derivative(model: Model, name: str) -> Model:
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
        return build(model, axes, part.with_tables(tables), outputs)
    cores = _replaced(interaction.cores, d, np.einsum("ij,jlr->ilr", change, interaction.cores[d]))
    return build(model, axes, TT(cores, interaction.weights), outputs)


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


def refine(basis: SpanBasis, breaks: Floats, degree: int) -> tuple[SpanBasis, Floats]:
    """Discontinuous Bernstein basis on `breaks` (a superset) of `degree` and the exact change
    matrix of the rows."""
    target = bernstein(breaks, degree)
    nodes = (np.arange(degree + 1) + 0.5) / (degree + 1)
    interpolate = np.linalg.inv(
        np.vander(nodes, degree + 1, increasing=True) @ bernstein_matrix(degree).T
    )
    x = breaks[:-1, None] + np.diff(breaks)[:, None] * nodes
    design = basis.design(x.reshape(-1)).reshape(len(breaks) - 1, degree + 1, basis.n_rows)
    return target, np.matmul(interpolate, design).reshape(target.n_rows, basis.n_rows)


def integrate(model: Model, name: str, a: float | None, b: float | None) -> Any:
    """int_a^b f dx_d; levels are summed on a categorical axis."""
    model = closed(model, "the integral")
    d = axis_index(model.axes, name)
    axis = model.axes[d]
    if axis.kind == "categorical":
        return contract(model, {d: np.ones(axis.basis.n_rows)}, {d: float(axis.basis.n_spans)})
    a, b = axis.lower if a is None else float(a), axis.upper if b is None else float(b)
    a, b = Domain((axis,)).admitted(np.array([[a], [b]]))[:, 0].tolist()
    sign, low, high = (1.0, a, b) if a <= b else (-1.0, b, a)
    unit = f" {axis.unit}" if axis.unit else ""
    model = model.replace(
        outputs=[replace(o, unit=f"{o.unit}{unit}".strip()) for o in model.outputs]
    )
    return contract(model, {d: sign * axis.basis.integral(low, high)}, {d: b - a})


def scale(model: Model, factor: float) -> Model:
    """k f."""
    model = closed(model, "a multiple")
    outputs = [replace(o, bias=o.bias * factor) for o in model.outputs]
    interaction = model.interaction.with_tables(
        model.interaction.tables, model.interaction.weights * factor
    )
    return build(model, model.axes, interaction, outputs)


def add(a: Model, b: Model) -> Model:
    """a + b on the same inputs and domains; breaks are refined to the common ones, exactly."""
    a, b = closed(a, "a sum"), closed(b, "a sum")
    if a.input_names != b.input_names or len(a.outputs) != len(b.outputs):
        raise InputError(
            f"models with inputs {a.input_names} and {b.input_names} cannot be added; use equal"
            " inputs and outputs"
        )
    if isinstance(a.interaction, TT) or isinstance(b.interaction, TT):
        a, b = to_tt(a), to_tt(b)
    axes, left, right = zip(
        *(_common_axis(p, q) for p, q in zip(a.axes, b.axes, strict=True)), strict=True
    )
    outputs = [replace(o, bias=o.bias + q.bias) for o, q in zip(a.outputs, b.outputs, strict=True)]
    p, q = a.interaction, b.interaction
    if isinstance(p, CP) and isinstance(q, CP):
        return build(a, axes, _add_cp(p, q, left, right), outputs)
    assert isinstance(p, TT) and isinstance(q, TT)
    return build(a, axes, _add_tt(p, q, left, right), outputs)


def _common_axis(a: Axis, b: Axis) -> tuple[Axis, Floats | None, Floats | None]:
    if (a.lower, a.upper, a.kind, a.level_names) != (b.lower, b.upper, b.kind, b.level_names):
        raise InputError(
            f"axis {a.name!r} has different domains ({a.describe()} and {b.describe()}); add models"
            " on equal domains"
        )
    p, q = a.basis, b.basis
    same = p.degree == q.degree and p.kind == q.kind and np.array_equal(p.breaks, q.breaks)
    if same and np.array_equal(p.matrices[p.matrix_id], q.matrices[q.matrix_id]):
        return a, None, None
    breaks, degree = np.union1d(p.breaks, q.breaks), max(p.degree, q.degree)
    basis, left = refine(p, breaks, degree)
    _, right = refine(q, breaks, degree)
    centre = (breaks[:-1] + breaks[1:]) / 2
    support = np.minimum(a.support[p.locate(centre)[0]], b.support[q.locate(centre)[0]])
    return replace(a, basis=basis, support=support), left, right


def _changed(table: Floats, change: Floats | None) -> Floats:
    return table if change is None or not table.shape[1] else change @ table


def _add_cp(a: CP, b: CP, left: tuple[Any, ...], right: tuple[Any, ...]) -> CP:
    tables, modes = [], []
    for d in range(len(a.tables)):
        parts = [_changed(a.tables[d], left[d]), _changed(b.tables[d], right[d])]
        used = [t for t in parts if t.shape[1]]
        tables.append(np.hstack(used) if used else parts[0])
        modes.append(np.r_[a.modes[d], b.modes[d] + a.rank])
    return CP(tuple(tables), tuple(modes), np.vstack([a.weights, b.weights]))


def _add_tt(a: TT, b: TT, left: tuple[Any, ...], right: tuple[Any, ...]) -> TT:
    cores = []
    for d, (p, q) in enumerate(zip(a.cores, b.cores, strict=True)):
        p, q = (
            c if m is None else np.einsum("ij,jlr->ilr", m, c)
            for c, m in ((p, left[d]), (q, right[d]))
        )
        if d == 0:
            cores.append(np.concatenate([p, q], axis=2))
            continue
        core = np.zeros((len(p), p.shape[1] + q.shape[1], p.shape[2] + q.shape[2]))
        core[:, : p.shape[1], : p.shape[2]] = p
        core[:, p.shape[1] :, p.shape[2] :] = q
        cores.append(core)
    return TT(tuple(cores), np.vstack([a.weights, b.weights]))


def to_tt(model: Model) -> Model:
    """The same function as a tensor train with diagonal cores of rank R."""
    cp = model.interaction
    if isinstance(cp, TT):
        return model
    cores = []
    for d, axis in enumerate(model.axes):
        table = cp.expanded(d, constant_row(axis.basis))
        core = np.zeros((axis.basis.n_rows, cp.rank, cp.rank))
        core[:, np.arange(cp.rank), np.arange(cp.rank)] = table
        cores.append(core.sum(axis=1, keepdims=True) if d == 0 else core)
    return model.replace(interaction=TT(tuple(cores), cp.weights))


def constant_row(basis: SpanBasis) -> Floats:
    """Coefficients [n_rows] of the constant function 1: ones for every basis with partition of
    unity."""
    x, _ = basis.nodes(basis.degree + 1)
    ones = np.ones(basis.n_rows)
    if np.allclose(basis.design(x) @ ones, 1.0, atol=1e-6):
        return ones
    return np.asarray(np.linalg.lstsq(basis.design(x), np.ones(len(x)), rcond=None)[0], dtype=float)
