"""What the inputs of a part contribute to its outputs, for parts that are not accepted: the entry
`explain` of a limits file.

explain = "last accepted"   # against the last part that was accepted
explain = "mean"            # against the mean over the domain

[explain]                   # against a setting
power = 250.0
speed = 1.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, SnaError
from ..model import Model
from ..values.documents import shortened
from ..values.levels import number

Floats = NDArray[np.float64]
LAST, MEAN = "last accepted", "mean"
Explain = str | dict[str, Any]
"""LAST, MEAN, or a setting {input or raw reading: value}."""


def explain_of(value: Any, model: Model) -> Explain:
    """The entry as it stands in a limits file. Raises InputError for another, and for a setting
    that the model has no value of."""
    if value in (LAST, MEAN) and isinstance(value, str):
        return str(value)
    if not isinstance(value, Mapping):
        raise InputError(
            f"explain is {shortened(str(value))!r}; write {LAST!r}, {MEAN!r}, or the values of a"
            " setting under [explain]"
        )
    setting = dict(value)
    try:
        model.value(setting)
    except SnaError as error:
        raise InputError(f"the setting under [explain]: {error}") from None
    return setting


class Explained:
    """Contributions to the outputs named, part after part."""

    def __init__(self, model: Model, explain: Explain, outputs: Sequence[str]) -> None:
        self._model = model
        self._outputs = [(name, model.output_names.index(name)) for name in outputs]
        self._against: dict[str, float] | tuple[list[float], Floats] | None = None
        self._follows = explain == LAST
        self._told: dict[str, Any] | None = None if self._follows else {"setting": explain}
        if not isinstance(explain, str):
            self._against = self._coordinates(explain)

    def _coordinates(self, setting: Mapping[str, Any]) -> dict[str, float]:
        axes = {a.name: a for a in self._model.axes}
        raw = {r.name: r.unit for r in self._model.readings.raw} if self._model.readings else {}
        return {
            name: axes[name].coordinate(value) if name in axes else number(value, name, raw[name])
            for name, value in setting.items()
        }

    def _part(self, row: list[float], x: Floats) -> Floats | dict[str, float]:
        """Coordinates, by name and with raw readings where inputs are computed from these."""
        readings = self._model.readings
        if readings is None or not readings.derived:
            return x
        count = len(x)
        part = zip(self._model.input_names, x.tolist(), row[:count], strict=True)
        own = {name: value for name, value, given in part if given == given}
        raw = zip((r.name for r in readings.raw), row[count:], strict=True)
        return own | {name: value for name, value in raw if value == value}

    def accepted(self, row: list[float], x: Floats, marks: Mapping[str, Any]) -> None:
        """A part was accepted: its readings, NaN where an input is computed or usual, coordinates x
        [D], and what names it."""
        if self._follows:
            self._against, self._told = (row, x), {"reference": LAST, **marks}

    def of(self, row: list[float], x: Floats) -> dict[str, Any]:
        """{contributions: ..} of a part to the model's own values, {} while there is nothing to
        compare with."""
        if self._told is None:
            return {}
        against = self._against
        try:
            found = self._model.contributions(
                self._part(row, x),
                self._part(*against) if isinstance(against, tuple) else against,
                level_index=True,
            )
        except SnaError as error:
            return {"contributions": {"against": self._told, "message": str(error)}}
        told: dict[str, Any] = {"against": self._told, "outputs": {}}
        for name, k in self._outputs:
            shares = dict(zip(found.names, found.contribution[:, k].tolist(), strict=True))
            one = {"base": float(found.base[k]), "inputs": shares, "value": float(found.value[k])}
            if found.error[:, k].any():
                one["error"] = dict(zip(found.names, found.error[:, k].tolist(), strict=True))
            told["outputs"][name] = one
        if found.remark:
            told["remark"] = found.remark
        return {"contributions": told}
