"""The one rule from what a user writes to a level of a categorical input, and what a user may write
for a number."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from .naming import NUMBER
from .reals import as_array, missing

if TYPE_CHECKING:
    from decimal import Decimal

Floats = NDArray[np.float64]

REMEMBERED = 4096  # values per input
UNSEEN, AMBIGUOUS, MISSING = np.inf, -np.inf, np.nan


class LevelIndex:
    """The levels of one input as they were written, and the index of the level that a value means.

    A value means the level whose written cell equals it (`str(value)`, without blanks around), else
    the level that equals it as a number, where exactly one does. So 7, 7.0, "7", " 7 " and "7.0"
    mean the level 7; "007" means the level 007 where there is one. True and False are words, not
    numbers, in capitals or not, as tables write them: TRUE.
    Index UNSEEN: no level; AMBIGUOUS: several are the same number; MISSING: None, NaN, "".
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._index = {name.strip(): float(i) for i, name in reversed(list(enumerate(names)))}
        self._index |= {name: float(i) for i, name in reversed(list(enumerate(names)))}
        self._names = names
        self._known: dict[tuple[type, object], float] = {}

    def index(self, value: object) -> float:
        """The index of the level that one value means."""
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")
        if isinstance(value, str):
            text = value.strip()
        elif missing(value):
            return MISSING
        else:
            text = _written(value)
        exact = self._index.get(text)
        if exact is not None:
            return exact
        if not text:
            return MISSING
        truth = isinstance(value, (bool, np.bool_))
        equal = self._spelt(text) if truth else self._equal(value, text)
        return UNSEEN if not equal else equal[0] if len(equal) == 1 else AMBIGUOUS

    def _spelt(self, text: str) -> list[float]:
        """Indices of the levels that are the same word but for capitals."""
        return sorted({i for name, i in self._index.items() if name.lower() == text.lower()})

    def _equal(self, value: object, text: str) -> list[float]:
        """Indices of the levels that are the same number: exactly, for floats after rounding to
        their type."""
        if isinstance(value, (float, np.floating)):
            size = np.float64 if isinstance(value, float) else type(value)
            with np.errstate(over="ignore"):
                return [
                    i
                    for number, found in self._numbers.items()
                    if size(float(number)) == value
                    for i in found
                ]
        return self._numbers.get(_exactly(text), []) if NUMBER.fullmatch(text) else []

    @cached_property
    def _numbers(self) -> dict[Decimal, list[float]]:
        found: dict[Decimal, list[float]] = {}
        for i, name in enumerate(self._names):
            if NUMBER.fullmatch(name.strip()):
                found.setdefault(_exactly(name.strip()), []).append(float(i))
        return found

    def remembered(self, value: object) -> float:
        """`index` of one value; those of numbers and text are kept, so that the next one is found
        in a look."""
        key = (type(value), value)
        try:
            return self._known[key]
        except (KeyError, TypeError):  # TypeError: a list or another value that cannot be a key
            found = self.index(value)
        plain = isinstance(value, (str, float, int, np.generic))
        if plain and found == found and len(self._known) < REMEMBERED:
            self._known[key] = found
        return found

    def indices(self, values: NDArray[Any]) -> Floats:
        """`index` of every element; an array of the same shape."""
        flat = values.reshape(-1)
        if flat.dtype.kind in "fiub" and len(flat) > 1:
            different, index = np.unique(flat, return_inverse=True)
            return np.array([self.index(v) for v in different])[index].reshape(values.shape)
        known: dict[object, float] = {}
        out = [self._remembered(known, v) for v in flat]
        return np.array(out, dtype=float).reshape(values.shape)

    def _remembered(self, known: dict[object, float], value: object) -> float:
        if not isinstance(value, str):
            return self.index(value)
        found = known.get(value)
        if found is None:
            found = known[value] = self.index(value)
        return found


def _exactly(text: str) -> Decimal:
    from decimal import Decimal  # only models with levels that look like numbers need it

    return Decimal(text)


def _written(value: object) -> str:
    try:
        return str(value).strip()
    except ValueError:  # an integer of thousands of digits
        return "integer"


def unmasked(values: ArrayLike) -> NDArray[Any]:
    """`values` as an array: None where they are masked, and a list with text in it element by
    element ([7, "007"] keeps its 7)."""
    if isinstance(values, np.ndarray) and hasattr(values, "mask"):
        hidden = np.broadcast_to(values.mask, values.shape)
        plain = np.array(values.data, dtype=object)
        plain[hidden] = None
        return plain
    array = as_array(values, "the input")
    if array.dtype.kind in "SU" and not isinstance(values, np.ndarray):
        return np.asarray(values, dtype=object)
    return array


def numbers(values: ArrayLike, name: str, unit: str = "") -> Floats:
    """`number` of every element of an array, a list or a single value; the same shape."""
    array = unmasked(values)
    if array.dtype.kind in "fiu":
        return np.asarray(array, dtype=float)
    flat = [number(v, name, unit) for v in array.reshape(-1)]
    return np.array(flat, dtype=float).reshape(array.shape)


def number(value: object, name: str, unit: str = "") -> float:
    """One value of a continuous input as a float in `unit`; NaN where it is missing. Raises
    InputError where it is no number.

    Text may carry its own unit: '0.5 kW' for an input in W is 500 (units.py).
    """
    if isinstance(value, (bytes, str)):
        text = (value.decode("utf-8", "replace") if isinstance(value, bytes) else value).strip()
        return _of_text(text, name, unit)
    if missing(value):
        return MISSING
    if isinstance(value, (bool, np.bool_)):
        raise InputError(
            f"input {name!r} is {value}, not a number; give 1 or 0 where that is meant"
        )
    if isinstance(
        value, (complex, np.complexfloating, np.datetime64, np.timedelta64)
    ) or not hasattr(value, "__float__"):
        raise InputError(
            f"input {name!r} = {value!r} is {_what(value)}, not a number; give a real number"
        )
    try:
        if isinstance(value, np.ndarray) and value.ndim:  # numpy 1.26 takes one of a single number
            raise TypeError
        return float(value)
    except OverflowError:  # an integer beyond every float
        return np.inf if value > 0 else -np.inf  # type: ignore[operator]
    except (TypeError, ValueError):
        raise InputError(
            f"input {name!r} = {value!r} is not a number; give a real number"
        ) from None


def _of_text(text: str, name: str, unit: str) -> float:
    if not text:
        return MISSING
    if NUMBER.fullmatch(text):
        return float(text)
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return float(text)
    from .units import quantity  # only readings with a unit need it

    return quantity(text, unit, name)


def _what(value: object) -> str:
    if isinstance(value, (complex, np.complexfloating)):
        return "complex"
    return (
        "a time"
        if isinstance(value, (np.datetime64, np.timedelta64))
        else f"a {type(value).__name__}"
    )
