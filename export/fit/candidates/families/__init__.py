"""Families of functions that compete in every fit: a new one is a file here and a line in
`FAMILIES`."""

from __future__ import annotations

from .chaos import POLYNOMIAL_CHAOS
from .family import Begun, Family, Task
from .pair_splines import PAIR_SPLINES
from .trees import TREES

FAMILIES: tuple[Family, ...] = (POLYNOMIAL_CHAOS, PAIR_SPLINES, TREES)
"""In the order in which they are begun."""

__all__ = ["FAMILIES", "POLYNOMIAL_CHAOS", "Begun", "Family", "Task"]
