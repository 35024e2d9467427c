"""Measured values in a reading: what is given of which outputs, or why not.

{"id": 17, "measured": {"width": 118.2}}
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from math import isfinite, nan
from typing import Any

import numpy as np

from ..errors import InputError
from ..values.documents import shortened
from ..values.naming import QUANTITY
from ..values.units import converted, quantity
from .output.space import Space

KEY = "measured"
COLUMN = "measured."
"""How the column of an output begins in a table of parts."""


class Measured:
    """Reads measured values of the outputs of a model, of which `spaces` can be learned."""

    def __init__(self, names: Sequence[str], spaces: Sequence[Space]) -> None:
        self._names, self._spaces = names, spaces

    def read(
        self,
        given: object,
        number: Callable[[str], float],
        units: Mapping[str, str] | None = None,
    ) -> tuple[dict[str, float], list[float], dict[str, str]]:
        """(values by name, the same [K] on the scales of the outputs with NaN where none is to be
        learned, {name: what is wrong}). `units`: of the numbers of an output, where they are not
        those of the model."""
        found, scaled, wrong = dict[str, float](), [nan] * len(self._spaces), dict[str, str]()
        if not isinstance(given, Mapping):
            wrong[KEY] = f"{_said(given)} is no object; give {{output: value}}"
            return found, scaled, wrong
        places = {space.output.name: k for k, space in enumerate(self._spaces)}
        for name, value in given.items():
            if value is None:
                continue
            if name not in self._names:
                wrong[shortened(name)] = f"no output; outputs are {', '.join(self._names)}"
            elif name not in places:
                wrong[name] = "it has no interval, so nothing is learned of it"
            elif isinstance(y := self._number(name, value, number, (units or {}).get(name)), str):
                wrong[name] = y
            else:
                space = self._spaces[places[name]]
                u = float(space.u(np.array(y)))
                if isfinite(u):
                    found[name] = y
                    scaled[places[name]] = u
                else:
                    wrong[name] = f"{y:g} cannot be: the model knows no such value"
        return found, scaled, wrong

    def _number(
        self, name: str, value: object, number: Callable[[str], float], own: str | None
    ) -> float | str:
        """A finite number in the unit of the output, or what is wrong with it."""
        unit = next(s.output.unit for s in self._spaces if s.output.name == name)
        try:
            if isinstance(value, str):
                y = number(value)
                if y != y and QUANTITY.fullmatch(value):
                    y, own = quantity(value, unit, name, number, "output"), None
            else:
                numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
                y = float(value) if numeric else nan  # type: ignore[arg-type]
            y = converted(y, own, unit, name, "output") if own and unit else y
        except InputError as error:
            return str(error)
        except OverflowError:
            y = nan
        return y if isfinite(y) else f"{_said(value)} is no finite number"


def _said(value: object) -> str:
    if isinstance(value, (Mapping, list)):
        return "an object" if isinstance(value, Mapping) else "a list"
    return shortened(value if isinstance(value, str) else repr(value))


def identity_of(reading: Mapping[str, Any]) -> object:
    """The id of a part, None where it has none."""
    found = reading.get("id")
    return reading.get("part") if found is None else found


def alone_in(readings: Sequence[Mapping[str, Any] | str], inputs: Container[str]) -> frozenset[int]:
    """The rows that hold measured values and none of the `inputs`: they are no parts to judge."""
    return frozenset(
        i
        for i, reading in enumerate(readings)
        if KEY in reading
        and not isinstance(reading, str)
        and reading[KEY] is not None
        and not any(name in inputs and value is not None for name, value in reading.items())
    )


def units_in(units: Mapping[str, str]) -> dict[str, str]:
    """{output: unit} of the columns that begin with COLUMN."""
    return {n[len(COLUMN) :]: unit for n, unit in units.items() if n.startswith(COLUMN)}


def of_cells(names: Sequence[str], cells: Mapping[str, Any]) -> dict[str, Any]:
    """{output: cell} of the columns `names` that begin with COLUMN, without empty cells."""
    return {n[len(COLUMN) :]: cells[n] for n in names if cells[n] is not None}
