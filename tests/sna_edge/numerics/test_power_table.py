"""One table of span polynomials for all axes, and the search for spans, against the bases."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import Model
from sna_edge.numerics.power_table import (
    SpanSearch,
    first_rows,
    padded_degree,
    span_polynomials,
    stacked_polynomials,
)


@pytest.fixture(scope="module")
def model(build) -> Model:
    """Uniform, graded, periodic, level and Lagrange axes of several degrees; sparse modes."""
    return build.cp(build.mixed_axes(), seed=2, rank=6)


def test_one_gather_gives_the_atoms_of_all_axes(build, model: Model) -> None:
    cp, axes = model.interaction, model.axes
    bases = [a.basis for a in axes]
    polynomials = [span_polynomials(b, t) for b, t in zip(bases, cp.tables, strict=True)]
    table = stacked_polynomials(polynomials, cp.modes, cp.rank)
    x = build.points(model, 50)
    span, u, _ = SpanSearch(axes).many(x)
    powers = u[:, :, None] ** np.arange(table.shape[1])
    atoms = np.einsum("ndk,ndkr->ndr", powers, table[span + first_rows(bases)])
    for d, axis in enumerate(axes):
        wanted = np.ones((50, cp.rank))
        wanted[:, cp.modes[d]] = axis.basis.design(x[:, d]) @ cp.tables[d]
        assert np.allclose(atoms[:, d], wanted, rtol=0, atol=1e-12)


def test_wider_tables_are_filled_in_place(model: Model) -> None:
    cp, d = model.interaction, 0
    part = span_polynomials(model.axes[d].basis, cp.tables[d])
    wide = np.zeros((len(part), part.shape[1] + 2, cp.rank + 3))
    assert stacked_polynomials([part], [cp.modes[d]], cp.rank, wide) is wide
    narrow = stacked_polynomials([part], [cp.modes[d]], cp.rank)
    assert np.array_equal(wide[:, : part.shape[1], : cp.rank], narrow)
    assert np.array_equal(wide[:, 0, cp.rank :], np.ones((len(part), 3)))


def test_one_point_and_many_find_the_same_spans(build, model: Model) -> None:
    search = SpanSearch(model.axes)
    x = np.vstack([build.points(model, 40), [a.lower for a in model.axes]])
    x = np.vstack([x, [a.upper for a in model.axes]])
    for row, *many in zip(x, *search.many(x), strict=True):
        for d, (one, of_many) in enumerate(zip(search.one(row), many, strict=True)):
            if d < 2:  # du/dx of levels means nothing: 0 or 1
                assert np.allclose(one, of_many, rtol=0, atol=1e-14)
    assert search.one(x[-1] + 1.0) is None and search.one(x[0] * np.nan) is None


def test_a_table_without_columns_has_polynomials_without_columns(model: Model) -> None:
    basis = model.axes[0].basis
    none = span_polynomials(basis, np.zeros((0, 0)))
    assert none.shape == (basis.n_spans, basis.degree + 1, 0)
    assert padded_degree(none, 9).shape == (basis.n_spans, 9, 0)
