"""Steps whose slope is read block by block and whose curvature is that of some rows end where those
of all rows do."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.basis import bspline
from sna_export.fit.data.row_blocks import Rows
from sna_export.fit.engine import streamed as module
from sna_export.fit.engine.gauss_newton import levenberg_marquardt
from sna_export.fit.engine.initialization import mode_sets, random_start
from sna_export.fit.engine.normal_equations import normal_equations
from sna_export.fit.engine.streamed import slope, streamed


def table(count: int, weighted: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    rng = np.random.default_rng(0)
    x = rng.random((count, 2))
    y = np.sin(4 * x[:, :1]) * x[:, 1:] + 0.1 * rng.standard_normal((count, 1))
    return x, y, rng.random(count) if weighted else None


@pytest.mark.parametrize("weighted", [False, True])
def test_slope_is_that_of_the_normal_equations(weighted: bool) -> None:
    x, y, weight = table(5001, weighted)
    bases = [bspline([0.0, 0.5, 1.0], 3)] * 2
    f = random_start(bases, mode_sets(2, 3), 1, np.random.default_rng(1))
    rows = Rows(f.bases, x, y, weight)
    whole = normal_equations(f, rows, range(3))
    g, loss = slope(f, rows)
    np.testing.assert_allclose(g, whole.g, atol=1e-12)
    assert loss == pytest.approx(whole.loss, rel=1e-12)


def test_it_ends_where_all_rows_pull_it() -> None:
    """From the solution on a tenth of the rows."""
    x, y, _ = table(20_000, False)
    bases = [bspline([0.0, 0.5, 1.0], 3)] * 2
    f = random_start(bases, mode_sets(2, 2), 1, np.random.default_rng(1))
    start = Rows(f.bases, x[:2000], y[:2000])
    s = np.full(len(module.components(f)), 1e-6)
    f = levenberg_marquardt(f, start, strengths=s, adapt=False, leverages=False).f
    rows = Rows(f.bases, x, y)
    best = levenberg_marquardt(f, rows, strengths=s, adapt=False, leverages=False)
    begun, ended = (slope(g, rows)[1] for g in (f, streamed(f, rows, s, steps=4)))
    assert ended - best.noise < 0.05 * (begun - best.noise)


@pytest.mark.parametrize("lift", [module.FIRST_LIFT, 1e-9])
def test_it_never_raises_the_sum(lift: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the first steps go too far."""
    monkeypatch.setattr(module, "FIRST_LIFT", lift)
    x, y, _ = table(4000, False)
    bases = [bspline([0.0, 0.5, 1.0], 3)] * 2
    f = random_start(bases, mode_sets(2, 3), 1, np.random.default_rng(2))
    rows, s = Rows(f.bases, x, y), np.full(len(module.components(f)), 1e-6)
    before = slope(f, rows)[1] + module.penalty_value(f, module.components(f), s)
    after = streamed(f, rows, s, steps=2)
    assert slope(after, rows)[1] + module.penalty_value(after, module.components(f), s) <= before
