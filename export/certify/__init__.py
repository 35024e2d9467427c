"""How far a stored model is from the one it was made from: exact, bounded and measured, kept
apart."""

from .bound import lebesgue, maximum_bound
from .certificate import MEANING, certify
from .comparison import Comparison, measure
from .integer_path import with_integer_path
from .norm import exact_rms

Measured = Comparison  # its earlier name

__all__ = [
    "MEANING",
    "Comparison",
    "Measured",
    "certify",
    "exact_rms",
    "lebesgue",
    "maximum_bound",
    "measure",
    "with_integer_path",
]
