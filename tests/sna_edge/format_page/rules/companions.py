"""Files that break a sentence of FORMAT.md section 14, and nothing before it."""

from __future__ import annotations

from dataclasses import replace

from .. import example
from ..plain import EXP, Exit, Whole
from .shared import INF, NAN, Add, field, made, pushed

DEPTH, WIDTH, INPUTS, FEATURES, CLASSES, FORMER = range(6)
"""The companions of the example: two scales, two familiarities, a class score, a base."""


def start(h, i: int, part: str) -> int:
    """Where the record, the coordinates or the file of companion i begin in section 14."""
    record = 8 + 32 * i
    if part == "record":
        return record
    return int(h.peek("companions", record + {"coordinates": 4, "file": 8}[part], "I"))


def record(i: int, offset: int, kind: str, value: float):
    return field("companions", 8 + 32 * i + offset, kind, value)


def coordinate(i: int, c: int, offset: int, kind: str, value: float):
    return lambda h: h.poke(
        "companions", start(h, i, "coordinates") + 16 * c + offset, kind, value
    ).sealed()


def inner(h, i: int, section: int) -> int:
    """Where a section of the file of companion i begins in section 14; 0: its header."""
    file = start(h, i, "file")
    if not section:
        return file
    return file + int(h.peek("companions", file + 64 + 16 * (section - 1) + 4, "I"))


def within(i: int, section: int, offset: int, kind: str, *values: float):
    return lambda h: h.poke("companions", inner(h, i, section) + offset, kind, *values).sealed()


def exits(i: int, *outputs: Exit):
    """The example with other outputs of the function of companion i, as many as before or more."""

    def edit(whole: Whole) -> None:
        function = whole.companions[i].function
        rows = [(row * len(outputs))[: len(outputs)] for row in function.weights]
        function.exits, function.weights = list(outputs), rows

    return made(edit)


def line(i: int, d: int, **changes: object):
    """The example with another axis d of companion i."""

    def edit(whole: Whole) -> None:
        lines = whole.companions[i].function.lines
        lines[d] = replace(lines[d], **changes)

    return made(edit)


def bad_companions(add: Add) -> None:
    records(add)
    coordinates(add)
    layout(add)
    files(add)
    roles(add)


def records(add: Add) -> None:
    for name, offset, kind, value in (
        ("none", 0, "I", 0), ("65", 0, "I", 65), ("2^31", 0, "I", 2**31), ("reserved", 4, "I", 1)
    ):  # fmt: skip
        add("bad_companion", f"count: {name}", field("companions", offset, kind, value))
    add("bad_companion", "no companions", lambda h: h.replaced(companions=bytes(8)), "nothing")
    add("bad_companion", "65 companions", made(lambda whole: repeated(whole, 65)))
    add("bad_companion", "7 bytes", lambda h: h.replaced(companions=h.read("companions")[:7]))
    add("bad_companion", "8 bytes", lambda h: h.replaced(companions=h.read("companions")[:8]))
    add("bad_companion", "records cut", lambda h: h.replaced(companions=h.read("companions")[:90]))
    for name, i, offset, kind, value in (
        ("role 4", CLASSES, 0, "B", 4), ("role 4 of an output", FORMER, 0, "B", 4),
        ("scale of output 3", DEPTH, 1, "B", 3),
        ("base of output 3", FORMER, 1, "B", 3), ("familiarity of output 1", INPUTS, 1, "B", 1),
        ("reserved", DEPTH, 2, "H", 1), ("coordinates 8 later", DEPTH, 4, "I", 208),
        ("coordinates near 2^32", DEPTH, 4, "I", 2**32 - 8), ("file at 0", DEPTH, 8, "I", 0),
        ("file near 2^32", DEPTH, 8, "I", 2**32 - 64), ("size 0", FORMER, 12, "I", 0),
        ("size 271", FORMER, 12, "I", 271), ("size 2^32 - 1", FORMER, 12, "I", 2**32 - 1),
        ("weight 0", INPUTS, 16, "d", 0.0), ("weight negative", INPUTS, 16, "d", -2.0),
        ("weight NaN", INPUTS, 16, "d", NAN), ("weight infinite", INPUTS, 16, "d", INF),
        ("weight 2^1000", INPUTS, 16, "d", 2.0**1000), ("weight of a scale", DEPTH, 16, "d", 1.0),
        ("weight of a class", CLASSES, 16, "d", 1.0), ("weight of a base", FORMER, 16, "d", -1.0),
        ("last reserved", FORMER, 31, "B", 1), ("first reserved", DEPTH, 24, "B", 1),
    ):  # fmt: skip
        add("bad_companion", f"record: {name}", record(i, offset, kind, value))
    for d in (-64, -8, 8):
        add("bad_companion", f"file {d} off", pushed("companions", 8 + 32 + 8, d))
        add("bad_companion", f"size {d} off", pushed("companions", 8 + 32 + 12, d))
    add("bad_companion", "two scales of an output", record(WIDTH, 1, "B", 0))


