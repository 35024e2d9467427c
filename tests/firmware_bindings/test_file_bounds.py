"""A file cannot say what its own tables deny, nor hold numbers that overflow on the way: the same
rule in Python and in C, no warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import ArtifactError, InputError, Interval, Model, Output, spline_axis
from sna_edge.inverse import roots

from ..c_models import axes_of, cp_model, mixed, repaired, tt_model
from .test_damaged import c_rule

MODELS: dict[str, Callable[[], Model]] = {
    "cp": lambda: cp_model(axes_of("graded", 2, 2), rank=3, outputs=2, dtype="float16"),
    "mixed": lambda: cp_model(mixed(), rank=3, sparse=True),
    "train": lambda: tt_model(axes_of("uniform", 1, 2), rank=2),
    "exp": lambda: cp_model(axes_of("uniform", 3, 2), link="exp"),
    "logistic": lambda: cp_model(axes_of("lagrange", 3, 2), link="logistic", dtype="int16"),
}
#: section number, records' size, offsets of f64 fields in a record, offsets of f32 fields
AXES, OUTPUTS, GOLDEN = 1, 7, 9
EXTREME = [
    1e308,
    -1e308,
    1.7e308,
    5e-324,
    1e-300,
    -1e-300,
    1e200,
    -1e200,
    2e301,
    1e301,
    -1e301,
    1e-302,
    1e39,
    3e38,
    -3e38,
    0.0,
    -0.0,
]


def place(data: bytes, section: int) -> tuple[int, int]:
    at = 64 + 16 * (section - 1)
    return int.from_bytes(data[at + 4 : at + 8], "little"), int.from_bytes(
        data[at + 8 : at + 12], "little"
    )


def poked(data: bytes, at: int, kind: str, value: float) -> bytes:
    with np.errstate(over="ignore"):
        raw = np.array(value).astype(kind).tobytes()
    return data[:at] + raw + data[at + len(raw) :]


def python_rule(data: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            model = sna_edge.from_bytes(data, backend="numpy")
            x = np.array([a.lower for a in model.axes])
            assert np.isfinite(model.backend.value(x[None])).all()
        except ArtifactError as error:
            return error.rule
    return ""


def counts(data: bytes) -> tuple[int, int, int]:
    return data[22], data[24], place(data, GOLDEN)[0]


def tolerances(data: bytes, value: float) -> bytes:
    _, k, golden = counts(data)
    for i in range(2 * k):
        data = poked(data, golden + 8 + 8 * i, "<f8", value)
    return data


def scaled_weights(data: bytes, factor: float) -> bytes:
    d, k, _ = counts(data)
    start, size = place(data, OUTPUTS)
    w = np.frombuffer(data[start + 80 * k : start + size], "<f4") * np.float32(factor)
    return data[: start + 80 * k] + w.astype("<f4").tobytes() + data[start + size :]


def output_field(offset: int, kind: str, value: float) -> Callable[[bytes], bytes]:
    return lambda data: poked(data, place(data, OUTPUTS)[0] + offset, kind, value)


def expected(value: float) -> Callable[[bytes], bytes]:
    return lambda data: poked(data, sum(place(data, GOLDEN)) - 8, "<f8", value)


#: a file that switches off its own replay, or says what its tables cannot give
LIES: dict[str, Callable[[bytes], bytes]] = {
    "tolerances of 1e308, weights times -3": lambda data: scaled_weights(
        tolerances(data, 1e308), -3.0
    ),
    "tolerances of 1e308": lambda data: tolerances(data, 1e308),
    "tolerances of 1e6": lambda data: tolerances(data, 1e6),
    "tolerances of 10": lambda data: tolerances(data, 10.0),
    "tolerances of 1e-2": lambda data: tolerances(data, 1e-2),
    "the tolerance of float64 that of float32": lambda data: poked(
        data, counts(data)[2] + 8, "<f8", 1e-4
    ),
    "range above": output_field(56, "<f8", 1e7),
    "range below": output_field(48, "<f8", -1e7),
    "expected values far out": expected(1e7),
    "kappa": output_field(64, "<f4", 1e9),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("name", MODELS)
def test_a_file_cannot_switch_off_its_own_replay(
    name: str, lie: str, c_double: Any, c_float: Any
) -> None:
    bad = repaired(LIES[lie](MODELS[name]().to_bytes()))
    assert (python_rule(bad), c_rule(c_double, bad)) == ("bad_golden", "bad_golden")
    if lie != "the tolerance of float64 that of float32":
        assert (
            c_rule(c_float, bad) == "bad_golden" or c_float.open(bad).status == -8
        )  # or float does not carry such a range


def test_the_writer_keeps_to_the_bound(
    artifacts: dict[str, bytes], c_double: Any, c_float: Any
) -> None:
    for data in artifacts.values():
        assert python_rule(data) == c_rule(c_double, data) == c_rule(c_float, data) == ""


@pytest.mark.parametrize("name", MODELS)
def test_extreme_numbers_are_refused_by_a_named_rule(name: str, c_double: Any) -> None:
    data = MODELS[name]().to_bytes()
    d, k, golden = counts(data)
    axes, outputs = place(data, AXES)[0], place(data, OUTPUTS)[0]
    fields = [(axes + 80 * i + o, "<f8") for i in range(d) for o in (0, 8, 16)]
    fields += [(axes + o, "<f4") for o in (64, 68, 72)]
    fields += [(outputs + 80 * i + o, "<f8") for i in range(k) for o in range(0, 64, 8)] + [
        (outputs + 64, "<f4")
    ]
    fields += [(outputs + 80 * k + 4 * i, "<f4") for i in range(3)] + [
        (golden + 8 + 8 * i, "<f8") for i in range(2 * k)
    ]
    fields += [
        (golden + 8 + 16 * k, "<f8"),
        (sum(place(data, GOLDEN)) - 8, "<f8"),
        (place(data, 4)[0], "<f4"),
    ]
    for at, kind in fields:
        for value in EXTREME:
            bad = repaired(poked(data, at, kind, value))
            ours, theirs = python_rule(bad), c_rule(c_double, bad)
            assert ours == theirs or {ours, theirs} == {"", "golden_mismatch"}, (
                at,
                kind,
                value,
                ours,
                theirs,
            )


def test_bounds_whose_width_overflows(c_double: Any) -> None:
    data = MODELS["cp"]().to_bytes()
    axes = place(data, AXES)[0]
    for low, high in (
        (-1e308, 400.0),
        (-1e308, 1.7e308),
        (0.0, 1e302),
        (1e-310, 2e-310),
        (-1e302, 0.0),
        (0.0, 5e-324),
    ):
        bad = repaired(poked(poked(data, axes, "<f8", low), axes + 8, "<f8", high))
        assert python_rule(bad) == c_rule(c_double, bad) == "bad_axis"


@pytest.mark.parametrize(
    ("name", "make"),
    {
        "scale": lambda: Output("y", scale=1e302),
        "small scale": lambda: Output("y", scale=1e-303),
        "offset": lambda: Output("y", offset=-1e302),
        "bias": lambda: Output("y", bias=1e302),
        "interval": lambda: Output("y", interval=Interval(0.9, 1e303, 1.0)),
    }.items(),
)
def test_the_writer_names_what_no_reader_takes(name: str, make: Callable[[], Output]) -> None:
    model = cp_model([spline_axis("a", "m", 0.0, 1.0)], rank=2).replace(outputs=[make()])
    with np.errstate(all="ignore"), pytest.raises(InputError, match="'y'"):
        model.to_bytes()
    for lower, upper in ((0.0, 1e302), (-1e303, 1.0)):
        far = cp_model([spline_axis("depth", "m", 0.0, 1.0)], rank=2)
        far = Model(
            [spline_axis("depth", "m", lower, upper)],
            far.interaction,
            far.outputs,
            dtypes=far.dtypes,
        )
        with np.errstate(all="ignore"), pytest.raises(InputError, match="'depth'"):
            far.to_bytes()


@pytest.mark.parametrize("target", [1e306, -1e306, 1e308, 1e160, -4e150, 1e200, 1.7e308, -1e155])
def test_no_solution_is_given_for_an_absurd_target(target: float) -> None:
    model = sna_edge.from_bytes(
        cp_model(axes_of("uniform", 3, 2), rank=2).to_bytes(), backend="numpy"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = roots(model, "x0", target, at={"x1": 0.5})
    assert found.status < 0 and not len(found.solutions)


@pytest.mark.parametrize("single", [False, True], ids=["double", "float"])
@pytest.mark.parametrize("value", [2.5, 3.0, 4.0, 17.0, 300.0, 65535.0, 1e6, 3e9, 1e30, -1.0])
def test_a_level_that_an_axis_has_not_is_outside_whatever_the_file_says(
    value: float, single: bool, c_double: Any, c_float: Any
) -> None:
    """In single precision the upper bound in float was taken from the file: level 60000 of 3 was
    read."""
    library, data = c_float if single else c_double, MODELS["mixed"]().to_bytes()
    opened = library.open(repaired(poked(data, place(data, AXES)[0] + 80 * 3 + 68, "<f4", value)))
    if opened.status == 0 and opened.verify() == 0:
        x = np.array(
            [[100.0, 1.0, 30.0, level, 50.0] for level in (3.0, 4.0, 40.0, 60000.0, 2.9e9, 1e20)]
        )
        _, status = opened.value(x)
        assert (status == int(sna_edge.Status.OUT_OF_DOMAIN)).all()


@pytest.mark.parametrize("value", [3e38, -3e38, 1e20, -1e20, 1e12, 1e9, -1e9, 5e7])
@pytest.mark.parametrize("name", ["train", "exp", "logistic"])
def test_spans_that_no_float_counts_are_not_converted_to_integers(
    name: str, value: float, c_float: Any
) -> None:
    data = MODELS[name]().to_bytes()
    opened = c_float.open(repaired(poked(data, place(data, AXES)[0] + 72, "<f4", value)))
    assert opened.status == int(sna_edge.Status.UNSUPPORTED)


@pytest.mark.parametrize("name", MODELS)
def test_every_byte_kept_for_a_signature_is_zero(name: str, c_double: Any, c_float: Any) -> None:
    """128 of 128 changes of one byte were loaded."""
    data = MODELS[name]().to_bytes()
    start, size = place(data, 13)
    assert size == 128 and start + size == len(data)
    for at in range(start, len(data)):
        bad = data[:at] + bytes([1 << at % 8]) + data[at + 1 :]
        assert {python_rule(bad), c_rule(c_double, bad), c_rule(c_float, bad)} == {"bad_padding"}
