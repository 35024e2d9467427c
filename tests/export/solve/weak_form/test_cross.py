"""Functions on grids too large to be sampled whole, as sums of products."""

import numpy as np
import pytest

from sna_export.solve import ProblemError, separate, space, time_axis
from sna_export.solve.weak_form import separate as room
from sna_export.solve.weak_form.cross.grid import Grid, train_line
from sna_export.solve.weak_form.cross.products import columns_of, size_of
from sna_export.solve.weak_form.cross.search import missed
from sna_export.solve.weak_form.cross.sweeps import crossed

RNG = np.random.default_rng(0)


def value_at(expression, axes, point):
    """The sum of products at one point."""
    total = 0.0
    for product in expression.products:
        part = product.scale
        for axis, x in zip(axes, point, strict=True):
            part *= product.factors[axis].coefficient.at(np.array([x]))[0]
        total += part
    return total


def box(sizes, spans=40):
    return [space(f"x{d}", 0.0, 1.0, spans=spans) for d in range(sizes)]


def test_a_sum_of_few_products_is_met_in_five_dimensions():
    axes = box(5, 6)
    parts = RNG.uniform(0.5, 2.0, (3, 5))

    def function(*x):
        return sum(
            np.prod([np.cos(p * c) for p, c in zip(row, x, strict=True)], 0) for row in parts
        )

    grid = Grid(function, [a.nodes for a in axes], [a.weights for a in axes])
    found = crossed(grid, 1e-8)
    assert max(c.shape[0] for c in found.cores) == 3
    points = grid.drawn(20, RNG)
    for d in range(5):
        assert train_line(found.cores, points, d) == pytest.approx(
            grid.line(points, d), abs=1e-7 * np.abs(grid.line(points, d)).max()
        )


def test_products_of_a_train_add_up_to_it():
    cores = [RNG.standard_normal(s) for s in ((1, 5, 3), (3, 6, 4), (4, 7, 2), (2, 5, 1))]
    full = np.einsum("aib,bjc,ckd,dle->ijkl", *cores)
    assert size_of(cores) == pytest.approx(np.linalg.norm(full))
    for allowed in (1e-12, 0.1):
        columns = columns_of(cores, allowed * size_of(cores))
        summed = sum(np.einsum("i,j,k,l->ijkl", *c) for c in columns)
        assert np.linalg.norm(summed - full) <= 2 * max(allowed, 1e-12) * np.linalg.norm(full)


def test_a_thin_beam_on_a_path_is_met_everywhere_on_it():
    x, t, y = (space("x", spans=100), time_axis("t", spans=80), space("y", spans=30))

    def beam(a, c, b):
        return np.exp(
            -2 * ((a - 0.2 - 0.6 * c) ** 2 + (b - 0.5 - 0.1 * np.sin(6 * c)) ** 2) / 0.05**2
        )

    grid = np.prod([len(a.nodes) for a in (x, t, y)])
    assert grid > room.DENSE
    found = separate(beam, (x, t, y), 1e-2)
    assert found.error <= 2e-2
    for c in RNG.uniform(0.0, 1.0, 12):
        at = 0.2 + 0.6 * c, 0.5 + 0.1 * np.sin(6 * c)
        assert value_at(found, (x, t, y), (at[0], c, at[1])) == pytest.approx(1.0, abs=0.1)


def test_a_feature_that_no_line_meets_is_found_from_a_seed():
    axes = box(4, 30)
    middle = (0.31, 0.62, 0.44, 0.83)

    def needle(*x):
        r = sum((c - m) ** 2 for c, m in zip(x, middle, strict=True))
        return np.where(r < 0.02**2, np.exp(-r / 0.01**2), 0.0)

    with pytest.raises(ProblemError, match="0 wherever it was looked at"):
        separate(needle, axes, 1e-2)
    found = separate(needle, axes, 0.3, seeds=[middle])
    node = [a.nodes[np.abs(a.nodes - m).argmin()] for a, m in zip(axes, middle, strict=True)]
    exact = needle(*[np.array(n) for n in node])
    assert value_at(found, axes, node) == pytest.approx(float(exact), rel=0.3)


def test_faults_of_functions_on_large_grids_are_one_sentence():
    axes = box(4, 12)
    with pytest.raises(ProblemError, match="not finite"):
        separate(lambda *x: np.where(x[0] > 0.5, np.nan, 1.0), axes)


def test_what_a_train_misses_is_told_as_a_share():
    axes = box(3, 6)
    grid = Grid(
        lambda a, b, c: np.exp(a) * np.cos(b) * (1 + c),
        [a.nodes for a in axes],
        [a.weights for a in axes],
    )
    parts = [np.exp(axes[0].nodes), np.cos(axes[1].nodes), 1 + axes[2].nodes]
    cores = [(p * np.sqrt(a.weights))[None, :, None] for p, a in zip(parts, axes, strict=True)]
    cores[0] = 0.9 * cores[0]
    found = missed(grid, cores, np.zeros((0, 3), dtype=np.int64), np.random.default_rng(0))
    assert found.error == pytest.approx(0.1)
    assert found.worst == pytest.approx(0.1)