def repeated(whole: Whole, count: int) -> None:
    """A good file but for the number of its companions."""
    whole.companions += [whole.companions[FORMER]] * (count - len(whole.companions))


def coordinates(add: Add) -> None:
    for name, i, c, offset, kind, value in (
        ("source 3", DEPTH, 0, 0, "B", 3), ("reserved", DEPTH, 0, 1, "B", 1),
        ("input 6", DEPTH, 0, 2, "H", 6), ("another input", DEPTH, 0, 2, "H", 3),
        ("another kind", DEPTH, 1, 2, "H", 3), ("levels of another", DEPTH, 1, 2, "H", 5),
        ("prediction 3", DEPTH, 2, 2, "H", 3), ("index of a feature", WIDTH, 0, 2, "H", 1),
        ("weights of an input", DEPTH, 0, 4, "I", 8),
        ("weights of a prediction", DEPTH, 2, 4, "I", 8),
        ("weights 0", WIDTH, 0, 4, "I", 0), ("weights near 2^32", WIDTH, 0, 4, "I", 2**32 - 4),
        ("constant of an input", DEPTH, 0, 8, "d", 1.0),
        ("constant of a prediction", DEPTH, 2, 8, "d", 1e-300),
        ("constant NaN", WIDTH, 0, 8, "d", NAN), ("constant 2^1000", WIDTH, 0, 8, "d", 2.0**1000),
        ("constant -2^1000", FEATURES, 1, 8, "d", -(2.0**1000)),
        ("levels as a feature", DEPTH, 1, 0, "B", 1),
        ("levels as a prediction", DEPTH, 1, 0, "B", 2),
        ("an input as a prediction", WIDTH, 1, 0, "B", 2),
    ):  # fmt: skip
        add("bad_companion", f"coordinate: {name}", coordinate(i, c, offset, kind, value))
    for name, value in (("NaN", NAN), ("infinite", INF)):
        for e in (0, example.ENCODED - 1):
            add("bad_companion", f"weight {e} of a feature {name}", feature_weight(e, value))
    add(
        "bad_companion", "lower is -0", line(FORMER, 0, lower=-0.0, breaks=[-0.0, 16.0, 48.0, 64.0])
    )
    add("bad_companion", "upper one step on", line(DEPTH, 0, upper=400.00000000000006))
    add("bad_companion", "an input that is not periodic", line(WIDTH, 1, kind=0))
    add("bad_companion", "a prediction that is periodic", line(WIDTH, 2, kind=1))
    add("bad_companion", "a feature that is periodic", line(FEATURES, 0, kind=1))
    add("bad_companion", "weights of the second feature first", swapped_features)


def feature_weight(e: int, value: float):
    return lambda h: h.poke(
        "companions",
        int(h.peek("companions", start(h, WIDTH, "coordinates") + 4, "I")) + 4 * e,
        "f",
        value,
    ).sealed()


def swapped_features(h):
    at = start(h, FEATURES, "coordinates")
    first, second = (int(h.peek("companions", at + 16 * c + 4, "I")) for c in (0, 1))
    h.poke("companions", at + 4, "I", second).poke("companions", at + 20, "I", first)
    return h.sealed()


