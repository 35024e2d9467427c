"""A study of a gauge, and its result as noise of the reading that the gauge gives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from ...errors import InputError
from ...quality.gage import GageStudy, gage_study, numbered
from ...values.documents import document
from . import limits
from .asked import Asked
from .toml import toml_of

MOST = 10_000


def studied(asked: Asked) -> Mapping[str, Any]:
    """Standard deviations of the gauge of an input, from rows [part, operator, value]; where
    `apply` is true its tolerance in the limits is three of them from the next part on."""
    name, apply, one = asked.text("input"), asked.said.get("apply", False), asked.served
    if name not in one.line.names:
        raise InputError(
            f"{name[:60]!r} is no reading of this recipe; readings are {', '.join(one.line.names)}."
            " The gauge of an output is told to the fit: sna-edge fit --gage"
        )
    if any(a.name == name and a.kind == "categorical" for a in one.line.model.axes):
        raise InputError(f"{name!r} has levels, which no gauge measures; name a reading in numbers")
    study = _study(asked.said.get("rows"))
    told: dict[str, Any] = {
        "input": name, **study.report(), "tolerance": study.tolerance, "says": study.verdict()
    }  # fmt: skip
    if apply is not True:
        return told
    if study.tolerance == 0.0:
        raise InputError(
            "no tolerance was set, because all measurements of a part are the same; measure again"
            " with all digits that the gauge has"
        )
    tables = json.loads(json.dumps(document(one.text, one.recipe.limits)))
    tables.setdefault("inputs", {}).setdefault(name, {})["tolerance"] = study.tolerance
    text = toml_of(tables)
    if one.recipe.limits.lower().endswith(".json"):
        text = json.dumps(tables, indent=2) + "\n"
    return {**told, **limits.put(asked, text.encode(), {"gage": told})}


def _study(rows: Any) -> GageStudy:
    if not isinstance(rows, Sequence) or isinstance(rows, str) or not 4 <= len(rows) <= MOST:
        count = f"{len(rows):,}" if isinstance(rows, list) else "no"
        raise InputError(
            f"the study has {count} measurements; give 4 to {MOST:,} of them, a row each: part,"
            ' operator, value (STUDY.csv, or in a call "rows": [[part, operator, value], ..])'
        )
    parts, operators, values = list[str](), list[str](), list[float]()
    for i, row in enumerate(rows):
        if not isinstance(row, Sequence) or isinstance(row, str) or len(row) != 3:
            raise InputError(f"row {i + 1} of the study is not [part, operator, value]; correct it")
        part, operator, value = row
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            raise InputError(f"row {i + 1} of the study has no number as its value; correct it")
        parts.append(str(part))
        operators.append(str(operator))
        values.append(float(value))
    return gage_study(numbered(parts), numbered(operators), np.array(values))
