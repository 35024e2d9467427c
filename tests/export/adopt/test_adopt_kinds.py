"""Objects of a near kind: adopted where that is exact, one sentence otherwise; numbers that are not
real are never cut."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from scipy.interpolate import (
    BSpline,
    CubicSpline,
    InterpolatedUnivariateSpline,
    NdBSpline,
    PchipInterpolator,
    RectBivariateSpline,
    RegularGridInterpolator,
    SmoothBivariateSpline,
    UnivariateSpline,
    make_interp_spline,
)

from sna_edge import InputError, Output
from sna_export.adopt import (
    Adopted,
    Domain,
    from_chaos,
    from_gam,
    from_gaussian_process,
    from_numpoly,
    from_openturns,
    from_products,
    from_reduced_basis,
    from_state,
    from_tensor_spline,
    from_train,
    legendre_powers,
)
from sna_export.fit import fit_arrays, fit_table
from sna_export.table import Table

G, H = np.linspace(0.0, 1.0, 6), np.linspace(-1.0, 2.0, 7)
V = np.random.default_rng(0).random((6, 7))
X = np.random.default_rng(1).uniform([0.0, -1.0], [1.0, 2.0], (50, 2))
BOX = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]

SPLINES = {
    "RegularGridInterpolator": (RegularGridInterpolator((G, H), V), 2),
    "RegularGridInterpolator, uneven": (RegularGridInterpolator((G**2, H), V), 2),
    "RegularGridInterpolator, two outputs": (
        RegularGridInterpolator((G, H), np.stack([V, V**2], axis=-1)),
        2,
    ),
    "RectBivariateSpline": (RectBivariateSpline(G, H, V), 2),
    "RectBivariateSpline, other degrees": (RectBivariateSpline(G, H, V, kx=1, ky=4), 2),
    "SmoothBivariateSpline": (SmoothBivariateSpline(X[:, 0], X[:, 1], np.sin(X.sum(axis=1))), 2),
    "BSpline": (make_interp_spline(H, np.sin(H)), 1),
    "BSpline, two outputs": (make_interp_spline(H, np.stack([np.sin(H), H], axis=1)), 1),
    "BSpline, degree 5": (make_interp_spline(H, np.sin(H), k=5), 1),
    "UnivariateSpline": (UnivariateSpline(H, np.sin(H), s=0.01), 1),
    "InterpolatedUnivariateSpline": (InterpolatedUnivariateSpline(H, np.sin(H)), 1),
    "NdBSpline": (NdBSpline((np.r_[0, 0, 1, 1.0], np.r_[-1, -1, 2, 2.0]), np.eye(2), 1), 2),
}


@pytest.mark.parametrize("name", SPLINES)
def test_splines_of_every_class_are_adopted_exactly(name: str) -> None:
    spline, inputs = SPLINES[name]
    original = from_tensor_spline(spline)
    low, high = (np.array([getattr(d, end) for d in original.domain]) for end in ("lower", "upper"))
    x = np.random.default_rng(2).uniform(low, high, (40, inputs))
    wanted = spline.ev(*x.T) if hasattr(spline, "ev") else spline(x[:, 0] if inputs == 1 else x)
    wanted = np.asarray(wanted).reshape(40, -1)
    np.testing.assert_allclose(original.value(x), wanted, atol=1e-12)
    np.testing.assert_allclose(
        original.compile(1e-6).value(x), wanted, atol=2e-6 * max(1.0, float(np.ptp(wanted)))
    )


NO_SPLINES = {
    "cubic table": RegularGridInterpolator((G, H), V, method="cubic"),
    "complex table": RegularGridInterpolator((G, H), V + 1j),
    "table with a hole": RegularGridInterpolator((G, H), np.where(V > 0.9, np.nan, V)),
    "CubicSpline": CubicSpline(G, G**2),
    "Pchip": PchipInterpolator(G, G),
    "a number": 3,
    "a function": np.sin,
    "None": None,
    "complex coefficients": BSpline(np.r_[0, 0, 1, 1.0], np.array([1j, 1.0]), 1),
    "a Table": Table.of({"a": [1, 2]}),
}


@pytest.mark.parametrize("name", NO_SPLINES)
def test_what_is_no_spline_is_one_sentence(name: str) -> None:
    with warnings.catch_warnings(), pytest.raises(InputError) as error:
        warnings.simplefilter("error")
        from_tensor_spline(NO_SPLINES[name])
    assert len(str(error.value).splitlines()) == 1


BAD = {
    "complex": 1j,
    "NaN": np.nan,
    "infinite": np.inf,
    "masked": None,
    "text": "x",
    "time": np.datetime64("2024-01-01"),
}


def spoiled(good: Any, bad: str) -> Any:
    good = np.asarray(good, dtype=float)
    if bad == "masked":
        return np.ma.array(good, mask=np.arange(good.size).reshape(good.shape) == 0)
    if bad in ("text", "time"):
        return np.full(good.shape, BAD[bad])
    return good + np.where(np.arange(good.size).reshape(good.shape) == 0, BAD[bad], 0.0)


WAYS = {
    "cores": lambda v: from_train([v(np.ones((1, 3, 2))), np.ones((2, 3, 1))], BOX),
    "chaos": lambda v: from_chaos(
        v([1.0, 2.0]), [[0, 0], [1, 1]], [legendre_powers(1, 0, 1)] * 2, BOX
    ),
    "powers": lambda v: from_chaos(
        [1.0, 2.0], [[0, 0], [1, 1]], [v(legendre_powers(1, 0, 1))] * 2, BOX
    ),
    "indices": lambda v: from_chaos(
        [1.0, 2.0], v([[0, 0], [1, 1]]), [legendre_powers(1, 0, 1)] * 2, BOX
    ),
    "weights": lambda v: from_products([[np.sin, np.cos]], BOX, v([1.0])),
    "modes": lambda v: from_reduced_basis(v(np.ones((3, 1))), [0, 0.5, 1], [np.sin], BOX),
    "nodes": lambda v: from_reduced_basis(np.ones((3, 1)), v([0, 0.5, 1]), [np.sin], BOX),
    "state": lambda v: from_state({"0.weight": v(np.ones((2, 1))), "0.bias": np.ones(2)}),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", WAYS)
def test_numbers_that_are_not_real_and_finite_are_never_cut(way: str, bad: str) -> None:
    """Complex and masked cores lost what they were; a core of NaN was compiled."""
    WAYS[way](lambda good: np.asarray(good, dtype=float))
    with warnings.catch_warnings(), pytest.raises(InputError):
        warnings.simplefilter("error")
        WAYS[way](lambda good: spoiled(good, bad))


def test_functions_that_give_complex_numbers_are_refused() -> None:
    original = from_products([[lambda x: np.exp(1j * x), np.cos]], BOX)
    with pytest.raises(InputError, match="complex"):
        original.compile(1e-3)


def test_cores_of_one_point_are_constants() -> None:
    original = from_train([np.full((1, 1, 2), 3.0), np.ones((2, 3, 1))], BOX)
    assert (
        original.value(np.array([[0.2, 0.9]]))[0, 0]
        == pytest.approx(6.0)
        == original.compile(1e-6).value([0.7, 0.1])[0]
    )


def test_expansions_with_several_outputs() -> None:
    found = from_chaos([[1.0, 2.0], [3.0, 4.0]], [[0, 0], [1, 0]], [np.eye(2)] * 2, BOX)
    assert [o.name for o in found.outputs] == ["y0", "y1"] and found.value(
        np.array([[0.5, 0.0]])
    ).tolist() == [[2.5, 4.0]]

    class Poly:
        names, exponents, coefficients = (
            ["q0"],
            np.array([[0], [1]]),
            [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
        )

    assert from_numpoly(Poly(), BOX).value(np.array([[0.5, 0.0]])).tolist() == [[2.5, 4.0]]
    with pytest.raises(InputError, match="2 outputs"):
        from_numpoly(Poly(), BOX, Output("y"))


SCALERS = {
    "Standard": {},
    "MinMax": {"feature_range": (-2, 1)},
    "MaxAbs": {},
    "Robust": {},
    "Standard without mean": {"with_mean": False},
    "Standard without scale": {"with_std": False},
    "two": {},
    "passthrough": {},
}


@pytest.mark.parametrize("kind", SCALERS)
def test_a_fitted_pipeline_of_scalers_and_a_process_is_adopted(kind: str) -> None:
    """It was said to be "not fitted"."""
    process, scalers = (
        pytest.importorskip("sklearn.gaussian_process"),
        pytest.importorskip("sklearn.preprocessing"),
    )
    pipeline = pytest.importorskip("sklearn.pipeline")
    steps = (
        [
            "passthrough"
            if kind == "passthrough"
            else getattr(scalers, kind.split()[0] + "Scaler")(**SCALERS[kind])
        ]
        if kind != "two"
        else [scalers.MinMaxScaler(), scalers.StandardScaler()]
    )
    y = np.sin(3 * X[:, 0]) + X[:, 1] ** 2
    made = pipeline.make_pipeline(
        *steps, process.GaussianProcessRegressor(optimizer=None, normalize_y=True, alpha=1e-4)
    ).fit(X, y)
    original = from_gaussian_process(made)
    np.testing.assert_allclose(original.value(X)[:, 0], made.predict(X), atol=1e-9)
    np.testing.assert_allclose(
        [(d.lower, d.upper) for d in original.domain],
        np.stack([X.min(axis=0), X.max(axis=0)], axis=1),
        rtol=1e-12,
    )


OTHERS: dict[str, Any] = {
    "process": lambda: from_gaussian_process(3),
    "gam": lambda: from_gam(np.sin, BOX),
    "openturns": lambda: from_openturns([1, 2]),
    "numpoly": lambda: from_numpoly(np.poly1d([1, 2]), BOX),
    "state": lambda: from_state([1, 2]),
    "table of a list": lambda: Table.of([[1, 2]]),
    "domain too short": lambda: from_tensor_spline(SPLINES["BSpline"][0], BOX),
    "one x": lambda: fit_arrays([1, 2, 3], [1, 2, 3]),
    "three dimensions": lambda: fit_arrays(np.ones((3, 1)), np.ones((3, 1, 1))),
    "complex y": lambda: fit_arrays(np.ones((3, 1)), [1j, 2, 3]),
    "times": lambda: fit_arrays(np.array([["2024-01-01"]] * 3, "M8[s]"), [1, 2, 3]),
    "text": lambda: fit_arrays([["x"]] * 3, [1, 2, 3]),
}


@pytest.mark.parametrize("case", OTHERS)
def test_other_objects_are_one_sentence(case: str) -> None:
    with pytest.raises(InputError) as error:
        OTHERS[case]()
    assert len(str(error.value).splitlines()) == 1


def test_pipelines_that_are_none_are_named() -> None:
    process, scalers = (
        pytest.importorskip("sklearn.gaussian_process"),
        pytest.importorskip("sklearn.preprocessing"),
    )
    pipeline = pytest.importorskip("sklearn.pipeline")
    regressor, classifier = (
        getattr(process, f"GaussianProcess{kind}")(optimizer=None)
        for kind in ("Regressor", "Classifier")
    )
    for made, words in (
        (
            pipeline.make_pipeline(scalers.PolynomialFeatures(2), regressor).fit(X, X[:, 0]),
            "Polynomial",
        ),
        (
            pipeline.make_pipeline(scalers.StandardScaler(), process.GaussianProcessRegressor()),
            "fitted",
        ),
        (process.GaussianProcessRegressor(), "not fitted"),
        (classifier.fit(X, X[:, 0] > 0.5), "regressor"),
    ):
        with pytest.raises(InputError, match=words):
            from_gaussian_process(made)


def test_tables_of_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(
        {
            "a": [1, 2, None],
            "b": pandas.array([1, 2, None], dtype="Int64"),
            "lot": pandas.Categorical(["x", "y", None]),
            "flag": [True, False, True],
            "when": pandas.to_datetime(["2024-01-01", "2024-01-02", None]),
            "s": pandas.array(["u", None, "w"], dtype="string"),
            "f": np.float32([0.1, 1, 2]),
        }
    )
    table = Table.of(frame)
    assert table.names == tuple(frame.columns) and len(table) == 3
    np.testing.assert_array_equal(table.column("a"), [1, 2, np.nan])
    np.testing.assert_array_equal(table.column("b"), [1, 2, np.nan])
    assert (
        np.isnan(table.column("when")).all()
        and np.isnan(table.column("lot")).all()
        and table.column("flag").tolist() == [1, 0, 1]
    )
    for name, words in (
        ("when", "text"),
        ("a", "missing"),
        ("b", "missing"),
        ("lot", "text"),
        ("s", "text"),
    ):
        with pytest.raises(InputError, match=words):
            fit_table(table, ["f"], [name])
    for name in ("lot", "s"):
        with pytest.raises(InputError, match="missing"):
            fit_table(table, ["f"], [name], categorical=[name])
    named = np.array([(1.0, "x"), (2.0, "y")], dtype=[("a", "f8"), ("lot", "U1")])
    assert Table.of(named).names == ("a", "lot")
    masked = Table.of({"a": np.ma.array([1.0, 2.0], mask=[False, True])})
    assert np.isnan(masked.column("a")[1])
    for bad in (
        {"a": np.ones((3, 2))},
        {"a": [1j, 2, 3]},
        {"a": np.array([1j])},
        {"a": [1, 2], "b": [1]},
    ):
        with pytest.raises(InputError):
            Table.of(bad)
    assert isinstance(from_train([np.ones((1, 2, 1))], BOX[:1]), Adopted)
