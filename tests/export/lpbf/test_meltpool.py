"""Laser powder bed fusion, seven axes: error, artifact, melt pool, sweep and moments on one solved
model."""

import numpy as np
import pytest
from scipy.integrate import quad

from sna_edge import Normal, from_bytes
from sna_export.lpbf.meltpool import MeltPool
from sna_export.lpbf.moving_beam import STEEL, lpbf, semi_analytic
from sna_export.lpbf.sweep import Uncertainty, robust_depth
from sna_export.quantize import quantize
from sna_export.solve import ProblemError, solve
from sna_export.solve.accuracy import measured_error, random_points

from ...clock import Clock

WINDOW = {"x": (-300e-6, 100e-6), "y": (0.0, 100e-6), "z": (0.0, 60e-6)}
NOMINAL = {"power": 200.0, "speed": 0.8, "radius": 50e-6, "ring": 0.0}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def problem():
    return lpbf()


@pytest.fixture(scope="module")
def solution(problem):
    """Solved within two minutes, of the process where others keep it waiting."""
    clock, found = Clock(), solve(problem)
    assert clock.seconds <= 120
    return found


@pytest.fixture(scope="module")
def stored(solution):
    return from_bytes(solution.model.replace(dtypes=["float32"] * 7).to_bytes())


@pytest.fixture(scope="module")
def pool(stored):
    return MeltPool(stored, STEEL.melting_rise)


def heat_since(t, point):
    """Rise per second of release at age t, times rho c / (eta P): the integrand written out once
    more."""
    x, y, z, _, speed, radius, ring = point
    a, spread = radius**2 / 4, 2 * STEEL.diffusivity * t
    s, square = a + spread, (x + speed * t) ** 2 + y**2
    flat = np.exp(-square / (2 * s)) / (2 * np.pi * s)
    slope = flat * (square / (2 * s * s) - 1 / s)
    return (
        (flat + ring * a * slope) * 2 / np.sqrt(2 * np.pi * spread) * np.exp(-z * z / (2 * spread))
    )


def test_the_reference_is_the_integral_over_past_heat(problem):
    for point in random_points(problem, 5, 1, WINDOW):
        whole = quad(
            lambda r, p=point: 2 * r * heat_since(r * r, p),
            0,
            0.3,
            limit=500,
            points=[1e-3, 1e-2, 5e-2],
        )[0]
        assert semi_analytic([point])[0] == pytest.approx(
            0.4 * point[3] / (7800 * 600) * whole, rel=1e-8
        )


def test_axes_and_output_are_named_with_units(solution):
    model = solution.model
    assert model.input_names == ["x", "y", "z", "power", "speed", "radius", "ring"]
    assert [a.unit for a in model.axes] == ["m", "m", "m", "W", "m/s", "m", ""]
    assert [(o.name, o.unit) for o in model.outputs] == [("temperature_rise", "K")]


def test_error_against_the_independent_reference(problem, solution):
    assert measured_error(solution.model, problem, 2000, window=WINDOW) <= 0.005


def test_float32_and_int16_artifacts(problem, solution, stored):
    data = solution.model.replace(dtypes=["float32"] * 7).to_bytes()
    assert len(data) <= 400_000
    small = from_bytes(quantize(stored, "int16").to_bytes())
    points = random_points(problem, 2000, 0, WINDOW)
    exact, plain, narrow = semi_analytic(points), stored(points)[:, 0], small(points)[:, 0]
    size = np.linalg.norm(exact)
    assert np.linalg.norm(narrow - plain) <= 0.0005 * size
    assert np.linalg.norm(narrow - exact) - np.linalg.norm(plain - exact) <= 0.0005 * size


def reference_depth(*values):
    """Depth of the isotherm of the semi-analytic field: bisection in z at 41 places, zoomed in on
    the deepest."""
    low, high = -300e-6, 0.0
    for _ in range(3):
        x = np.linspace(low, high, 41)
        above, below = np.zeros_like(x), np.full_like(x, 400e-6)
        for _ in range(30):
            z = (above + below) / 2
            points = np.column_stack([x, 0 * x, z, *np.broadcast_arrays(*values, x)[:-1]])
            hot = semi_analytic(points) > STEEL.melting_rise
            above, below = np.where(hot, z, above), np.where(hot, below, z)
        best = int(np.argmax(above))
        low, high = x[max(best - 1, 0)], x[min(best + 1, 40)]
    return above[best]


@pytest.mark.parametrize(
    "values", [(200, 0.8, 50e-6, 0.0), (350, 0.5, 70e-6, 1.0), (120, 1.5, 45e-6, 0.4)]
)
def test_depth_is_that_of_the_reference(pool, values):
    found = pool.depth(dict(zip(pool.names, values)))[0]
    assert found == pytest.approx(reference_depth(*values), abs=0.5e-6)


