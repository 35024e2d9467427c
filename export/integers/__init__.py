"""A model in whole numbers: values of the integer path (FORMAT.md section 13), and beside them ends
of intervals and familiarity by the rule of docs/plc.md, bit by bit what C and Structured Text
give."""

from .points import somewhere
from .rule import Plan, Query, Whole, is_familiar, path_of, with_intervals

__all__ = ["Plan", "Query", "Whole", "is_familiar", "path_of", "somewhere", "with_intervals"]
