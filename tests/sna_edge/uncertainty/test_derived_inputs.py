"""Readings become coordinates: tolerances, raw readings, formulas; in every verb that takes
names."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sna_edge import DomainError, InputError, Status, inverse
from sna_edge.core.beside import Derived, Readings, Term
from sna_edge.core.beside.program import power

from .. import beside_models as made

READ = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "hatch": 20.0}
GIVEN = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "density": 30.0}


@pytest.fixture
def model():
    return made.whole(companions=(), calibration=None)


def test_derived_inputs_are_computed_in_every_verb(model) -> None:
    assert np.array_equal(model(READ), model(GIVEN))
    assert np.array_equal(model(**READ), model(GIVEN))
    np.testing.assert_array_equal(model.gradient(READ), model.gradient(GIVEN))
    assert np.array_equal(model.evaluate(READ).value, model.evaluate(GIVEN).value)
    rows = {**READ, "hatch": [20.0, 40.0]}
    assert np.array_equal(model(rows)[0], model(READ)) and model(rows).shape == (2, 2)
    assert model.derived(READ).x.tolist() == [[150.0, 30.0, 0.0, 0.0, 30.0]]


def test_what_is_given_itself_is_answered_as_ever(model) -> None:
    assert np.array_equal(model({**GIVEN, "hatch": 79.0}), model(GIVEN))
    x = [150.0, 30.0, 0.0, 0.0, 30.0]
    assert np.array_equal(model.value(x, level_index=True), model(GIVEN))


def test_arrays_of_readings_have_the_raw_ones_behind(model) -> None:
    rows = np.array([[150.0, 30.0, 0.0, 0.0, math.nan, 20.0], [99.75, 30.0, 1.0, 1.0, 7.0, 8.0]])
    found = model.derived(rows, level_index=True)
    assert found.x.tolist() == [[150.0, 30.0, 0.0, 0.0, 30.0], [100.0, 30.0, 1.0, 1.0, 50.0]]
    with pytest.raises(InputError, match=r"readings have shape \(5,\); give \(6,\)"):
        model.derived(np.zeros(5))


def test_tolerances_come_before_formulas(model) -> None:
    found = model.evaluate({**READ, "power": [99.5, 99.25]})
    assert found.status.tolist() == [0, Status.OUT_OF_DOMAIN] and found.moved.tolist()[0][0]
    wanted = model({**GIVEN, "power": 100.0, "density": 20.0})
    assert np.array_equal(found.value[0], wanted)
    assert model.evaluate({**GIVEN, "power": 99.5}).status[0] == 0
    strict = model.evaluate({**GIVEN, "power": 99.5}, tolerance={})
    assert strict.status[0] == Status.OUT_OF_DOMAIN


def test_rows_whose_readings_say_nothing_have_a_status(model) -> None:
    hatch = [20.0, 7.0, math.nan, 81.0]
    found = model.evaluate({**READ, "hatch": hatch})
    wanted = [0, Status.OUT_OF_DOMAIN, Status.BAD_INPUT, Status.OUT_OF_DOMAIN]
    assert found.status.tolist() == wanted and found.axis.tolist() == [-1, 4, 4, 4]
    assert model.derived({**READ, "hatch": hatch}).status.tolist() == wanted
    with pytest.raises(DomainError, match=r"row 1: reading 'hatch' lies 1 mm outside \[8, 80\]"):
        model({**READ, "hatch": hatch})
    with pytest.raises(InputError, match="reading 'hatch' is no finite number"):
        model({**READ, "hatch": math.inf})


def test_a_missing_parent_is_named(model) -> None:
    short = {k: v for k, v in READ.items() if k != "hatch"}
    with pytest.raises(
        InputError, match="'density' is missing, and so is 'hatch'; give it, or all"
    ):
        model(short)
    with pytest.raises(InputError, match="'hatchet' is not an input"):
        model({**READ, "hatchet": 1.0})
    with pytest.raises(InputError, match="matching length"):
        model({**READ, "hatch": [20.0, 30.0], "power": [150.0] * 3})


def test_readings_with_units_and_tables(model) -> None:
    assert np.array_equal(model({**READ, "hatch": "2 cm"}), model(GIVEN))
    words = {"alloy": "U2", "machine": "U2"}
    names = ["power", "other", *(n for n in READ if n != "power")]
    row = tuple(READ.get(n, 0.0) for n in names)
    table = np.array([row], [(n, words.get(n, "f8")) for n in names])
    assert np.array_equal(model(table)[0], model(GIVEN))


@pytest.mark.parametrize("exponent", [1, -1, 2, 8, -8, 0.5, -2.25, 9, 64, -64])
def test_powers(exponent: float) -> None:
    v = np.array([0.5, 1.25, 2.0])
    np.testing.assert_allclose(power(v, float(exponent)), [b**exponent for b in v], rtol=1e-12)


@pytest.mark.parametrize(
    ("base", "exponent", "wanted"),
    [(-2.0, 3.0, -8.0), (-2.0, -3.0, -0.125), (0.0, 2.0, 0.0), (-2.0, 9.0, math.nan),
     (0.0, 0.5, 0.0), (0.0, -1.0, math.inf), (-2.0, 0.5, math.nan)],
)  # fmt: skip
def test_powers_of_bases_that_are_not_above_0(base: float, exponent: float, wanted: float) -> None:
    with np.errstate(divide="ignore"):
        found = power(np.array([base]), exponent)
    np.testing.assert_array_equal(found, [wanted])


def test_a_result_that_is_not_finite_is_bad_input(model) -> None:
    formula = Derived(4, "product", (Term(1, -1.0),), 30.0)
    other = model.replace(readings=Readings(np.zeros(5), (), (formula,)))
    rows = {k: v for k, v in READ.items() if k != "hatch"} | {"angle": [1.0, 0.0]}
    assert other.evaluate(rows).status.tolist() == [0, Status.BAD_INPUT]
    with pytest.raises(InputError, match="row 1: input 'density' cannot be computed"):
        other(rows)


def test_sums_start_from_the_constant() -> None:
    formula = Derived(0, "sum", (Term(1, 2.0), Term(2, -0.5)), 3.0)
    assert formula.value([np.array(4.0), np.array(8.0)]) == 7.0


def test_the_tolerance_that_is_asked_for_holds_for_formulas_too(model) -> None:
    far = {**READ, "power": 205.0}
    at_end = model.evaluate({**READ, "power": 200.0}).value
    assert np.array_equal(model.evaluate(far, tolerance={"power": 6.0}).value, at_end)
    near = {**READ, "power": 200.25}
    assert np.array_equal(model.evaluate(near).value, at_end)
    assert model.evaluate(near, tolerance={}).status[0] == Status.OUT_OF_DOMAIN


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_a_reading_exactly_the_decimal_tolerance_away_counts(model, side: float) -> None:
    tolerance, end, x = 0.3, (200.0 if side > 0 else 100.0), (200.3 if side > 0 else 99.7)
    told = model.replace(
        readings=Readings([tolerance, 0, 0, 0, 0], model.readings.raw, model.readings.derived)
    )
    at_end = told.evaluate({**READ, "power": end})
    assert tolerance < 200.3 - 200.0  # the two decimal numbers are rounded
    assert np.array_equal(told.evaluate({**READ, "power": x}).value, at_end.value)
    assert told.derived({**READ, "power": x}).x[0, 0] == end
    assert told.evaluate({**READ, "power": x + side * 1e-12}).status[0] == Status.OUT_OF_DOMAIN


def test_advice_moves_no_input_that_another_is_computed_from(model) -> None:
    """density = 4 power / hatch: to move power with density held would answer for a part that
    cannot be made."""
    limits = {model.output_names[0]: (None, 1e9)}
    with pytest.raises(InputError, match="'density' is computed from 'power'"):
        inverse.advise(model, READ, limits, ["angle", "power"])
    assert inverse.advise(model, READ, limits, ["angle"]).status.label == "ok"
    assert inverse.advise(model, GIVEN, limits, ["power"]).status.label == "ok"
