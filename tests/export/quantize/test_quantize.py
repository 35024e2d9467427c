"""Quantized models: on the grid, near their reference, better than plain rounding, certified
truthfully."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sna_edge import CP, InputError, Interval, Model, Output, from_bytes, spline_axis
from sna_edge.artifact.canonical_form import as_stored
from sna_export.certify import exact_rms, measure, with_integer_path
from sna_export.certify.certificate import linear_span
from sna_export.certify.comparison import points_of
from sna_export.quantize import quantize

TYPES = ["int8", "int16", "float16"]
LIMIT = {"int8": 1e-2, "int16": 1e-4, "float16": 1e-2}


def kinds(models) -> dict[str, Model]:
    return {
        "cp": models.cp(models.uniform_axes(5)),
        "cp mixed axes": models.cp(models.mixed_axes(), full=False, outputs=2),
        "cp signed": models.cp(models.uniform_axes(4), mean=0.0),
        "tt": models.tt(models.uniform_axes(4)),
        "tt mixed axes": models.tt(models.mixed_axes(), outputs=2),
        "one axis": models.cp(models.uniform_axes(1), rank=1),
        "degree 0": models.cp(models.uniform_axes(3, spans=9, degree=0)),
        "degree 7": models.cp(models.uniform_axes(3, spans=4, degree=7)),
    }


KINDS = [
    "cp",
    "cp mixed axes",
    "cp signed",
    "tt",
    "tt mixed axes",
    "one axis",
    "degree 0",
    "degree 7",
]


@pytest.fixture(scope="module")
def made(models) -> dict[tuple[str, str], tuple[Model, Model]]:
    """(kind, type) -> (model, quantized)."""
    return {(k, t): (m, quantize(m, t)) for k, m in kinds(models).items() for t in TYPES}


every = pytest.mark.parametrize(
    "key", [(k, t) for k in KINDS for t in TYPES], ids=lambda key: f"{key[0]}-{key[1]}"
)


@every
def test_tables_are_exactly_on_their_grid(made, key) -> None:
    _, small = made[key]
    unit = {"int8": 2.0**-7, "int16": 2.0**-15}.get(key[1])
    for table in small.interaction.tables:
        if unit:
            q = table / unit
            assert (
                np.array_equal(q, np.rint(q))
                and q.min(initial=0) >= -1 / unit
                and q.max(initial=0) <= 1 / unit - 1
            )
        else:
            assert (
                np.array_equal(table, table.astype(np.float16))
                and np.abs(table).max(initial=0) <= 1
            )
    assert set(small.dtypes) == {key[1]}


@every
def test_files_round_trip_and_keep_the_certificate(made, key) -> None:
    _, small = made[key]
    data = small.to_bytes()
    again = from_bytes(data, backend="numpy")
    assert again.to_bytes() == data and again.certificate == small.certificate


@every
def test_error_is_small_and_below_plain_rounding(made, key) -> None:
    model, small = made[key]
    plain = quantize(model, key[1], resolve=False)
    assert small.certificate["max"] <= LIMIT[key[1]]
    assert small.certificate["exact_rms"] <= plain.certificate["exact_rms"]


def test_int8_rms_is_half_of_plain_rounding_in_the_mean(made) -> None:
    ratios = [
        quantize(model, "int8", resolve=False).certificate["exact_rms"]
        / small.certificate["exact_rms"]
        for (_, dtype), (model, small) in made.items()
        if dtype == "int8"
    ]
    assert np.exp(np.mean(np.log(ratios))) >= 2.0


@every
def test_certificate_tells_the_truth(made, key, models) -> None:
    """Against other points than those it was measured at."""
    model, small = made[key]
    stored, figures = as_stored(small), small.certificate
    x = models.points(model, 20_000, seed=77)
    error = np.abs(stored.value(x, level_index=True) - model.value(x, level_index=True))
    span = measure(stored, model, points_of(model)).span
    assert abs(np.sqrt(np.mean(error**2, axis=0) / span**2).max() / figures["rms"] - 1) < 0.15
    assert np.quantile(error, 0.999, axis=0).max() <= 1.5 * (figures["p999"] * span).max()
    assert (error.max(axis=0) / span).max() <= 1.7 * figures["max"]
    at = np.array(figures["at"])
    worst = np.abs(stored.value(at, level_index=True) - model.value(at, level_index=True))
    assert (worst / span).max() >= 0.9 * figures["max"]
    assert figures["rms"] <= figures["p999"] <= figures["max"]
    assert len(json.dumps(figures, separators=(",", ":"))) <= 250


@every
def test_exact_rms_is_the_measured_one(made, key) -> None:
    model, small = made[key]
    found = measure(as_stored(small), model, points_of(model, count=30_000))
    exact = exact_rms(as_stored(small), model)
    assert np.abs(found.linear_rms / exact - 1).max() < 0.15
    assert small.certificate["exact_rms"] >= (exact / linear_span(model)).max() * (1 - 1e-9)


@every
def test_weights_fit_float32(made, key) -> None:
    _, small = made[key]
    weights = small.interaction.weights
    assert np.isfinite(weights.astype(np.float32)).all()


@every
def test_integer_arithmetic_is_measured_where_there_is_an_integer_path(made, key) -> None:
    """Q15 products: each of D factors rounds by 2^-16 of a mode of size one at most."""
    model, small = made[key]
    assert "integer" not in small.certificate
    if key[1] == "float16" or model.interaction.kind == "tt":
        with pytest.raises(InputError, match=r"no integer path|is stored as float16"):
            with_integer_path(small)
        return
    figures = with_integer_path(small).certificate
    assert 0 < figures["integer"] <= 2.0**-15 * (len(model.axes) + 2) * max(1.0, figures["kappa"])


def test_same_model_same_bytes(models) -> None:
    for make in (models.cp, models.tt):
        axes = models.mixed_axes()
        assert quantize(make(axes), "int8").to_bytes() == quantize(make(axes), "int8").to_bytes()


@pytest.mark.parametrize("dtype", TYPES)
def test_quantized_models_come_back_as_they_are(models, dtype: str) -> None:
    small = from_bytes(
        quantize(models.cp(models.mixed_axes(), full=False), dtype).to_bytes(), backend="numpy"
    )
    assert quantize(small, dtype).to_bytes() == small.to_bytes()


def test_quantizing_again_adds_the_errors(models) -> None:
    model = models.cp(models.uniform_axes(4))
    first = quantize(model, "int16")
    second = quantize(first, "int8")
    direct = as_stored(second)
    assert set(second.dtypes) == {"int8"}
    assert second.certificate["exact_rms"] >= (exact_rms(direct, model) / linear_span(model)).max()
    assert second.certificate["max"] >= first.certificate["max"]


def test_periodic_tables_stay_closed(made) -> None:
    _, small = made["cp mixed axes", "int8"]
    basis, table = small.axes[2].basis, small.interaction.tables[2]
    assert np.array_equal(table[basis.tie], table)
    _, train = made["tt mixed axes", "int8"]
    assert np.array_equal(train.interaction.cores[2][basis.tie], train.interaction.cores[2])


def test_sparse_modes_keep_their_axes(made) -> None:
    model, small = made["cp mixed axes", "int8"]
    assert np.array_equal(small.interaction.uses, model.interaction.uses)


@pytest.mark.parametrize("max_error", [3e-2, 3e-3, 1e-3, 1e-4, 1e-5])
@pytest.mark.parametrize("to", ["auto", "int8"])
def test_max_error_holds_and_wider_types_cost_bytes(models, to: str, max_error: float) -> None:
    model = models.cp(models.uniform_axes(4, spans=16), rank=6)
    small = quantize(model, to, max_error=max_error)
    assert small.certificate["max"] <= max_error
    found = measure(as_stored(small), model, points_of(model))
    assert found.relative <= max_error
    allowed = (
        {"int8", "int16", "float32"} if to == "int8" else {"int8", "int16", "float16", "float32"}
    )
    assert set(small.dtypes) <= allowed


def test_looser_limits_never_cost_more_bytes(models) -> None:
    model = models.cp(models.uniform_axes(4, spans=16), rank=6)
    sizes = [len(quantize(model, "auto", max_error=e).to_bytes()) for e in (1e-1, 1e-3, 1e-5)]
    assert sizes == sorted(sizes)


def test_unreachable_limits_are_refused(models) -> None:
    with pytest.raises(InputError, match="float32"):
        quantize(models.cp(models.uniform_axes(3)), "auto", max_error=1e-14)


@pytest.mark.parametrize(
    ("to", "max_error"),
    [("int4", None), ("float64", None), ("auto", 0.0), ("int8", -1.0), ("int8", float("nan"))],
)
def test_bad_requests_are_refused(models, to: str, max_error: float | None) -> None:
    with pytest.raises(InputError):
        quantize(models.cp(models.uniform_axes(2)), to, max_error=max_error)


def test_data_rows_are_measured_too(models) -> None:
    model = models.cp(models.uniform_axes(3))
    corner = np.array([[a.lower for a in model.axes], [a.upper for a in model.axes]])
    outside = corner + 100.0
    small = quantize(model, "int8", data=np.vstack([corner, outside]))
    span = measure(small, model, points_of(model, corner)).span
    assert (
        np.abs(small.value(corner) - model.value(corner)).max()
        <= small.certificate["max"] * 1.01 * span[0]
    )
    assert points_of(model, np.vstack([corner, outside])).shape == (16384 + 2, 3)


@pytest.mark.parametrize("kind", ["cp", "tt"])
def test_rows_given_are_served_better(models, kind: str) -> None:
    """Rows crowded in a corner of the domain: the error on them falls, that of the domain hardly
    grows."""
    model = getattr(models, kind)(models.uniform_axes(4, spans=12))
    corner = np.stack(
        [
            a.lower + 0.15 * a.width * np.random.default_rng(d).random(2000)
            for d, a in enumerate(model.axes)
        ],
        axis=1,
    )
    error, whole = [], []
    for data in (None, corner):
        small = quantize(model, "int8", data=data)
        error.append(np.sqrt(np.mean((small.value(corner) - model.value(corner)) ** 2)))
        whole.append(exact_rms(small, model).max())
    assert error[1] < 0.8 * error[0] and whole[1] < 1.6 * whole[0]


def test_unused_axes_and_zero_columns_survive(models) -> None:
    axes = models.uniform_axes(3)
    rng = np.random.default_rng(0)
    tables = (
        rng.standard_normal((9, 2)),
        np.zeros((9, 0)),
        np.c_[np.zeros(9), rng.standard_normal(9)],
    )
    model = Model(
        axes,
        CP(tables, (np.array([0, 1]), np.array([], dtype=int), np.array([0, 1])), np.ones((2, 1))),
        [Output("y")],
    )
    for dtype in TYPES:
        small = from_bytes(quantize(model, dtype).to_bytes(), backend="numpy")
        x = models.points(model, 100)
        assert np.abs(small.value(x) - model.value(x)).max() <= LIMIT[dtype] * np.ptp(
            model.value(points_of(model))
        )


def test_constant_models_survive(models) -> None:
    axes = models.uniform_axes(2)
    model = Model(axes, CP.full([np.ones((9, 1)), np.ones((9, 1))]), [Output("y", bias=2.0)])
    for dtype in TYPES:
        small = from_bytes(quantize(model, dtype).to_bytes(), backend="numpy")
        assert np.abs(small.value(models.points(model, 50)) - 3.0).max() < 1e-5


def test_models_without_modes_survive(models) -> None:
    axes = models.uniform_axes(2)
    empty = (np.zeros((9, 0)), np.zeros((9, 0)))
    none = (np.array([], dtype=int), np.array([], dtype=int))
    for bias in (0.0, 2.0):
        model = Model(axes, CP(empty, none, np.zeros((0, 1))), [Output("y", bias=bias)])
        for dtype in TYPES:
            small = from_bytes(quantize(model, dtype).to_bytes(), backend="numpy")
            assert np.array_equal(small.value(models.points(model, 5)), np.full((5, 1), bias))


def test_an_output_that_is_zero_does_not_disturb_the_others(models) -> None:
    model = models.cp(models.uniform_axes(3), outputs=2)
    work = model.interaction
    weights = work.weights * np.array([1.0, 0.0])
    outputs = [Output("a"), Output("b")]
    small = quantize(
        model.replace(interaction=work.with_tables(work.tables, weights), outputs=outputs), "int8"
    )
    assert small.certificate["max"] < 1e-2
    assert np.abs(small.value(models.points(model, 100))[:, 1]).max() < 1e-9


def test_cancelling_modes_are_warned_of(models) -> None:
    """f = (phi - phi') with phi' within a percent of phi."""
    base = models.cp(models.uniform_axes(3), rank=2)
    near = tuple(
        np.hstack([t, t + 0.01 * np.sin(np.arange(t.size)).reshape(t.shape)])
        for t in base.interaction.tables
    )
    model = base.replace(
        interaction=CP.full(near, np.vstack([base.interaction.weights, -base.interaction.weights]))
    )
    with pytest.warns(UserWarning, match="kappa"):
        small = quantize(model, "int16")
    assert small.certificate["kappa"] > 30


def test_known_answer_in_int8() -> None:
    """A table that is a multiple of the unit already is kept to the bit: no error at all."""
    from sna_edge import spline_axis

    axis = spline_axis("x", "", 0.0, 1.0, spans=3, degree=1)
    table = np.array([[-1.0], [0.5], [-0.25], [127 / 128]])
    small = quantize(Model([axis], CP.full([table]), [Output("y")]), "int8")
    assert np.array_equal(np.abs(small.interaction.tables[0]), np.abs(table))
    assert small.certificate["exact_rms"] < 1e-8


def along_a_diagonal() -> tuple[Model, np.ndarray]:
    """exp(12 (e^a - e^b)): two inputs that go together at the rows, 9e8 where they part."""
    axes = [spline_axis(name, "", 0.0, 1.0, spans=8, degree=3) for name in "ab"]
    curve = np.exp(np.linspace(0, 1, 11))[:, None]
    tables = [curve ** [1, 0], curve ** [0, 1]]
    output = Output("y", link="exp", interval=Interval(0.9, 0.1, 0.1, "output"))
    a = np.linspace(0.02, 0.98, 200)
    rows = np.stack([a, a + 0.02 * np.sin(40 * a)], axis=1)
    return Model(axes, CP.full(tables, np.array([[12.0], [-12.0]])), [output]), rows


def test_rows_that_go_together_keep_their_width():
    model, rows = along_a_diagonal()
    for count, near in ((200, True), (49, False)):
        small = quantize(model, "int8", data=rows[:count])
        width = small.outputs[0].interval.below
        assert (width < 0.2) is near
        error = np.abs(small.value(rows) - model.value(rows))
        assert width >= np.hypot(0.1, np.quantile(error, 0.9)) * (1 - 1e-9)
