"""Inverse queries: what gives this target, what caused this measurement, what should be turned.

>>> from sna_edge.inverse import roots
>>> roots(model, "power", 120.0, at={"speed": 0.8}).solutions        # doctest: +SKIP
[{'power': 143.1}, {'power': 201.7}]
"""

from .answer import LevelSet, Nearest, Roots
from .level_set import level_set
from .roots import roots

__all__ = ["LevelSet", "Nearest", "Roots", "level_set", "roots"]
