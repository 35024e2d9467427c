"""Files that break a sentence of FORMAT.md sections 15 and 16, and nothing before it."""

from __future__ import annotations

import json
import struct

from .shared import INF, NAN, Add, cut, field, longer, made

K, D, GRID = 3, 6, 33
QUANTILES = 32
FLOORS = QUANTILES + 8 * GRID * K
CORRELATION = FLOORS + 8 * K
SCORES = CORRELATION + 8 * K * (K - 1) // 2
PAIRS = SCORES + 8 * GRID
"""Places in section 15 of the example."""
TOLERANCE = 8
ENDS = TOLERANCE + 8 * D
FORMULAS = ENDS + 16 * 2
TERMS = FORMULAS + 16 * 2
"""Places in section 16: two raw readings, a product of three terms, a sum of two."""


def bad_calibration(add: Add) -> None:
    for name, offset, kind, value in (
        ("no rows behind quantiles", 0, "I", 0), ("no scores", 4, "I", 0),
        ("least p 0", 8, "d", 0.0), ("least p 1", 8, "d", 1.0), ("least p NaN", 8, "d", NAN),
        ("least p negative", 8, "d", -0.005), ("2017 pairs", 16, "H", 2017),
        ("a pair less", 16, "H", 0), ("a pair more", 16, "H", 2), ("reserved", 18, "B", 1),
        ("last reserved", 31, "B", 1),
        ("pair of input 6", PAIRS + 2, "H", 6), ("pair of itself", PAIRS, "H", 5),
        ("pair swapped", PAIRS, "HH", (5, 2)), ("a without levels", PAIRS, "H", 1),
        ("b without levels", PAIRS + 2, "H", 4), ("pair size 0", PAIRS + 4, "I", 0),
        ("pair size 2", PAIRS + 4, "I", 2), ("pair size 2^32 - 1", PAIRS + 4, "I", 2**32 - 1),
        ("bit behind the last", PAIRS + 8, "B", 0b01100111),
        ("last bit", PAIRS + 8, "B", 0b10100111),
    ):  # fmt: skip
        values = value if isinstance(value, tuple) else (value,)
        add("bad_calibration", name, field("calibration", offset, kind, *values))
    for k in range(K):
        at = QUANTILES + 8 * GRID * k
        for name, j, value in (
            ("falls", 20, -100.0), ("falls at the end", 32, -1.0), ("NaN", 7, NAN),
            ("first NaN", 0, NAN), ("last NaN", 32, NAN), ("infinite", 32, INF),
            ("-infinite", 0, -INF), ("2^500", 32, 2.0**500), ("-2^500", 0, -(2.0**500)),
        ):  # fmt: skip
            add(
                "bad_calibration",
                f"quantile {k} {name}",
                field("calibration", at + 8 * j, "d", value),
            )
        for value in (-(2.0**-1074), NAN, INF, 2.0**500):
            add(
                "bad_calibration",
                f"floor {k} {value}",
                field("calibration", FLOORS + 8 * k, "d", value),
            )
        for value in (1.0000000000000002, -1.0000000000000002, NAN, INF):
            place = CORRELATION + 8 * k
            add(
                "bad_calibration",
                f"correlation {k} {value}",
                field("calibration", place, "d", value),
            )
    for name, j, value in (
        ("falls", 5, -16.0), ("NaN", 9, NAN), ("infinite", 32, INF), ("2^500", 32, 2.0**500),
        ("-2^500", 0, -(2.0**500)),
    ):  # fmt: skip
        add("bad_calibration", f"score {name}", field("calibration", SCORES + 8 * j, "d", value))
    for size in (1, 8, 9, 264):
        add("bad_calibration", f"{size} bytes less", cut("calibration", size))
    add("bad_calibration", "a byte more", longer("calibration", b"\0"))
    for size in (1, 4, 31, 32):
        add("bad_calibration", f"{size} bytes of nothing",
            lambda h, n=size: h.replaced(calibration=bytes(n)), "nothing")  # fmt: skip
    add("bad_calibration", "a scale without it", lambda h: h.replaced(calibration=b""), "scales")
    add("bad_calibration", "a familiarity without it",
        lambda h: h.replaced(calibration=b""), "familiarity")  # fmt: skip
    add("bad_calibration", "scores of no familiarity", scores_of_nothing, "quantiles")
    add("bad_calibration", "least p without scores", field("calibration", 8, "d", 0.5), "quantiles")
    add("bad_calibration", "quantiles of scales gone", without_quantiles)
    add("bad_calibration", "pair repeated", pair_repeated, "pairs")
    for a, b, bits in ((0, 5, 10), (0, 3, 15), (2, 4, 12), (2, 2, 9), (5, 2, 6)):
        add(
            "bad_calibration",
            f"pair of inputs {a} and {b} of the right size",
            one_pair(a, b, bits),
            "pairs",
        )


