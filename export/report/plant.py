"""What a fit says of rows that do not all count alike and of cells that are no plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plant_lines(report: Mapping[str, Any]) -> list[str]:
    """A line for each thing that was asked for."""
    return [
        *_modelled(report.get("modelled", {})),
        *_targets(report.get("targets", {})),
        *_weights(report.get("weights", {})),
    ]


def _modelled(found: Mapping[str, int]) -> list[str]:
    if not found:
        return []
    cells = ", ".join(f"{name} {count}" for name, count in found.items())
    return [
        f"missing cells take part ({cells}): the model answers without these readings, with the"
        " interval of such rows"
    ]


def _targets(found: Mapping[str, int]) -> list[str]:
    if not found:
        return []
    rows = ", ".join(f"{name} {count}" for name, count in found.items())
    return [f"each target is fitted on the rows in which it is measured: {rows}"]


def _weights(found: Mapping[str, Any]) -> list[str]:
    lines = []
    if "worth" in found:
        by = " and ".join(repr(found[key]) for key in ("weights", "error") if key in found)
        lines.append(
            f"rows weigh by {by or 'their weights'}: {found['rows']} of them say as much as"
            f" {found['worth']:.4g} equal ones; errors and intervals count them so"
        )
        if "error" in found:
            lines.append("the interval is that of a new measurement with the median error")
    if count := found.get("absent"):
        lines.append(f"left out {count} row{'' if count == 1 else 's'} of weight 0")
    return lines
