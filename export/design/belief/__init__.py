"""What is believed of an output between the rows: from a model's coefficients, or from rows."""

from .belief import Belief, given
from .linearised import of_model
from .process import of_rows

__all__ = ["Belief", "given", "of_model", "of_rows"]
