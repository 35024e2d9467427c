"""Mathematics of the span bases, over all kinds and degrees."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline

from sna_edge import InputError
from sna_edge.core.basis import (
    SpanBasis,
    bernstein,
    bspline,
    graded_breaks,
    hat,
    lagrange,
    levels,
    periodic_bspline,
    uniform_breaks,
)

DEGREES = range(8)
UNIFORM = uniform_breaks(-1.5, 2.25, 9)
GRADED = graded_breaks(-1.5, 2.25, 9, 0.3, 20.0)
RANDOM = np.r_[-1.5, np.sort(np.random.default_rng(5).uniform(-1.4, 2.2, 8)), 2.25]


def bases() -> dict[str, SpanBasis]:
    made = {"hat": hat(UNIFORM), "hat graded": hat(GRADED), "one span": bspline([0.0, 3.0], 3)}
    for p in DEGREES:
        for name, breaks in (("uniform", UNIFORM), ("graded", GRADED), ("random", RANDOM)):
            made[f"bspline {name} {p}"] = bspline(breaks, p)
            made[f"periodic {name} {p}"] = periodic_bspline(breaks, p)
        made[f"lagrange {p}"] = lagrange(GRADED, p)
        made[f"bernstein {p}"] = bernstein(GRADED, p)
        made[f"bernstein continuous {p}"] = bernstein(UNIFORM, p, continuous=True)
    return made


BASES = bases()
all_bases = pytest.mark.parametrize("basis", BASES.values(), ids=BASES.keys())


def scatter(basis: SpanBasis, count: int = 200) -> np.ndarray:
    return np.random.default_rng(0).uniform(basis.lower, basis.upper, count)


@all_bases
def test_sums_to_one_on_the_closed_domain(basis: SpanBasis) -> None:
    x = np.r_[basis.breaks, scatter(basis)]
    assert np.abs(basis.values(x)[1].sum(axis=1) - 1.0).max() < 1e-11


@all_bases
def test_derivatives_of_the_sum_vanish(basis: SpanBasis) -> None:
    x = scatter(basis)
    for nu in range(1, basis.degree + 2):
        b = basis.values(x, nu)[1]
        assert np.abs(b.sum(axis=1)).max() <= 1e-10 * max(1.0, np.abs(b).max())


@pytest.mark.parametrize("breaks", [UNIFORM, GRADED, RANDOM], ids=["uniform", "graded", "random"])
@pytest.mark.parametrize("p", DEGREES)
def test_bspline_equals_scipy(p: int, breaks: np.ndarray) -> None:
    basis = bspline(breaks, p)
    knots = np.r_[[breaks[0]] * p, breaks, [breaks[-1]] * p]
    x = scatter(basis)
    for nu in range(p + 1):
        rows = [BSpline(knots, np.eye(basis.n_rows)[i],
            p).derivative(nu)(x) if nu else BSpline(knots, np.eye(basis.n_rows)[i], p)(x)
                for i in range(basis.n_rows)]  # fmt: skip
        truth = np.stack(rows, axis=1)
        assert np.abs(basis.design(x, nu) - truth).max() <= 2e-11 * np.abs(truth).max()


@pytest.mark.parametrize("times", [2, 3, 4])
def test_a_repeated_break_equals_scipy_and_loses_its_smoothness(times: int) -> None:
    basis = bspline([0.0, 0.3, 0.5, 1.0], 3, {0.5: times})
    knots = np.r_[[0.0] * 4, 0.3, [0.5] * times, [1.0] * 4]
    x = np.r_[np.linspace(0, 1, 41), 0.5]
    wanted = BSpline.design_matrix(x, knots, 3).toarray()
    assert basis.n_rows == 6 + times - 1 and np.allclose(basis.design(x), wanted, atol=1e-13)
    jump = basis.design([0.5 - 1e-12], 4 - times) - basis.design([0.5], 4 - times)
    assert np.abs(jump).max() > 0.5
    with pytest.raises(InputError, match="inner break"):
        bspline([0.0, 0.3, 0.5, 1.0], 3, {0.4: 2})


@pytest.mark.parametrize("p", DEGREES)
def test_periodic_equals_scipy_on_continued_knots(p: int) -> None:
    basis = periodic_bspline(RANDOM, p)
    period = RANDOM[-1] - RANDOM[0]
    knots = np.r_[RANDOM[-1 - p : -1] - period, RANDOM, RANDOM[1 : p + 1] + period]
    truth = BSpline.design_matrix(scatter(basis), knots, p).toarray()
    assert np.abs(basis.design(scatter(basis)) - truth).max() < 1e-12


@all_bases
def test_reproduces_polynomials_of_its_degree(basis: SpanBasis) -> None:
    x, w = basis.nodes(basis.degree + 2)
    design, root = basis.design(x), np.sqrt(w)[:, None]
    t = (2 * x - basis.lower - basis.upper) / (basis.upper - basis.lower)
    powers = np.polynomial.legendre.legvander(t, basis.degree)
    table = np.linalg.lstsq(root * design, root * powers, rcond=None)[0]
    assert np.abs(design @ table - powers).max() < 1e-9


@all_bases
def test_derivative_integrates_to_the_difference_of_ends(basis: SpanBasis) -> None:
    """int over a span of B^(nu+1) = jump of B^(nu) over the inside of that span."""
    g, w = np.polynomial.legendre.leggauss(basis.degree + 1)
    for s in range(basis.n_spans):
        a, b = basis.breaks[s], basis.breaks[s + 1]
        x = a + (b - a) * (g + 1) / 2
        end = b - 1e-13 * (
            b - a
        )  # still in the span, whichever way the rounding of its location goes
        for nu in range(basis.degree):
            change = basis.design(np.array([end]), nu) - basis.design(
                np.array([a + 1e-13 * (b - a)]), nu
            )
            integral = (w * (b - a) / 2) @ basis.design(x, nu + 1)
            size = np.abs(basis.design(x, nu + 1)).max() * (b - a)
            assert np.abs(integral - change).max() <= 1e-10 * max(size, 1.0)


@pytest.mark.parametrize("kind", [bspline, periodic_bspline])
@pytest.mark.parametrize("p", range(1, 8))
def test_splines_have_p_minus_one_continuous_derivatives(kind, p: int) -> None:
    basis = kind(RANDOM, p)
    inner = RANDOM[1:-1]
    for nu in range(p):
        right, left = basis.design(inner, nu), basis.design(np.nextafter(inner, -np.inf), nu)
        assert np.abs(right - left).max() <= 1e-9 * np.abs(right).max()
    jump = basis.design(inner, p) - basis.design(np.nextafter(inner, -np.inf), p)
    assert np.abs(jump).max() > 1.0


@pytest.mark.parametrize("breaks", [UNIFORM, GRADED, RANDOM], ids=["uniform", "graded", "random"])
@pytest.mark.parametrize("p", DEGREES)
def test_periodic_atoms_close_smoothly(p: int, breaks: np.ndarray) -> None:
    basis = periodic_bspline(breaks, p)
    table = np.random.default_rng(1).standard_normal(basis.n_spans)[basis.tie]
    for nu in range(p):
        low, high = basis.design(np.array([basis.lower, basis.upper]), nu) @ table
        assert abs(low - high) <= 1e-9 * np.abs(basis.design(breaks, nu) @ table).max()


@pytest.mark.parametrize("p", DEGREES)
def test_periodic_values_repeat_with_the_period(p: int) -> None:
    basis = periodic_bspline(UNIFORM, p)
    x = scatter(basis)
    for turns in (-2, 1, 5):
        moved = x + turns * (basis.upper - basis.lower)
        assert np.abs(basis.design(moved) - basis.design(x)).max() < 1e-11


@all_bases
def test_breaks_belong_to_the_span_on_their_right(basis: SpanBasis) -> None:
    """Exactly where breaks are stored; on uniform axes up to the rounding of (x - lower) S / (upper
    - lower)."""
    span, u = basis.locate(basis.breaks)
    place = np.arange(basis.n_spans + 1)
    assert np.abs(span + u - place).max() < 1e-12
    assert span[0] == 0 and span[-1] == basis.n_spans - 1
    if not basis.uniform:
        assert np.array_equal(span, np.minimum(place, basis.n_spans - 1))


def test_breaks_of_dyadic_uniform_axes_belong_to_the_right_exactly() -> None:
    basis = bspline(uniform_breaks(-1.0, 3.0, 16), 0)
    assert np.array_equal(basis.locate(basis.breaks)[0], np.r_[np.arange(16), 15])


@all_bases
def test_location_gives_the_coordinate_back(basis: SpanBasis) -> None:
    x = scatter(basis)
    span, u = basis.locate(x)
    back = basis.breaks[span] + u * (basis.breaks[span + 1] - basis.breaks[span])
    assert np.abs(back - x).max() < 1e-14 * 10
    assert ((u >= 0) & (u <= 1)).all()


@all_bases
def test_integral_equals_quadrature_and_adds_up(basis: SpanBasis) -> None:
    a, b = basis.lower + 0.1234, basis.upper - 0.567
    x, w = basis.nodes(basis.degree + 1, [a, b])
    inside = (x > a) & (x < b)
    rounding = 1e-14 * max(1.0, np.abs(basis.matrices).max())
    assert np.abs(basis.integral(a, b) - w[inside] @ basis.design(x[inside])).max() < rounding
    whole = basis.integral(basis.lower, a) + basis.integral(a, b) + basis.integral(b, basis.upper)
    assert np.abs(whole - basis.integral(basis.lower, basis.upper)).max() < rounding
    assert abs(basis.integral(a, b).sum() - (b - a)) < 1e-11


@all_bases
def test_gram_is_the_inner_product(basis: SpanBasis) -> None:
    x, w = basis.nodes(2 * basis.degree + 2)
    for nu in range(min(basis.degree, 2) + 1):
        design = basis.design(x, nu)
        truth = design.T @ (w[:, None] * design)
        gram = basis.gram(nu)
        assert np.abs(gram - truth).max() <= 1e-11 * np.abs(truth).max()
        assert np.linalg.eigvalsh(gram).min() > -1e-10 * np.abs(truth).max()
    assert abs(basis.gram().sum() - (basis.upper - basis.lower)) < 1e-10


@pytest.mark.parametrize("p", range(5))
def test_projection_converges_with_order_p_plus_one(p: int) -> None:
    errors = []
    for spans in (8, 16, 32):
        basis = bspline(uniform_breaks(0.0, 1.0, spans), p)
        x, w = basis.nodes(p + 3)
        target = np.sin(5 * x) + x**2
        root = np.sqrt(w)
        table = np.linalg.lstsq(root[:, None] * basis.design(x), root * target, rcond=None)[0]
        errors.append(np.sqrt(w @ (basis.design(x) @ table - target) ** 2))
    rates = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert np.abs(rates[-1] - (p + 1)) < 0.25


@pytest.mark.parametrize(
    "basis",
    [b for b in BASES.values() if b.kind != "periodic"],
    ids=[n for n in BASES if "periodic" not in n],
)
def test_continues_linearly_outside(basis: SpanBasis) -> None:
    for edge, sign in ((basis.lower, -1.0), (basis.upper, 1.0)):
        value, slope = basis.design(np.array([edge]))[0], basis.design(np.array([edge]), 1)[0]
        for h in (1e-3, 0.5, 40.0):
            x = np.array([edge + sign * h])
            expected = value + slope * (x[0] - edge)
            assert np.abs(basis.design(x)[0] - expected).max() <= 1e-12 * np.abs(expected).max()
            assert np.abs(basis.design(x, 1)[0] - slope).max() <= 1e-12 * np.abs(slope).max()
            assert not basis.design(x, 2).any()


@all_bases
def test_power_tables_are_the_atoms(basis: SpanBasis) -> None:
    table = np.random.default_rng(2).standard_normal((basis.n_rows, 3))
    x = scatter(basis)
    span, u = basis.locate(x)
    poly = basis.power_tables(table)[span]
    atoms = np.einsum("nkr,nk->nr", poly, u[:, None] ** np.arange(basis.degree + 1))
    assert np.abs(atoms - basis.design(x) @ table).max() <= 1e-10 * np.abs(poly).max()


def test_uniform_splines_share_few_matrices() -> None:
    assert len(bspline(uniform_breaks(0.0, 1.0, 64), 3).matrices) <= 7
    assert len(periodic_bspline(uniform_breaks(0.0, 360.0, 64), 3).matrices) == 1


@pytest.mark.parametrize("ends", [(0.1, 0.7), (-273.15, 1e5), (1e-9, 3e-9), (1e6, 1e6 + 1)])
@pytest.mark.parametrize("spans", [1, 3, 7, 100])
def test_uniform_breaks_are_recognised(ends: tuple[float, float], spans: int) -> None:
    basis = bspline(uniform_breaks(*ends, spans), 3)
    assert basis.uniform and basis.breaks[0] == ends[0] and basis.breaks[-1] == ends[1]
    assert len(basis.matrices) <= 7


@given(
    st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.integers(2, 60), st.floats(0.0, 1.0),
    st.floats(1.0, 50.0)
)  # fmt: skip
def test_graded_breaks_increase_from_end_to_end(
    lower: float, width: float, spans: int, share: float, ratio: float
) -> None:
    upper = lower + width
    focus = min(max(lower + share * width, lower), upper)
    breaks = graded_breaks(lower, upper, spans, focus, ratio)
    assert breaks[0] == lower and breaks[-1] == upper and (np.diff(breaks) > 0).all()
    assert len(breaks) == spans + 1


def test_graded_spans_are_smallest_at_the_focus() -> None:
    breaks = graded_breaks(0.0, 1.0, 20, 0.0, 10.0)
    widths = np.diff(breaks)
    assert np.argmin(widths) == 0 and abs(widths[-1] / widths[0] - 10.0) < 1e-9


def test_levels_pick_one_row() -> None:
    basis = levels(4)
    assert np.array_equal(basis.design(np.arange(4.0)), np.eye(4))
    assert (basis.lower, basis.upper) == (0.0, 3.0)


def test_lagrange_rows_are_nodal_values() -> None:
    basis = lagrange(GRADED, 3)
    nodes = np.unique(np.concatenate([np.linspace(a, b, 4) for a, b in pairwise(GRADED)]).round(12))
    table = np.sin(nodes)
    assert np.abs(basis.design(nodes) @ table - table).max() < 1e-11


@pytest.mark.parametrize(
    ("breaks", "degree"),
    [
        ([0.0, 1.0], 8),
        ([0.0, 1.0], -1),
        ([0.0, 0.0, 1.0], 3),
        ([1.0, 0.0], 1),
        ([0.0, np.nan, 1.0], 1),
        ([0.0], 1),
        ([0.0, np.inf], 2),
    ],
)
def test_bad_breaks_and_degrees_are_refused(breaks: list[float], degree: int) -> None:
    with pytest.raises(InputError):
        bernstein(breaks, degree)


def test_arrays_are_read_only() -> None:
    basis = bspline(UNIFORM, 3)
    with pytest.raises(ValueError, match="read-only"):
        basis.breaks[0] = 0.0


def test_rows_beyond_the_table_are_refused() -> None:
    good = bspline([0.0, 1.0, 2.0], 1)
    with pytest.raises(InputError, match="rows"):
        SpanBasis(good.breaks, 1, good.first_row, good.matrix_id, good.matrices, good.n_rows - 1)
    with pytest.raises(InputError, match="degree"):
        SpanBasis(good.breaks, 2, good.first_row, good.matrix_id, good.matrices, good.n_rows + 1)