def layout(add: Add) -> None:
    def inserted(place, count: int):
        """`count` zero bytes before a place; offsets of the section are left."""

        def edit(h):
            data, at = h.read("companions"), place(h)
            return h.replaced(companions=data[:at] + bytes(count) + data[at:])

        return edit

    add(
        "bad_companion",
        "8 bytes before the first file",
        inserted(lambda h: start(h, 0, "file"), 8),
    )
    add("bad_companion", "8 bytes before the first coordinates", inserted(lambda h: 8 + 32 * 6, 8))
    add("bad_companion", "8 bytes behind the last file",
        lambda h: h.replaced(companions=h.read("companions") + bytes(8)))  # fmt: skip
    add("bad_companion", "last file cut by 8 bytes",
        lambda h: h.replaced(companions=h.read("companions")[:-8]))  # fmt: skip
    add("bad_companion", "one companion more than said", field("companions", 0, "I", 5))
    add("bad_companion", "one companion less than said", field("companions", 0, "I", 7))
    add("bad_companion", "8 bytes before the last file", last_moved)
    add("bad_companion", "padding before a file", padded_before)
    add("bad_companion", "a hole before the weights of a feature", holed)


def padded_before(h):
    """One feature of nine weights leaves four bytes."""
    assert example.ENCODED % 2
    return h.poke("companions", start(h, WIDTH, "file") - 1, "B", 1).sealed()


def last_moved(h):
    """The last file 8 bytes further on, and its record says so."""
    data, at = h.read("companions"), start(h, FORMER, "file")
    h = h.replaced(companions=data[:at] + bytes(8) + data[at:])
    return h.poke("companions", 8 + 32 * FORMER + 8, "I", at + 8).sealed()


def holed(h):
    """Four bytes before the weights of a feature, the padding behind them less."""
    at = start(h, WIDTH, "coordinates") + 4
    weights, file = int(h.peek("companions", at, "I")), start(h, WIDTH, "file")
    data = h.read("companions")
    assert not any(data[file - 4 : file])
    data = data[:weights] + bytes(4) + data[weights : file - 4] + data[file:]
    return h.replaced(companions=data).poke("companions", at, "I", weights + 4).sealed()


def files(add: Add) -> None:
    """The rules of section 12 inside an embedded file."""
    for name, i, section, offset, kind, value in (
        ("magic", DEPTH, 0, 0, "B", 0x88), ("major", DEPTH, 0, 8, "H", 2),
        ("bit 2", DEPTH, 0, 12, "I", 4), ("bit 31", DEPTH, 0, 12, "I", 2**31),
        ("size says more", FORMER, 0, 16, "I", 2**20), ("16 sections", DEPTH, 0, 20, "H", 16),
        ("no outputs", DEPTH, 0, 24, "H", 0), ("65 axes", DEPTH, 0, 22, "H", 65),
        ("an axis less", DEPTH, 0, 22, "H", 2), ("an axis more", DEPTH, 0, 22, "H", 4),
        ("reserved", DEPTH, 0, 63, "B", 1), ("id", DEPTH, 0, 64, "I", 9),
        ("offset", DEPTH, 0, 64 + 4, "I", 64), ("word", DEPTH, 0, 64 + 12, "I", 1),
        ("certificate", DEPTH, 0, 64 + 16 * 9 + 8, "I", 2),
        ("metadata", DEPTH, 0, 64 + 16 * 10 + 8, "I", 2),
        ("integrity", DEPTH, 0, 64 + 16 * 11 + 8, "I", 64),
        ("signature", DEPTH, 0, 64 + 16 * 12 + 8, "I", 128),
        ("kind", DEPTH, 1, 24, "B", 3), ("degree", DEPTH, 1, 25, "B", 8),
        ("matrices misaligned", DEPTH, 1, 52, "I", 2), ("table offset", WIDTH, 1, 80 + 60, "I", 0),
        ("first_row", DEPTH, 2, 0, "H", 60000), ("matrix NaN", DEPTH, 4, 0, "f", NAN),
        ("table infinite", WIDTH, 5, 0, "f", INF), ("mask", DEPTH, 6, 0, "Q", 0),
        ("link", DEPTH, 7, 68, "B", 3), ("weight subnormal", FORMER, 7, 80, "f", 1e-40),
        ("fixed", INPUTS, 8, 4, "B", 15), ("fixed reserved", INPUTS, 8, 6, "H", 1),
        ("golden count", DEPTH, 9, 0, "I", 0), ("golden reserved", DEPTH, 9, 4, "I", 1),
        ("golden input outside", DEPTH, 9, 24, "d", 79.0), ("tolerance NaN", DEPTH, 9, 8, "d", NAN),
    ):  # fmt: skip
        add("bad_companion", f"file: {name}", within(i, section, offset, kind, value))
    add("bad_companion", "file: padding", padded_inside)
    add("bad_companion", "file: an interval", within(DEPTH, 7, 24, "ddd", 0.5, 0.5, 0.9))
    add("bad_golden", "tolerance of a companion", within(DEPTH, 9, 8, "d", 1e6))
    add("bad_golden", "tolerance32 of a companion", within(FORMER, 9, 16, "d", 1e6))
    add("bad_golden", "range of a companion", within(DEPTH, 7, 56, "d", 1e30))
    add("bad_golden", "kappa of a companion", within(WIDTH, 7, 64, "f", 1e9))
    for i in range(6):
        add("golden_mismatch", f"expected of companion {i}", lambda h, i=i: missed(h, i))
    add("golden_mismatch", "table of a companion", nudged_table)
    add("golden_mismatch", "integers of a companion", missed_integers)


