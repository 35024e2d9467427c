"""Companions are sampled where their modes are largest: a density of many inputs is next to nothing
at points taken at random, and would get no integer path."""

from __future__ import annotations

import numpy as np

import sna_edge
from sna_edge.artifact.checks import validate
from sna_edge.core.beside import Calibration, Companion, Coordinate
from sna_edge.core.beside.companion import Role


def density(inputs: int) -> sna_edge.Model:
    """One narrow product of hats: 1 at one place, exp(-12) an axis's width away from it."""
    axes = [sna_edge.spline_axis(f"x{d}", "", 0, 1, spans=8, degree=1) for d in range(inputs)]
    away = [np.abs(np.arange(9) - 5 * d % 9) / 8 for d in range(inputs)]
    tables = [(np.rint(-np.exp(-12 * a) * 2**15) / 2**15)[:, None] for a in away]  # -1 exists
    return sna_edge.Model(
        axes, sna_edge.CP.full(tables), [sna_edge.Output("density")],
        dtypes=["int16"] * inputs, integer_path=True,
    )  # fmt: skip


def test_a_narrow_density_keeps_its_integer_path() -> None:
    inputs = 10
    inside = density(inputs)
    familiar = Companion(
        Role.FAMILIARITY, inside, tuple(Coordinate(0, d) for d in range(inputs)), weight=2.0
    )
    work = sna_edge.CP.full([np.ones((9, 1))] * inputs)
    model = sna_edge.Model(
        inside.axes, work, [sna_edge.Output("y")], companions=[familiar],
        calibration=Calibration(n_scores=200, scores=np.linspace(-9, 0, 33), least_p=0.01),
    )  # fmt: skip
    assert not validate(inside.to_bytes()).has_integer_path, "as values, sampled at random"
    (found,) = validate(model.to_bytes()).companions
    assert found.file.has_integer_path
    assert found.file.outputs["range_high"][0] > 0.99
