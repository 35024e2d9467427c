"""Files at the border of a rule that break none, and one that only looks good."""

from __future__ import annotations

import struct

from .. import example
from ..example import cp
from ..packed import packed
from ..plain import LEVELS, Calibration, Exit, Whole
from . import beside, companions
from .shared import Add, field, made

GOOD = ""


def odd_files(add: Add) -> None:
    add(GOOD, "minor 9", field(None, 10, "H", 9))
    add(GOOD, "another signature", lambda h: h.poke("signature", 5, "B", 1), "signed")
    add(GOOD, "a key of zeros", lambda h: h.poke("signature", 64, "16s", bytes(16)), "signed")
    add(GOOD, "nothing at all", lambda h: h, "nothing")
    for name, i, offset, kind, value in (
        ("a class score of output 255", companions.CLASSES, 1, "B", 255),
        ("a subnormal weight", companions.INPUTS, 16, "d", 5e-324),
        ("a weight below 2^1000", companions.INPUTS, 16, "d", 2.0**1000 * (1 - 2.0**-53)),
        ("weight -0 of a scale", companions.DEPTH, 16, "d", -0.0),
    ):  # fmt: skip
        add(GOOD, name, companions.record(i, offset, kind, value))
    add(GOOD, "constant -0 of an input", companions.coordinate(companions.DEPTH, 0, 8, "d", -0.0))
    far = -(2.0**1000) * (1 - 2.0**-53)
    add(GOOD, "a far constant", companions.coordinate(companions.FEATURES, 0, 8, "d", far))
    add(GOOD, "a subnormal weight of a feature", companions.feature_weight(0, 1e-45))
    add(GOOD, "a huge weight of a feature", companions.feature_weight(0, 3.4028234663852886e38))
    add(GOOD, "a base before the scale of its output", made(base_first))
    add(GOOD, "two bases and class scores of an output", made(lambda w: repeated(w, (4, 5))))
    add(GOOD, "64 companions", made(lambda w: companions.repeated(w, 64)))
    calibration = lambda o, k, *v: field("calibration", o, k, *v)  # noqa: E731
    add(GOOD, "one row", calibration(0, "I", 1))
    add(GOOD, "2^32 - 1 rows", calibration(0, "II", 2**32 - 1, 2**32 - 1))
    add(GOOD, "least p 5e-324", calibration(8, "d", 5e-324))
    add(GOOD, "least p below 1", calibration(8, "d", 1 - 2.0**-53))
    for value in (1.0, -1.0, -0.0):
        add(GOOD, f"correlation {value}", calibration(beside.CORRELATION, "d", value))
    add(GOOD, "floor -0", calibration(beside.FLOORS, "d", -0.0))
    add(GOOD, "floor below 2^500", calibration(beside.FLOORS, "d", 2.0**500 * (1 - 2.0**-53)))
    add(GOOD, "quantiles all 0", calibration(beside.QUANTILES, "33d", *[0.0] * 33))
    add(GOOD, "scores all equal", calibration(beside.SCORES, "33d", *[-9.0] * 33))
    add(GOOD, "no pair seen", calibration(beside.PAIRS + 8, "B", 0))
    add(GOOD, "all pairs seen", calibration(beside.PAIRS + 8, "B", 0b00111111))
    readings = lambda o, k, *v: field("readings", o, k, *v)  # noqa: E731
    add(GOOD, "tolerance below 2^1000", readings(beside.TOLERANCE, "d", -far))
    add(GOOD, "tolerance -0 of levels", readings(beside.TOLERANCE + 16, "d", -0.0))
    add(GOOD, "ends 2^-1000 apart", readings(beside.ENDS, "dd", 0.0, 2.0**-1000))
    add(GOOD, "far ends", readings(beside.ENDS, "dd", far, -far))
    add(GOOD, "a sum from 0", readings(beside.FORMULAS + 24, "d", 0.0))
    for value in (64.0, -64.0, 5e-324, 0.3):
        add(GOOD, f"exponent {value}", readings(beside.TERMS + 8, "d", value))
    add(GOOD, "a factor below 2^500", readings(beside.TERMS + 56, "d", 2.0**500 * (1 - 2.0**-53)))
    add(GOOD, "a sum of raw readings alone", readings(beside.TERMS + 64, "BBH", 1, 0, 0))
    add(GOOD, "a pair of eight cells, all seen", lambda h: eight_cells())
    add("bad_calibration", "a pair of one byte in two", two_bytes, "pairs")
    add("bad_calibration", "a pair with an input beyond the last", pair_beyond)
    add("bad_companion", "an input beyond the last whose bytes look right", beyond)


def pair_beyond(h):
    """A pair of the alloy with an input whose bytes are the axis of the alloy in a companion; as
    many class scores stand before it as put it there."""
    for n in range(20):
        whole = example.whole()
        whole.companions = [whole.companions[companions.CLASSES]] * n + whole.companions
        h = type(h)(packed(whole, example.NAMES))
        place = h.place("companions")[0] + companions.inner(h, n + companions.DEPTH, 1) + 80
        index, rest = divmod(place - h.place("axes")[0], 80)
        if not rest and 6 <= index < 2**16:
            data = bytearray(h.read("calibration"))
            data[beside.PAIRS :] = struct.pack("<HHIH", 2, index, 2, 0)
            return h.replaced(calibration=bytes(data))
    raise AssertionError("the axis of the alloy stands nowhere where an axis could")


def repeated(whole: Whole, which: tuple[int, ...]) -> None:
    whole.companions += [whole.companions[i] for i in which]


def base_first(whole: Whole) -> None:
    whole.companions.insert(0, whole.companions.pop(companions.FORMER))


def eight_cells() -> bytes:
    """Two inputs of four and of two levels."""
    four, two = (LEVELS, 0.0, 3.0, 4, 0, None), (LEVELS, 0.0, 1.0, 2, 0, None)
    values = cp(9, [(four, "f"), (two, "f")], [(0b11, 2)], [Exit()])
    seen = {(i, j) for i in range(4) for j in range(2)}
    names = {"axes": [["a", "", list("0123")], ["b", "", list("01")]], "outputs": [["y", ""]]}
    return packed(Whole(values, [], Calibration(pairs={(0, 1): seen}), None), names)


def two_bytes(h):
    data = h.read("calibration")
    return h.replaced(calibration=data[:36] + b"\2" + data[37:] + b"\0")


def beyond(h):
    """A coordinate of input i where `axes + 80 i` is the axis of the companion itself."""
    axes, section = h.place("axes")[0], h.place("companions")[0]
    for i in range(6):
        first = section + companions.inner(h, i, 1) - axes
        for j in range(3):
            index, rest = divmod(first + 80 * j, 80)
            at = companions.start(h, i, "coordinates") + 16 * j
            if not rest and h.peek("companions", at, "B") == 0:
                return h.poke("companions", at + 2, "H", index).sealed()
    raise AssertionError("no companion of the example stands so")
