"""The arithmetic of the page's views, run in node, beside Python's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Interval, Model, Output, spline_axis
from sna_edge.inverse.query.scatter import Scatter
from sna_edge.numerics import normal
from sna_edge.numerics.low_discrepancy import points
from sna_edge.quality.capability.figures import of_shares
from sna_export.calibrate import calibrated
from sna_export.page.evidence import distribution

NUMBERS = Path(__file__).resolve().parents[3] / "export/page/client/numbers"
TABLE = 1e-9  # both integrate or tabulate the normal distribution to more digits than this


def node(module: str, body: str, **given: Any) -> Any:
    """What `body` returns, with the exports of a file of numbers as `m` and `given` as `g`."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node")
    text = (
        f"import * as m from {json.dumps((NUMBERS / module).as_uri())};"
        f"const g = JSON.parse({json.dumps(json.dumps(given))});"
        f"const f = () => {{{body}}};"
        "const plain = (k, v) => ArrayBuffer.isView(v) ? [...v] : Number.isFinite(v) || typeof v"
        " !== 'number' ? v : String(v);"
        "process.stdout.write(JSON.stringify(f(), plain));"
    )
    run = subprocess.run(
        [found, "--input-type=module", "-e", text], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_normal_probabilities() -> None:
    z = [-9, -8, -3.1, -0.5, 0, 0.123, 2, 7.9, 8, 9]
    p = [0, 1e-17, 1e-9, 0.05, 0.5, 0.777, 0.999999, 1]
    found = node(
        "scatter.js", "return [g.z.map(m.normalBelow), g.p.map(m.normalQuantile)]", z=z, p=p
    )
    assert np.allclose(found[0], normal.below(np.array(z)), rtol=0, atol=TABLE)
    quantiles = [float(v.replace("Infinity", "inf")) if isinstance(v, str) else v for v in found[1]]
    expected = normal.quantile(np.array(p))
    assert np.allclose(quantiles[2:-1], expected[2:-1], rtol=1e-6)  # flat tails of the table
    assert quantiles[0] == -np.inf and quantiles[-1] == np.inf


@pytest.mark.parametrize("dimensions", [1, 2, 7])
def test_points_are_those_of_python(dimensions: int) -> None:
    found = node("scatter.js", "return m.evenPoints(300, g.d)", d=dimensions)
    assert np.allclose(found, points(300, dimensions, seed=None).ravel(), atol=1e-12)


def test_rows_around_a_setting() -> None:
    model = made("identity")
    x = np.array([0.4, 0.6])
    rows = Scatter.of(model, {"b": 0.05}).around(x[None], 64)[0]
    given = [{"input": i, "kind": "normal", "size": size} for i, size in enumerate((0, 0.05))]
    found = node("scatter.js", "return m.aroundSetting(g.x, g.s, 64)", x=x.tolist(), s=given)
    assert np.allclose(np.reshape(found, (64, 2)), rows, atol=1e-7)
    given[1]["kind"] = "uniform"
    found = node("scatter.js", "return m.aroundSetting(g.x, g.s, 4096)", x=x.tolist(), s=given)
    b = np.reshape(found, (-1, 2))[:, 1]
    assert 0.55 <= b.min() < 0.551 and 0.649 < b.max() <= 0.65
    assert abs(b.std() - 0.05 / np.sqrt(3)) < 1e-4  # low-discrepancy points


def made(link: str, scale: float = 2.0) -> Model:
    """Two inputs, one output behind a link, residuals that grow along the first."""
    rng = np.random.default_rng(3)
    axes = [spline_axis(name, "m", 0, 1, spans=1, degree=1) for name in "ab"]
    tables = [[[0.2], [1.0]], [[0.5], [1.5]]]
    width = None if link == "identity" else Interval(0.9, 1.0, 1.0, "link")  # the space
    output = Output("y", "N", link=link, scale=scale, interval=width)
    model = Model(axes, CP.full(tables), [output])
    x = rng.uniform(size=(400, 2))
    y = model.value(x)
    noise = (0.02 + 0.1 * x[:, :1]) * rng.normal(size=y.shape)
    measured = model.outputs[0].value(model.outputs[0].linear_of(y) + noise)
    return calibrated(model, x, measured, y).model


@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
@pytest.mark.parametrize("scale", [2.0, -2.0])
def test_distribution_from_the_ends_of_an_interval(link: str, scale: float) -> None:
    model = made(link, scale)
    worth = distribution(model)
    assert worth is not None
    x = np.random.default_rng(5).uniform(size=(50, 2))
    assert (worth["outputs"][0]["space"] == "link") == (link != "identity")
    told = model.evaluate(x, level=worth["level"])
    predictive = model.predictive(x)
    limits = np.quantile(told.value, [0.2, 0.45, 0.8])
    body = """
        const one = g.worth.outputs[0];
        return g.value.map((v, i) => {
          const s = m.sigmaOf(one, v, g.lower[i], g.upper[i], g.worth.level);
          return [...g.limits.map((y) => m.belowLimit(one, v, s, y, g.worth.least)),
                  ...[0.03, 0.5, 0.9].map((p) => m.measurementAt(one, v, s, p))];
        });"""
    found = np.array(
        node(
            "predictive.js",
            body,
            worth=worth,
            value=told.value[:, 0].tolist(),
            lower=told.lower[:, 0].tolist(),
            upper=told.upper[:, 0].tolist(),
            limits=limits.tolist(),
        )
    )
    shares = np.stack([predictive.cdf(y)[:, 0] for y in limits], axis=1)
    quantiles = np.stack([predictive.quantile(p)[:, 0] for p in (0.03, 0.5, 0.9)], axis=1)
    assert np.abs(found[:, :3] - shares).max() < 1e-6  # sigma from rounded ends
    assert np.allclose(found[:, 3:], quantiles, rtol=1e-6)


@pytest.mark.parametrize("shares", [(0.01, 0.002), (None, 0.1), (0.2, None)])
def test_capability_of_shares(shares: tuple[float | None, float | None]) -> None:
    found = node("predictive.js", "return m.capabilityOf(...g.s)", s=shares)
    assert found == pytest.approx(of_shares(*shares), rel=1e-8)


def test_outputs_together() -> None:
    rng = np.random.default_rng(0)
    axis = spline_axis("a", "m", 0, 1, spans=1, degree=1)
    outputs = [Output(name) for name in "uvw"]
    model = Model([axis], CP([np.eye(2)], [[0, 1]], [[1, 2, 3], [2, 1, 0]]), outputs)
    x = rng.uniform(size=(500, 1))
    mixing = np.array([[1, 0, 0], [0.8, 0.6, 0], [-0.5, 0.2, 0.8]])
    model = calibrated(model, x, model.value(x) + rng.normal(size=(500, 3)) @ mixing.T,
                       model.value(x)).model  # fmt: skip
    worth, at = distribution(model), x[:40]
    assert worth is not None
    told = model.evaluate(at, level=worth["level"])
    limits = [[0.5, 2.0, None], [None, 2.0, None], [0, None, None]]
    low, high = [0.5, -np.inf, 0], [2.0, 2.0, np.inf]
    for few in (1, 2, 3):
        part = [limits[k] if k < few else None for k in range(3)]
        ends = [[*v[:few], *[w] * (3 - few)] for v, w in ((low, -np.inf), (high, np.inf))]
        found = node(
            "predictive.js",
            "return m.insideAll(g.worth, g.told, 40, g.limits)",
            worth=worth,
            told={n: getattr(told, n).ravel().tolist() for n in ("value", "lower", "upper")},
            limits=part,
        )
        expected = model.predictive(at).joint_probability(*ends)
        assert np.abs(np.array(found) - expected).max() < 0.006  # 256 nodes; its own 0.005


def test_contour_lines_of_circles() -> None:
    n, radius = 81, 20.0
    y, x = np.mgrid[:n, :n]
    values = np.hypot(x - 40.0, y - 40.0).ravel()
    body = "return m.contourLines(g.v, g.n, g.n, g.r).map((l) => [...l])"
    lines = node("marching.js", body, v=values.tolist(), n=n, r=radius)
    assert len(lines) == 1
    points_ = np.reshape(lines[0], (-1, 2))
    assert (points_[0] == points_[-1]).all()  # closed
    assert np.abs(np.hypot(*(points_ - 40).T) - radius).max() < 0.01  # linear between cells
    assert np.hypot(*np.diff(points_, axis=0).T).max() <= 2**0.5 + 1e-9  # no jumps
    lines = node("marching.js", body, v=values.tolist(), n=n, r=48.0)
    assert len(lines) == 4  # the corners
    assert all(line[:2] != line[-2:] for line in lines)


def test_contour_lines_stop_where_nothing_is_known() -> None:
    values = [float(i) for i in range(5)] * 5
    values[12] = None  # type: ignore[call-overload]
    body = """
        const v = g.v.map((a) => a ?? NaN);
        return m.contourLines(v, 5, 5, 1.5).map((l) => [...l]);"""
    lines = node("marching.js", body, v=values)
    assert sorted(map(len, lines)) == [4, 4]  # above and below the two cells beside the gap


@pytest.mark.parametrize("level", [0.4, 0.6])
def test_saddles_join_what_the_middle_joins(level: float) -> None:
    body = "return m.contourLines([1, 0, 0, 1], 2, 2, g.at).map((l) => [...l])"
    lines = [np.reshape(line, (-1, 2)) for line in node("marching.js", body, at=level)]
    assert len(lines) == 2
    side = [line[:, 0] - line[:, 1] if level < 0.5 else line.sum(axis=1) - 1 for line in lines]
    assert all((v > 0).all() or (v < 0).all() for v in side)  # around the corners cut off


def test_round_numbers() -> None:
    body = "return [m.roundNumbers(0, 1, 5), m.roundNumbers(-3, 17, 4), m.roundNumbers(2, 2, 4)]"
    assert node("marching.js", body) == [[0, 0.2, 0.4, 0.6, 0.8, 1], [0, 5, 10, 15], []]


INPUTS = [
    {"lower": 0, "upper": 10},
    {"lower": -1, "upper": 1, "step": 0.25},
    {"lower": 0, "upper": 2, "levels": ["a", "b", "c"]},
]
ENDS = [[0, 10], [-1, 1], [0, 2]]


def test_rows_keep_steps_levels_and_locked_inputs() -> None:
    body = "return m.spreadRows(g.i, g.e, [5, 0.5, 1], g.free, 200)"
    rows = np.reshape(node("settings.js", body, i=INPUTS, e=ENDS, free=[1, 2]), (200, 3))
    assert (rows[:, 0] == 5).all()
    assert set(rows[:, 1]) == set(np.arange(-1, 1.01, 0.25))
    assert np.bincount(rows[:, 2].astype(int)).min() > 55  # evenly


def test_steps_end_at_the_domain() -> None:
    body = "return [m.onStep(5, 2, 0, 5), m.onStep(2.9, 2, 0, 5), m.onStep(2.9, 0, 0, 5)]"
    assert node("settings.js", body) == [5, 2, 2.9]


def test_far_apart() -> None:
    rows = [0, 0, 0, 0.1, 0, 0, 10, 0, 0, 5, 0, 0]
    body = "return m.farApart(g.i, g.rows, [1, 0, 2, 3], g.n)"
    assert node("settings.js", body, i=INPUTS, rows=rows, n=3) == [1, 2, 3]
    assert node("settings.js", body, i=INPUTS, rows=rows, n=9) == [1, 2, 3, 0]


def test_nearest_setting_inside() -> None:
    """Of a half-plane the nearest point is the foot of the perpendicular."""
    inputs = [{"lower": 0, "upper": 1}, {"lower": 0, "upper": 1}]
    body = """
        const good = (t, n) =>
          Array.from({length: n}, (_, i) => t[2 * i] + 2 * t[2 * i + 1] >= 1.5);
        const e = [[0, 1], [0, 1]], x = [0.3, 0.1];
        const rows = m.spreadRows(g.i, e, x, [0, 1], 1000);
        return [m.nearestGood(g.i, e, x, [0, 1], rows, 1000, good),
                m.nearestGood(g.i, e, x, [1], m.spreadRows(g.i, e, x, [1], 100), 100, good),
                m.nearestGood(g.i, e, x, [0], m.spreadRows(g.i, e, x, [0], 100), 100, good),
                m.nearestGood(g.i, e, [0.9, 0.9], [0, 1], rows, 1000, good)];"""
    both, one, none, here = node("settings.js", body, i=inputs)
    assert np.allclose(both, [0.5, 0.5], atol=0.01)
    assert one[0] == 0.3 and one[1] == pytest.approx(0.6, abs=2e-3)
    assert none is None
    assert here == [0.9, 0.9]


def test_histogram() -> None:
    body = "return m.histogramOf([0, 0.5, 1, 1, 2, 2.5, -1], [0, 1, 2])"
    assert node("scatter.js", body) == [2, 3]


STUB = """
    const model = {outputs: [{}, {}], inputs: g.i, values: (t, n) => {
      const y = new Float64Array(2 * n);
      for (let r = 0; r < n; r++) { y[2 * r] = t[3 * r] - t[3 * r + 1]; y[2 * r + 1] = t[3 * r]; }
      return y;
    }};"""


def test_crossings_lie_on_the_target() -> None:
    rows = [[2, 1, 0], [9, -1, 2], [1, 0, 1], [0, 0, 1], [4, 0, 2], [8, 1, 0]]
    body = STUB + "return m.crossings(model, g.i, Float64Array.from(g.rows.flat()), 0, 5)"
    found = np.reshape(node("crossings.js", body, i=INPUTS, rows=rows), (-1, 3))
    assert len(found) == 2  # the middle pair lies on one side
    assert np.allclose(found[:, 0] - found[:, 1], 5, atol=1e-9)
    assert found[:, 2].tolist() == [0, 2]  # levels of the first of each pair


def test_a_field_over_two_inputs() -> None:
    body = (
        STUB
        + """
        const xs = m.placesAlong(g.i[0], 3), ys = m.placesAlong(g.i[2], 3);
        const grid = {setting: [7, 0.5, 1], a: 0, b: 2, xs, ys}, rows = m.gridRows(grid);
        model.grid = (...given) => given.length === 5 && model.values(rows, 9);
        const {shown, value} = m.fieldOf(model, null, 'value', grid, 0, null, []);
        return [[...rows], [...shown], m.marginOf(value, 2, [[2, null, null], null]),
                m.marginOf(value, 2, [null, null])];"""
    )
    rows, shown, margin, none = node("field.js", body, i=INPUTS)
    grid = np.reshape(rows, (9, 3))
    assert grid[:, 0].tolist() == [0, 5, 10] * 3 and (grid[:, 1] == 0.5).all()
    assert grid[:, 2].tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert shown == (grid[:, 0] - 0.5).tolist()
    assert np.allclose(margin, (grid[:, 0] - 2.5) / 10)  # of the spread over these rows
    assert none is None


GOALS = "../profiling/desirability.js"


@pytest.mark.parametrize(
    ("goal", "limits", "said"),
    [
        ("larger", [5, None, 3], "ideal must be above worthless"),
        ("larger", [3, None, 5], ""),
        ("larger", [12, None, None], "ideal must be above worthless"),  # ideal: the usual range
        ("smaller", [None, 3, 5], "ideal must be below worthless"),
        ("smaller", [None, 5, 3], ""),
        ("target", [5, 3, None], "at least must be below at most"),
        ("target", [3, 5, 9], "the target must lie between"),
        ("target", [3, 5, 4], ""),
        ("within", [5, 3, None], "at least must be below at most"),
        ("within", [3, None, None], ""),
        ("none", [5, 3, None], ""),
    ],
)
def test_goals_that_contradict_themselves_are_said(goal: str, limits: list[Any], said: str) -> None:
    found = node(GOALS, "return m.goalFault(g.goal, g.limits, [0, 10])", goal=goal, limits=limits)
    assert found.startswith(said) and bool(found) == bool(said)


def test_an_optimum_among_familiar_settings_is_above_the_least_p() -> None:
    """y = x is best at 1; familiar are settings whose p is above the least, not at it."""
    body = """
    const app = {
      goals: ['larger'], limits: [[null, null, null]], locked: new Set(),
      setting: Float64Array.of(0.1),
      about: { outputs: [{ range: [0, 1] }], inputs: [{ step: 1e-6 }] },
      model: {
        inputs: [{ lower: 0, upper: 1, name: 'x' }], outputs: [{ name: 'y' }], leastP: 0.05,
        values: (X, n) => X.slice(0, n), familiarity: (x) => ({ p: x[0] > g.end ? 0.05 : 0.5 }),
        familiarities: (X, n) => Float64Array.from(X.slice(0, n), (x) => (x > g.end ? 0.05 : 0.5)),
      },
    };
    return [m.optimum(app, true), m.optimum(app)].map((one) => one.x[0])"""
    inside, free = node(GOALS, body, end=0.6)
    assert free == pytest.approx(1.0, abs=1e-5)
    assert inside == pytest.approx(0.6, abs=0.01) and inside <= 0.6
