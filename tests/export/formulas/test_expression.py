"""Formulas of users: values as numpy has them, and nothing beyond arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge.errors import InputError
from sna_export.formulas.expression import Expression

X = {"power": np.array([1.0, 2.0, 3.0]), "hatch [mm]": np.array([0.5, 0.0, -1.0])}
NAMES = list(X)


def test_values_are_those_of_the_same_formula_in_numpy() -> None:
    text = "1 + 2 * power ** 2 - -`hatch [mm]` / 4 + max(power, 2) - sqrt(abs(`hatch [mm]`))"
    p, h = X.values()
    expected = 1 + 2 * p**2 + h / 4 + np.maximum(p, 2) - np.sqrt(abs(h))
    found = Expression.amount(text, NAMES)
    assert np.array_equal(found.value(X), expected) and found.names == tuple(NAMES)


def test_rules_and_their_borders() -> None:
    def kept(text: str) -> list[bool]:
        return Expression.rule(text, NAMES).value(X).tolist()

    assert kept("1 < power <= 3") == [False, True, True]
    assert kept("power > 1 and power < 3") == [False, True, False]
    assert kept("power / 10 <= 0.1 + 0.1 + 0.1") == [True, True, True]
    assert kept("0.1 + 0.2 <= 0.3") is True or kept("0.1 * power + 0.2 <= 0.3") == [
        True,
        False,
        False,
    ]
    assert kept("1 / `hatch [mm]` > 0") == [True, True, False]  # 1 / 0 is infinite
    assert kept("log(`hatch [mm]`) < 9") == [True, True, False]  # NaN keeps no rule


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') < 1", "power.real < 1", "power[0] < 1", "'a' < 'b'",
        "(lambda: 1)() < 1", "power if 1 else 2", "[power] < 1", "power == 1", "not power < 1",
        "power < 1 or power > 2", "sqrt(power, 2) < 1", "exec('1') < 1", "power <", "speed < 1",
        "power // 2 < 1", "power % 2 < 1",
        "`speed` < 1", "(power < 1) + 1 < 2", "True < power", "1j < power", "x := 1",
    ],
)  # fmt: skip
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(InputError, match=";"):
        Expression.rule(text, NAMES)


def test_a_number_is_no_rule_and_a_rule_no_number() -> None:
    with pytest.raises(InputError, match="compares nothing"):
        Expression.rule("power", NAMES)
    with pytest.raises(InputError, match="is a comparison"):
        Expression.amount("power < 1", NAMES)
