"""What was chosen: inputs first, then the candidates, at the end what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..console import table

CANDIDATES = 6
"""Printed at most; --json has all."""
NAME = 60
"""Letters of a candidate's name."""
BYTES = 4
"""Of one number of a candidate; a file also holds axes and what stands beside the values."""


def inputs_lines(report: Mapping[str, Any], shown: int) -> list[str]:
    """The inputs of the model, and a sentence for each that looks like no input."""
    names = list(report.get("inputs", []))
    if not names:
        return []
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    dropped = len(report.get("dropped", []))
    left = f"; {dropped} left out, see below" if dropped else ""
    lines = [f"inputs: {', '.join(names[:shown])}{more}{left}"]
    return lines + [f"warning: {said}" for said in report.get("warnings", [])[:shown]]


def candidate_lines(report: Mapping[str, Any]) -> list[str]:
    """A table of the candidates, the chosen one first, the others by their error."""
    tried = [c for c in report.get("candidates", []) if "error" in c]
    if not tried:
        return [report["why"]] if report.get("why") else []
    rows = sorted(tried, key=lambda c: (c["name"] != report.get("chosen"), c["error"]))
    cells = [
        [
            ("* " if c["name"] == report.get("chosen") else "  ") + _short(c["name"]),
            f"{c['error']:.4g}",
            str(BYTES * c["parameters"]) if "parameters" in c else "-",
            f"{c['seconds']:.1f}" if "seconds" in c else "-",
        ]
        for c in rows[:CANDIDATES]
    ]
    head = ["candidate", "RMSE / sigma", "bytes", "seconds"]
    more = len(tried) - CANDIDATES
    return [*table(head, cells), *([f"and {more} more (--json lists them)"] if more > 0 else [])]


def _short(name: str) -> str:
    return name if len(name) <= NAME else name[: NAME - 2] + ".."


def next_step(output: str, report: Mapping[str, Any]) -> str:
    """What to do next: the most urgent."""
    if report.get("warnings"):
        return "next: leave out the inputs that the warnings name if they are no settings"
    if report.get("stopped") or report.get("cut"):
        if report.get("stopped"):
            return "next: fit again, to the end, for what was cut"
        return "next: fit without the limit on time for what was cut"
    if report.get("suspects") and not report.get("robust"):
        return "next: look at the rows that look wrong, or fit with --robust"
    return (
        f"next: sna-edge query {output} --at NAME=VALUE .. ; sna-edge design --model {output} --add"
        " 8 for the rows that tell most"
    )
