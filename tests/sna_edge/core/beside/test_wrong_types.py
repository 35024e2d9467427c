"""What is of another type than a constructor or a verb takes is named in one sentence."""

from __future__ import annotations

import pytest

import sna_edge
from sna_edge import CP, InputError, Model, Output, spline_axis
from sna_edge.core.beside import (
    Calibration,
    Companion,
    Coordinate,
    Derived,
    LevelPair,
    RawReading,
    Readings,
    Role,
    Signature,
    Term,
)

from ... import beside_models as made

LINE = Model([spline_axis("x", "", 0, 1, spans=1, degree=1)], CP.full([[[0], [1]]]), [Output("b")])
AT = (Coordinate(0),)
TERMS = (Term(0, 1.0),)
ZEROS = [[0.0] * 33]
WRONG = {
    "source": lambda: Coordinate("input"),
    "weights": lambda: Coordinate(1, 0, ["a"]),
    "weights of two rows": lambda: Coordinate(1, 0, [[1.0, 2.0]]),
    "weights beyond float32": lambda: Coordinate(1, 0, [1e300]),
    "index": lambda: Coordinate(0, 1.5),
    "index that is none": lambda: Coordinate(0, None),
    "constant": lambda: Coordinate(1, 0, [1.0], "a"),
    "role": lambda: Companion("scale", LINE, AT),
    "function": lambda: Companion(Role.BASE, None, AT),
    "coordinates": lambda: Companion(Role.BASE, LINE, (0,)),
    "one coordinate": lambda: Companion(Role.BASE, LINE, 3),
    "output": lambda: Companion(Role.BASE, LINE, AT, output="depth"),
    "output of a class score": lambda: Companion(Role.CLASS_SCORE, LINE, AT, output=256),
    "weight": lambda: Companion(Role.FAMILIARITY, LINE, AT, weight=None),
    "rows": lambda: Calibration(200.5, ZEROS, [0]),
    "rows that are text": lambda: Calibration("3"),
    "quantiles": lambda: Calibration(2, 3.0, [0]),
    "ragged quantiles": lambda: Calibration(2, [[1, 2], [1]]),
    "least_p": lambda: Calibration(n_scores=3, scores=ZEROS[0], least_p="a"),
    "pairs": lambda: Calibration(pairs=[3]),
    "shape": lambda: LevelPair(0, 1, (2,), [0]),
    "shape below 0": lambda: LevelPair(0, 1, (-2, -2), [0]),
    "bits": lambda: LevelPair(0, 1, (2, 2), [300]),
    "inputs of a pair": lambda: LevelPair(0.5, 1, (2, 2), [0]),
    "ends": lambda: RawReading("h", "", "a", 1),
    "unit": lambda: RawReading("h", None, 0, 1),
    "index of a term": lambda: Term("power", 1.0),
    "number of a term": lambda: Term(0, "a"),
    "axis": lambda: Derived("density", "product", TERMS),
    "terms": lambda: Derived(0, "product", None),
    "tolerance": lambda: Readings({"power": 1}),
    "raw readings": lambda: Readings([0], (1,)),
    "derived inputs": lambda: Readings([0], (), (1,)),
    "companions": lambda: LINE.replace(companions=[3]),
    "calibration": lambda: LINE.replace(calibration=3),
    "readings": lambda: LINE.replace(readings={"x": 1}),
    "signature": lambda: Signature("a" * 64),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("made_wrong", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_type_is_named(made_wrong) -> None:
    with pytest.raises(InputError):
        made_wrong()


def test_what_stands_beside_a_companion_is_refused_not_dropped() -> None:
    inner = LINE.replace(readings=Readings([0.1]))
    with pytest.raises(InputError, match="no companions, calibration or readings of its own"):
        Companion(Role.BASE, inner, AT)


POINT = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "hatch": 20.0}


@pytest.mark.parametrize("level", ["0.9", [0.9, 0.8], True])
def test_a_level_is_a_number(level) -> None:
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        made.whole().interval_at(POINT, level)


def test_verbs_name_a_wrong_type() -> None:
    model = sna_edge.from_bytes(made.whole().to_bytes(), "numpy")
    for index in ("scale", 0.5, None):
        with pytest.raises(InputError, match="give a whole number"):
            model.companion_value(index, POINT)
    found = model.predictive(POINT)
    with pytest.raises(InputError, match="must lie between 0 and 1"):
        found.quantile("a")
    for count in (-1, 1.5):
        with pytest.raises(InputError, match="samples cannot be drawn"):
            found.sample(count)