def padded_inside(h):
    """A byte behind a section that ends between two multiples of 8."""
    ends = []
    for i in range(6):
        file = start(h, i, "file")
        for section in range(1, 9):
            record = file + 64 + 16 * (section - 1)
            offset, size, after = (int(h.peek("companions", record + o, "I")) for o in (4, 8, 20))
            ends += [file + offset + size] if offset + size < after else []
    return h.poke("companions", ends[0], "B", 1).sealed()


def last_expected(h, i: int) -> int:
    file = start(h, i, "file")
    return inner(h, i, 9) + int(h.peek("companions", file + 64 + 16 * 8 + 8, "I")) - 8


def missed(h, i: int):
    at = last_expected(h, i)
    return h.poke("companions", at, "d", h.peek("companions", at, "d") * 1.001 + 1e-3).sealed()


def nudged_table(h):
    at = inner(h, FORMER, 5)
    return h.poke("companions", at, "f", h.peek("companions", at, "f") + 0.01).sealed()


def missed_integers(h):
    file = start(h, INPUTS, "file")
    at = inner(h, INPUTS, 8) + int(h.peek("companions", file + 64 + 16 * 7 + 8, "I")) - 4
    return h.poke("companions", at, "i", int(h.peek("companions", at, "i")) + 1).sealed()


def roles(add: Add) -> None:
    two = [Exit(-1.0, 0.5, 0.0, EXP), Exit(-1.0, 0.5, 0.0, EXP)]
    for name, i, outputs in (
        ("scale of two outputs", DEPTH, two), ("scale without exp", DEPTH, [Exit(1.0, 0.5)]),
        ("scale logistic", DEPTH, [Exit(1.0, 0.5, 0.0, 2)]),
        ("scale falls", DEPTH, [Exit(-1.0, -0.5, 1.0, EXP)]),
        ("scale below 0", DEPTH, [Exit(-1.0, 0.5, -(2.0**-20), EXP)]),
        ("familiarity of two outputs", FEATURES, [Exit(0.0, 0.5), Exit(0.0, 0.5)]),
        ("familiarity exp", FEATURES, [Exit(0.0, 0.5, 0.0, EXP)]),
        ("familiarity logistic", FEATURES, [Exit(0.0, 0.5, 0.0, 2)]),
        ("familiarity falls", FEATURES, [Exit(0.0, -0.5, 1.0)]),
        ("base of two outputs", FORMER, [Exit(0.5), Exit(0.25)]),
    ):  # fmt: skip
        add("bad_companion", f"role: {name}", exits(i, *outputs))
    add("bad_companion", "role: a scale beside an interval",
        lambda h: h.poke("outputs", 24, "ddd", 1.0, 1.0, 0.9).sealed())  # fmt: skip
    add("bad_companion", "role: a second scale beside an interval",
        lambda h: h.poke("outputs", 80 + 24, "ddd", 1.0, 1.0, 0.9).sealed())  # fmt: skip
