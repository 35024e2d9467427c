"""Random models of known rank: does the fit find them back from noise-free rows?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sna_edge.core.basis import bspline, uniform_breaks
from sna_export.fit import AxisSpec, fit_arrays

Floats = NDArray[np.float64]
AXES, RANK, ROWS_PER_PARAMETER = 8, 5, 20


def known_rank(
    seed: int, *, degree: int = 3, spans: int = 1, axes: int = AXES, rank: int = RANK
) -> tuple[float, int]:
    """Relative RMS error on fresh rows, and the parameters of the true model; atoms lie between 0.5
    and 1.5."""
    rng = np.random.default_rng(seed)
    basis = bspline(uniform_breaks(0.0, 1.0, spans), degree)
    tables = [rng.uniform(0.5, 1.5, (basis.n_rows, rank)) for _ in range(axes)]
    parameters = axes * rank * basis.n_rows

    def truth(x: Floats) -> Floats:
        modes = np.ones((len(x), rank))
        for d, table in enumerate(tables):
            modes *= basis.design(x[:, d]) @ table
        return np.asarray(modes.sum(axis=1))

    x = rng.random((ROWS_PER_PARAMETER * parameters, axes))
    specs = [AxisSpec(f"x{d}", domain=(0.0, 1.0)) for d in range(axes)]
    found = fit_arrays(x, truth(x), specs, seed=seed)
    fresh = rng.random((4000, axes))
    measured = truth(fresh)
    error = found.model.value(fresh)[:, 0] - measured
    return float(np.sqrt(np.mean(error**2)) / measured.std()), parameters
