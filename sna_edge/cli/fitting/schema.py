"""What the columns of a table are, for its recipe; and how a new table differs, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

MOST_LEVELS = 64
MOST_COLUMNS = 400


def schema(table: Any) -> dict[str, dict[str, Any]]:
    """{column: {"lower", "upper"} of numbers, {"levels"} of text; "unit" where one is known}."""
    from sna_export.table.units import unit_for

    found: dict[str, dict[str, Any]] = {}
    for name in table.names[:MOST_COLUMNS]:
        column = table.column(name)
        finite = column[np.isfinite(column)]
        told: dict[str, Any] = {}
        if table.has_text(name) and len(finite) < len(column) / 2:
            levels = sorted({cell for cell in table.written(name) if cell})
            told["levels"] = levels if len(levels) <= MOST_LEVELS else []
        elif len(finite):
            told |= {"lower": float(finite.min()), "upper": float(finite.max())}
        unit = unit_for(name, table.units)
        found[name] = told | ({"unit": unit} if unit else {})
    return found


def differences(
    known: Mapping[str, Any], table: Any, needed: list[str], all_inputs: bool
) -> list[str]:
    """How a table differs from the columns `known` of a recipe; columns that the recipe has not are
    inputs where `all_inputs`. `needed`: names that the options take."""
    new = schema(table)
    lines = [
        f"column {name!r} of the recipe is not in the table"
        for name in known
        if name not in new and (all_inputs or name in needed)
    ]
    for name, now in new.items():
        if not all_inputs and name not in needed:
            continue
        before = known.get(name)
        if not isinstance(before, Mapping):
            lines.append(
                f"column {name!r} is new" + (", and an input: no --inputs are named"
                                             if all_inputs and name not in needed else "")
            )  # fmt: skip
        else:
            lines += _changed(name, before, now)
    return lines


def _changed(name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    lines = []
    if before.get("unit", "") != now.get("unit", ""):
        lines.append(
            f"column {name!r} has the unit {now.get('unit') or 'none'!r}, the recipe"
            f" {before.get('unit') or 'none'!r}"
        )
    if ("levels" in before) != ("levels" in now):
        kinds = {True: "text", False: "numbers"}
        return [*lines, f"column {name!r} holds {kinds['levels' in now]}, in the recipe"
                        f" {kinds['levels' in before]}"]  # fmt: skip
    for what, some, others in (
        ("new levels", now.get("levels", []), before.get("levels", [])),
        ("no longer the levels", before.get("levels", []), now.get("levels", [])),
    ):
        more = [level for level in some if level not in others]
        if more:
            lines.append(f"column {name!r} has {what} {', '.join(map(str, more[:8]))}")
    if "lower" in before and "lower" in now:
        low, high = float(before["lower"]), float(before["upper"])
        if now["lower"] < low or now["upper"] > high:
            lines.append(
                f"column {name!r} runs from {now['lower']:g} to {now['upper']:g}, in the recipe"
                f" from {low:g} to {high:g}"
            )
    return lines
