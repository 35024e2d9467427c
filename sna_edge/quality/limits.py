"""The limits of a line, from a TOML (or JSON) file: outputs with LSL, USL and target, knobs with bounds, steps and costs.

    [outputs.width]      # micrometres, as the model gives them
    LSL = 100.0
    USL = 140.0
    target = 120.0

    [knobs.power]
    lower = 150.0
    upper = 350.0
    step = 5.0
    cost = 0.01          # per axis unit
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from os import PathLike, fspath
from typing import Any

import numpy as np

from ..errors import InputError
from ..inputs import unknown_name
from ..inverse.advise import Knob
from ..model import Model


@dataclass(frozen=True)
class Limit:
    """Lower and upper specification limit and target of one output, in output units; infinite where there is none."""

    name: str
    lsl: float = -np.inf
    usl: float = np.inf
    target: float | None = None


@dataclass(frozen=True)
class LineLimits:
    """What a line's parts are judged by and what may be turned."""

    outputs: tuple[Limit, ...]
    knobs: dict[str, Knob] = field(default_factory=dict)


def read_limits(path: str | PathLike[str], model: Model) -> LineLimits:
    """The limits in `path` (.toml, or .json with the same tables), checked against the model. Raises InputError."""
    with open(path, "rb") as file:
        data = file.read()
    return parse_limits(_tables(data, fspath(path)), model)


def _tables(data: bytes, path: str) -> Mapping[str, Any]:
    if path.endswith(".json"):
        try:
            found = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is not JSON ({error}); mend it") from None
        if not isinstance(found, Mapping):
            raise InputError(f"{path} must hold an object with outputs and knobs")
        return found
    toml = _toml()
    try:
        tables: Mapping[str, Any] = toml.loads(data.decode())
    except (ValueError, RecursionError) as error:  # TOML and UTF-8 errors are ValueErrors
        raise InputError(f"{path} is not TOML ({error}); mend it") from None
    return tables


def _toml() -> Any:
    """tomllib of Python 3.11, or tomli."""
    for name in ("tomllib", "tomli"):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise InputError("TOML needs Python 3.11 or newer, or the package tomli; pip install tomli, or write the limits as .json")


def parse_limits(tables: Mapping[str, Any], model: Model) -> LineLimits:
    """Limits from nested mappings; every wrong key or number is named."""
    _only(tables, ("outputs", "knobs"), "the limits")
    outputs = _tables_of(tables, "outputs")
    if not outputs:
        raise InputError("the limits name no output; add a table [outputs.NAME] with LSL or USL")
    knobs = _tables_of(tables, "knobs")
    for name in outputs:
        if name not in model.output_names:
            raise InputError(f"{name!r} is not an output of this model; its outputs are {', '.join(model.output_names)}")
    for name in knobs:
        if name not in model.input_names:
            raise InputError(f"knob {unknown_name(name, model.input_names)}")
    return LineLimits(
        tuple(_limit(name, table) for name, table in outputs.items()),
        {name: _knob(name, table) for name, table in knobs.items()},
    )


def _tables_of(tables: Mapping[str, Any], key: str) -> dict[str, Mapping[str, Any]]:
    found = tables.get(key, {})
    if not isinstance(found, Mapping) or not all(isinstance(v, Mapping) for v in found.values()):
        raise InputError(f"{key} must be tables, one per name: [{key}.NAME]")
    return dict(found)


def _only(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    wrong = [key for key in table if key not in known]
    if wrong:
        raise InputError(f"{where} have no entry {wrong[0]!r}; entries are {', '.join(known)}")


def _limit(name: str, table: Mapping[str, Any]) -> Limit:
    lowered = {key.lower(): value for key, value in table.items()}
    _only(lowered, ("lsl", "usl", "target"), f"limits of {name!r}")
    values = {key: _number(value, f"{key.upper()} of {name!r}") for key, value in lowered.items()}
    limit = Limit(name, **values)
    if not limit.lsl < limit.usl or (np.isinf(limit.lsl) and np.isinf(limit.usl)):
        raise InputError(f"limits of {name!r} need LSL < USL, at least one of them")
    if limit.target is not None and not limit.lsl <= limit.target <= limit.usl:
        raise InputError(f"the target of {name!r} lies outside its limits")
    return limit


def _knob(name: str, table: Mapping[str, Any]) -> Knob:
    _only(table, ("lower", "upper", "step", "cost"), f"knob {name!r} can")
    values = {key: _number(value, f"{key} of knob {name!r}") for key, value in table.items()}
    for key in ("step", "cost"):
        if key in values and values[key] <= 0:
            raise InputError(f"{key} of knob {name!r} must be positive")
    return Knob(**values)


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not np.isfinite(value):
        raise InputError(f"{what} is {value!r}; give a finite number")
    return float(value)
