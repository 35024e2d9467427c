"""Fewer modes, smaller ranks: the same function to a stated error."""

from .compress import compress

__all__ = ["compress"]
