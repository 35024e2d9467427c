"""Values of an output in a log of watch: predicted, measured, or measured less predicted; and how
many parts of so many were rejected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import InputError
from ...learning.measured import KEY
from ...logs import entry_of, files_of, line_blocks
from ...quality.verdict import REJECT

OF = ("predicted", "measured", "residual")


def logged(paths: list[str], output: str, of: str) -> list[float | None]:
    """A value per line that has one of this kind, None where it is no number. Raises InputError
    where no line has."""
    found = [_value(told, of) for told in _told(paths, output, of)]
    if not found:
        raise InputError(
            f"no line of {', '.join(paths)} has {output!r} {of}; give answers of watch, for"
            " measured values and residuals with them"
        )
    return found


def rejected(paths: list[str], size: int) -> list[tuple[float, float]]:
    """(rejected, judged) of `size` verdicts in a row each; the rest that is shorter is left out.
    Raises InputError for fewer verdicts."""
    bad = [e["verdict"] == REJECT for e in _entries(paths) if isinstance(e.get("verdict"), str)]
    if len(bad) < size:
        raise InputError(
            f"{', '.join(paths)} has {len(bad)} verdicts, fewer than one sample of {size}; give a"
            " longer log or smaller samples"
        )
    whole = len(bad) // size * size
    return [(float(sum(bad[at : at + size])), float(size)) for at in range(0, whole, size)]


def _entries(paths: list[str]) -> Iterator[Mapping[str, Any]]:
    for block in line_blocks(files_of(paths)):
        for text in block:
            entry = entry_of(text) if text.strip() else None
            if isinstance(entry, dict):
                yield entry


def _told(paths: list[str], output: str, of: str) -> Iterator[Mapping[str, Any]]:
    """What lines say of the output: its verdict, or its measured value."""
    key = "outputs" if of == "predicted" else KEY
    for entry in _entries(paths):
        every = entry.get(key)
        told = every.get(output) if isinstance(every, Mapping) else None
        if isinstance(told, Mapping) and "value" in told:
            yield told


def _value(told: Mapping[str, Any], of: str) -> float | None:
    value, predicted = told["value"], told.get("predicted")
    if of != "residual":
        return value if isinstance(value, (int, float)) else None
    both = isinstance(value, (int, float)) and isinstance(predicted, (int, float))
    return value - predicted if both else None
