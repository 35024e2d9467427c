"""Units read from column names."""

import pytest

from sna_export.table.units import unit_of, with_units


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("power_W", "W"), ("speed_mm_s", "mm/s"), ("weld_width_um", "um"),
        ("cement_kg_m3", "kg/m3"), ("strength [MPa]", "MPa"),
        ("age (day)", "day"),
        ("humidity_percent", "%"), ("cement", ""), ("x_1", ""), ("W", ""), ("fly_ash", ""),
        ("share_of_s", "s"), ("rest []", ""),
    ],
)  # fmt: skip
def test_unit_of_a_name(name, unit):
    assert unit_of(name) == unit


def test_units_are_set_where_there_are_none():
    import numpy as np

    import sna_edge

    axis = sna_edge.spline_axis("power_W", "", 0, 1, spans=2)
    other = sna_edge.spline_axis("speed_mm_s", "m/h", 0, 1, spans=2)
    tables = tuple(np.ones((a.basis.n_rows, 1)) for a in (axis, other))
    cp = sna_edge.CP(tables, (np.array([0]), np.array([0])), np.ones((1, 1)))
    model = with_units(sna_edge.Model((axis, other), cp, [sna_edge.Output("t_ms")]))
    assert [a.unit for a in model.axes] == ["W", "m/h"]
    assert model.outputs[0].unit == "ms"
