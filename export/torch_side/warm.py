"""A start by alternating least squares: linear solves reach in seconds what steps along gradients take minutes for."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike

from sna_edge import CP
from sna_edge.errors import InputError
from sna_export.fit import als

from .atoms import BSplineAtoms
from .module import SeparableModule

DAMPING = 1e-8


def warm_start(
    module: SeparableModule, x: ArrayLike, y: ArrayLike, *, sweeps: int = 20, rows: int = 200_000, seed: int = 0
) -> SeparableModule:
    """Set the tables, weights and biases of a module of B-spline atoms by least squares on rows x [N, D], y [N, K], in place.

    At most `rows` of them are used, drawn with `seed`. Raises InputError for tensor trains and for other atoms.
    """
    if module.ranks is not None or not all(isinstance(a, BSplineAtoms) for a in module.atoms):
        raise InputError("alternating least squares starts sums of products of B-spline atoms only; train this module from its own start")
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    if len(x) > rows:
        drawn = np.random.default_rng(seed).choice(len(x), rows, replace=False)
        x, y = x[drawn], y[drawn]
    target = np.stack([o.linear_of(y[:, k]) for k, o in enumerate(module.outputs)], axis=1)
    centre, spread = target.mean(axis=0), np.maximum(target.std(axis=0), 1e-300)
    tables = tuple(a.numbers()[a.basis.tie] for a in module.atoms)
    start = CP(tables, tuple(np.flatnonzero(u) for u in module.uses), module.weights.detach().cpu().double().numpy())
    bases = [a.basis for a in module.atoms]
    found, bias = als(start, bases, x, (target - centre) / spread, sweeps=sweeps, freeze_weights=False, damping=DAMPING)
    with torch.no_grad():
        for atom, table in zip(module.atoms, found.tables, strict=True):
            atom.table.copy_(torch.as_tensor(np.array(table[: len(atom.table)])))
        module.weights.copy_(torch.as_tensor(np.array(found.weights)))
        module.bias.copy_(torch.as_tensor(np.array(bias)))
        module.centre.copy_(torch.as_tensor(centre))
        module.spread.copy_(torch.as_tensor(spread))
    return module
