"""The function block in whole numbers: values equal to the integer path (FORMAT.md section 13), and
beside them ends of intervals and familiarity by the rule of docs/plc.md."""

from .block import integer_block
from .points import counted
from .rule import Whole, path_of

__all__ = ["Whole", "counted", "integer_block", "path_of"]
