"""What the constructors of this room ask of what they are given: one sentence where it is of
another kind."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...errors import InputError

Kind = TypeVar("Kind", bound=IntEnum)


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, true and false left out."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Whether a value is a number that a float holds."""
    if is_whole(value):
        return abs(int(value)) < 1 << 1023  # type: ignore[call-overload, no-any-return]
    return isinstance(value, (float, np.floating))


def need_whole(what: str, *values: object) -> None:
    """Raises InputError where one of `values` is no whole number."""
    for value in values:
        if not is_whole(value):
            raise InputError(f"{what} is {value!r}; give a whole number")


def need_numbers(what: str, *values: object) -> None:
    """Raises InputError where one of `values` is no number."""
    for value in values:
        if not is_number(value):
            raise InputError(f"{what} is {value!r}; give a number")


def all_of(what: str, values: Any, kind: type) -> tuple[Any, ...]:
    """`values` as a tuple. Raises InputError where one is no `kind`."""
    found = tuple(values) if isinstance(values, Iterable) else (values,)
    if not all(isinstance(value, kind) for value in found):
        raise InputError(f"{what} are a list, each a {kind.__name__}; got {values!r}")
    return found


def one_of(kind: type[Kind], value: Any) -> Kind:
    """The member of `kind` that a value is. Raises InputError that lists them."""
    try:
        return kind(value)
    except ValueError:
        members = ", ".join(f"{kind.__name__}.{m.name}" for m in kind)
        raise InputError(f"{value!r} is none of {members}") from None


def array_of(what: str, values: Any, dtype: type[np.generic]) -> NDArray[Any]:
    """`values` as an array that nobody can write to. Raises InputError for what is no array of such
    numbers."""
    try:
        with np.errstate(over="ignore"):
            found = np.array(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what} must be numbers in rows of one length, not {values!r}") from None
    found.setflags(write=False)
    return found
