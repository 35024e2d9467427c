"""Every sentence of FORMAT.md on sections 11 and 14 to 16 has a file that breaks it and nothing
before it; Python and C name the same rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from sna_edge import ArtifactError, from_bytes

from .beside import bad_calibration, bad_raw_names, bad_readings
from .borders import odd_files
from .companions import bad_companions
from .layout import bad_layout
from .shared import Cases

KEPT = Path(__file__).parents[2] / "kept" / "1.1"
CASES = Cases()
for table in (bad_layout, bad_companions, bad_calibration, bad_readings, bad_raw_names, odd_files):
    table(CASES.add)
DOUBLE = {"bad_golden: tolerance of a companion", "bad_readings: ends nearer than 2^-1000"}
"""What a float-only device does not look at: tolerance64, and ends that are one number in f32."""


def broken(name: str, by_hand) -> tuple[str, bytes]:
    rule, base, edit = CASES[name]
    return rule, bytes(edit(by_hand((KEPT / f"{base}.sna").read_bytes())))


def python_rule(data: bytes) -> str:
    try:
        from_bytes(data, backend="numpy")
    except ArtifactError as error:
        assert str(error).startswith(f"{error.rule}: ") and "\n" not in str(error)
        return error.rule
    return ""


def c_rule(library, data: bytes) -> str:
    """Named by sna_open, else by a replay: of the values and companions, of integer paths."""
    opened = library.open(data)
    if opened.status == 0 and opened.verify() == 0:
        for i in range(opened.companions()):
            companion = opened.companion(i)
            if companion.record.features & 2 and companion.fixed_verify():
                return str(companion.rule)
    return str(opened.rule)


@pytest.mark.parametrize("name", CASES)
def test_python_names_the_rule(name: str, by_hand) -> None:
    rule, data = broken(name, by_hand)
    assert python_rule(data) == rule


@pytest.mark.parametrize("name", [n for n in CASES if not n.startswith("bad_metadata")])
def test_c_names_the_rule(name: str, by_hand, c_double, c_float) -> None:
    rule, data = broken(name, by_hand)
    assert c_rule(c_double, data) == rule
    assert c_rule(c_float, data) == ("" if name in DOUBLE else rule)


@pytest.mark.parametrize("name", sorted(p.stem for p in KEPT.glob("*.sna")))
def test_the_files_edited_here_are_good_before(name: str, by_hand, c_double, c_float) -> None:
    data = (KEPT / f"{name}.sna").read_bytes()
    assert bytes(by_hand(data).replaced()) == bytes(by_hand(data).sealed()) == data
    assert python_rule(data) == c_rule(c_double, data) == c_rule(c_float, data) == ""
