"""Means, variances and Sobol indices against closed forms and Monte Carlo."""

from __future__ import annotations

from math import erf, exp, pi, sqrt

import numpy as np
import pytest

from sna_edge import CP, InputError, Levels, LogNormal, Model, Normal, Output, Uniform, spline_axis
from sna_edge.calculus.moments import lost_mass, pair_indices

from ...model_kinds import train

KINDS = ["cp", "tt"]


@pytest.fixture(scope="module", params=KINDS)
def model(request, build):
    return getattr(build, request.param)(build.mixed_axes(), seed=11)


def polynomial_model() -> Model:
    """f = x + 2 y^2 + 3 x y on [0, 1]^2 in cubic splines, exact."""
    axes = [spline_axis(n, "", 0.0, 1.0, spans=3, degree=3) for n in "xy"]
    basis = axes[0].basis
    nodes, _ = basis.nodes()
    design = basis.design(nodes)
    linear, square = (np.linalg.lstsq(design, nodes**k, rcond=None)[0] for k in (1, 2))
    tables = (np.stack([linear, linear], axis=1), np.stack([square, linear], axis=1))
    return Model(
        axes,
        CP(tables, (np.array([0, 2]), np.array([1, 2])), np.array([[1.0], [2.0], [3.0]])),
        [Output("f")],
    )


def test_polynomial_moments_in_closed_form() -> None:
    model = polynomial_model()
    mean = 0.5 + 2 / 3 + 3 / 4
    first_x = (1 + 1.5) ** 2 / 12  # E[f|x] = x + 2/3 + 1.5 x
    first_y = (
        4 * (1 / 5 - 1 / 9) + 1.5**2 / 12 + 2 * 2 * 1.5 * (1 / 4 - 1 / 6)
    )  # E[f|y] = 1/2 + 2 y^2 + 1.5 y
    interaction = 9 * (1 / 12) ** 2
    variance = first_x + first_y + interaction
    assert abs(model.mean()[0] - mean) < 1e-12
    assert abs(model.variance()[0] - variance) < 1e-12
    found = model.sobol()
    assert np.abs(found.first[:, 0] - np.array([first_x, first_y]) / variance).max() < 1e-11
    assert (
        np.abs(
            found.total[:, 0] - np.array([first_x + interaction, first_y + interaction]) / variance
        ).max()
        < 1e-11
    )


def test_ishigami_indices() -> None:
    """f = sin x + 7 sin^2 y + 0.1 z^4 sin x on [-pi, pi]^3; indices from Sobol and Levitan
    (1999)."""
    axes = [spline_axis(n, "", -pi, pi, spans=40, degree=5) for n in "xyz"]
    basis = axes[0].basis
    x, _ = basis.nodes()
    design = basis.design(x)

    def atom(function) -> np.ndarray:
        return np.linalg.lstsq(design, function(x), rcond=None)[0]

    tables = (
        np.stack([atom(np.sin), atom(np.sin)], axis=1),
        atom(lambda t: np.sin(t) ** 2)[:, None],
        atom(lambda t: t**4)[:, None],
    )
    model = Model(
        axes,
        CP(
            tables,
            (np.array([0, 2]), np.array([1]), np.array([2])),
            np.array([[1.0], [7.0], [0.1]]),
        ),
        [Output("f")],
    )
    v1 = 0.5 * (1 + 0.1 * pi**4 / 5) ** 2
    v2, v13 = 49 / 8, 0.01 * pi**8 * (1 / 18 - 1 / 50)
    total = v1 + v2 + v13
    found = model.sobol()
    assert abs(model.mean()[0] - 3.5) < 1e-6 and abs(model.variance()[0] / total - 1) < 1e-6
    assert np.abs(found.first[:, 0] - np.array([v1, v2, 0.0]) / total).max() < 1e-6
    assert np.abs(found.total[:, 0] - np.array([v1 + v13, v2, v13]) / total).max() < 1e-6


def test_moments_equal_monte_carlo(model, build) -> None:
    """Four standard errors of 200,000 samples."""
    y = model.value(build.points(model, 200_000, seed=5), level_index=True)
    error = y.std(axis=0) / sqrt(len(y))
    assert (np.abs(model.mean() - y.mean(axis=0)) < 4 * error).all()
    spread = np.sqrt(np.mean((y - y.mean(axis=0)) ** 4, axis=0) / len(y))
    assert (np.abs(model.variance() - y.var(axis=0)) < 4 * spread).all()


def test_indices_equal_pick_and_freeze(model, build) -> None:
    """Saltelli's estimators with 200,000 pairs; their error here is below 0.02."""
    a, b = (
        model.value(p, level_index=True)
        for p in (build.points(model, 200_000, seed=6), build.points(model, 200_000, seed=7))
    )
    xa, xb = build.points(model, 200_000, seed=6), build.points(model, 200_000, seed=7)
    found = model.sobol()
    for d in range(len(model.axes)):
        mixed = xa.copy()
        mixed[:, d] = xb[:, d]
        y = model.value(mixed, level_index=True)
        variance = model.variance()
        assert np.abs(found.first[d] - np.mean(b * (y - a), axis=0) / variance).max() < 0.03
        assert np.abs(found.total[d] - np.mean((a - y) ** 2, axis=0) / 2 / variance).max() < 0.02


