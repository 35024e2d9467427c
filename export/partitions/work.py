"""What is done to each partition, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Work = Callable[[Any], Any]


def named(work: Work) -> str:
    """module.function of the work."""
    inner = _inner(work)
    return f"{module_of(work)}.{getattr(inner, '__qualname__', inner)}"


def module_of(work: Work) -> str:
    """Where the work is imported from."""
    return str(getattr(_inner(work), "__module__", ""))


def _inner(work: Work) -> Work:
    while isinstance(work, partial):
        work = work.func
    return work
