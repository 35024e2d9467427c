"""One input with a fine structure of its own is found by its residuals, and gets a fine axis
alone."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.core.basis import bspline, uniform_breaks
from sna_export.fit import fit_arrays
from sna_export.fit.data.row_blocks import Rows
from sna_export.fit.engine import normal_equations
from sna_export.fit.engine.axis_refinement import SIGNIFICANT, explained, finest_needed
from sna_export.fit.engine.initialization import mode_sets, random_start
from sna_export.fit.engine.linearisation import with_leverages
from sna_export.fit.engine.penalty import components
from sna_export.fit.engine.unknowns import Unknowns


def test_noise_explains_nothing_and_a_fine_wave_does() -> None:
    rng = np.random.default_rng(0)
    x, noise = rng.random((3000, 2)), rng.standard_normal((3000, 1))
    assert max(explained(x[:, d], noise, 48) for d in (0, 1)) < SIGNIFICANT
    wavy = noise + np.sin(120.0 * x[:, 1:])
    bases = [bspline(uniform_breaks(0.0, 1.0, 12), 3)] * 2
    assert finest_needed(bases, x, noise) is None
    assert finest_needed(bases, x, wavy) == 1


def test_equal_values_share_a_group() -> None:
    x = np.repeat([0.0, 1.0], 50)
    assert (
        explained(
            x,
            np.r_[np.full(50, -1.0), np.full(50, 1.0)][:, None]
            + 0.1 * np.cos(np.arange(100.0))[:, None],
            10,
        )
        > 100
    )


@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_and_dense_equations_are_the_same(
    monkeypatch: pytest.MonkeyPatch, weighted: bool
) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.random((500, 3)), rng.random((500, 1))
    bases = [bspline(uniform_breaks(0.0, 1.0, s), 3) for s in (2, 80, 3)]
    f = random_start(bases, mode_sets(3, 3), 1, rng)
    rows = Rows(f.bases, x, y, rng.random(500) if weighted else None)
    unknowns, parts = Unknowns(f, range(4)), components(f)
    strengths = np.full(len(parts), 1e-4)
    sparse = (
        normal_equations.normal_equations(f, rows, range(4)),
        with_leverages(f, rows, unknowns, parts, strengths, 1),
    )
    monkeypatch.setattr(normal_equations, "FINE_ROWS", 10**9)
    dense = (
        normal_equations.normal_equations(f, rows, range(4)),
        with_leverages(f, rows, unknowns, parts, strengths, 1),
    )
    np.testing.assert_allclose(sparse[0].a, dense[0].a, atol=1e-13)
    np.testing.assert_allclose(sparse[1].left_out, dense[1].left_out, atol=1e-9)


def test_the_fine_axis_lowers_the_error() -> None:
    rng = np.random.default_rng(2)
    x = rng.random((1500, 2))
    y = x[:, 0] + np.sin(90.0 * x[:, 1]) + 0.05 * rng.standard_normal(1500)
    found = fit_arrays(x, y)
    fresh = 0.01 + 0.98 * rng.random((500, 2))
    truth = fresh[:, 0] + np.sin(90.0 * fresh[:, 1])
    assert np.sqrt(np.mean((found.model.value(fresh)[:, 0] - truth) ** 2)) < 0.05
