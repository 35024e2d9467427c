"""How a broken rule of FORMAT.md section 12 is reported."""

from __future__ import annotations

from typing import NoReturn

from ...errors import ArtifactError


def fail(rule: str, message: str) -> NoReturn:
    """Raise ArtifactError for the named rule."""
    raise ArtifactError(rule, message)


def need(condition: object, rule: str, message: str) -> None:
    """`fail` unless the condition holds."""
    if not condition:
        fail(rule, message)
