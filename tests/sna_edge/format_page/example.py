"""One file that uses everything format 1.1 added: six inputs (two with levels, one periodic, two
derived from others), three outputs, a companion of every role."""

from __future__ import annotations

import random

from .plain import (
    BASE,
    CLASS,
    EXP,
    FAMILIARITY,
    LEVELS,
    LOGISTIC,
    PERIODIC,
    SCALE,
    UNITS,
    Calibration,
    Companion,
    Coordinate,
    Exit,
    Formula,
    Function,
    Line,
    Readings,
    Whole,
)

NAMES = {
    "axes": [
        ["power", "W"],
        ["angle", "deg"],
        ["alloy", "", ["316L", "IN718", "Ti64"]],
        ["density", "J/mm"],
        ["drift", "K"],
        ["machine", "", ["A", "B"]],
    ],
    "outputs": [["depth", "um"], ["width", "um"], ["porous", ""]],
    "raw_inputs": [["hatch", "mm"], ["room", "K"]],
}
AXES = {  # kind, lower, upper, spans, degree, breaks
    "power": (0, 80.0, 400.0, 5, 2, None),
    "angle": (PERIODIC, 0.0, 360.0, 6, 3, None),
    "alloy": (LEVELS, 0.0, 2.0, 3, 0, None),
    "density": (0, 0.0, 64.0, 3, 1, [0.0, 16.0, 48.0, 64.0]),
    "drift": (0, -2.0, 2.0, 4, 2, None),
    "machine": (LEVELS, 0.0, 1.0, 2, 0, None),
}
ENCODED = 9
"""Columns of a feature: four inputs without levels, three alloys, two machines."""


def table(rng: random.Random, rows: int, columns: int, storage: str, low: float) -> list:
    """Entries from `low` to 1 on a grid that the storage holds; i8 and i16 stay below 1."""
    unit = 2.0**-6 if storage in "fe" else UNITS[storage]
    top = round(1 / unit) - 1
    return [
        [rng.randint(round(low * top), top) * unit for _ in range(columns)] for _ in range(rows)
    ]


def line(
    rng: random.Random,
    axis: tuple,
    storage: str,
    columns: int,
    low: float = -1.0,
) -> Line:
    kind, lower, upper, spans, degree, breaks = axis
    rows = table(rng, spans + degree, columns, storage, low)
    if kind == PERIODIC:
        rows[spans:] = rows[:degree]
    return Line(lower, upper, spans, degree, storage, rows, kind, breaks)


def cp(
    seed: int, axes: list[tuple[tuple, str]], groups: list[tuple[int, int]], exits: list[Exit],
    low: float = -1.0, weights: list[list[float]] | None = None,
) -> Function:  # fmt: skip
    rng = random.Random(seed)
    lines = [
        line(rng, axis, storage, sum(n for mask, n in groups if mask >> d & 1), low)
        for d, (axis, storage) in enumerate(axes)
    ]
    drawn = [[rng.randint(-48, 48) / 64 for _ in exits] for _, n in groups for _ in range(n)]
    return Function(lines, exits, weights or drawn, groups=groups)


def train(
    seed: int, axes: list[tuple[tuple, str]], ranks: list[int], exits: list[Exit]
) -> Function:
    rng = random.Random(seed)
    lines = [
        line(rng, axis, storage, left * right)
        for (axis, storage), left, right in zip(axes, [1, *ranks], ranks, strict=False)
    ]
    return Function(
        lines, exits, [[rng.randint(-48, 48) / 64 for _ in exits] for _ in range(ranks[-1])],
        ranks=ranks,
    )  # fmt: skip


def values() -> Function:
    return cp(
        1,
        list(zip(AXES.values(), "fhbeff", strict=True)),
        [(0b000001, 1), (0b000111, 3), (0b111101, 2), (0b111111, 2)],
        [
            Exit(0.125, 2.0, 0.5, EXP, 1),
            Exit(-0.25, -1.5, 0.25, space=1),
            Exit(0.5, 1.0, 0.0, LOGISTIC, 0),
        ],
    )


def inputs(*places: int) -> list[Coordinate]:
    return [Coordinate(0, d) for d in places]


def feature(*weights: float, constant: float = 0.0) -> Coordinate:
    assert len(weights) == ENCODED
    return Coordinate(1, 0, list(weights), constant)


