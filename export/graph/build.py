"""Model -> graph of float32 operators: value, or value and gradient."""

from __future__ import annotations

import numpy as np

from sna_edge.artifact.stored import as_stored
from sna_edge.errors import InputError
from sna_edge.model import Model

from .atoms import atoms, basis
from .combine import combine
from .dense import filled, padded_columns, side_by_side
from .ir import Graph, Tensor
from .place import LARGEST, Place, place

FORWARD, GRADIENT = "forward", "value_and_gradient"


def build(model: Model, *, gradient: bool = False, batch: int | None = None, apart: bool = False) -> Graph:
    """y_k = g_k(bias_k + sum_r W[r,k] prod_d phi_{d,r}(x_d)) scale_k + offset_k, tables as the artifact stores them.

    Inputs: one float32 [N] per axis, named and ordered as in the artifact. Outputs: one float32 [N] per output and, with
    `gradient`, one float32 [N, D] `d_<output>` in output units per axis unit. Outside the domain, and for NaN, the answer is NaN.
    `batch`: fixed number of rows, None for any; `apart`: see Graph. Raises InputError when the model cannot be written as a graph.
    """
    if batch is not None and batch < 1:
        raise InputError(f"a batch of {batch} rows makes no graph; give --batch 1 or more, or leave it out for any number")
    if not model.interaction.rank:
        raise InputError("this model is a constant; it needs no graph")
    stored = filled(as_stored(model))
    _affordable(stored, batch or 1)
    g = Graph(GRADIENT if gradient else FORWARD, batch, apart)
    where = place(g, stored.axes)
    local = basis(g, stored, where, gradient)
    values, slopes = atoms(g, stored, local)
    plain = all(o.link == "identity" for o in stored.outputs)
    work, bias = _folded(stored) if plain else (stored, np.array([o.bias for o in stored.outputs]))
    f, df = combine(g, work, values, slopes if gradient else None, bias)
    y, dy = (f, df) if plain else _linked(g, stored, f, df)
    _declare(g, stored, g.add(y, where.guard), dy, where)
    return g


def _affordable(model: Model, rows: int) -> None:
    """Raises InputError when the gathered table rows of a batch would pass 1 GB."""
    order = max(a.basis.degree for a in model.axes) + 1
    tables = padded_columns(model) if side_by_side(model) else model.interaction.tables
    columns = sum(t.shape[1] for t in tables)
    if rows * order * columns > LARGEST:
        fits = max(1, LARGEST // (order * columns))
        raise InputError(f"a batch of {rows} rows is too large for this model; ask for --batch {fits} or less")


def _folded(model: Model) -> tuple[Model, np.ndarray]:
    """Scale and offset of identity outputs moved into W and bias."""
    scale = np.array([o.scale for o in model.outputs])
    bias = np.array([o.bias * o.scale + o.offset for o in model.outputs])
    work = model.interaction
    return model.replace(interaction=work.with_tables(work.tables, work.weights * scale)), bias


def _linked(g: Graph, model: Model, f: Tensor, df: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """y [N, K] and dy/dx [N, K, D] through the links, output by output."""
    parts = g.unstack(f)
    slopes = g.unstack(df) if df else [None] * len(parts)
    values, gradients = [], []
    for output, part, slope in zip(model.outputs, parts, slopes, strict=True):
        name = {"exp": "exp", "logistic": "logistic"}.get(output.link)
        linked = g.unary(name, part) if name else part
        values.append(g.add(g.mul(linked, output.scale), output.offset))
        if slope is not None:
            gradients.append(g.mul(slope, g.reshape(_slope(g, output.link, output.scale, linked), (None, 1))))
    return g.stack(values), g.stack(gradients) if gradients else None


def _slope(g: Graph, link: str, scale: float, linked: Tensor) -> Tensor:
    """dy/df of a link from its value."""
    if link == "exp":
        return g.mul(linked, scale)
    if link == "logistic":
        return g.mul(g.sub(linked, g.mul(linked, linked)), scale)
    return g.add(g.mul(linked, 0.0), scale)


def _declare(g: Graph, model: Model, y: Tensor, dy: Tensor | None, where: Place) -> None:
    """Name the outputs; slopes by v become slopes by x, NaN by a level and outside the domain."""
    for output, value in zip(model.outputs, g.unstack(y), strict=True):
        g.output(value, output.name)
    if dy is None:
        return
    constant = where.rate.data is not None
    dy = g.mul(dy, where.rate if constant else g.reshape(where.rate, (None, 1, len(model.axes))))
    blind = np.array([np.nan if a.kind == "categorical" else 0.0 for a in model.axes])
    if np.isnan(blind).any():
        dy = g.add(dy, blind)
    dy = g.add(dy, g.reshape(where.guard, (None, 1, 1)))
    for output, value in zip(model.outputs, g.unstack(dy), strict=True):
        g.output(value, f"d_{output.name}")
