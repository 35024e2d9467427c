"""Values that Python callers hold: frames, tensors, masked, complex, times, text; used as they are,
or one sentence, never cut."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sna_edge import (
    CP,
    TT,
    DomainError,
    InputError,
    Model,
    Output,
    SnaError,
    Status,
    level_axis,
    spline_axis,
)
from sna_edge.inverse import advise, estimate, invert_batch, level_set, roots
from sna_edge.values.reals import reals


class Ours(np.ndarray):
    """Somebody's subclass."""


def plane() -> Model:
    """y = a + 10 b + 100 c, c = 0, 1 for the lots 7, B."""
    lines = [spline_axis(name, "", 0.0, 9.0, spans=1, degree=1) for name in "ab"]
    axes = [*lines, level_axis("lot", ("7", "B"))]
    tables = (np.array([[0.0], [9.0]]), np.array([[0.0], [90.0]]), np.array([[0.0], [100.0]]))
    return Model(
        axes, CP(tables, tuple(np.array([i]) for i in range(3)), np.ones((3, 1))), [Output("y")]
    )


def _torch(values: Any) -> Any:
    torch = pytest.importorskip("torch")
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def _pandas(**options: Any) -> Any:
    frame = pytest.importorskip("pandas").DataFrame(
        {"lot": [7, "B"], "note": ["x", "y"], "b": [2, 3], "a": [1, 1.5]}
    )
    return frame.astype(options) if options else frame


def _polars(_: Any = None) -> Any:
    return pytest.importorskip("polars").DataFrame(
        {"lot": ["7", "B"], "b": [2, 3], "note": ["x", None], "a": [1.0, 1.5]}
    )


def _arrow() -> Any:
    return pytest.importorskip("pyarrow").table(
        {"lot": ["7", "B"], "b": [2, 3], "a": [1, 1.5], "when": [None, None]}
    )


SAME: dict[str, Callable[[], Any]] = {
    "mapping of lists": lambda: {"lot": [7, "B"], "b": [2, 3], "a": [1, 1.5]},
    "list of lists": lambda: [[1, 2, 7], [1.5, 3, "B"]],
    "tuple of tuples": lambda: ((1, 2, "7"), (1.5, 3, "B")),
    "object array": lambda: np.array([[1, 2, 7], [1.5, 3, "B"]], dtype=object),
    "text array": lambda: np.array([["1", "2", "7"], ["1.5", "3", "B"]]),
    "decimals": lambda: [[Decimal(1), Decimal(2), 7], [Decimal("1.5"), Fraction(3), "B"]],
    "0-d arrays": lambda: [
        [np.array(1), np.array(2.0), np.array(7)],
        [np.array(1.5), np.array(3), np.array("B")],
    ],
    "structured": lambda: np.array(
        [("7", 2, 1, 0), ("B", 3, 1.5, 0)],
        dtype=[("lot", "U3"), ("b", "i4"), ("a", "f4"), ("more", "f8")],
    ),
    "frame with more columns in another order": _pandas,
    "frame of nullable columns": lambda: _pandas(a="Float64", b="Int64"),
    "frame of categories and strings": lambda: _pandas(lot="category", note="string"),
    "polars": _polars,
    "pyarrow": _arrow,
    "masked without a mask": lambda: {
        "a": np.ma.array([1, 1.5]),
        "b": np.ma.array([2, 3]),
        "lot": np.array([7, "B"], dtype=object),
    },
    "subclass": lambda: {"a": np.array([1, 1.5]).view(Ours), "b": [2, 3], "lot": ["7", "B"]},
    "ranges": lambda: {"a": np.array([1, 1.5]), "b": range(2, 4), "lot": ("7", "B")},
    "tensors": lambda: {"a": _torch([1, 1.5]), "b": _torch([2, 3]), "lot": ["7", "B"]},
}


@pytest.mark.parametrize("form", SAME)
def test_forms_that_say_the_same_get_the_same(form: str) -> None:
    m = plane()
    query = SAME[form]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(m.value(query)[:, 0], [21.0, 131.5])
        np.testing.assert_allclose(m.evaluate(query).value[:, 0], [21.0, 131.5])
        assert m.gradient(query).shape == (2, 1, 3)


