"""How familiar inputs are: densities of the rows a model was made from, as companions of it."""

from .build import LEAST_ROWS, Familiarity, familiarity_of, multiply_adds, with_familiarity

__all__ = ["LEAST_ROWS", "Familiarity", "familiarity_of", "multiply_adds", "with_familiarity"]
