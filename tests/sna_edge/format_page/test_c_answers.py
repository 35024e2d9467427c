"""The C library answers every part of a file of format 1.1 as the page's formulas do in plain
floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from . import example, kept_files
from .plain import Whole

KEPT = Path(__file__).parents[1] / "kept" / "1.1"
LEVELS = (0.05, 0.5, 0.9, 0.99, 0.9977)
READINGS = (
    [79.75, 100.0, 0.0, 0.0, 0.0, 1.0, 4.0, 30.0],
    [400.5, 360.25, 2.0, 9.0, 9.0, 0.0, 2.0, 81.0],
    [79.25, -0.5, 1.0, 5.0, 5.0, 0.0, 8.0, 16.0],
)
"""Power, angle, alloy, two derived inputs, machine, hatch, room: within the tolerance of sensors,
at it, beyond it."""
DOUBLE, SINGLE = 1e-12, 4e-6


@pytest.fixture(params=["double", "float"])
def library(request, c_double, c_float):
    return c_double if request.param == "double" else c_float


@pytest.fixture(params=["everything", "train"])
def opened(request, library):
    """(open file, what it says, relative tolerance)."""
    file = library.open((KEPT / f"{request.param}.sna").read_bytes())
    assert (file.status, file.rule, file.verify()) == (0, "", 0)
    single = library.real is np.float32
    return file, kept_files.wholes()[request.param], SINGLE if single else DOUBLE


def asked(whole: Whole, count: int = 100) -> list[list[float]]:
    """Points that float32 holds, inside the domain."""
    made = [[float(np.float32(v)) for v in x] for x in example.points(count)]
    ends = zip(*((line.lower, line.upper) for line in whole.values.lines), strict=True)
    return [*map(list, ends), *made]


def test_values_and_companions(opened) -> None:
    file, whole, tolerance = opened
    assert file.companions() == len(whole.companions)
    for x in asked(whole):
        y, status = file.value(np.array([x]))
        np.testing.assert_allclose(y[0], whole.values.value(x), rtol=tolerance, atol=tolerance)
        assert status[0] == 0
        for i, said in enumerate(whole.companions):
            companion = file.companion(i)
            assert (companion.use.role, companion.use.output) == (said.role, said.output)
            assert companion.use.weight == said.weight and companion.verify() == 0
            place, status = companion.place(np.array(x), y[0])
            near = {"rtol": tolerance, "atol": tolerance}
            np.testing.assert_allclose(place, whole.coordinates(said, x), **near)
            found, _ = companion.value(place[None])
            np.testing.assert_allclose(found[0], whole.companion(i, x), **near)


def test_intervals_at_levels(opened) -> None:
    file, whole, tolerance = opened
    for x in asked(whole):
        y, status = file.value(np.array([x]))
        for k in range(3):
            for level in LEVELS:
                low, high, said = file.interval_at(k, np.array(x), level, int(status[0]), y[0])
                wanted = whole.interval(k, x, level)
                np.testing.assert_allclose((low, high), wanted, rtol=tolerance, atol=tolerance)
                assert said == 0


def test_levels_that_rows_do_not_support(opened) -> None:
    file, whole, _ = opened
    x = np.array(asked(whole)[5])
    y, status = file.value(x[None])
    limit = 1 - 2 * (1 - 2.0**-12) / 901  # that 900 rows just support
    if file.library.real is np.float64:
        assert file.interval_at(0, x, limit - 1e-9, int(status[0]), y[0])[2] == 0
    for level in (0.0, 1.0, -0.5, np.nan, limit + 1e-6, 0.9979, 0.9999):
        low, high, said = file.interval_at(0, x, level, int(status[0]), y[0])
        assert np.isnan([low, high]).all() and file.library.status_name(said) == "bad_input"


def test_familiarity(opened) -> None:
    file, whole, tolerance = opened
    seen = set()
    for x in asked(whole):
        y, status = file.value(np.array([x]))
        p, said = file.familiarity(np.array(x), int(status[0]), y[0])
        wanted = whole.familiarity(x)
        np.testing.assert_allclose(p, wanted, rtol=10 * tolerance, atol=0)
        assert said == (5 if wanted <= whole.calibration.least_p else 0)
        seen.add(said)
    assert seen == {0, 5}


def test_readings_become_coordinates(opened) -> None:
    file, whole, tolerance = opened
    for r in READINGS:
        found, status = file.derive(np.array(r))
        assert status == 0
        np.testing.assert_allclose(found, whole.derived(r[:6], r[6:]), rtol=tolerance)
    for raw in ([1.999, 30.0], [8.001, 30.0], [4.0, 15.9], [4.0, 81.1]):
        _, status = file.derive(np.array([*READINGS[0][:6], *raw]))
        assert file.library.status_name(status) == "out_of_domain"


def test_integers_of_a_companion_are_those_of_the_page(opened) -> None:
    from . import integers

    file, whole, _ = opened
    (i,) = (i for i, c in enumerate(whole.companions) if c.integers)
    companion, function = file.companion(i), whole.companions[i].function
    assert companion.fixed_verify() == 0
    places = integers.golden_places(function)
    found, status = companion.fixed_value(np.array(places, np.uint16))
    assert (status == 0).all()
    assert found.tolist() == [integers.evaluated(function, p) for p in places]