def scores_of_nothing(h):
    data = bytearray(h.read("calibration"))
    struct.pack_into("<Id", data, 4, 10, 0.5)
    scores = struct.pack("<33d", *range(GRID))
    return h.replaced(calibration=bytes(data[:SCORES]) + scores)


def without_quantiles(h):
    """n_residuals 0 and no arrays, the rest as it was."""
    data = h.read("calibration")
    return h.replaced(calibration=bytes(4) + data[4:QUANTILES] + data[SCORES:])


def one_pair(a: int, b: int, bits: int):
    size = -(-bits // 8)
    head = struct.pack("<IIdH14x", 0, 0, 0.0, 1) + struct.pack("<HHI", a, b, size)
    return lambda h: h.replaced(calibration=head + bytes(size))


def pair_repeated(h):
    data = h.read("calibration")
    return h.replaced(
        calibration=data[:16] + b"\2\0" + data[18:32] + data[32:40] * 2 + data[40:] * 2
    )


def bad_readings(add: Add) -> None:
    for name, offset, kind, value in (
        ("a raw reading less", 0, "H", 1), ("a raw reading more", 0, "H", 3),
        ("65 raw readings", 0, "H", 65), ("a formula less", 2, "H", 1), ("7 formulas", 2, "H", 7),
        ("a term less", 4, "I", 4), ("a term more", 4, "I", 6), ("2^28 terms", 4, "I", 2**28),
        ("2^32 - 1 terms", 4, "I", 2**32 - 1),
        ("tolerance negative", TOLERANCE, "d", -1e-300), ("tolerance NaN", TOLERANCE, "d", NAN),
        ("tolerance infinite", TOLERANCE + 8, "d", INF),
        ("tolerance 2^1000", TOLERANCE, "d", 2.0**1000),
        ("tolerance of levels", TOLERANCE + 16, "d", 0.5),
        ("tolerance of a derived input", TOLERANCE + 24, "d", 0.5),
        ("tolerance of the second", TOLERANCE + 32, "d", 0.5),
        ("ends equal", ENDS, "d", 8.0), ("ends swapped", ENDS, "d", 9.0),
        ("lower NaN", ENDS, "d", NAN),
        ("upper NaN", ENDS + 24, "d", NAN), ("upper infinite", ENDS + 8, "d", INF),
        ("upper 2^1001", ENDS + 8, "d", 2.0**1001), ("lower -2^1001", ENDS + 16, "d", -(2.0**1001)),
        ("formula of input 6", FORMULAS + 16, "H", 6), ("formula of levels", FORMULAS + 16, "H", 5),
        ("formula of a periodic input", FORMULAS, "H", 1),
        ("two formulas of an input", FORMULAS + 16, "H", 3),
        ("formulas not in order", FORMULAS, "H", 5), ("formula 2", FORMULAS + 2, "B", 2),
        ("no terms", FORMULAS + 3, "B", 0), ("17 terms", FORMULAS + 3, "B", 17),
        ("terms of another", FORMULAS + 3, "B", 2), ("reserved", FORMULAS + 4, "I", 1),
        ("constant 0", FORMULAS + 8, "d", 0.0), ("constant -0", FORMULAS + 8, "d", -0.0),
        ("constant NaN", FORMULAS + 8, "d", NAN), ("constant 2^500", FORMULAS + 8, "d", 2.0**500),
        ("sum from NaN", FORMULAS + 24, "d", NAN),
        ("sum from -2^500", FORMULAS + 24, "d", -(2.0**500)),
        ("term kind 2", TERMS, "B", 2), ("term reserved", TERMS + 1, "B", 1),
        ("term of input 6", TERMS, "BBH", (0, 0, 6)),
        ("term of a derived input", TERMS + 2, "H", 3),
        ("term of itself and others", TERMS + 2, "H", 4), ("term of levels", TERMS + 2, "H", 2),
        ("raw reading 2", TERMS + 16 + 2, "H", 2), ("term reserved word", TERMS + 4, "I", 1),
        ("exponent 0", TERMS + 8, "d", 0.0), ("exponent NaN", TERMS + 8, "d", NAN),
        ("exponent infinite", TERMS + 8, "d", INF),
        ("exponent above 64", TERMS + 8, "d", 64.00000000000001),
        ("exponent -65", TERMS + 24, "d", -65.0), ("factor 0", TERMS + 48 + 8, "d", 0.0),
        ("factor 2^500", TERMS + 48 + 8, "d", 2.0**500), ("factor NaN", TERMS + 64 + 8, "d", NAN),
    ):  # fmt: skip
        values = value if isinstance(value, tuple) else (value,)
        add("bad_readings", name, field("readings", offset, kind, *values))
    add(
        "bad_readings",
        "65 ends of raw readings",
        made(lambda w: w.readings.ends.extend([(0.0, 1.0)] * 63)),
    )
    add("bad_readings", "17 terms that are there",
        made(lambda w: w.readings.formulas[1].terms.extend([(False, 1, 1.0)] * 15)))  # fmt: skip
    add(
        "bad_readings", "a formula of nothing", made(lambda w: w.readings.formulas[1].terms.clear())
    )
    add("bad_readings", "ends nearer than 2^-1000", field("readings", ENDS, "dd", 0.0, 2.0**-1001))
    for size in (1, 8, 16, 80):
        add("bad_readings", f"{size} bytes less", cut("readings", size))
    for size in (1, 16):
        add("bad_readings", f"{size} bytes more", longer("readings", bytes(size)))
    for size in (1, 7, 8, 55):
        add("bad_readings", f"{size} bytes", lambda h, n=size: h.replaced(readings=bytes(n)))


def bad_raw_names(add: Add) -> None:
    """Python alone reads the metadata."""
    for name, value in (
        ("none", []), ("one", [["hatch", "mm"]]), ("three", [["a", ""], ["b", ""], ["c", ""]]),
        ("without unit", [["hatch"], ["room", "K"]]), ("a number", [[3, "mm"], ["room", "K"]]),
        ("unit null", [["hatch", None], ["room", "K"]]), ("empty", [["", "mm"], ["room", "K"]]),
        ("twice", [["hatch", "mm"], ["hatch", "K"]]),
        ("of an input", [["hatch", "mm"], ["power", "W"]]),
        ("text", "hatch"), ("with levels", [["hatch", "mm", ["a"]], ["room", "K"]]),
    ):  # fmt: skip
        add("bad_metadata", f"raw inputs {name}", lambda h, v=value: renamed(h, v))
    add("bad_metadata", "raw inputs missing", lambda h: renamed(h, None))
    for base in ("nothing", "scales"):
        add("bad_metadata", f"raw inputs without readings, {base}",
            lambda h: renamed(h, [["hatch", "mm"]]), base)  # fmt: skip
        add(
            "bad_metadata",
            f"no raw inputs without readings, {base}",
            lambda h: renamed(h, []),
            base,
        )


def renamed(h, value: object):
    metadata = json.loads(h.read("metadata"))
    metadata.pop("raw_inputs", None)
    if value is not None:
        metadata["raw_inputs"] = value
    return h.replaced_json("metadata", metadata)
