"""A start by alternating least squares: linear solves reach in seconds what steps along gradients
take minutes for."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from sna_edge import CP
from sna_edge.errors import InputError

from ..fit.data.row_blocks import Rows
from ..fit.engine.als import sweep
from ..fit.engine.factors import SeparableFunction
from ..fit.engine.penalty import components
from .atoms import BSplineAtoms
from .module import SeparableModule
from .training import Training, split_rows

Floats = NDArray[np.float64]
WARM_DAMPING = 1e-8
PENALTIES = (1e-8, 1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Penalties on roughness and size of the atoms, beside squared errors in spreads; stronger ones
while rows kept back gain."""
WITHOUT_GAIN = 2
"""Penalties in a row without gain after which no stronger one is tried."""


def warm_start(
    module: SeparableModule,
    x: ArrayLike,
    y: ArrayLike,
    how: Training | None = None,
    *,
    sweeps: int = 20,
    rows: int = 200_000,
) -> SeparableModule:
    """Set the tables, weights and biases of a module of B-spline atoms by least squares on rows x
    [N, D], y [N, K], in place.

    Rows that `train` with the same `how` keeps back are left out here too, or they would praise
    what has seen them. At most `rows` are used, drawn with its seed. Raises InputError for tensor
    trains and for other atoms.
    """
    if module.ranks is not None or not all(isinstance(a, BSplineAtoms) for a in module.atoms):
        raise InputError(
            "alternating least squares starts sums of products of B-spline atoms only; train this"
            " module from its own start"
        )
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    how = how or Training()
    chosen, held = split_rows(len(x), how)
    if len(chosen) > rows:
        chosen = np.random.default_rng(how.seed).choice(chosen, rows, replace=False)
    target = np.stack([o.linear_of(y[:, k]) for k, o in enumerate(module.outputs)], axis=1)
    centre, spread = target[chosen].mean(axis=0), np.maximum(target[chosen].std(axis=0), 1e-300)
    tables = tuple(a.numbers()[a.basis.tie] for a in module.atoms)
    start = CP(
        tables,
        tuple(np.flatnonzero(u) for u in module.uses),
        module.weights.detach().cpu().double().numpy(),
    )
    scaled = (target - centre) / spread
    kept = (x[held], scaled[held]) if len(held) else None
    begin = SeparableFunction.from_cp(
        start, tuple(a.basis for a in module.atoms), np.zeros(len(centre))
    )
    found, bias = _smoothed(begin, x[chosen], scaled[chosen], kept, sweeps)
    with torch.no_grad():
        for atom, table in zip(module.atoms, found.tables, strict=True):
            atom.table.copy_(torch.as_tensor(np.array(table[: len(atom.table)])))
        module.weights.copy_(torch.as_tensor(np.array(found.weights)))
        module.bias.copy_(torch.as_tensor(np.array(bias)))
        module.centre.copy_(torch.as_tensor(centre))
        module.spread.copy_(torch.as_tensor(spread))
    return module


def _smoothed(
    f: SeparableFunction, x: Floats, y: Floats, kept: tuple[Floats, Floats] | None, sweeps: int
) -> tuple[CP, Floats]:
    """Alternating least squares under the penalty with which the rows kept back are met best."""
    rows, parts, axes = Rows(f.bases, x, y), components(f), range(len(f.bases))
    best, least, worse = f, np.inf, 0
    for strength in PENALTIES if kept else PENALTIES[:1]:
        f = sweep(
            f,
            rows,
            axes,
            parts=parts,
            strengths=np.full(len(parts), strength),
            sweeps=sweeps,
            damping=WARM_DAMPING,
        )
        error = float(np.mean((f.predict(kept[0]) - kept[1]) ** 2)) if kept else 0.0
        best, least, worse = (f, error, 0) if error < least else (best, least, worse + 1)
        if worse == WITHOUT_GAIN:
            break
    return best.to_cp()
