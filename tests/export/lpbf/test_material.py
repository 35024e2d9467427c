"""Cards of alloys: values as printed, curves that integrate and differentiate exactly, coefficients
of a weak form."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np
import pytest

from sna_export.lpbf.alloys import ALLOYS, IN625, IN718, SS316L, TI64
from sna_export.lpbf.material import Curve, Source, lines
from sna_export.solve import (
    Problem,
    ProblemError,
    d,
    function_of,
    parameter,
    solve,
    space,
    test_function,
    unknown,
)

STEPS = np.linspace(250.0, 2900.0, 40_001)  # K


def curves() -> list[Curve]:
    return [c for m in ALLOYS.values() for c in (m.conductivity, m.specific_heat)]


def test_values_are_those_that_were_printed() -> None:
    """Tables as printed; for alloy 718 the recommended values, which the paper rounds."""
    assert IN625.conductivity(273.15 + 871) == 22.8 and IN625.specific_heat(273.15 + 21) == 410
    recommended = {298: 425, 400: 447, 500: 468, 600: 489, 700: 510, 800: 531, 1100: 635, 1200: 635}
    found = IN718.specific_heat(np.array(list(recommended)))
    assert np.abs(found - list(recommended.values())).max() <= 0.6
    assert SS316L.conductivity(1000.0) == pytest.approx(9.248 + 15.71)
    assert TI64.specific_heat(1200.0) == pytest.approx(483.04 + 0.215 * 1200)
    assert TI64.specific_heat(1300.0) == pytest.approx(412.7 + 0.1801 * 1300)


def test_every_value_has_a_source_with_a_year() -> None:
    for card in ALLOYS.values():
        known = (card.density, card.latent_heat, card.solidus, card.liquidus, *card.absorptivity)
        for value in chain((card.conductivity, card.specific_heat), filter(None, known)):
            source = value.source.printed
            assert re.search(r"(19|20)\d\d", source) or "data sheet" in source, (card.name, source)
            assert value.unit or value in card.absorptivity
    assert all(0 < a.value < 1 for m in ALLOYS.values() for a in m.absorptivity)


def test_slopes_and_integrals_are_those_of_the_curve() -> None:
    middle, h = (STEPS[1:] + STEPS[:-1]) / 2, np.diff(STEPS)
    for curve in curves():
        inside = np.abs(middle[:, None] - curve.temperatures_K).min(axis=1) > h[0]
        rise = np.diff(curve(STEPS)) / h
        assert np.abs(rise - curve.slope(middle))[inside].max() <= 1e-9 * curve.values.max()
        mean = np.diff(curve.integral(STEPS)) / h
        assert np.abs(mean - curve(middle))[inside].max() <= 1e-8 * curve.values.max()
        assert curve.integral(curve.temperatures_K[0]) == 0


def test_the_enthalpy_of_a_melting_card_rises_by_heat_and_latent_heat() -> None:
    for card in (IN625, IN718, SS316L, TI64):
        alloy = card.melting(0.35)
        assert card.latent_heat is not None
        ends = np.array([alloy.solidus, alloy.liquidus])
        heated = np.diff(card.specific_heat.integral(ends))[0]
        gained = np.diff(alloy.enthalpy(ends))[0]
        assert gained == pytest.approx(heated + card.latent_heat.value, rel=1e-12)
        t = np.linspace(300, 2500, 400_001)
        slopes = np.diff(alloy.enthalpy(t)) / np.diff(t)
        ahead = alloy.apparent_heat((t[1:] + t[:-1]) / 2)
        assert np.abs(slopes - ahead).max() <= 2e-3 * ahead.max()


def test_a_curve_conducts_in_a_weak_form_as_its_integral_says() -> None:
    """A wall between 300 K and 1200 K: the integral of k is linear along it (Kirchhoff)."""
    x = space("x", spans=24, zero="both")
    u, v = unknown(), test_function()
    k = IN625.conductivity
    wall = 300.0 + 900.0 * x  # K, the lift
    heat = function_of(u, k, derivative=k.slope)
    model = solve(Problem("wall", (x,), heat * d(u, x) * d(v, x), lift=wall), tolerance=1e-5).model
    s = np.linspace(0, 1, 21)
    found = k.integral(model.grid({"x": s})[:, 0])
    wanted = k.integral(300.0) + s * (k.integral(1200.0) - k.integral(300.0))
    assert np.abs(found - wanted).max() <= 1e-4 * (wanted[-1] - wanted[0])


def test_a_curve_hands_its_bends_to_an_axis_of_temperature() -> None:
    """u = 1 / (8 k(T)) in the middle of a wall at temperature T has kinks where k bends."""
    k = SS316L.conductivity
    assert k.bends == (298.0, 1670.0, 1730.0, 2500.0)
    x, t = space("x", spans=2, degree=2, zero="both"), parameter("temperature", 1500.0, 1900.0)
    u, v = unknown(), test_function()
    wall = Problem("wall", (x, t), t.function(k) * d(u, x) * d(v, x), 1.0 * v)
    model = solve(wall, tolerance=1e-5).model
    at = np.linspace(1500, 1900, 101)
    found = model.grid({"temperature": at}, at={"x": 0.5})[:, 0]
    assert np.abs(8 * k(at) * found - 1).max() < 1e-4
    assert {1670.0, 1730.0} <= set(model.axes[1].basis.breaks)


def test_what_a_card_lacks_is_said() -> None:
    with pytest.raises(ProblemError, match="AlSi10Mg has no latent heat, solidus, liquidus"):
        ALLOYS["AlSi10Mg"].melting(0.3)
    with pytest.raises(ProblemError, match="do not increase"):
        Curve(np.array([300.0, 300.0]), np.array([1.0, 2.0]), "W/(m K)", Source("x"), (300, 400))


def test_pieces_that_meet_leave_a_step_of_two_kelvins() -> None:
    t, y = lines((0.0, 10.0, 1.0, 0.0), (10.0, 20.0, 2.0, 0.0))
    assert list(t) == [0, 9, 11, 20] and list(y) == [1, 1, 2, 2]
