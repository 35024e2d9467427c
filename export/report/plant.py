"""What a fit says of rows that do not all count alike and of cells that are no plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def plant_lines(report: Mapping[str, Any]) -> list[str]:
    """A line for each thing that was asked for."""
    return [
        *_lags(report.get("lags", {})),
        *_modelled(report.get("modelled", {})),
        *_targets(report.get("targets", {})),
        *_known_groups(report.get("known_groups", {})),
        *_limits(report.get("limits", {})),
        *_steps(report.get("resolution", {})),
        *_weights(report.get("weights", {})),
    ]


def _lags(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for name, one in found.items():
        rows = f"{one['rows']} row{'' if one['rows'] == 1 else 's'}"
        if not one["estimated"]:
            lines.append(f"{name!r} is taken {rows} before")
        elif one["rows"]:
            end = ", the longest that was tried" if one["rows"] == one["tried"] else ""
            lines.append(
                f"{name!r} is taken {rows} before{end}: left-out error {one['error']:.3g} of a"
                f" simple function, {one['error_without']:.3g} without a lag (RMSE / sigma)"
            )
        else:
            lines.append(f"{name!r}: no lag up to {one['tried']} rows explains more than none")
    if first := max((one["left_out"] for one in found.values()), default=0):
        rows = "row has no earlier one" if first == 1 else f"{first} rows have no earlier ones"
        lines.append(f"the first {rows} and {'was' if first == 1 else 'were'} left out")
    return lines


def _modelled(found: Mapping[str, int]) -> list[str]:
    if not found:
        return []
    cells = ", ".join(f"{name} {count}" for name, count in found.items())
    return [
        f"missing cells take part ({cells}): the model answers without these readings, with the"
        " interval of such rows"
    ]


def _known_groups(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return []
    widths = ", ".join(f"{name} {share:g}" for name, share in found["narrower"].items())
    wide = f"intervals of a known one are narrower ({widths} times)" if widths else ""
    return [
        f"{found['column']!r} is an input: {found['groups']} known groups with their offsets, and"
        f" {found['new']!r} for another; {wide or 'all have the interval of a new one'}"
    ]


def _limits(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = []
    for name, one in found.items():
        counts = [f"{one[side]} {side}" for side in ("below", "above") if one[side]]
        lines.append(
            f"{name}: {' and '.join(counts)} what the gauge reads take part as limits (errors"
            f" normal in its {one['space']}); figures take them as drawn about what was predicted"
        )
    return lines


def _steps(found: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [
        f"{name}: rounded to {one['step']:g}, a standard deviation of {one['sigma']:.3g}, which is"
        f" {100 * one['share_of_error']:.2g} % of the squared error"
        for name, one in found.items()
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
