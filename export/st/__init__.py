"""A model as a function block in Structured Text (IEC 61131-3) for programmable controllers, with a
test block beside it."""

from .command import export

__all__ = ["export"]