def test_indices_are_ordered(model) -> None:
    found = model.sobol()
    assert (found.first >= -1e-12).all() and (found.total >= found.first - 1e-12).all()
    assert (found.first.sum(axis=0) <= 1 + 1e-12).all() and (
        found.total.sum(axis=0) >= 1 - 1e-12
    ).all()


def test_partial_means_are_models_and_average_on(model) -> None:
    part = model.mean({"power": Uniform(), "alloy": Uniform()})
    assert part.input_names == ["speed", "angle", "spot"]
    assert np.abs(part.mean() - model.mean()).max() < 1e-11 * max(1.0, np.abs(model.mean()).max())


def test_variance_keeps_its_digits_beside_a_large_mean() -> None:
    """f = 1e6 + x has variance 1/12; a difference of moments would keep no more than four digits of
    it."""
    axis = spline_axis("x", "", 0.0, 1.0, spans=2, degree=1)
    table = 1e6 + np.array([[0.0], [0.5], [1.0]])
    model = Model([axis], CP.full([table]), [Output("f")])
    assert abs(model.variance()[0] * 12 - 1) < 1e-9


def test_distributions_are_truncated_and_the_loss_reported(build) -> None:
    model = polynomial_model()
    over = {"x": Normal(0.8, 0.3)}
    lost = lost_mass(model, over)
    z = [(v - 0.8) / (0.3 * sqrt(2)) for v in (0.0, 1.0)]
    assert abs(lost["x"] - (1 - 0.5 * (erf(z[1]) - erf(z[0])))) < 1e-12 and abs(lost["y"]) < 1e-12
    assert model.sobol(over).lost == lost
    t = np.random.default_rng(0).normal(0.8, 0.3, 400_000)
    t = t[(t >= 0) & (t <= 1)]
    y = t + 2 / 3 + 1.5 * t
    assert abs(
        model.mean({"x": Normal(0.8, 0.3), "y": Uniform()})[0] - y.mean()
    ) < 4 * y.std() / sqrt(len(y))


def test_lognormal_mean_in_closed_form() -> None:
    axis = spline_axis("x", "", 1e-6, 60.0, spans=200, degree=3)
    model = Model([axis], CP.full([_linear(axis)]), [Output("f")])
    mu, sigma = 0.5, 0.4
    assert abs(model.mean({"x": LogNormal(mu, sigma)})[0] / exp(mu + sigma**2 / 2) - 1) < 1e-9
    variance = (exp(sigma**2) - 1) * exp(2 * mu + sigma**2)
    assert abs(model.variance({"x": LogNormal(mu, sigma)})[0] / variance - 1) < 1e-8


def _linear(axis) -> np.ndarray:
    x, _ = axis.basis.nodes()
    return np.linalg.lstsq(axis.basis.design(x), x, rcond=None)[0][:, None]


def test_narrow_normals_are_integrated_well() -> None:
    """A normal far narrower than a span: mean and variance of x itself."""
    axis = spline_axis("x", "", 0.0, 100.0, spans=2, degree=3)
    model = Model([axis], CP.full([_linear(axis)]), [Output("f")])
    assert abs(model.mean({"x": Normal(30.0, 0.05)})[0] - 30.0) < 1e-9
    assert abs(model.variance({"x": Normal(30.0, 0.05)})[0] / 0.05**2 - 1) < 1e-7


def test_levels_have_probabilities_by_name(model) -> None:
    over = {"alloy": Levels({"316L": 0.25, "Ti64": 0.75})}
    x = np.array([200.0, 1.0, 90.0, 80.0])
    parts = [model.at(alloy=n).value(x) for n in ("316L", "Ti64")]
    assert np.abs(model.mean(over).value(x) - 0.25 * parts[0] - 0.75 * parts[1]).max() < 1e-11
    with pytest.raises(InputError, match="gold"):
        model.mean({"alloy": Levels({"gold": 1.0})})


def test_bad_distributions_are_refused(model) -> None:
    with pytest.raises(InputError, match="did you mean"):
        model.mean({"powr": Uniform()})
    with pytest.raises(InputError, match="no mass"):
        model.mean({"power": Normal(1e9, 1.0)})
    with pytest.raises(InputError, match="a < b"):
        model.mean({"power": Uniform(300.0, 200.0)})
    with pytest.raises(InputError, match="above 0"):
        polynomial_model().mean({"x": LogNormal(0.0, 1.0)})


def test_pairs_of_a_product_have_their_closed_form() -> None:
    """f = x y on [0, 2]^2: variances 4/9 each alone, and (1/3)^2 together."""
    axes = [spline_axis(name, "", 0, 2, spans=1, degree=1) for name in "xy"]
    area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area")])
    found = pair_indices(area)[..., 0]
    whole = 16 / 9 - 1
    assert found[0, 1] == pytest.approx((1 / 9) / whole, rel=1e-12)
    assert np.array_equal(found, found.T) and not found.diagonal().any()


def test_pairs_of_a_train_add_up_to_what_single_inputs_leave() -> None:
    """With three inputs: 1 - first orders - pairs = the index of all three, which is also
    total - first - its pairs of each input."""
    model = train()
    pairs, s = pair_indices(model), model.sobol()
    three = 1 - s.first.sum(axis=0) - pairs.sum(axis=(0, 1)) / 2
    assert s.total - s.first - pairs.sum(axis=1) == pytest.approx(
        np.broadcast_to(three, s.total.shape), abs=1e-12
    )
