"""Sobol indices of outputs behind a link are those of the output, with an error that holds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Levels, Model, Normal, NotClosed, Output, Uniform, level_axis, spline_axis
from sna_edge.calculus.moments import pair_indices
from sna_edge.calculus.sampled_sobol import _moments
from sna_export.report.fit_page import importance
from sna_export.report.page import Page

Floats = np.ndarray


def additive(slopes: list[float], link: str, scale: float = 1.0, offset: float = 0.0) -> Model:
    """f = sum_d s_d x_d on [0, 1]^D."""
    axes = [spline_axis(f"x{d}", "", 0.0, 1.0, spans=1, degree=1) for d in range(len(slopes))]
    tables = tuple(np.array([[0.0], [s]]) for s in slopes)
    modes = tuple(np.array([d]) for d in range(len(slopes)))
    return Model(
        axes, CP(tables, modes, np.ones((len(slopes), 1))), [Output("y", "", link, scale, offset)]
    )


def of_exponentials(slopes: list[float]) -> tuple[Floats, Floats]:
    """First and total indices of exp(sum s_d x_d), x uniform: a product of independent factors."""
    s = np.array(slopes)
    first = (np.expm1(s) / s) ** 2
    ratio = (np.expm1(2 * s) / (2 * s)) / first - 1  # variance of a factor over its squared mean
    whole = np.prod(1 + ratio) - 1
    return ratio / whole, ratio * np.prod(1 + ratio) / (1 + ratio) / whole


SLOPES = [
    [1.0, 2.0],
    [0.3, -0.2, 0.1],
    [2.0, 2.0, 2.0],
    [-3.0, 1.0],
    [4.0, 0.5],
    [1.0],
    [1.0, -1.0, 0.5, 0.25, 2.0],
    [5.0, -1.0],
]


@pytest.mark.parametrize("scale,offset", [(1.0, 0.0), (-2.5, 7.0)])
@pytest.mark.parametrize("slopes", SLOPES)
def test_exponentials_of_sums_have_their_closed_form(
    slopes: list[float], scale: float, offset: float
) -> None:
    """The report said "exact" of the indices of log y, under the name of y."""
    found = additive(slopes, "exp", scale, offset).sobol(sampled=True)
    first, total = of_exponentials(slopes)
    assert found.error.max() <= 0.011
    assert np.abs(found.first[:, 0] - first).max() <= 2 * found.error.max() + 1e-9
    assert np.abs(found.total[:, 0] - total).max() <= 2 * found.error.max() + 1e-9


@pytest.mark.parametrize("kind", ["cp", "tt"])
@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_indices_equal_pick_and_freeze(build: Any, kind: str, link: str) -> None:
    base = getattr(build, kind)(build.mixed_axes(), seed=11, outputs=1)
    work = base.interaction
    spread = float(base.linear().variance()[0]) ** 0.5 / abs(base.outputs[0].scale)
    weights = work.weights * (0.15 if kind == "tt" else 0.5) / spread
    model = base.replace(
        interaction=work.with_tables(work.tables, weights), outputs=[Output("y", link=link)]
    )
    xa, xb = build.points(model, 60_000, seed=6), build.points(model, 60_000, seed=7)
    a, b = model.value(xa, level_index=True), model.value(xb, level_index=True)
    found, variance = model.sobol(sampled=True), np.r_[a, b].var(axis=0)
    for d in range(len(model.axes)):
        mixed = xa.copy()
        mixed[:, d] = xb[:, d]
        y = model.value(mixed, level_index=True)
        assert (
            abs(found.first[d] - np.mean((b - b.mean()) * (y - a), axis=0) / variance).max() < 0.03
        )
        assert abs(found.total[d] - np.mean((a - y) ** 2, axis=0) / 2 / variance).max() < 0.03


@pytest.mark.parametrize("kind", ["cp", "tt"])
def test_outputs_without_a_link_stay_exact(build: Any, kind: str) -> None:
    model = getattr(build, kind)(build.smooth_axes(), seed=2)
    exact = model.sobol()
    same = model.sobol(sampled=True)
    assert (
        np.array_equal(exact.first, same.first) and not same.error.any() and not exact.error.any()
    )
    mixed = model.replace(outputs=[model.outputs[0], replace(model.outputs[1], link="logistic")])
    found = mixed.sobol(sampled=True)
    assert (
        np.allclose(found.first[:, 0], exact.first[:, 0], rtol=0, atol=1e-12)
        and not found.error[:, 0].any()
        and found.error[:, 1].any()
    )


def test_distributions_and_levels_count() -> None:
    """y = exp(s x + level): one factor normal in x, one of three levels."""
    axes = [spline_axis("x", "", -6.0, 6.0, spans=1, degree=1), level_axis("c", ("a", "b", "d"))]
    tables = (np.array([[-6.0], [6.0]]), np.array([[0.0], [0.5], [1.0]]))
    model = Model(
        axes, CP(tables, (np.array([0]), np.array([1])), np.ones((2, 1))), [Output("y", link="exp")]
    )
    found = model.sobol({"x": Normal(0.0, 0.5), "c": Levels({"a": 0.5, "b": 0.5})}, sampled=True)
    x = np.exp(0.25) - 1
    c = (0.5 * (1 + np.e)) / (0.5 * (1 + np.exp(0.5))) ** 2 - 1
    whole = (1 + x) * (1 + c) - 1
    assert np.abs(found.first[:, 0] - np.array([x, c]) / whole).max() <= found.error.max() + 1e-3


def test_an_error_that_cannot_be_known_is_said_to_be_large() -> None:
    """exp of a sum of +-60: a corner that no sample meets carries the variance."""
    assert additive([60.0] * 6, "exp").sobol(sampled=True).error.max() > 0.2


@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_the_answer_repeats_and_asks_to_be_sampled(build: Any, link: str) -> None:
    model = build.linked(link)
    assert np.array_equal(model.sobol(sampled=True).first, model.sobol(sampled=True).first)
    with pytest.raises(NotClosed, match=r"sobol\(sampled=True\)"):
        model.sobol({"x": Uniform()})
    assert model.linear().output_names == [f"p before {link}"]


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_the_report_says_what_its_indices_are(link: str) -> None:
    page = Page("t")
    importance(page, additive([1.0, 2.0], link))
    said = page.render()
    assert ("sampled, ±" in said) == (link != "identity") and ("(exact)" in said) == (
        link == "identity"
    )


def test_noise_of_the_other_inputs_is_no_first_index() -> None:
    """Var_x[E_z y] of what does not depend on x is 0 in the mean, however few z there are: the
    noise has no square in it."""
    rng, weights = np.random.default_rng(0), np.full(8, 0.125)
    first = [_moments(rng.standard_normal((8, 64)), weights)[0] for _ in range(400)]
    assert abs(np.mean(first)) < 0.004


@pytest.mark.parametrize("slopes", [[1.0, 2.0], [2.0, 2.0, 2.0], [-3.0, 1.0, 0.5]])
def test_pairs_of_exponentials_have_their_closed_form(slopes: list[float]) -> None:
    found = pair_indices(additive(slopes, "exp", -2.5, 7.0), sampled=True)[..., 0]
    s = np.array(slopes)
    ratio = (np.expm1(2 * s) / (2 * s)) / (np.expm1(s) / s) ** 2 - 1
    exact = np.outer(ratio, ratio) / (np.prod(1 + ratio) - 1)
    np.fill_diagonal(exact, 0.0)
    assert np.abs(found - exact).max() <= 0.02  # sampled, as first and total


def test_pairs_behind_a_link_are_refused_unless_sampled() -> None:
    with pytest.raises(NotClosed, match="pairs"):
        pair_indices(additive([1.0, 2.0], "exp"))
