"""Derived inputs that are programs: what C computes, what both readers refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import CP, Model, Output, spline_axis
from sna_edge.artifact.checks import validate
from sna_edge.core.beside import Derived, RawReading, Readings, Step
from sna_edge.core.beside.program import OPERATIONS, TWO, error_of
from sna_edge.errors import ArtifactError

from ..sna_edge.byhand import ByHand


def model(*programs: tuple[Step, ...]) -> Model:
    """Inputs `p` (0.5 to 4), then one for each program; raw readings `a` and `b`."""
    axes = [spline_axis("p", "W", 0.5, 4.0, spans=1, degree=1)]
    axes += [spline_axis(f"z{i}", "", -1e6, 1e6, spans=1, degree=1) for i in range(len(programs))]
    raw = (RawReading("a", "", 0.5, 4.0), RawReading("b", "", 0.5, 4.0))
    derived = tuple(Derived(i + 1, "program", program=p) for i, p in enumerate(programs))
    tables = [[[1.0], [2.0]]] * len(axes)
    readings = Readings([0.0] * len(axes), raw, derived)
    return Model(axes, CP.full(tables), [Output("y")], readings=readings)


def random_program(rng: np.random.Generator) -> tuple[Step, ...]:
    """Steps that hold, of every operation."""
    steps: list[Step] = [Step("input", 0)]
    depth = 1
    while len(steps) < 20:
        pick = rng.integers(3)
        if pick == 0 and depth < 8:
            steps.append(
                Step("raw", int(rng.integers(2)))
                if rng.random() < 0.6
                else Step("number", number=float(np.round(rng.uniform(0.1, 3.0), 2)))
            )
            depth += 1
        elif pick == 1 and depth > 1:
            steps.append(Step(str(rng.choice(TWO))))
            depth -= 1
        else:
            steps.append(Step(str(rng.choice(OPERATIONS[len(TWO) :]))))
    return (*steps, *[Step("add")] * (depth - 1))


@pytest.mark.parametrize("exact", [True, False])
def test_programs_give_what_python_gives(exact: bool, c_double: Any, c_float: Any) -> None:
    library = c_double if exact else c_float
    rng = np.random.default_rng(3)
    compared = 0
    for _ in range(60):
        made = model(random_program(rng))
        data = made.to_bytes()
        section = validate(data).readings
        assert section is not None
        found = library.open(data)
        assert found.rule == "" and found.verify() == 0
        for row in np.float32(rng.uniform(0.5, 4.0, (20, 3))).astype(float):
            wanted = made.derived(np.array([row[0], 0.0, *row[1:]]))
            x, status = found.derive(np.array([row[0], 0.0, *row[1:]]))
            if wanted.status[0] < 0 or abs(wanted.x[0, 1]) > 1e30:
                assert exact is False or status < 0 or abs(wanted.x[0, 1]) > 1e30
                continue
            if status < 0:
                assert not exact  # a step in between that float cannot hold
                continue
            keys = {("input", 0): row[0], ("raw", 0): row[1], ("raw", 1): row[2]}
            assert made.readings is not None
            error = float(error_of(made.readings.derived[0].program, keys))
            unit = 2.0**-52 if exact else 2.0**-23
            assert abs(x[1] - wanted.x[0, 1]) <= 32 * unit * error
            compared += 1
    assert compared > 400


ENERGY = (Step("input", 0), Step("raw", 0), Step("raw", 1), Step("multiply"), Step("divide"))
TERMS = 8 + 2 * 8 + 2 * 16 + 16
"""Offset of the steps in section 16 of `model(ENERGY)`."""


def changed(offset: int, value: bytes) -> bytes:
    """The file of `model(ENERGY)` with other bytes in section 16."""
    file = ByHand(model(ENERGY).to_bytes())
    section = bytearray(file.read("readings"))
    section[offset : offset + len(value)] = value
    return bytes(file.replaced(readings=bytes(section)))


def u16(number: int) -> bytes:
    return number.to_bytes(2, "little")


BAD = {
    "a kind of 4": (TERMS, b"\4"),
    "an operation of 12": (TERMS + 3 * 16, b"\3\0" + u16(12)),
    "an input that is derived": (TERMS + 2, u16(1)),
    "a raw reading of 2": (TERMS + 16 + 2, u16(2)),
    "a number where none belongs": (TERMS + 8, np.float64(1.0).tobytes()),
    "minus 0 where none belongs": (TERMS + 8, np.float64(-0.0).tobytes()),
    "a number of 2^500": (TERMS, b"\2\0" + u16(0) + bytes(4) + np.float64(2.0**500).tobytes()),
    "a number with an index": (TERMS, b"\2\0" + u16(1)),
    "an operation without values": (TERMS, b"\3\0" + u16(0)),
    "two values at the end": (TERMS + 4 * 16, b"\3\0" + u16(7)),
    "a reserved byte": (TERMS + 1, b"\1"),
    "a constant": (TERMS - 8, np.float64(1.0).tobytes()),
    "formula 3": (TERMS - 16 + 2, b"\3"),
    "65 steps": (TERMS - 16 + 3, b"\x41"),
    "17 rows of reference readings": (6, u16(17)),
    "a reference reading that is NaN": (TERMS + 5 * 16, np.float64(np.nan).tobytes()),
    "a negative error": (TERMS + 5 * 16 + 4 * 4 * 8 + 8, np.float64(-1.0).tobytes()),
}


@pytest.mark.parametrize("name", BAD)
def test_both_readers_refuse(name: str, c_double: Any, c_float: Any) -> None:
    data = changed(*BAD[name])
    with pytest.raises(ArtifactError) as caught:
        sna_edge.from_bytes(data, backend="numpy")
    assert caught.value.rule == "bad_readings"
    for library in (c_double, c_float):
        assert library.open(data).rule == "bad_readings"


def test_a_formula_that_gives_something_else_is_found(c_double: Any, c_float: Any) -> None:
    data = changed(TERMS + 4 * 16, b"\3\0" + u16(OPERATIONS.index("multiply")))
    with pytest.raises(ArtifactError) as caught:
        sna_edge.from_bytes(data, backend="numpy")
    assert caught.value.rule == "golden_mismatch"
    for library in (c_double, c_float):
        found = library.open(data)
        assert found.rule == ""
        found.verify()
        assert found.rule == "golden_mismatch"
