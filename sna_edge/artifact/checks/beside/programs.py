"""`bad_readings`: steps of programs, and the readings that formulas are replayed at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....core.beside.program import DEEPEST, OPERATIONS, TWO
from ... import layout
from ..rules import need

Array = NDArray[Any]
RULE = "bad_readings"
MOST_GOLDEN = 16
OPERATION = 3


def need_programs(derived: Array, terms: Array) -> None:
    """Every program: known steps, no number where none belongs, never without a value to work on,
    never more than eight values, one value at the end, from at least one reading."""
    start = 0
    for formula, count in zip(
        derived["formula"].tolist(), derived["n_terms"].tolist(), strict=True
    ):
        if formula == 2:
            _need_program(terms[start : start + count])
        start += count


def _need_program(steps: Array) -> None:
    kind, index, number = steps["kind"], steps["index"], steps["number"]
    good = (np.abs(number) < layout.REACH).all() and not number[kind != 2].view("<u8").any()
    need(good and not index[kind == 2].any(), RULE, "the number of a step is out of range")
    need((index[kind == OPERATION] < len(OPERATIONS)).all(), RULE, "a step is no operation")
    need((kind <= 1).any(), RULE, "a program takes no reading")
    depth = 0
    for what, which in zip(kind.tolist(), index.tolist(), strict=True):
        two = what == OPERATION and which < len(TWO)
        depth += 1 if what != OPERATION else -1 if two else 0
        need(depth >= 1, RULE, "a step of a program finds no value to work on")
        need(depth <= DEEPEST, RULE, f"a program holds more than {DEEPEST} values at once")
    need(depth == 1, RULE, "a program leaves more than one value")


def need_golden(golden: Array, expected: Array) -> None:
    """Reference readings are numbers, at most 16 rows; errors of what is expected not negative."""
    need(len(golden) <= MOST_GOLDEN, RULE, f"more than {MOST_GOLDEN} reference readings")
    need(not len(golden) or expected.shape[1], RULE, "reference readings without a formula")
    good = all((np.abs(numbers) < layout.LARGEST).all() for numbers in (golden, expected))
    need(good and (expected[..., 1] >= 0).all(), RULE, "a reference reading is out of range")
