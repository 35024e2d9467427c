"""Claims about the shape of a model: proved where they hold, never where they do not."""

import numpy as np
import pytest

from sna_edge import CP, Axis, Model, Output
from sna_edge.basis import bspline, levels
from sna_edge.calculus.shape import POSITIVE, Claim, claims_of, proved

X = Axis("x", "", bspline(np.linspace(0.0, 1.0, 4), 3))
N = X.basis.n_rows
G = np.array([0, 1 / 9, 1 / 3, 2 / 3, 8 / 9, 1.0])  # where the control points of X stand
RISING = G**2


def one(table: np.ndarray, **output: object) -> Model:
    cp = CP((np.asarray(table, dtype=float)[:, None],), (np.array([0]),), np.ones((1, 1)))
    return Model([X], cp, [Output("y", **output)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table, kinds",
    [
        (RISING, {"increasing", "convex"}),
        (-RISING, {"decreasing", "concave"}),
        (np.zeros(N), {"increasing", "decreasing", "convex", "concave"}),
        (np.sin(np.arange(N)), set()),
    ],
)
def test_one_input(table: np.ndarray, kinds: set[str]) -> None:
    model = one(table)
    found = {k for k in ("increasing", "decreasing", "convex", "concave")
             if proved(model, Claim(k, "x"))}  # fmt: skip
    assert found == kinds


def test_a_slope_that_only_the_range_proves() -> None:
    # f = 2 x + 0.5 sin-like product: modes of both signs, their sum rises
    other = Axis("z", "", bspline([0.0, 1.0], 1))
    wavy = np.array([0.0, 0.5, -0.5, 0.3, -0.3, 0.0])
    steep = np.array([0.0, 1.0, 3.0, 6.0, 8.0, 9.0])
    tables = (np.stack([steep, wavy], axis=1), np.array([[1.0], [-1.0]]))
    cp = CP(tables, (np.array([0, 1]), np.array([1])), np.ones((2, 1)))
    model = Model([X, other], cp, [Output("y")])
    assert proved(model, Claim("increasing", "x"))
    assert not proved(model, Claim("decreasing", "x"))
    assert not proved(model, Claim("increasing", "z"))


def test_links_keep_slopes_and_only_exp_keeps_convex() -> None:
    for link in ("exp", "logistic"):
        assert proved(one(RISING, link=link), Claim("increasing", "x"))
        assert proved(one(RISING, link=link), Claim("convex", "x")) == (link == "exp")
        assert not proved(one(-RISING, link=link), Claim("concave", "x"))
        assert proved(one(-G, link=link), Claim(POSITIVE))


def test_positive_by_range() -> None:
    assert proved(one(RISING + 0.1), Claim(POSITIVE))
    assert not proved(one(RISING - 0.1), Claim(POSITIVE))


def test_nothing_is_proved_of_unknown_inputs_and_levels() -> None:
    assert not proved(one(RISING), Claim("increasing", "other"))
    lot = Axis("lot", "", levels(2), ("a", "b"))
    cp = CP((np.array([[0.0], [1.0]]),), (np.array([0]),), np.ones((1, 1)))
    assert not proved(Model([lot], cp, [Output("y")]), Claim("increasing", "lot"))


def test_metadata_that_is_no_list_claims_nothing() -> None:
    assert claims_of({"increasing": "x", "convex": None, "positive": "yes"}) == []
