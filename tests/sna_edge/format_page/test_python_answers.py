"""The library answers every part of a file of format 1.1 as the page's formulas do in plain
floats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sna_edge import InputError, Model, Status, from_bytes, load

from . import example, kept_files
from .plain import Whole
from .rules.beside import FLOORS

KEPT = Path(__file__).parents[1] / "kept" / "1.1"
LIMIT = 1 - 2 * (1 - 2.0**-12) / 901
"""The level that 900 rows just support."""
LEVELS = (0.05, 0.5, 0.9, 0.99, 0.9977, LIMIT - 1e-9)
READINGS = (
    [79.75, 100.0, 0.0, 0.0, 0.0, 1.0, 4.0, 30.0],
    [400.5, 360.25, 2.0, 9.0, 9.0, 0.0, 2.0, 81.0],
    [79.25, -0.5, 1.0, 5.0, 5.0, 0.0, 8.0, 16.0],
)
NEAR = {"rtol": 1e-12, "atol": 1e-13}


@pytest.fixture(scope="module", params=["everything", "train", "signed"])
def read(request) -> tuple[Model, Whole]:
    model = load(KEPT / f"{request.param}.sna", backend="numpy")
    return model, kept_files.wholes()[request.param]


def asked(whole: Whole) -> list[list[float]]:
    ends = zip(*((line.lower, line.upper) for line in whole.values.lines), strict=True)
    return [*map(list, ends), *example.points(60)]


def test_values_and_companions(read: tuple[Model, Whole]) -> None:
    model, whole = read
    x = asked(whole)
    found = model.value(np.array(x), level_index=True)
    np.testing.assert_allclose(found, [whole.values.value(v) for v in x], **NEAR)
    assert len(model.companions) == len(whole.companions) == 6
    for i, said in enumerate(whole.companions):
        companion = model.companions[i]
        assert (int(companion.role), companion.output) == (said.role, said.output)
        assert companion.weight == said.weight
        found = model.companion_value(i, np.array(x), level_index=True)
        np.testing.assert_allclose(found, [whole.companion(i, v) for v in x], **NEAR)


def test_intervals_at_levels(read: tuple[Model, Whole]) -> None:
    model, whole = read
    x = asked(whole)
    for level in LEVELS:
        found = model.interval_at(np.array(x), level, level_index=True)
        wanted = np.array([[whole.interval(k, v, level) for k in range(3)] for v in x])
        unlike = [whole.familiarity(v) <= whole.calibration.least_p for v in x]
        assert (found.status == np.where(unlike, Status.UNFAMILIAR, Status.OK)).all()
        np.testing.assert_allclose(found.lower, wanted[:, :, 0], **NEAR)
        np.testing.assert_allclose(found.upper, wanted[:, :, 1], **NEAR)


def test_levels_that_rows_do_not_support(read: tuple[Model, Whole]) -> None:
    model, whole = read
    for level in (0.0, 1.0, -0.5, float("nan"), LIMIT + 1e-9, 0.9979, 0.9999):
        with pytest.raises(InputError):
            model.interval_at(np.array(asked(whole)), level, level_index=True)


def test_familiarity(read: tuple[Model, Whole]) -> None:
    model, whole = read
    x = asked(whole)
    found = model.familiarity(np.array(x), level_index=True)
    wanted = np.array([whole.familiarity(v) for v in x])
    np.testing.assert_allclose(found.p, wanted, rtol=1e-11, atol=0)
    np.testing.assert_allclose(found.score, [whole.score(v) for v in x], **NEAR)
    unfamiliar = wanted <= whole.calibration.least_p
    assert (found.status == np.where(unfamiliar, Status.UNFAMILIAR, Status.OK)).all()
    assert 0 < unfamiliar.sum() < len(x)


def test_readings_become_coordinates(read: tuple[Model, Whole]) -> None:
    model, whole = read
    if whole.readings is None:
        pytest.skip("no readings")
    found = model.derived(np.array(READINGS), level_index=True)
    assert (found.status == Status.OK).all()
    np.testing.assert_allclose(found.x, [whole.derived(r[:6], r[6:]) for r in READINGS], **NEAR)
    for raw in ([1.999, 30.0], [8.001, 30.0], [4.0, 15.9], [4.0, 81.1]):
        row = np.array([*READINGS[0][:6], *raw])
        assert model.derived(row, level_index=True).status == Status.OUT_OF_DOMAIN


@pytest.mark.parametrize("name", sorted(p.stem for p in KEPT.glob("*.sna")))
def test_a_file_written_anew_says_the_same(name: str, by_hand) -> None:
    """Golden vectors are drawn anew, floors are at least the rounding of float32; all else beside
    the values stays as it was, and once written the bytes stay the same."""
    data = (KEPT / f"{name}.sna").read_bytes()
    model = from_bytes(data, backend="numpy")
    again = model.to_bytes()
    assert from_bytes(again, backend="numpy").to_bytes() == again
    before, after = by_hand(data), by_hand(again)
    assert after.read("readings") == before.read("readings")
    floors = slice(FLOORS, FLOORS + 8 * 3)
    one, other = (bytearray(h.read("calibration")) for h in (before, after))
    if model.calibration and model.calibration.n_residuals:
        low, high = (np.frombuffer(c[floors], "<f8") for c in (one, other))
        assert (low <= high).all() and (high - low < 1e-6).all()
        one[floors] = other[floors]
    assert one == other
    x = np.array(example.points(20))
    for one, other in zip(model.companions, from_bytes(again).companions, strict=True):
        assert (one.role, one.output, one.weight) == (other.role, other.output, other.weight)
    np.testing.assert_array_equal(
        from_bytes(again, backend="numpy").value(x, level_index=True),
        model.value(x, level_index=True),
    )
