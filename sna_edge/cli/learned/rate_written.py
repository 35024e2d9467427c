"""A limits file with another entry `escape`, all else as it was written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ...errors import InputError
from ...values.documents import document

ENTRY = re.compile(r"\s*[\"']?escape[\"']?\s*=")
HEADER = re.compile(r"\s*\[")


def with_escape(data: bytes, name: str, entry: Mapping[str, Any]) -> str:
    """The text of the limits file `name` with this entry. Raises InputError where one stands there
    in a form that is not one line."""
    tables = document(data, name)
    if name.lower().endswith(".json"):
        return json.dumps({**tables, "escape": dict(entry)}, indent=2, ensure_ascii=False) + "\n"
    values = ", ".join(f"{key} = {json.dumps(value)}" for key, value in entry.items())
    lines = data.decode(json.detect_encoding(data)).removeprefix("\ufeff").splitlines()
    first = next((i for i, line in enumerate(lines) if HEADER.match(line)), len(lines))
    kept = [line for line in lines[:first] if not ENTRY.match(line)]
    text = "\n".join([f"escape = {{{values}}}", *kept, *lines[first:]]) + "\n"
    try:
        if document(text.encode(), name) == {**tables, "escape": dict(entry)}:
            return text
    except InputError:
        pass
    raise InputError(f"{name} has escape in a form that cannot be replaced; write it in one line")
