"""What a fit says of itself in words: they belong to the report, never to the artifact, so that
wording changes no byte."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def held_out(report: Mapping[str, Any]) -> list[str]:
    """How rows were held out where they are not free, and how much groups differ, a line each."""
    how = report.get("held_out", {})
    lines = [report["folds"]] if how else []
    for name, part in report.get("groups", {}).items():
        lines.append(
            f"{name}: {how['groups']!r} differ by {part['between']:.3g} (standard deviation), rows"
            f" of one by {part['within']:.3g}: the interval is that of a new one; of one whose"
            " offset is known, rows vary by the second part alone"
        )
    return lines


def remarks(report: Mapping[str, Any], shown: int | None = None) -> list[str]:
    """How the fit was confirmed, which inputs take no part (at most `shown`) and what the time
    limit cut, a line each."""
    lines = held_out(report)
    confirmed = report.get("confirmed", {})
    for name, error in confirmed.get("error", {}).items():
        against = (
            f"{error:.3g} (best of mean, linear and quadratic: {confirmed['baseline'][name]:.3g})"
        )
        instead = confirmed["replaced"].get(name)
        lines.append(
            f"validation ({confirmed['by']}): {name} RMSE / sigma {against}"
            + (f"; replaced by: {instead}" if instead else "")
        )
    notes = report.get("notes", [])
    lines += notes[:shown]
    if shown is not None and len(notes) > shown:
        lines.append(f"and {len(notes) - shown} more inputs were left out (--json lists all)")
    if report.get("cut"):
        lines.append(f"cut short by the time limit: {'; '.join(report['cut'])}")
    return lines
