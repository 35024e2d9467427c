"""The alloy of the melting problem: latent heat is released once, properties are continuous."""

import numpy as np

from sna_export.lpbf.melting import IN718


def test_apparent_heat_holds_the_latent_heat() -> None:
    t = np.linspace(IN718.solidus, IN718.liquidus, 20001)
    extra = np.trapezoid(IN718.apparent_heat(t) - IN718.specific_heat(t), t)
    assert abs(extra / IN718.latent_heat - 1) < 1e-6


def test_properties_lie_within_a_tenth_of_the_measured_ones() -> None:
    t = np.array([298.0, 500.0, 800.0])
    measured = 5.291 + 0.0152 * t + 1.382e-6 * t * t
    assert np.all(np.abs(IN718.conductivity(t) / measured - 1) < 0.1)
    assert np.all(np.abs(IN718.specific_heat(t) / (362 + 0.2118 * t) - 1) < 0.1)
    assert IN718.conductivity(2000.0) == IN718.conductivity_liquid


def test_nothing_jumps_at_the_ends_of_the_mushy_interval() -> None:
    for place in (IN718.solidus, IN718.liquidus):
        for f in (IN718.conductivity, IN718.specific_heat, IN718.apparent_heat):
            below, above = f(place - 1e-3), f(place + 1e-3)
            assert abs(float(above - below)) < 0.01 * float(above)
