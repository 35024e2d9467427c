"""Fits of a shape: proved in the file, near the truth where it has the shape, refused in one
sentence where they cannot be."""

import numpy as np
import pytest

from sna_edge import load
from sna_edge.basis import bspline
from sna_edge.calculus.shape import claims_of, proofs
from sna_edge.errors import InputError
from sna_export.fit import AxisSpec, fit, fit_arrays
from sna_export.fit.shape.cone import cone, places
from sna_export.quantize import quantize
from sna_export.table import Table

NAMES = [AxisSpec("power"), AxisSpec("speed"), AxisSpec("gap")]


def truth(x: np.ndarray) -> np.ndarray:
    return np.asarray(np.exp(1.5 * x[:, 0]) * (1.2 - x[:, 1]) + 0.5 * np.sin(5.0 * x[:, 2]))


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.random((200, 3))
    return x, truth(x) + 0.1 * rng.standard_normal(200)


@pytest.mark.parametrize("degree, spans", [(1, 1), (1, 4), (2, 3), (3, 1), (3, 5)])
@pytest.mark.parametrize("slope", [-1, 0, 1])
@pytest.mark.parametrize("bend", [-1, 0, 1])
def test_every_column_of_a_cone_has_its_shape(
    degree: int, spans: int, slope: int, bend: int
) -> None:
    breaks = np.sort(np.r_[0.0, np.random.default_rng(spans).random(spans - 1), 1.0])
    basis = bspline(breaks, degree)
    columns, at = cone(basis, slope, bend), np.linspace(0.0, 1.0, 201)
    values = basis.design(at) @ columns
    assert columns.min() >= 0.0 and np.linalg.matrix_rank(columns) == basis.n_rows
    assert (slope * np.diff(values, axis=0) >= -1e-12).all()
    assert (bend * np.diff(values, 2, axis=0) >= -1e-12).all()
    assert np.allclose(basis.design(at) @ places(basis), at)


def test_the_shape_is_proved_in_the_file_and_costs_little(
    rows: tuple[np.ndarray, np.ndarray], tmp_path: object
) -> None:
    x, y = rows
    asked = {"increasing": ["power"], "decreasing": ["speed"], "convex": ["power"]}
    found = fit_arrays(x, y, NAMES, ["depth"], shape=asked)
    path = f"{tmp_path}/depth.sna"
    found.model.save(path)
    model = load(path)
    assert found.report["shape"] == model.metadata["shape"] == asked
    assert all(proofs(model, claims_of(asked)).values())
    fresh = np.random.default_rng(1).random((500, 3)) * 0.98 + 0.01
    assert np.std(model.evaluate(fresh).value[:, 0] - truth(fresh)) < 0.05 * truth(fresh).std()
    line = np.c_[np.linspace(x[:, 0].min(), x[:, 0].max(), 300), np.full((300, 2), 0.5)]
    along = model.evaluate(line).value[:, 0]
    assert (np.diff(along) >= 0.0).all() and (np.diff(along, 2) >= -1e-6).all()


def test_a_shape_that_the_rows_contradict_gives_a_flat_curve(
    rows: tuple[np.ndarray, np.ndarray],
) -> None:
    x, y = rows
    model = fit_arrays(x, y, NAMES, ["depth"], shape={"decreasing": "power"}, plain=True).model
    line = np.c_[np.linspace(0.1, 0.9, 50), np.full((50, 2), 0.5)]
    assert np.ptp(model.evaluate(line).value) < 0.01 * np.ptp(y)


def test_positive_alone_of_several_inputs(rows: tuple[np.ndarray, np.ndarray]) -> None:
    """Nothing is asked of a slope then, and the free fit behind exp is one of the shape."""
    x, y = rows
    y = np.exp(0.5 * y)
    found = fit_arrays(x, y, NAMES, ["depth"], shape={"positive": True}, effort="quick")
    free = fit_arrays(x, y, NAMES, ["depth"], link="exp", effort="quick")
    assert found.report["shape"] == {"positive": True} and found.report["link"] == "exp"
    errors = [f.report["outputs"]["depth"]["rmse"] for f in (found, free)]
    assert errors[0] <= 1.1 * errors[1]


def test_several_outputs_levels_and_positive(rows: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = rows
    lot = np.random.default_rng(2).integers(0, 2, len(x))
    both = np.exp(np.c_[y, y + lot])
    axes = [*NAMES[:2], AxisSpec("lot", levels=("a", "b"))]
    asked = {"increasing": ["power"], "positive": True}
    found = fit_arrays(np.c_[x[:, :2], lot], both, axes, ["p", "q"], shape=asked)
    assert {o.link for o in found.model.outputs} == {"exp"}
    assert all(proofs(found.model, claims_of(asked)).values())


def test_an_input_that_takes_no_part_is_said(rows: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = rows
    table = Table.of({"power": x[:, 0], "held": 2.0 * x[:, 0], "depth": y})
    found = fit(table, ["depth"], shape={"increasing": ["power", "held"]}, plain=True)
    assert found.model.metadata["shape"] == {"increasing": ["power"]}
    assert "increasing in held: the model does not use this input" in found.report["notes"]


def test_integers_prove_it_or_say_that_they_do_not(rows: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = rows
    asked = {"increasing": ["power"]}
    model = fit_arrays(x, y, NAMES, ["depth"], shape=asked, plain=True).model
    for kind in ("int16", "int8"):
        small = quantize(model, kind)
        line = np.c_[np.linspace(0.1, 0.9, 50), np.full((50, 2), 0.5)]
        rises = (np.diff(small.evaluate(line).value[:, 0]) >= -1e-9).all()
        assert rises or not all(proofs(small, claims_of(asked)).values())


@pytest.mark.parametrize(
    "asked, words",
    [
        (
            {"increasing": ["laser"]},
            "'laser', which is not an input that varies; inputs are power, speed, gap",
        ),
        ({"increasing": ["gap"], "decreasing": ["gap"]}, "asked to be decreasing and increasing"),
        ({"rising": ["gap"]}, "shape names 'rising'"),
        ({"positive": True}, "is not positive"),
        ({"increasing": ["lot"]}, "has levels"),
    ],
)
def test_refused(rows: tuple[np.ndarray, np.ndarray], asked: dict, words: str) -> None:
    x, y = rows
    axes = NAMES
    if "lot" in str(asked):
        x, axes = np.c_[x[:, :2], x[:, 2] > 0.5], [*NAMES[:2], AxisSpec("lot", levels=("a", "b"))]
    with pytest.raises(InputError, match=words):
        fit_arrays(x, y - y.min() - 0.1, axes, ["depth"], shape=asked)


@pytest.mark.parametrize("bend, link", [("concave", "exp"), ("convex", "logistic")])
def test_bends_that_a_link_would_lose_are_refused(bend: str, link: str) -> None:
    x = np.random.default_rng(0).random((40, 1))
    with pytest.raises(InputError, match="does not survive the link"):
        fit_arrays(x, 0.2 + 0.5 * x[:, 0], [AxisSpec("a")], shape={bend: "a"}, link=link)
