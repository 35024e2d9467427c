"""Model -> graph of float32 operators: value, or value and gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sna_edge.artifact.canonical_form import as_stored
from sna_edge.artifact.golden import ranges
from sna_edge.core.float32 import output_offsets
from sna_edge.core.output import Output
from sna_edge.errors import InputError
from sna_edge.model import Model

from .atoms import atoms, basis
from .beside import Beside
from .combine import combine
from .dense import filled, padded_columns, side_by_side
from .extras import NOTHING, Extras
from .ir import Graph, Tensor
from .links import folded, linked
from .locate import LARGEST, Location, locate

FORWARD, GRADIENT = "forward", "value_and_gradient"


def build(
    model: Model,
    *,
    gradient: bool = False,
    batch: int | None = None,
    apart: bool = False,
    doubles: bool = False,
    extras: Extras = NOTHING,
) -> Graph:
    """y_k = g_k(bias_k + sum_r W[r,k] prod_d phi_{d,r}(x_d)) scale_k + offset_k, tables as the
    artifact stores them.

    Inputs: one float32 [N] per axis, named and ordered as in the artifact. Outputs: one float32 [N]
    per output and, with `gradient`, one float32 [N, D] `d_<output>` in output units per axis unit.
    Outside the domain, and for NaN, the answer is NaN. `batch`: fixed number of rows, None for any;
    `apart`: see Graph. Inputs and outputs that float32 does not carry (carried.py) are float64 with
    `doubles`; else they come and go without their offset, which is the caller's to take off and to
    add. `extras`: further outputs of the forward graph, behind the values, which do not change.
    Raises InputError when the model cannot be written as a graph.
    """
    if batch is not None and batch < 1:
        raise InputError(
            f"a batch of {batch} rows is impossible; give --batch 1 or more, or leave it out for"
            " any size"
        )
    if not model.interaction.rank:
        raise InputError("this model is a constant; it needs no graph")
    stored = filled(as_stored(model))
    if apart and len(set(stored.dtypes)) > 1:
        stored = stored.replace(dtypes=["float32"] * len(stored.axes))
    _affordable(stored, batch or 1)
    added = output_offsets(stored.outputs, ranges(stored))
    stored = stored.replace(
        outputs=[_without(o) if plus else o for o, plus in zip(stored.outputs, added, strict=True)]
    )
    names = [o.name for o in stored.outputs]
    more = () if gradient else extras.names(stored)
    reserved = frozenset(
        [*(a.name for a in stored.axes), *names, *(f"d_{name}" for name in names), *more]
    )
    g = Graph(GRADIENT if gradient else FORWARD, batch, apart, reserved)
    where = locate(g, stored.axes, doubles=doubles)
    local = basis(g, stored, where, gradient)
    there, slopes = atoms(g, stored, local)
    work, bias = folded(stored)
    f, df = combine(g, work, there, slopes if gradient else None, bias)
    parts = [g.add(part, where.guard) for part in g.unstack(f, 1)]
    steep = g.unstack(_by_inputs(g, stored, df, where), 1) if df else []
    values = [linked(g, o, part) for o, part in zip(stored.outputs, parts, strict=True)]
    beside = Beside(g, stored, where, parts, values, added).outputs(extras) if more else []
    if doubles:
        values = [_whole(g, y, plus) for y, plus in zip(values, added, strict=True)]
        beside = [
            _whole(g, y, plus)
            for y, plus in zip(beside, extras.offsets(stored, added), strict=True)
        ]
    outputs = [(y, o.name) for y, o in zip(values, stored.outputs, strict=True)]
    outputs += zip(beside, more, strict=True)
    for output, part, slope in zip(stored.outputs, parts, steep, strict=False):
        outputs.append((_linked_slope(g, output, part, slope), f"d_{output.name}"))
    for tensor, name in outputs:
        g.output(tensor, name)
    return g


def _whole(g: Graph, y: Tensor, plus: float) -> Tensor:
    """y with the offset that float32 does not carry."""
    return g.add(g.cast(y, "float64"), plus) if plus else y


def _without(output: Output) -> Output:
    """The output less its constant part."""
    return replace(output, offset=0.0, bias=0.0 if output.link == "identity" else output.bias)


def _affordable(model: Model, rows: int) -> None:
    """Raises InputError when the gathered table rows of a batch would pass 1 GB."""
    order = max(a.basis.degree for a in model.axes) + 1
    tables = padded_columns(model) if side_by_side(model) else model.interaction.tables
    columns = sum(t.shape[1] for t in tables)
    if rows * order * columns > LARGEST:
        fits = max(1, LARGEST // (order * columns))
        raise InputError(
            f"a batch of {rows} rows is too large for this model; ask for --batch {fits} or less"
        )


def _by_inputs(g: Graph, model: Model, df: Tensor, where: Location) -> Tensor:
    """df/dx [N, K, D] with NaN by a level and outside the domain."""
    blind = np.array([np.nan if a.kind == "categorical" else 0.0 for a in model.axes])
    if np.isnan(blind).any():
        df = g.add(df, blind)
    return g.add(df, g.reshape(where.guard, (None, 1, 1)))


def _linked_slope(g: Graph, output: Output, f: Tensor, slope: Tensor) -> Tensor:
    """dy/dx [N, D]: exp' = exp, logistic' = logistic - logistic^2."""
    if output.link == "identity":
        return slope
    link = g.unary(output.link, f)
    steep = link if output.link == "exp" else g.sub(link, g.mul(link, link))
    steep = g.mul(steep, output.scale) if output.scale != 1.0 else steep
    return g.mul(slope, g.reshape(steep, (None, 1)))
