"""From linear parts to outputs."""

from __future__ import annotations

import numpy as np

from sna_edge.core.output import Output
from sna_edge.model import Model

from .ir import Graph, Tensor


def folded(model: Model) -> tuple[Model, np.ndarray]:
    """Scale and offset of identity outputs moved into W; the bias of every output."""
    plain = np.array([o.link == "identity" for o in model.outputs])
    scale = np.where(plain, [o.scale for o in model.outputs], 1.0)
    bias = scale * [o.bias for o in model.outputs] + np.where(
        plain, [o.offset for o in model.outputs], 0.0
    )
    work = model.interaction
    return model.replace(interaction=work.with_tables(work.tables, work.weights * scale)), bias


def linked(g: Graph, output: Output, f: Tensor) -> Tensor:
    """y [N] = link(f) scale + offset; those of identity outputs are in f."""
    if output.link == "identity":
        return f
    y = g.unary(output.link, f)
    y = g.mul(y, output.scale) if output.scale != 1.0 else y
    return g.add(y, output.offset) if output.offset else y