def test_one_row_of_a_frame_and_of_a_structured_array() -> None:
    m = plane()
    pandas = pytest.importorskip("pandas")
    assert m.value(_pandas().iloc[1]).tolist() == [131.5] and m.value(
        _pandas().iloc[[1]]
    ).shape == (1, 1)
    assert m.value(SAME["structured"]()[1]).tolist() == [131.5]
    assert m.value(pandas.DataFrame([[1, 2, 7], [1.5, 3, 7]])).shape == (
        2,
        1,
    )  # no names: the order of the inputs
    with pytest.raises(InputError, match="two columns 'a'"):
        m.value(pandas.DataFrame([[1, 2, 3, 7]], columns=["a", "a", "b", "lot"]))
    with pytest.raises(InputError, match="'lot' is missing"):
        m.value(_pandas().drop(columns="lot"))


GAPS = [None, np.nan, np.ma.masked, "", Decimal("NaN"), float("nan"), np.float32("nan")]


@pytest.mark.parametrize("gap", GAPS, ids=repr)
def test_what_is_missing_is_bad_input(gap: Any) -> None:
    m = plane()
    assert m.evaluate({"a": gap, "b": 2, "lot": 7}).status[0] == Status.BAD_INPUT
    assert m.evaluate({"a": 1, "b": 2, "lot": gap}).status[0] == Status.BAD_INPUT
    with pytest.raises(InputError, match="missing"):
        m.value({"a": gap, "b": 2, "lot": 7})


def test_masked_columns_and_nullable_ones_have_gaps() -> None:
    m = plane()
    a = np.ma.array([1.0, 5.0], mask=[False, True])
    for query in (
        {"a": a, "b": 2.0, "lot": 7},
        np.ma.array([[1, 2, 7], [5, 2, 7]], mask=[[0, 0, 0], [1, 0, 0]]),
    ):
        assert m.evaluate(query).status.tolist() == [0, Status.BAD_INPUT]
    frame = (
        pytest.importorskip("pandas")
        .DataFrame({"a": [1, None], "b": [2, 2], "lot": [7, 7]})
        .astype({"a": "Int64"})
    )
    assert m.evaluate(frame).status.tolist() == [0, Status.BAD_INPUT]