def companions() -> list[Companion]:
    first = feature(2.0**-7, 0.0, 0.5, -0.25, 0.0, 2.0**-5, 0.0, 0.0, 0.125, constant=-1.0)
    second = feature(-(2.0**-8), 2.0**-9, 0.0, 0.0, 1.0, 0.0, 0.5, 0.25, -0.25, constant=0.5)
    of_feature, of_depth = (0, -1.0, 3.0, 4, 2, None), (0, 0.5, 8.0, 3, 1, [0.5, 2.0, 4.0, 8.0])
    positive = [[0.5], [0.75], [0.25]]
    return [
        Companion(
            SCALE,
            0,
            [*inputs(0, 2), Coordinate(2, 0)],
            cp(
                2,
                [(AXES["power"], "e"), (AXES["alloy"], "e"), (of_depth, "e")],
                [(0b001, 1), (0b111, 2)],
                [Exit(-1.0, 0.5, 2.0**-10, EXP)],
            ),
        ),
        Companion(
            SCALE,
            1,
            [first, *inputs(1), Coordinate(2, 1)],
            train(
                3,
                [(of_feature, "f"), (AXES["angle"], "h"), ((0, -4.0, 4.0, 4, 2, None), "e")],
                [2, 3, 2],
                [Exit(-0.5, 1.0, 0.0, EXP)],
            ),
        ),
        Companion(
            FAMILIARITY,
            0,
            inputs(0, 1, 2),
            cp(
                4,
                [(AXES["power"], "b"), (AXES["angle"], "b"), (AXES["alloy"], "b")],
                [(0b111, 3)],
                [Exit(0.0, 1.0, 0.0)],
                low=0.0,
                weights=positive,
            ),
            weight=2.0,
            integers=True,
        ),
        Companion(
            FAMILIARITY,
            0,
            [first, second],
            cp(
                5,
                [(of_feature, "h"), ((0, -2.0, 4.0, 3, 2, None), "h")],
                [(0b11, 3)],
                [Exit(0.0, 0.5, 0.0)],
                low=0.0,
                weights=positive,
            ),
            weight=3.0,
        ),
        Companion(
            CLASS,
            7,
            [second, *inputs(5, 4)],
            cp(
                6,
                [((0, -2.0, 4.0, 3, 2, None), "f"), (AXES["machine"], "b"), (AXES["drift"], "e")],
                [(0b001, 2), (0b110, 1), (0b111, 4)],
                [Exit(), Exit(0.25, 1.0, 0.5), Exit(-0.25)],
            ),
        ),
        Companion(BASE, 1, inputs(3), cp(7, [(AXES["density"], "f")], [(1, 1)], [Exit(0.5)])),
    ]


def calibration() -> Calibration:
    steps = range(33)
    return Calibration(
        residuals=900,
        quantiles=[
            [(j - 15) / 64 + (j - 16) ** 3 / 8192 for j in steps],
            [(j - 17) / 128 for j in steps],
            [max(j - 16, -9) / 256 for j in steps],
        ],
        floors=[2.0**-20, 0.0, 2.0**-12],
        correlation=[0.5, -0.25, 1.0],
        scores=499,
        score=[
            -16.0 + 0.25 * j - (j / 32) ** 2 if j < 14 else -12.0 + 0.25 * (j // 2) for j in steps
        ],
        least_p=0.005,
        pairs={(2, 5): {(0, 0), (0, 1), (1, 0), (2, 1)}},
    )


def readings() -> Readings:
    return Readings(
        tolerance=[0.5, 0.25, 0.0, 0.0, 0.0, 0.0],
        ends=[(2.0, 8.0), (16.0, 81.0)],
        formulas=[
            Formula(3, True, 0.5, [(False, 0, 1.0), (True, 0, -1.0), (True, 1, -0.25)]),
            Formula(4, False, -1.5, [(True, 1, 0.03125), (False, 1, -0.001)]),
        ],
    )


def whole() -> Whole:
    return Whole(values(), companions(), calibration(), readings())


def points(count: int, seed: int = 11) -> list[list[float]]:
    """Inputs inside the domain of the values."""
    rng = random.Random(seed)
    return [
        [
            float(rng.randrange(spans)) if kind == LEVELS else rng.uniform(lower, upper)
            for kind, lower, upper, spans, _, _ in AXES.values()
        ]
        for _ in range(count)
    ]
