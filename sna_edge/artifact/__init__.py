"""The artifact `model.sna` (FORMAT.md): writer, reader, golden vectors.

The modules in here know records, not models. `read`, `from_bytes`, `save` and `write` by this path
are the functions of `sna_edge.files`, which `sna_edge` itself puts here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["from_bytes", "read", "save", "write"]

read: Callable[..., Any]
from_bytes: Callable[..., Any]
save: Callable[..., None]
write: Callable[..., bytes]
