"""Who may do what: every operation with its address and the role that it needs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import gage, limits, models, parts, people, records
from .asked import Asked

OPERATOR, ENGINEER, ADMIN = "operator", "engineer", "admin"
RECIPE = "/stations/{station}/recipes/{recipe}"


@dataclass(frozen=True)
class Operation:
    """`words` for people; `act` answers with JSON or a stream, and raises InputError."""

    words: str
    method: str
    address: str
    role: str
    act: Callable[[Asked], Any]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Of the address."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.address))


OPERATIONS = (
    Operation("see the limits that judge", "GET", f"{RECIPE}/limits", OPERATOR, limits.shown),
    Operation("change limits", "PUT", f"{RECIPE}/limits", ENGINEER, limits.changed),
    Operation("see the models of a store", "GET", f"{RECIPE}/models", OPERATOR, models.shown),
    Operation("switch to another model", "PUT", f"{RECIPE}/model", ENGINEER, models.switched),
    Operation(
        "go back to the model before", "POST", f"{RECIPE}/rollback", ENGINEER, models.rolled_back
    ),
    Operation("tell the study of a gauge", "POST", f"{RECIPE}/gage", ENGINEER, gage.studied),
    Operation(
        "say that a measured value is wrong", "POST", "/stations/{station}/corrections", ENGINEER,
        parts.corrected,
    ),
    Operation("export verdicts as CSV", "GET", "/records.csv", OPERATOR, parts.exported),
    Operation("see who may call", "GET", "/people", ADMIN, people.shown),
    Operation("add somebody", "POST", "/people", ADMIN, people.added),
    Operation("revoke somebody", "DELETE", "/people/{name}", ADMIN, people.revoked),
    Operation("verify the records", "POST", "/records/verify", ADMIN, records.verified),
    Operation("back the records up", "POST", "/records/backup", ADMIN, records.backed_up),
    Operation("let old records go now", "POST", "/records/retention", ADMIN, records.cut),
)  # fmt: skip
"""Beside them: parts and metrics need `line`; the page, /status, alarms and advice `operator`."""


def found(path: str) -> list[tuple[Operation, dict[str, str]]]:
    """Operations at an address, each with the names in it."""
    return [
        (one, match.groupdict())
        for one in OPERATIONS
        if (match := one.pattern.fullmatch(path)) is not None
    ]
