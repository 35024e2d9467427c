"""Modes over the nodes times coefficients of the parameters as one model with a node axis.

c_k(p) = s_k (b_k + sum_r W_rk P_r(p)) + o_k
u(n, p) = [m(n) + sum_k phi_k(n) (s_k b_k + o_k)] + sum_r [sum_k phi_k(n) s_k W_rk] P_r(p)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge import CP, Model, Output, level_axis
from sna_edge.core.axis import Axis
from sna_edge.core.basis import levels
from sna_edge.core.mesh import Mesh

from .modes import Modes

Floats = NDArray[np.float64]


def assembled(
    modes: Modes, coefficients: Model, mesh: Mesh, labels: tuple[str, ...], output: Output
) -> Model:
    """The model of nodes, components (where there are `labels`) and parameters."""
    cp, outputs = coefficients.interaction, coefficients.outputs
    assert isinstance(cp, CP)
    scale = np.array([o.scale for o in outputs])
    rest = modes.mean + (scale * [o.bias for o in outputs] + [o.offset for o in outputs]) @ (
        modes.shapes
    )
    columns = np.column_stack([(modes.shapes.T * scale) @ cp.weights.T, rest - output.offset])
    part = Axis("part", "", levels(len(mesh.points)), mesh=mesh)
    count = max(len(labels), 1)
    nodes, rank = len(mesh.points), cp.rank + 1
    table = columns.reshape(nodes, count, rank).transpose(0, 2, 1).reshape(nodes, rank * count)
    every = np.arange(rank * count)
    axes, tables, used = [part], [table], [every]
    if labels:
        axes.append(level_axis("part component", labels))
        tables.append(np.tile(np.eye(count), rank))
        used.append(every)
    for axis, own, of in zip(coefficients.axes, cp.tables, cp.modes, strict=True):
        axes.append(axis)
        tables.append(np.repeat(own, count, axis=1))
        used.append((of[:, None] * count + np.arange(count)).reshape(-1))
    interaction = CP(tuple(tables), tuple(used), np.ones((rank * count, 1))).sorted()
    return Model(axes, interaction, [output])
