"""The limits of a recipe: shown, and changed while parts come."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from ...durable import write_whole
from ...errors import InputError
from ...serving import new_name
from ...values.documents import document
from ..judging import Served, served
from ..judging.renewal import Change
from ..judging.served import LIMITS
from .asked import Asked, renewal_of, writable
from .toml import differences, toml_of


def shown(asked: Asked) -> Mapping[str, Any]:
    """The limits that judge: text, tables, digest, and the readings that are judged."""
    one = asked.served
    tables = document(one.text, one.recipe.limits)
    return {
        "text": one.text.decode("utf-8", "replace"), "limits": tables, "digest": one.limits,
        "readings": list(one.line.names), "file": os.path.basename(one.recipe.limits),
    }  # fmt: skip


def changed(asked: Asked) -> Mapping[str, Any]:
    """Other limits from the next part on; or none of them, and one sentence says why. `before`: the
    digest of those that whoever asks has seen."""
    old, why = asked.served, asked.why
    if asked.said.get("before", old.limits) != old.limits:
        raise InputError("somebody has changed these limits meanwhile; look at them and try again")
    return put(asked, _given(asked, old), {"why": why})


def put(asked: Asked, data: bytes, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Judge by the limits in `data` from the next part on. Raises InputError."""
    plant, path, before = asked.plant, asked.served.recipe.limits, asked.served.text
    said = differences(document(before, path), document(data, new_name(path)))
    if not said:
        raise InputError("these limits say the same as those that judge; nothing has changed")
    numbers = list[int]()

    def made(old: Served) -> Served:
        if old.text != before:
            raise InputError("these limits were changed meanwhile; look at them and try again")
        writable(path)
        new = served(old.recipe, plant.config, limits=data)
        if new.trust.sha256 != old.trust.sha256:
            raise InputError("the model is being switched; try again in a second")
        return new

    def record(old: Served, new: Served) -> None:
        entries = {"before": old.limits, "limits": new.limits, "changes": said, **told}
        numbers.append(asked.record("limits changed", **entries))

    renewal_of(asked).change(
        asked.cell,
        Change(
            made, record, lambda: write_whole(path, data), lambda: write_whole(path, before), LIMITS
        ),
    )
    return {"record": numbers[0], "limits": sha256(data).hexdigest(), "changes": said}


def _given(asked: Asked, old: Served) -> bytes:
    """The limits as they were sent: TOML (or JSON) text, or tables."""
    if asked.data:
        return asked.data
    tables, text = asked.said.get("limits"), asked.said.get("text")
    if isinstance(text, str) and tables is None:
        return text.encode("utf-8", "surrogatepass")
    if not isinstance(tables, Mapping) or text is not None:
        raise InputError(
            "no limits were sent, or two of them; give one file of them (--put FILE), or in a call"
            ' "text": "[outputs.NAME].." or "limits": {..}'
        )
    if old.recipe.limits.lower().endswith(".json"):
        return json.dumps(tables, indent=2).encode() + b"\n"
    return toml_of(tables).encode()
