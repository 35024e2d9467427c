"""Contributions of readings: inputs that are computed from them move with them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from sna_edge import InputError
from sna_edge.core.beside import Derived, RawReading, Readings, Term
from sna_edge.core.beside.program import Step

from .. import beside_models as made

PART = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "hatch": 20.0}
BEFORE = {"power": 160.0, "angle": 300.0, "alloy": "C", "machine": "M1", "hatch": 40.0}
GIVEN = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 30.0}


@pytest.fixture
def model() -> Any:
    return made.whole(companions=(), calibration=None)


def by_orders(model: Any, part: dict[str, Any], before: dict[str, Any]) -> np.ndarray:
    """Mean change of the output over all orders in which readings change."""
    out = np.zeros((len(part), len(model.outputs)))
    orders = list(permutations(part))
    for order in orders:
        now, y = dict(before), model.value(before)
        for name in order:
            now[name] = part[name]
            after = model.value(now, extrapolate=True)
            out[list(part).index(name)] += (after - y) / len(orders)
            y = after
    return out


def test_readings_contribute_where_inputs_are_computed_from_them(model: Any) -> None:
    found = model.contributions(PART, BEFORE)
    assert found.names == ("power", "angle", "alloy", "machine", "hatch") and found.exact
    np.testing.assert_allclose(found.contribution, by_orders(model, PART, BEFORE), atol=1e-12)
    assert (found.contribution[3] == 0.0).all() and (found.contribution[4] != 0.0).all()
    np.testing.assert_allclose(found.base, model(BEFORE), atol=1e-12)
    np.testing.assert_allclose(found.base + found.contribution.sum(axis=0), model(PART), atol=1e-12)
    assert not found.remark


def test_rows_of_readings_on_both_sides(model: Any) -> None:
    rows = {**PART, "hatch": [20.0, 25.0]}
    several = {**BEFORE, "power": [160.0, 110.0], "hatch": [40.0, 41.0]}
    found = model.contributions(rows, several)
    for i, hatch in enumerate(rows["hatch"]):
        one = [
            by_orders(model, {**PART, "hatch": hatch}, {**BEFORE, "power": p, "hatch": h})
            for p, h in zip(several["power"], several["hatch"], strict=True)
        ]
        np.testing.assert_allclose(found.contribution[i], np.mean(one, axis=0), atol=1e-12)


def test_a_computed_input_that_is_given_is_an_input(model: Any) -> None:
    given = model.contributions(GIVEN, BEFORE)
    assert given.names == ("power", "angle", "alloy", "machine", "density")
    x = model.derived([GIVEN, BEFORE][0]).x[0], model.derived(BEFORE).x[0]
    whole = model.contributions(*x, level_index=True)
    np.testing.assert_array_equal(given.contribution, whole.contribution)
    mean = model.contributions(PART)
    assert mean.names == given.names


def other(formula: Derived) -> Any:
    readings = Readings(np.zeros(5), (RawReading("hatch", "mm", 8.0, 80.0),), (formula,))
    return made.whole(companions=(), calibration=None, readings=readings)


def test_mixed_settings_outside_the_domain_are_told() -> None:
    """density = power - 2 hatch, from 0 to 100."""
    model = other(Derived(4, "sum", (Term(0, 1.0), Term(0, -2.0, raw=True)), 0.0))
    part, before = {**PART, "power": 200.0, "hatch": 60.0}, {**PART, "power": 110.0, "hatch": 20.0}
    found = model.contributions(part, before)
    assert found.remark == (
        "2 of 4 mixed settings lie outside the domain, where the model continues linearly"
    )
    np.testing.assert_allclose(found.contribution, by_orders(model, part, before), atol=1e-12)
    assert not model.contributions(part, {**part, "hatch": 55.0}).remark


def test_mixed_settings_without_a_value_are_refused() -> None:
    """density = (power - 2 hatch)^0.5, which two of four mixed settings do not have."""
    steps = (
        Step("input", 0), Step("raw", 0), Step("number", number=2.0), Step("multiply"),
        Step("subtract"), Step("sqrt"),
    )  # fmt: skip
    model = other(Derived(4, "program", program=steps))
    part, before = {**PART, "power": 200.0, "hatch": 60.0}, {**PART, "power": 110.0, "hatch": 20.0}
    with pytest.raises(InputError, match="'density' cannot be computed where some readings"):
        model.contributions(part, before)
    assert model.contributions(part, {**part, "hatch": 20.0}).exact
