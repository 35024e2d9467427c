"""How familiar inputs are: densities of the rows a model was made from, as companions of it."""

from .build import Familiarity, familiarity_of, with_familiarity

__all__ = ["Familiarity", "familiarity_of", "with_familiarity"]
