"""The function block in whole numbers: statements for the rule of `sna_export.integers`."""

from .block import integer_block
from .points import counted

__all__ = ["counted", "integer_block"]
