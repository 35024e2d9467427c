"""How far a stored model is from the one it was made from: exact, bounded and measured, kept
apart."""

from .bound import lebesgue, maximum_bound
from .certificate import MEANING, certify
from .integer import with_integer_path
from .measured import Measured, measure
from .norm import exact_rms

__all__ = [
    "MEANING",
    "Measured",
    "certify",
    "exact_rms",
    "lebesgue",
    "maximum_bound",
    "measure",
    "with_integer_path",
]