WRONG: dict[str, tuple[Any, str]] = {
    "complex": (1 + 2j, "complex"), "complex array": (np.array([1 + 0j]), "complex"),
    "complex list": ([1 + 2j, 1], "complex"),
    "complex64": (np.complex64(1), "complex"), "time": (np.datetime64("2024-01-01"), "a time"),
    "times": (np.array(["2024-01-01"], "M8[s]"), "a time"),
    "duration": (np.timedelta64(5, "s"), "a time"), "text": ("hot", "'hot'"),
    "underscore": ("0_1", "'0_1'"), "other digits": ("\u0661", "not a number"),
    "True": (True, "True"), "numpy True": (np.True_, "True"),
    "a dict": ({}, "dict"), "a class": (int, "class 'int'"),
    "a list in a list": ([[1], [2, 3]], "rows of one length"),
    "a column in a column": ([[1.0], [2.0]], "shape"),
    "a row in a column": (np.array([[1.0, 2.0]]), "shape"),
    "below every float": (-(10**400), "is -inf"),
    "a generator": ((v for v in (1, 2)), "generator"), "a set": ({1, 2}, "set"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_no_real_number_is_one_sentence(case: str) -> None:
    value, words = WRONG[case]
    m = plane()
    with pytest.raises(InputError, match=words) as error:
        m.value({"a": value, "b": 2, "lot": 7})
    assert "\n" not in str(error.value)
    if not isinstance(value, (list, set)) and not hasattr(value, "__next__"):
        with pytest.raises(InputError):
            m.value([value, 2, 7])
    assert np.isfinite(m.evaluate({"a": 10**400, "b": 2, "lot": 7}).status).all()


def test_an_array_of_one_number_is_no_number() -> None:
    """float() of one is a number under numpy 1.26 and an error under newer ones."""
    with pytest.raises(InputError, match="not a number"):
        plane().value([np.array([1.0]), 2, 7])


KEYS = {"times": np.array(["2024-01-01"], "M8[s]"), "complex": np.array([1 + 1j]),
    "text": np.array(["x"]), "a set": {1.0},
        "dict": {"a": 1},
        "generator": None, "objects": np.array([object()]), "ragged": [[1], [1, 2]],
        "records": np.zeros(1, [("a", "f8")])}  # fmt: skip


@pytest.mark.parametrize("case", KEYS)
def test_nothing_is_cut_on_the_way_into_a_float(case: str) -> None:
    value = (v for v in "12") if case == "generator" else KEYS[case]
    with warnings.catch_warnings(), pytest.raises(InputError, match="here") as error:
        warnings.simplefilter("error")
        reals(value, "here")
    assert len(str(error.value).splitlines()) == 1


def test_reals_keep_what_is_real() -> None:
    exact = [Decimal(1), Fraction(2)]
    for value in (
        [1, 2],
        (1, 2),
        range(1, 3),
        np.array([1, 2], np.int8),
        np.array([True, 2], object),
        exact,
        _torch([1, 2]),
    ):
        assert reals(value, "x").tolist() == [1.0, 2.0] and reals(value, "x").dtype == np.float64
    gaps = reals(np.ma.array([1.0, 2.0], mask=[False, True]), "x")
    assert gaps[0] == 1.0 and np.isnan(gaps[1]) and np.isnan(reals([None], "x")[0])
    for bad in (np.ma.array([1.0], mask=[True]), [np.nan], [None], [np.inf]):
        with pytest.raises(InputError, match="finite"):
            reals(bad, "x", finite=True)


@pytest.mark.parametrize(
    "bad", [np.array([[1 + 1j]]), np.array([["x"]]), np.array([[np.datetime64("2024-01-01")]])]
)
def test_parts_of_models_and_inverse_questions_are_real(bad: Any) -> None:
    """The imaginary part of weights, cores and targets was dropped."""
    with pytest.raises(InputError):
        CP.full([np.ones((2, 1))], bad)
    with pytest.raises(InputError):
        CP((np.repeat(bad, 2, axis=0),), (np.array([0]),), np.ones((1, 1)))
    with pytest.raises(InputError):
        TT((np.ones((2, 1, 1)),), bad)
    with pytest.raises(InputError):
        TT((bad[None],), np.ones((1, 1)))
    m, at = plane(), {"b": 2.0, "lot": 7}
    with pytest.raises(InputError):
        invert_batch(m, bad[0], ["a"], at)
    found = estimate(m, {"y": bad[0]}, ["a"], 0.1, at=at)
    assert found.status == Status.BAD_INPUT
    with pytest.raises(InputError):
        estimate(m, {"y": [21.0]}, ["a"], bad[0], at=at)
    value = bad[0, 0]
    assert (
        roots(m, "a", value, at).status
        == roots(m, "a", 21.0, {**at, "b": value}).status
        == Status.BAD_INPUT
    )
    assert level_set(m, value, ["a"], at=at).status == Status.BAD_INPUT
    assert advise(m, {"a": value, **at}, {"y": (1, 2)}, ["a"]).status == Status.BAD_INPUT


@pytest.mark.parametrize("call", ["value", "gradient", "__call__", "value_and_gradient"])
def test_extrapolate_is_heard_or_refused(call: str) -> None:
    """`model(x, extrapolate=True)` dropped the keyword."""
    m = plane()
    x = np.array([10.0, 2.0, 7.0])
    with pytest.raises(DomainError, match="outside"):
        getattr(m, call)(x)
    got = getattr(m, call)(x, extrapolate=True)
    wanted = m.evaluate(x, extrapolate=True)
    assert np.ravel(got[0] if call == "value_and_gradient" else got)[0] == (
        1.0 if call == "gradient" else wanted.value[0, 0]
    )
    for bad in ([10.0, 2.0, 8.0], [np.nan, 2.0, 7.0], [np.inf, 2.0, 7.0]):
        with pytest.raises(SnaError):
            getattr(m, call)(np.array(bad), extrapolate=True)


def test_keywords_are_inputs_or_refused() -> None:
    m = plane()
    assert (
        m(a=10, b=2, lot=7, extrapolate=True)[0] == pytest.approx(30.0)
        and m(a=1, b=2, lot=1, level_index=True)[0] == 121.0
    )
    for call in (
        lambda: m([1, 2, 7], a=3),
        lambda: m([1, 2, 7], verbose=True),
        lambda: m({"a": 1, "b": 2, "lot": 7}, c=1),
    ):
        with pytest.raises(InputError, match="both in the query"):
            call()
    for call in (lambda: m(a=1, b=2, lot=7, verbose=True), lambda: m()):
        with pytest.raises(InputError):
            call()
    named = plane().replace(
        axes=[spline_axis("extrapolate", "", 0.0, 9.0, spans=1, degree=1), *plane().axes[1:]]
    )
    assert named(extrapolate=True and 1.0, b=2, lot=7)[0] == 21.0


def test_masked_elements_of_a_list_are_gaps_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(reals([[np.ma.masked, 1.0], [2.0, 3.0]], "here")).tolist() == [
            [True, False],
            [False, False],
        ]
