"""What an input is drawn from, in words: `normal(200, 5)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import erfc, isfinite, sqrt

import numpy as np

from sna_edge.core.axis import Axis
from sna_edge.core.float32 import not_carried
from sna_edge.core.inputs import unknown_name
from sna_edge.core.missing import LEVEL
from sna_edge.errors import InputError
from sna_edge.model import Model

from .columns import Columns
from .draws import FIXED, LEVELS, NORMAL, TRIANGULAR, UNIFORM, Draw
from .grids import FORM, grid_of, laid

FORMS = {
    "uniform": "uniform(low, high), or uniform for the whole domain",
    "normal": "normal(mean, sd)",
    "truncated": "truncated(mean, sd, low, high)",
    "triangular": "triangular(low, mode, high)",
    "levels": "levels(A: 0.2, B: 0.8)",
    "column": 'column(FILE) or column(FILE, COLUMN), "FILE" in quotes where it has a comma',
    "grid": FORM,
}
CALL = re.compile(r"\s*([a-z]+)\s*(?:\((.*)\))?\s*", re.DOTALL)
COLUMN = re.compile(r'\s*(?:"([^"]+)"|([^\s",][^,]*?))\s*(?:,(.*))?', re.DOTALL)
"""FILE and COLUMN; a file whose name has a comma is told from them by quotes."""
WHOLE = 1 << 32
"""Random words."""
LEAST = 1e-290
"""Probability that limits leave of a normal distribution."""


def draws_of(
    model: Model, given: Mapping[str, object], rest: str | None = None
) -> tuple[Draw, ...]:
    """A draw for each input from NAME -> a distribution in words, a number or a level; `rest`: of
    the inputs that are not named.

    Raises InputError for names and words that are none, parameters that make no distribution,
    inputs without one, and inputs that float32 does not carry.
    """
    if model.readings is not None:
        raise InputError(
            "this model computes inputs from readings by formulas, and a sweep draws inputs apart;"
            " query it with a table of drawn readings"
        )
    if lost := not_carried(model.axes, (), ()):
        raise InputError(f"samples are float32: {lost[0]}; subtract the lower end before fitting")
    names = list(model.input_names)
    if model.gaps is not None:
        given = model.gaps.measured(given, ())
    for name in given:
        if name not in names:
            raise InputError(unknown_name(name, names))
    texts = {n: given.get(n, rest) for n in names}
    missing = [n for n, text in texts.items() if text is None]
    if missing:
        raise InputError(
            f"no distribution for {', '.join(missing)}; give --input {missing[0]}=.., or --rest"
            " uniform for inputs that are anywhere in their domain"
        )
    columns = _columns(model.axes, texts)
    return laid(
        [
            _draw(axis, word, texts[axis.name], columns, _read(model, axis))
            for word, axis in enumerate(model.axes)
        ]
    )


def _read(model: Model, axis: Axis) -> list[float]:
    """Coordinates of the levels that a reading may be: all but `missing`."""
    lacking = LEVEL if model.gaps is not None and axis.name in model.gaps.levels else None
    return [float(i) for i, level in enumerate(axis.level_names) if level != lacking]


def _columns(axes: Sequence[Axis], texts: Mapping[str, object]) -> Columns:
    """What inputs are drawn from which columns."""
    asked: dict[str, tuple[str, str]] = {}
    for axis in axes:
        call = _called(axis, texts[axis.name])
        if call and call[1] == "column":
            found = COLUMN.fullmatch(call[2] or "")
            if not found:
                rule = f"column({call[2] or ''}) names no file"
                raise _refuse(axis, rule, f"write {FORMS['column']}")
            asked[axis.name] = found[1] or found[2], (found[3] or "").strip()
    return Columns({a.name: a for a in axes}, {a.name: d for d, a in enumerate(axes)}, asked)


def _called(axis: Axis, given: object) -> re.Match[str] | None:
    """The parts of `name(..)` or a bare name of a form; None for a number or a level."""
    if not isinstance(given, str) or given.strip() in axis.level_names:
        return None
    call = CALL.fullmatch(given)
    return call if call and (call[2] is not None or call[1] in FORMS) else None


def _draw(axis: Axis, word: int, given: object, columns: Columns, levels: Sequence[float]) -> Draw:
    call = _called(axis, given)
    if call is None:
        return _fixed(axis, word, given)
    name, inner = call[1], call[2]
    if name not in FORMS:
        raise _refuse(axis, f"{name!r} is no distribution", f"write {', '.join(FORMS)}")
    if name == "column":
        return columns.draw(axis.name)
    if name == "grid":
        return grid_of(axis, word, inner, levels)
    if name == "levels" or (name == "uniform" and axis.kind == "categorical" and inner is None):
        return _levels(axis, word, inner, levels)
    if axis.kind == "categorical":
        raise _refuse(axis, "it has levels", "write one of them, levels(..), column(..) or grid")
    if name == "uniform" and inner is None:
        return _uniform(axis, word, [axis.lower, axis.upper])
    return CONTINUOUS[name](axis, word, _numbers(axis, name, inner or ""))


def _fixed(axis: Axis, word: int, given: object) -> Draw:
    try:
        x = axis.coordinate(given)
    except InputError as error:
        forms = ", ".join(FORMS)
        raise InputError(f"{error}, or a distribution in small letters: {forms}(..)") from None
    if not isfinite(x):
        raise InputError(
            f"input {axis.name!r} cannot be {given!r}; give {axis.describe()}, or a distribution"
        )
    return Draw(FIXED, word, (x, 0.0, 0.0, 0.0, 0.0))


def _numbers(axis: Axis, name: str, inner: str) -> list[float]:
    try:
        numbers = [float(part) for part in inner.split(",")]
    except ValueError:
        numbers = []
    wanted = FORMS[name].count(",", 0, FORMS[name].index(")")) + 1
    if len(numbers) != wanted or not all(isfinite(n) for n in numbers):
        raise InputError(
            f"input {axis.name!r}: {name}({inner}) is not understood; write {FORMS[name]} with"
            " finite numbers and a decimal point"
        )
    return numbers


def _refuse(axis: Axis, what: str, step: str) -> InputError:
    return InputError(f"input {axis.name!r}: {what}; {step}")


def _uniform(axis: Axis, word: int, numbers: Sequence[float]) -> Draw:
    low, high = numbers
    if not low < high:
        raise _refuse(axis, f"uniform({low:g}, {high:g}) has no width", "give low < high")
    return Draw(UNIFORM, word, (low, high - low, 0.0, 0.0, 0.0))


def _normal(axis: Axis, word: int, numbers: Sequence[float]) -> Draw:
    mean, sd = numbers
    if not sd > 0:
        raise _refuse(axis, f"its standard deviation is {sd:g}", "give one above 0, or a number")
    return Draw(NORMAL, word, (mean, sd, 0.0, 1.0, 0.0))


def _truncated(axis: Axis, word: int, numbers: Sequence[float]) -> Draw:
    """Of two mirror images the one whose probabilities are in the lower tail."""
    mean, sd, low, high = numbers
    if not (sd > 0 and low < high):
        rule = "truncated(mean, sd, low, high) needs sd > 0 and low < high"
        raise _refuse(axis, rule, "correct its numbers")
    a, b = (low - mean) / sd, (high - mean) / sd
    sign = 1.0
    if a + b > 0:
        a, b, sign = -b, -a, -1.0
    p, q = (erfc(-z / sqrt(2.0)) / 2.0 for z in (a, b))
    if not q - p > LEAST:
        raise _refuse(
            axis, f"nothing of normal({mean:g}, {sd:g}) lies in [{low:g}, {high:g}]",
            "give limits nearer to the mean",
        )  # fmt: skip
    return Draw(NORMAL, word, (mean, sign * sd, p, q - p, 0.0))


def _triangular(axis: Axis, word: int, numbers: Sequence[float]) -> Draw:
    low, mode, high = numbers
    if not (low <= mode <= high and low < high):
        rule = "triangular(low, mode, high) needs low <= mode <= high, low < high"
        raise _refuse(axis, rule, "correct its numbers")
    width = high - low
    return Draw(
        TRIANGULAR, word,
        (low, high, width * (mode - low), width * (high - mode), (mode - low) / width),
    )  # fmt: skip


CONTINUOUS: dict[str, Callable[[Axis, int, Sequence[float]], Draw]] = {
    "uniform": _uniform,
    "normal": _normal,
    "truncated": _truncated,
    "triangular": _triangular,
}


def _levels(axis: Axis, word: int, inner: str | None, levels: Sequence[float]) -> Draw:
    """levels(A: 0.2, B: 0.8), weights in any unit; without weights all alike."""
    if inner is None:
        if axis.kind != "categorical":
            raise _refuse(axis, "it has no levels", f"write {FORMS['levels']} with its values")
        pairs = [(level, 1.0) for level in levels]
    else:
        pairs = [_weighted(axis, part) for part in _parts(axis, inner)]
    weights = np.array([w for _, w in pairs])
    if not weights.sum() > 0:
        raise _refuse(axis, "all weights are 0", "give one above 0")
    shares = np.cumsum(weights)[:-1] / weights.sum()
    cuts = [min(round(share * WHOLE), WHOLE - 1) for share in shares.tolist()]
    return Draw(LEVELS, word, cuts=tuple(cuts), values=tuple(x for x, _ in pairs))


def _parts(axis: Axis, inner: str) -> list[str]:
    """'A: 0.2', 'B: 0.8' of levels, whose names may hold commas."""
    parts, held = list[str](), list[str]()
    for piece in inner.split(","):
        held.append(piece)
        level, _ = _split(axis, ",".join(held))
        if axis.kind != "categorical" or level in axis.level_names:
            parts.append(",".join(held))
            held = []
    return [*parts, *held]


def _split(axis: Axis, part: str) -> tuple[str, str]:
    """A level, or number, and its weight."""
    value, colon, weight = part.rpartition(":")
    if not colon or part.strip() in axis.level_names:
        return part.strip(), "1"
    return value.strip(), weight


def _weighted(axis: Axis, part: str) -> tuple[float, float]:
    value, weight = _split(axis, part)
    x = axis.coordinate(value)
    try:
        w = float(weight)
    except ValueError:
        w = -1.0
    if not (isfinite(x) and 0 <= w < float("inf")):
        raise InputError(
            f"input {axis.name!r}: {part.strip()!r} is no level with a weight; write"
            f" {FORMS['levels']}: {axis.describe()}"
        )
    return x, w
