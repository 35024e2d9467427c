"""Bases of one axis, by their public path: see `sna_edge.core.basis`."""

from .core.basis import *  # noqa: F403
from .core.basis import __all__ as __all__
