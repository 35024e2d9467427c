"""Programs of derived inputs: values, what goes wrong in words, the formula as it is read."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sna_edge.core.beside import Derived, Step
from sna_edge.core.beside.program import error_of, fault, need_program, power, ran, written
from sna_edge.errors import InputError

A, B, C = Step("input", 0), Step("input", 1), Step("raw", 0)


def n(number: float) -> Step:
    return Step("number", number=number)


def do(*words: str) -> tuple[Step, ...]:
    return tuple(map(Step, words))


POINT = {("input", 0): 3.0, ("input", 1): 0.5, ("raw", 0): -2.0}
CASES = {
    "a / (b * c)": ((A, B, C, *do("multiply", "divide")), 3.0 / (0.5 * -2.0)),
    "a / b * c": ((A, B, *do("divide"), C, *do("multiply")), 3.0 / 0.5 * -2.0),
    "a - (b - c)": ((A, B, C, *do("subtract", "subtract")), 3.0 - (0.5 + 2.0)),
    "(a + b)^c": ((A, B, *do("add"), C, *do("power")), 3.5**-2.0),
    "-(a + b)": ((A, B, *do("add", "negative")), -3.5),
    "sqrt(exp(b) + log(a))": (
        (B, *do("exp"), A, *do("log", "add", "sqrt")), math.sqrt(math.exp(0.5) + math.log(3.0))
    ),
    "min(abs(c), a)": ((C, *do("absolute"), A, *do("minimum")), 2.0),
    "max(b, 2.5) * a": ((B, n(2.5), *do("maximum"), A, *do("multiply")), 7.5),
    "a^0.25": ((A, n(0.25), *do("power")), 3.0**0.25),
}  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_value_and_words(text: str) -> None:
    steps, value = CASES[text]
    need_program(steps)
    columns = {k: np.full(2, v) for k, v in POINT.items()}
    np.testing.assert_allclose(ran(steps, columns), [value, value], rtol=1e-15)
    assert written(steps, lambda s: "c" if s.what == "raw" else "ab"[s.index]) == text
    assert fault(steps, POINT) == ""


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((A, B, *do("divide")), "division by zero"),
        ((B, *do("log")), "the logarithm of 0"),
        ((C, *do("sqrt")), "the square root of -2"),
        ((C, n(0.5), *do("power")), "-2 to the power of 0.5, which is no whole number"),
        ((B, n(-1.0), *do("power")), "0 to the power of -1"),
        ((A, n(1e4), *do("multiply", "exp")), "a number too large to hold"),
        ((n(5.0), A, B, *do("divide", "minimum")), "division by zero"),
    ],
)
def test_what_goes_wrong_is_said(steps: tuple[Step, ...], said: str) -> None:
    point = {("input", 0): 3.0, ("input", 1): 0.0, ("raw", 0): -2.0}
    assert np.isnan(ran(steps, {k: np.array([v]) for k, v in point.items()})[0])
    assert fault(steps, point) == said


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), "1 to 64 steps"),
        ((A, *do("add")), "finds no value"),
        (do("sqrt"), "finds no value"),
        ((A, B), "leaves one value, not 2"),
        ((A,) * 9 + do(*["add"] * 8), "at most 8 values"),
        ((A,) + (B, Step("add")) * 32, "not 65"),
        ((n(1.0),), "at least one input"),
    ],
)
def test_no_programs(steps: tuple[Step, ...], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Derived(2, "program", program=steps)


def test_whole_powers_are_products_and_zero_stays_zero() -> None:
    v = np.array([0.0, -1.5, 2.0])
    assert power(v, 3.0).tolist() == (v * v * v).tolist()
    assert power(np.array(0.0), 0.5) == 0.0
    assert np.isnan(power(np.array(-1.0), 0.5))
    np.testing.assert_allclose(power(np.array(2.0), np.array([-2.0, 9.0])), [0.25, 512.0])


def test_the_error_bounds_float32() -> None:
    rng = np.random.default_rng(1)
    a, b, c = rng.uniform(0.5, 4.0, (3, 500))
    for steps, _ in CASES.values():
        exact = {("input", 0): a, ("input", 1): b, ("raw", 0): c}
        single = {k: np.float32(v).astype(float) for k, v in exact.items()}
        off = np.abs(ran(steps, single) - ran(steps, exact))
        assert (off <= 2.0**-23 * error_of(steps, exact)).all()
