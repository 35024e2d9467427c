"""Contributions on the page are those of Python: the same games in node and by the model."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import Output, spline_axis

from ...model_kinds import model_on
from .test_numbers import node

GAME = """
const { weights, tables, link, outputs } = g.model;
const evaluate = (X, rows) => {
  const y = new Float64Array(rows * outputs), d = tables.length;
  for (let r = 0; r < rows; r++) for (let k = 0; k < outputs; k++) {
    let f = 0;
    for (let m = 0; m < weights.length; m++) {
      let p = weights[m][k];
      for (let i = 0; i < d; i++) {
        const [low, high] = [tables[i][0][m], tables[i][1][m]];
        p *= low + X[r * d + i] * (high - low);
      }
      f += p;
    }
    y[r * outputs + k] = link === 'exp' ? Math.exp(f) : f;
  }
  return y;
};
"""


def made(inputs: int, link: str):
    """Inputs from 0 to 1, straight atoms, two outputs; the same as lists for node."""
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=1, degree=1) for d in range(inputs)]
    outputs = [Output("a", link=link), Output("b", link=link)]
    model = model_on(axes, modes=3, outputs=outputs, dtype="float64", seed=4)
    work = model.interaction
    told = {
        "weights": work.weights.tolist(),
        "tables": [t.tolist() for t in work.tables],
        "link": link,
        "outputs": 2,
    }
    return model, told


@pytest.mark.parametrize("link", ["identity", "exp"])
@pytest.mark.parametrize("references", [1, 5])
@pytest.mark.parametrize("inputs", [1, 6])
def test_contributions_are_those_of_python(inputs: int, references: int, link: str) -> None:
    model, told = made(inputs, link)
    rng = np.random.default_rng(1)
    x, rows = rng.random(inputs), rng.random((references, inputs))
    rows[0, 0] = x[0]
    found = node(
        "shapley.js",
        GAME + "return m.contributionsOf(evaluate, Float64Array.from(g.x),"
        " g.rows.map((r) => Float64Array.from(r)), 2)",
        model=told, x=x.tolist(), rows=rows.tolist(),
    )  # fmt: skip
    exact = model.contributions(x, rows)
    assert np.allclose(np.reshape(found["share"], (-1, 2)), exact.contribution, atol=1e-12)
    assert np.allclose(found["base"], exact.base, atol=1e-12)
    assert np.allclose(found["value"], exact.value, atol=1e-12)
    assert not any(found["error"])
    if references == 1:
        assert found["share"][:2] == [0, 0]


def test_many_inputs_are_sampled_and_say_how_far_they_may_be_off() -> None:
    """Of ten settings: 95 of 100 are meant, and the orders are the same for all of them."""
    model, told = made(19, "identity")
    x, rows = np.random.default_rng(2).random((2, 10, 19))
    each = node(
        "shapley.js",
        GAME + "return g.x.map((x, i) => m.contributionsOf(evaluate, Float64Array.from(x),"
        " [Float64Array.from(g.rows[i])], 2))",
        model=told, x=x.tolist(), rows=rows.tolist(),
    )  # fmt: skip
    inside = []
    for found, one, row in zip(each, x, rows, strict=True):
        share, error = (np.reshape(found[name], (19, 2)) for name in ("share", "error"))
        off = np.abs(share - model.contributions(one, row).contribution)
        assert (error > 0).all() and (off <= 4 * error).all()
        inside.append((off <= error).mean())
        total = np.array(found["base"]) + share.sum(axis=0)
        assert np.allclose(total, found["value"], atol=1e-12)
    assert np.mean(inside) > 0.88


def test_a_mean_takes_as_many_rows_as_its_settings_allow() -> None:
    asked = "[m.rowsWithin(8, 500), m.rowsWithin(8, 900), m.rowsWithin(12, 500),"
    asked += " m.rowsWithin(20, 500), m.rowsWithin(20, 40), m.rowsWithin(3, 100, 64)]"
    assert node("shapley.js", f"return {asked}") == [500, 512, 32, 256, 40, 100]
