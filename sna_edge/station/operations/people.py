"""Who may call: shown, added, revoked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from .asked import Asked, People


def shown(asked: Asked) -> Mapping[str, Any]:
    """Names, kinds and roles; tokens are nowhere."""
    roles = _people(asked).now().roles.items()
    return {"people": [{"name": name, "kind": kind, "role": role} for (kind, name), role in roles]}


def added(asked: Asked) -> Mapping[str, Any]:
    """A new token, shown once."""
    name, role, _ = asked.text("name"), asked.text("role"), asked.why
    token = _people(asked).add(
        name, role, lambda: asked.record("person added", person=name, role=role)
    )
    return {"name": name, "role": role, "token": token}


def revoked(asked: Asked) -> Mapping[str, Any]:
    """Let in no more, from now on."""
    name, _ = asked.names["name"], asked.why
    _people(asked).revoke(name, lambda: asked.record("person revoked", person=name))
    return {"name": name, "revoked": True}


def _people(asked: Asked) -> People:
    if asked.people is None:
        raise InputError(
            "this station asks nobody who calls; give tokens in [http] and start it again"
        )
    return asked.people
