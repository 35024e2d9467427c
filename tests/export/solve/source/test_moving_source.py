"""Beams on paths as loads."""

import numpy as np
import pytest

from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    gaussian,
    moving_source,
    on,
    parameter,
    polyline,
    product_shape,
    ring,
    solve,
    space,
    test_function,
    time_axis,
    top_hat,
    tracks,
    unknown,
)

R = 8e-5
LINES = [(2e-4, 2.4e-4, 8e-4, 2.4e-4), (8e-4, 3.4e-4, 2e-4, 3.4e-4)]


def plate(spans_x=24, spans_y=16):
    x = space("x", 0.0, 1e-3, spans=spans_x, zero="both")
    return x, space("y", 0.0, 6e-4, spans=spans_y, zero="both")


def value_at(expression, axes, point):
    total = 0.0
    for p in expression.products:
        part = p.scale
        for axis, place in zip(axes, point, strict=True):
            part *= p.factors[axis].coefficient.at(np.array([place]))[0]
        total += part
    return total


@pytest.mark.parametrize("shape", [gaussian(R), ring(1.2 * R, 0.9 * R), top_hat(R, 0.7 * R)])
def test_the_power_of_a_beam_is_one_while_it_is_on(shape):
    path = tracks(LINES, 1.0, pause=2e-4)
    (x, y), t = plate(), path.time_axis(spans=30)
    source = moving_source(path, shape, (x, t, y), 1e-2)
    power = np.zeros(len(t.nodes))
    for p in source.products:
        over = [a.weights @ p.factors[a].coefficient.at(a.nodes) for a in (x, y)]
        power += p.scale * np.prod(over) * p.factors[t].coefficient.at(t.nodes)
    assert power == pytest.approx(path.on(t.nodes).astype(float), abs=0.05)
    assert not path.on(t.nodes).all()


@pytest.mark.parametrize(
    "shape",
    [
        gaussian(R),
        product_shape(gaussian(R).parts[0], lambda y: np.exp(-((y / R) ** 2)) / R / 1.7725, R),
    ],
)
def test_products_of_a_beam_are_the_beam(shape):
    path = polyline([(2e-4, 2e-4), (8e-4, 3e-4), (6e-4, 4e-4)], [1.0, 2.0])
    (x, y), t = plate(), path.time_axis(spans=30)
    source = moving_source(path, shape, (x, t, y), 1e-3)
    for i in (40, 120, 200):
        now = t.nodes[i]
        xs, ys = (float(c) for c in path.at(now))
        near = x.nodes[np.abs(x.nodes - xs - 2e-5).argmin()], y.nodes[np.abs(y.nodes - ys).argmin()]
        exact = float(shape.density(np.array(near[0] - xs), np.array(near[1] - ys)))
        top = float(shape.density(np.zeros(()), np.zeros(())))
        assert value_at(source, (x, t, y), (near[0], now, near[1])) == pytest.approx(
            exact, abs=0.01 * top
        )


def test_a_path_as_a_function_of_time_is_that_of_its_line():
    (x, y), t = plate(), time_axis("t", 0.0, 6e-4, spans=24)
    line = polyline([(2e-4, 3e-4), (8e-4, 3e-4)], 1.0)
    one = moving_source(line, gaussian(R), (x, t, y))
    other = moving_source(lambda s: (2e-4 + s, 3e-4), gaussian(R), (x, t, y))
    point = x.nodes[90], t.nodes[70], y.nodes[60]
    assert value_at(one, (x, t, y), point) == pytest.approx(value_at(other, (x, t, y), point))


def test_breaks_are_fine_under_the_tracks_and_kinks_lie_at_switches():
    path = tracks(LINES, 1.0, pause=1e-4)
    breaks = path.breaks("y", 0.0, 6e-4, 2e-5)
    assert breaks[0] == 0.0
    assert breaks[-1] == pytest.approx(6e-4)
    widths, middles = np.diff(breaks), (breaks[1:] + breaks[:-1]) / 2
    assert widths.min() > 0
    assert widths[(middles > 2e-4) & (middles < 3.8e-4)].max() <= 2.2e-5
    assert widths.max() > 3e-5
    t = path.time_axis(upper=2e-3, spans=40)
    assert sorted(t.repeated) == pytest.approx([6e-4, 7e-4, 1.3e-3])


def test_what_no_beam_can_do_is_one_sentence():
    (x, y), path = plate(), tracks(LINES, 1.0)
    t = path.time_axis(spans=30)
    beam = gaussian(R)
    with pytest.raises(ProblemError, match="speed above 0"):
        tracks(LINES, 0.0)
    with pytest.raises(ProblemError, match=r"leaves the part: at .* x = 0.00\d+, outside"):
        moving_source(polyline([(2e-4, 3e-4), (2e-3, 3e-4)], 1.0), beam, (x, t, y))
    with pytest.raises(ProblemError, match="leaves the part"):
        moving_source(lambda s: (s * np.nan, 3e-4), beam, (x, t, y))
    with pytest.raises(ProblemError, match="finer than the mesh"):
        moving_source(path, gaussian(2e-5), (x, t, y))
    with pytest.raises(ProblemError, match="in a span of 't'"):
        moving_source(path, beam, (x, time_axis("t", 0.0, 1.2e-3, spans=4), y))
    with pytest.raises(ProblemError, match="off on all"):
        moving_source(tracks(LINES, 1.0, begin=1.0), beam, (x, t, y))
    with pytest.raises(ProblemError, match="space, time and space"):
        moving_source(path, beam, (x, y, t))
    with pytest.raises(ProblemError, match="length above 0"):
        gaussian(0.0)
    with pytest.raises(ProblemError, match="begins and ends"):
        tracks([(1e-4, 1e-4, 1e-4, 1e-4)], 1.0)


def test_a_track_heats_a_plate_as_the_superposition_of_images_says():
    a, path = 2e-6, polyline([(3e-4, 3e-4), (7e-4, 3e-4)], 1.0)
    (x, y), t = plate(), path.time_axis(spans=24)
    z = space("z", 0.0, 3e-4, breaks=3e-4 * np.linspace(0, 1, 9) ** 2, zero="upper")
    power = parameter("power", 1.0, 5.0, spans=1, degree=1)
    u, v = unknown(), test_function()
    weak = d(u, t) * v + a * (d(u, x) * d(v, x) + d(u, y) * d(v, y) + d(u, z) * d(v, z))
    load = power * moving_source(path, gaussian(R), (x, t, y)) * v * on(z, "lower")
    solution = solve(Problem("track", (x, t, y, z, power), weak, load), method="points",
                     tolerance=3e-3, estimate=False)  # fmt: skip
    now, tau = 3e-4, np.linspace(0, np.sqrt(3e-4), 2001)[1:] - np.sqrt(3e-4) / 4000
    s2 = R**2 + 8 * a * tau**2
    xs = 3e-4 + now - tau**2
    inner = 2 / (np.pi * s2) * np.exp(-2 * (5.8e-4 - xs) ** 2 / s2) * 2 / np.sqrt(4 * np.pi * a)
    exact = 2 * inner.sum() * (tau[1] - tau[0])
    found = solution.model(x=5.8e-4, t=now, y=3e-4, z=0.0, power=2.0)[0]
    assert found == pytest.approx(2 * exact, rel=0.01)
