"""How each axis is resolved: nothing is missed of polynomials, and the order is that of the
degree."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import CP, Axis, Model, Output, level_axis
from sna_edge.core.basis import bspline, uniform_breaks
from sna_export.solve.trust.by_axis import by_axis

from ....model_kinds import train


def product(spans: int, degree: int = 3) -> Model:
    """u = sin(3 x) (1 + t + t^2): smooth along x, a polynomial along t; a level beside."""
    x = Axis("x", "m", bspline(uniform_breaks(0.0, 2.0, spans), degree))
    t = Axis("t", "s", bspline(uniform_breaks(0.0, 1.0, 4), degree))
    rule, w = x.basis.nodes(8)
    root = np.sqrt(w)[:, None]
    sine = np.linalg.lstsq(x.basis.design(rule) * root, np.sin(3 * rule)[:, None] * root)[0]
    s = t.basis.nodes(8)[0]
    bent = np.linalg.lstsq(t.basis.design(s), (1 + s + s * s)[:, None])[0]
    tables = [sine, bent, np.array([[1.0], [2.0]])]
    return Model([x, t, level_axis("k", ("a", "b"))], CP.full(tables, [[1.0]]), [Output("u")])


def test_polynomials_miss_nothing_and_levels_are_left_out() -> None:
    x, t = by_axis(product(16))
    assert (x.name, t.name, t.spans, t.degree) == ("x", "t", 4, 3)
    assert t.missed < 1e-12 < x.missed


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_halving_the_spans_has_the_order_of_the_degree(degree: int) -> None:
    coarse, fine = (by_axis(product(n, max(degree, 2)))[0] for n in (24, 48))
    order = np.log2(coarse.missed / fine.missed)
    assert order == pytest.approx(max(degree, 2) + 1, abs=0.35)
    assert fine.expected == pytest.approx(fine.missed / 2 ** (max(degree, 2) + 1))


@pytest.mark.parametrize("degree", [2, 3])
def test_what_is_expected_is_what_the_spans_miss(degree: int) -> None:
    """Of sin(3 x), whose best approximation the model is."""
    model = product(24, degree)
    t, w = model.axes[0].basis.nodes(8)
    u = model.value(np.stack([t, 0 * t, 0 * t], axis=1), level_index=True)[:, 0]
    missed = np.sqrt((w @ (u - np.sin(3 * t)) ** 2) / (w @ np.sin(3 * t) ** 2))
    found = by_axis(model)[0]
    assert 0.7 < found.expected / missed < 1.4  # of the leading term alone
    assert found.worst[1] - found.worst[0] == pytest.approx(2 * 2.0 / 24)


def test_trains_are_resolved_too() -> None:
    assert [one.name for one in by_axis(train())] == ["x0", "x1", "x2"]
