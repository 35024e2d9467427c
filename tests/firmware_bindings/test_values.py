"""C against the Python float64 reference on the stored tables: values, gradients, statuses,
intervals, roots."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Model, Status, inverse

from ..c_models import DTYPES, FLOAT32, allowed, axes_of, cp_model, mixed, points_in, tt_model, zoo
from ..model_kinds import KINDS

NAMES = sorted(zoo())
POINTS = 200


def reference(data: bytes) -> Model:
    return sna_edge.from_bytes(data, backend="numpy")


@pytest.mark.parametrize("name", NAMES)
def test_double_equals_python(name: str, artifacts: dict[str, bytes], c_double: Any) -> None:
    model, opened = reference(artifacts[name]), c_double.open(artifacts[name])
    assert (opened.status, opened.verify()) == (0, 0), opened.rule
    x = points_in(model, POINTS)
    expected, slope = model.backend.value_and_gradient(x)
    y, status = opened.value(x)
    y2, g, _ = opened.value_and_gradient(x)
    scale = np.abs(expected).max()
    assert (status >= 0).all()
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12 * scale)
    np.testing.assert_allclose(y2, expected, rtol=0, atol=1e-12 * scale)
    flat = [a.kind == "categorical" for a in model.axes]
    slope[:, :, flat] = 0.0
    np.testing.assert_allclose(g, slope, rtol=0, atol=1e-11 * np.abs(slope).max())


@pytest.mark.parametrize("name", NAMES)
def test_float_is_within_its_bound(name: str, artifacts: dict[str, bytes], c_float: Any) -> None:
    model, opened = reference(artifacts[name]), c_float.open(artifacts[name])
    assert (opened.status, opened.verify()) == (0, 0), opened.rule
    x = points_in(model, POINTS).astype(np.float32).astype(float)
    x = np.clip(x, [a.lower for a in model.axes], [a.upper for a in model.axes])
    expected = model.backend.value(x)
    y, _ = opened.value(x)
    y2, _, _ = opened.value_and_gradient(x)
    bound = allowed(model, expected)
    assert (np.abs(y - expected) <= bound).all(), (np.abs(y - expected) / bound).max()
    assert (np.abs(y2 - expected) <= bound).all()


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
@pytest.mark.parametrize("name", NAMES)
def test_host_layer_is_within_its_bound(
    name: str, isa: str, artifacts: dict[str, bytes], host: Any
) -> None:
    if not host.use(isa):
        pytest.skip(f"this machine has no {isa}")
    model, native = reference(artifacts[name]), host.Model(artifacts[name])
    assert native.status == 0, native.rule
    for count in (1, 7, 64, POINTS):  # short, partial and full blocks
        x = points_in(model, count, seed=count)
        expected, slope = model.backend.value_and_gradient(x)
        slope[:, :, [a.kind == "categorical" for a in model.axes]] = 0.0
        y, y2, g = np.empty(expected.shape), np.empty(expected.shape), np.empty(slope.shape)
        status = np.empty(count, np.int8)
        native.value(x, y, status)
        native.gradient(x, y2, g, status)
        bound = allowed(model, expected)
        assert (np.abs(y - expected) <= bound).all()
        assert (np.abs(y2 - expected) <= bound).all()
        assert (
            np.abs(g - slope).max() <= 1e-5 * max(1.0, bound.max() / FLOAT32) * np.abs(slope).max()
        )
    host.use("avx512") or host.use("avx2") or host.use("baseline")


@pytest.mark.parametrize("extrapolate", [False, True])
@pytest.mark.parametrize("interaction", ["cp", "tt"])
def test_statuses_are_those_of_evaluate(
    interaction: str, extrapolate: bool, c_double: Any, host: Any
) -> None:
    made = cp_model(mixed(), outputs=2, sparse=True) if interaction == "cp" else tt_model(mixed())
    model = reference(made.to_bytes())
    opened, native = c_double.open(model.artifact), host.Model(model.artifact)
    assert opened.verify() == 0
    x = points_in(model, 400, seed=9)
    rng = np.random.default_rng(0)
    for row in range(0, 400, 2):
        d = int(rng.integers(len(model.axes)))
        axis = model.axes[d]
        x[row, d] = rng.choice(
            [
                np.nan,
                axis.lower - 0.1 * axis.width,
                axis.upper + 0.3 * axis.width,
                axis.upper + 1e-9,
                axis.lower,
                axis.upper,
                0.5,
            ]
        )
    wanted = model.evaluate(x, extrapolate=extrapolate, level_index=True)
    y, status = opened.value(x, int(extrapolate))
    np.testing.assert_array_equal(status, wanted.status)
    np.testing.assert_allclose(
        y, wanted.value, rtol=0, atol=1e-11 * np.nanmax(np.abs(wanted.value))
    )
    y, status = np.empty_like(y), np.empty(400, np.int8)
    native.value(x, y, status, extrapolate)
    np.testing.assert_array_equal(status, wanted.status)
    np.testing.assert_array_equal(np.isnan(y), np.isnan(wanted.value))
    good = wanted.status >= 0
    np.testing.assert_allclose(
        y[good], wanted.value[good], rtol=0, atol=1e-4 * np.nanmax(np.abs(wanted.value))
    )


@pytest.mark.parametrize("space", ["output", "link"])
@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
def test_intervals(link: str, space: str, c_double: Any, c_float: Any) -> None:
    """Those of Python, inside the range of the link; in float wider by the rounding of the
    value."""
    made = cp_model(axes_of("uniform", 3, 2), link=link, outputs=2)
    outputs = [
        sna_edge.Output(
            o.name,
            link=link,
            scale=o.scale,
            offset=o.offset,
            interval=sna_edge.Interval(0.9, 0.3, 0.1, space),
        )
        for o in made.outputs
    ]
    model = reference(made.replace(outputs=outputs).to_bytes())
    opened, single = c_double.open(model.artifact), c_float.open(model.artifact)
    found = model.evaluate(points_in(model, 20))
    for row in range(20):
        for k in range(2):
            ends = [found.lower[row, k], found.upper[row, k]]
            low, high, status = opened.interval(k, found.value[row, k])
            assert status == Status.OK
            np.testing.assert_allclose([low, high], ends, rtol=1e-9)
            low, high, status = single.interval(k, found.value[row, k])
            assert status == Status.OK and low <= high
            np.testing.assert_allclose([low, high], ends, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("status", [Status.EXTRAPOLATED, Status.OUT_OF_DOMAIN, Status.BAD_INPUT])
def test_there_is_no_interval_beyond_the_domain(status: Status, c_double: Any) -> None:
    made = cp_model(axes_of("uniform", 3, 2))
    made = made.replace(outputs=[sna_edge.Output("y", interval=sna_edge.Interval(0.9, 0.3, 0.1))])
    low, high, answer = c_double.open(made.to_bytes()).interval(0, 1.0, int(status))
    assert answer == status and np.isnan(low) and np.isnan(high)


@pytest.mark.parametrize("space", ["output", "link"])
@pytest.mark.parametrize("scale,offset", [(1.0, 0.0), (100.0, 0.0), (-2.0, 1.0), (3.0, -1.5)])
@pytest.mark.parametrize("link", ["exp", "logistic"])
def test_intervals_stay_in_the_range_of_the_link(
    link: str, scale: float, offset: float, space: str, c_double: Any, c_float: Any
) -> None:
    """A share was said to lie between 0.873 and 1.079."""
    axis = sna_edge.spline_axis("x", "", 0.0, 1.0, spans=1, degree=1)
    output = sna_edge.Output(
        "y", link=link, scale=scale, offset=offset, interval=sna_edge.Interval(0.9, 0.4, 0.7, space)
    )
    model = sna_edge.Model([axis], sna_edge.CP.full([np.array([[-60.0], [60.0]])]), [output])
    model = reference(model.to_bytes())
    far = offset + scale if link == "logistic" else np.copysign(np.inf, scale)
    for x in np.linspace(0, 1, 41):
        y = float(model.value(np.array([x]))[0])
        wanted = model.evaluate(np.array([x]))
        for library, close in ((c_double, 1e-9), (c_float, 1e-5)):
            low, high, status = library.open(model.artifact).interval(0, y)
            assert status == Status.OK and min(offset, far) <= low < high <= max(offset, far), (
                x,
                y,
            )
            np.testing.assert_allclose(
                [low, high],
                [wanted.lower[0, 0], wanted.upper[0, 0]],
                rtol=close,
                atol=close * abs(scale),
            )


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
@pytest.mark.parametrize(
    "kind,degree",
    [
        ("uniform", 1),
        ("uniform", 3),
        ("uniform", 7),
        ("graded", 3),
        ("lagrange", 3),
        ("periodic", 3),
        ("hat", 1),
    ],
)
def test_roots_are_those_of_python(kind: str, degree: int, link: str, c_double: Any) -> None:
    model = reference(cp_model(axes_of(kind, degree, 3), link=link, rank=7, seed=4).to_bytes())
    opened = c_double.open(model.artifact)
    assert opened.verify() == 0
    for row, x in enumerate(points_in(model, 12, seed=8)):
        target = float(model.backend.value(x[None])[0, 0])
        wanted = inverse.roots(model, "x1", target, at={"x0": x[0], "x2": x[2]})
        found, status, nearest = opened.roots(x, 1, target)
        assert status == wanted.status, (row, wanted)
        np.testing.assert_allclose(
            sorted(found[:, 0]),
            sorted(np.atleast_1d(np.asarray(wanted.x, float)).ravel()),
            atol=1e-8 * model.axes[1].width,
        )
        assert abs(nearest - target) <= 1e-6 * max(1.0, abs(target))


def test_roots_of_a_target_out_of_reach(c_double: Any) -> None:
    model = reference(cp_model(axes_of("uniform", 3, 2), rank=3).to_bytes())
    opened = c_double.open(model.artifact)
    x = points_in(model, 1)[0]
    assert opened.roots(x, 0, 0.0)[1] == Status.NOT_VERIFIED
    assert opened.verify() == 0
    line = model.value(
        np.column_stack(
            [np.linspace(model.axes[0].lower, model.axes[0].upper, 20001), np.full(20001, x[1])]
        )
    )
    found, status, nearest = opened.roots(x, 0, float(line.max()) + 1.0)
    assert (len(found), status) == (0, Status.UNREACHABLE)
    assert abs(nearest - line.max()) < 1e-6 * np.ptp(line)


@pytest.mark.parametrize("dtype", DTYPES)
def test_workspace_too_small_is_refused(dtype: str, c_double: Any) -> None:
    opened = c_double.open(cp_model(axes_of("uniform", 3, 2), dtype=dtype).to_bytes())
    opened._work = opened._work[: opened.workspace(0) // 8 - 1]
    assert opened.verify() == Status.NO_SPACE


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
@pytest.mark.parametrize("degree", range(1, 8))
@pytest.mark.parametrize("kind", ["uniform", "graded", "bernstein", "lagrange", "periodic"])
def test_gradients_of_the_host_layer_at_every_degree(
    kind: str, degree: int, isa: str, host: Any
) -> None:
    """1e-5 of the largest slope; on even splines 1e-5 * max(1, kappa) of range over width too:
    powers of u about 0 lose more."""
    from sna_edge.artifact.golden import measure

    if not host.use(isa):
        pytest.skip(f"this machine has no {isa}")
    model = reference(cp_model(axes_of(kind, degree, 2), rank=3).to_bytes())
    x = points_in(model, 5000)
    expected, slope = model.backend.value_and_gradient(x)
    y, g, status = np.empty(expected.shape), np.empty(slope.shape), np.empty(len(x), np.int8)
    host.Model(model.artifact).gradient(x, y, g, status)
    host.use("avx512") or host.use("avx2") or host.use("baseline")
    error = np.abs(g - slope).max(axis=0)
    assert (error <= 1e-5 * np.abs(slope).max(axis=0)).all(), error / np.abs(slope).max(axis=0)
    if kind in ("uniform", "periodic"):
        scale = measure(model, x)
        rate = (
            (scale.high - scale.low)[:, None]
            * np.maximum(1.0, scale.kappa)[:, None]
            / np.array([a.width for a in model.axes])
        )
        assert (error <= 1e-5 * rate).all(), error / rate


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
@pytest.mark.parametrize("rank", [1, 3, 16, 40])
@pytest.mark.parametrize("degree", [0, 2, 3, 5])
def test_trains_of_any_rank_in_the_host_layer(degree: int, rank: int, isa: str, host: Any) -> None:
    if not host.use(isa):
        pytest.skip(f"this machine has no {isa}")
    data = tt_model(axes_of("uniform", degree, 4), rank=rank, dtype="int16", seed=rank).to_bytes()
    model, native = reference(data), host.Model(data)
    assert native.isa == isa
    x = points_in(model, 130)
    expected, slope = model.backend.value_and_gradient(x)
    y, y2, g, status = (
        np.empty(expected.shape),
        np.empty(expected.shape),
        np.empty(slope.shape),
        np.empty(len(x), np.int8),
    )
    native.value(x, y, status)
    native.gradient(x, y2, g, status)
    host.use("avx512") or host.use("avx2") or host.use("baseline")
    bound = allowed(model, expected)
    assert (np.abs(y - expected) <= bound).all() and (np.abs(y2 - expected) <= bound).all()
    assert np.abs(g - slope).max() <= 1e-5 * max(
        1.0, (bound / FLOAT32 / np.ptp(expected, axis=0)).max()
    ) * max(np.abs(slope).max(), 1e-30)


@pytest.mark.parametrize("single", [False, True], ids=["float64", "float32"])
@pytest.mark.parametrize("count", [127, 128, 129, 511, 512, 513, 640, 1500])
def test_large_batches_say_what_small_ones_say(count: int, single: bool, host: Any) -> None:
    """Batches above 127 points go span by span in piles of 512; a pile with an extrapolated row
    goes the ordinary way."""
    for model in (
        cp_model(mixed(), outputs=2, sparse=True, rank=40, link="exp"),
        cp_model(axes_of("graded", 3, 3), rank=70),
    ):
        native = host.Model(model.to_bytes())
        dtype = np.float32 if single else np.float64
        x = points_in(model, count, seed=count).astype(dtype)
        x[count // 3, 1], x[count // 2, 0], x[-1, 2] = (
            np.nan,
            model.axes[0].upper + 1.0,
            model.axes[2].lower,
        )
        for extrapolate in (False, True):
            y, status = np.empty((count, len(model.outputs)), dtype), np.empty(count, np.int8)
            native.value(x, y, status, extrapolate)
            small, said = np.empty_like(y), np.empty_like(status)
            for start in range(0, count, 64):
                native.value(*(a[start : start + 64] for a in (x, small, said)), extrapolate)
            np.testing.assert_array_equal(status, said)
            assert {
                Status.BAD_INPUT,
                Status.EXTRAPOLATED if extrapolate else Status.OUT_OF_DOMAIN,
            } <= set(status.tolist())
            scale = np.nanmax(np.abs(small), axis=0)
            assert (np.isnan(y) == np.isnan(small)).all() and np.nanmax(
                np.abs(y - small) / scale
            ) < 2e-6


@pytest.mark.parametrize("isa", ["baseline", "avx2", "avx512"])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_gradients_over_many_spans(dtype: str, isa: str, host: Any) -> None:
    """61 spans an axis: a slope summed from rows would be a difference of numbers 61 times
    larger."""
    from sna_edge.artifact.golden import measure

    if not host.use(isa):
        pytest.skip(f"this machine has no {isa}")
    model = reference(KINDS[f"cp {dtype}"]().to_bytes())
    x = points_in(model, 3000)
    expected, slope = model.backend.value_and_gradient(x)
    y, g, status = np.empty(expected.shape), np.empty(slope.shape), np.empty(len(x), np.int8)
    host.Model(model.artifact).gradient(x, y, g, status)
    host.use("avx512") or host.use("avx2") or host.use("baseline")
    scale = measure(model, x)
    rate = (
        float((scale.high - scale.low)[0])
        * max(1.0, float(scale.kappa[0]))
        / np.array([a.width for a in model.axes])
    )
    assert (np.abs(g - slope).max(axis=(0, 1)) <= 3e-6 * rate).all()