def test_depth_and_width_lie_on_the_isotherm_and_nothing_lies_beyond(pool):
    rng = np.random.default_rng(0)
    low, high = (
        [getattr(pool.model.axes[3 + i], end) for i in range(4)] for end in ("lower", "upper")
    )
    samples = dict(zip(pool.names, rng.uniform(low, high, (40, 4)).T))
    x = np.linspace(-900e-6, 100e-6, 2001)
    for name, query in (("z", pool.depth), ("y", lambda s: pool.width(s) / 2)):
        for i, extent in enumerate(query(samples)):
            one = {k: v[i] for k, v in samples.items()}
            other = {"y": 0.0} if name == "z" else {"z": 0.0}
            at = pool.model.grid(
                {"x": x, name: [max(extent - 0.05e-6, 0.0), extent + 0.05e-6]}, at={**other, **one}
            )[..., 0]
            assert (at[:, 0].max() > pool.rise) or extent == 0.0
            assert at[:, 1].max() < pool.rise


def test_length_is_the_distance_of_two_roots(pool):
    length = pool.length(NOMINAL)[0]
    line = pool.model.at({"y": 0.0, "z": 0.0, **NOMINAL})
    x = np.linspace(-900e-6, 150e-6, 200001)
    hot = x[line(x[:, None])[:, 0] > pool.rise]
    assert length == pytest.approx(hot[-1] - hot[0], abs=2 * (x[1] - x[0]))


def test_the_quantities_of_the_problem_are_those_of_the_pool(solution, pool):
    middle = {"power": 250.0, "speed": 1.0, "radius": 60e-6, "ring": 0.5}
    depth, width = solution.quantities.values()
    assert depth == pytest.approx(pool.depth(middle)[0], rel=1e-5)
    assert width == pytest.approx(pool.width(middle)[0], rel=1e-5)


def test_no_melting_is_zero_and_bad_samples_are_refused(pool):
    cold = MeltPool(pool.model, 1e6)
    assert cold.depth(NOMINAL)[0] == cold.width(NOMINAL)[0] == cold.length(NOMINAL)[0] == 0.0
    with pytest.raises(ProblemError, match="takes power"):
        pool.depth({"power": 200.0})
    with pytest.raises(ProblemError, match="leaves"):
        pool.depth({**NOMINAL, "power": 1000.0})
    with pytest.raises(ProblemError, match="lacks y"):
        MeltPool(pool.model.at(y=0.0), 1360.0)


def test_threads_do_not_change_the_answer(pool):
    rng = np.random.default_rng(1)
    samples = {**NOMINAL, "power": rng.uniform(100, 400, 20000)}
    assert np.array_equal(
        pool.depth(samples), MeltPool(pool.model, pool.rise, threads=1).depth(samples)
    )


def test_the_robust_design_beats_its_neighbours(pool):
    found = robust_depth(
        pool, np.linspace(150, 300, 6), np.linspace(0.6, 1.4, 5), 60e-6, samples=400
    )
    assert np.isfinite(found.depth).all() and found.depth.shape == (30, 400)
    assert found.miss[found.best] == found.miss.min()
    spread = found.depth[found.best].std()
    assert spread <= found.miss[found.best] <= np.hypot(spread, 10e-6)
    with pytest.raises(ProblemError, match="narrow the designs"):
        robust_depth(pool, [400.0], [0.8], 60e-6, uncertainty=Uncertainty(power=0.1), samples=50)


def test_moments_and_sobol_indices_are_exact(stored):
    point = stored.at(x=-60e-6, y=0.0, z=30e-6)
    over = {
        "power": Normal(250.0, 12.5),
        "speed": Normal(0.9, 0.03),
        "radius": Normal(60e-6, 2e-6),
        "ring": Normal(0.5, 0.05),
    }
    rng = np.random.default_rng(3)
    count = 200_000
    draws = {n: rng.normal(o.mean, o.deviation, count) for n, o in over.items()}
    values = point(draws)[:, 0]
    mean, variance = float(point.mean(over)[0]), float(point.variance(over)[0])
    assert abs(values.mean() - mean) <= 3 * values.std() / np.sqrt(count)
    fourth = np.mean((values - values.mean()) ** 4)
    assert abs(values.var() - variance) <= 3 * np.sqrt((fourth - values.var() ** 2) / count)
    first, total = point.sobol(over).first, point.sobol(over).total
    assert np.all(first <= total + 1e-9) and 0.9 <= first.sum() <= 1 + 1e-9
