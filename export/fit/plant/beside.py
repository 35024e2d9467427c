"""Columns beside inputs and targets: what rows weigh, and how well each target was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sna_edge.errors import InputError

APART = ("groups", "time", "weights", "error", "exposure")
"""Options that name columns which are never inputs."""


def apart(options: Mapping[str, Any]) -> list[str]:
    """Columns that options name and that are therefore no inputs.

    >>> apart({"groups": "batch", "error": {"depth": "depth_sd"}, "time": None})
    ['batch', 'depth_sd']
    """
    found: list[str] = []
    for key in APART:
        given = options.get(key)
        found += given.values() if isinstance(given, Mapping) else [given] if given else []
    return found


def errors_of(
    given: str | Mapping[str, str] | Sequence[str] | None, targets: Sequence[str]
) -> dict[str, str]:
    """{target: column of the standard deviations of its measurements} of one column for the one
    target, a mapping, or texts `depth=depth_sd`. Raises InputError for an unknown target, and for a
    column that does not say which target it is of.

    >>> errors_of("sd", ["depth"]), errors_of(["depth=sd", "width=wd"], ["depth", "width"])
    ({'depth': 'sd'}, {'depth': 'sd', 'width': 'wd'})
    """
    if not given:
        return {}
    pairs: list[tuple[str, str]] = []
    if isinstance(given, Mapping):
        pairs = list(given.items())
    else:
        for text in [given] if isinstance(given, str) else given:
            name = next((n for n in targets if text.startswith(f"{n}=")), "")
            if not name and len(targets) > 1:
                raise InputError(
                    f"error {text!r} does not say which target it is of; write TARGET=COLUMN with"
                    f" one of {', '.join(targets)}"
                )
            pairs.append((name, text[len(name) + 1 :]) if name else (targets[0], text))
    for name, _ in pairs:
        if name not in targets:
            raise InputError(f"error names {name!r}; the targets are {', '.join(targets)}")
    if len(dict(pairs)) < len(pairs):
        raise InputError("a target has two columns of errors; give each one")
    return dict(pairs)
