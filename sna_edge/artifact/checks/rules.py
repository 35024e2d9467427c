"""How a broken rule of FORMAT.md section 12 is reported."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ...errors import ArtifactError


def fail(rule: str, message: str) -> NoReturn:
    """Raise ArtifactError for the named rule."""
    raise ArtifactError(rule, message)


def need(condition: object, rule: str, message: str) -> None:
    """`fail` unless the condition holds."""
    if not condition:
        fail(rule, message)


class FrontToBack:
    """Reads a section from front to back; every part starts where the one before it ended."""

    def __init__(self, block: bytes, rule: str, what: str) -> None:
        self.block, self.end, self.rule, self.what = block, 0, rule, what

    def take(self, dtype: str | np.dtype[Any], count: int) -> NDArray[Any]:
        """The next `count` numbers. Raises ArtifactError where the section is too short."""
        size = np.dtype(dtype).itemsize * count
        need(
            self.end + size <= len(self.block), self.rule, f"{self.what}: the section is too short"
        )
        part = np.frombuffer(self.block, dtype, count, self.end)
        self.end += size
        return part

    def finish(self, last: str) -> None:
        """Raises ArtifactError unless the section ends here, with what `last` names."""
        need(
            self.end == len(self.block),
            self.rule,
            f"{self.what}: the section does not end with its {last}",
        )
