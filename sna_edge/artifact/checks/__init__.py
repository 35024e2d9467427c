"""Rules of FORMAT.md section 12, in its order, each with its named error. Validate once, then trust
the model."""

from .file import LEAST, header
from .order import validate

__all__ = ["LEAST", "header", "validate"]
