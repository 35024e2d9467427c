"""From an artifact to firmware: generated C source, the library beside it, and what it will cost on
each core."""

from .command import export_c

__all__ = ["export_c"]
