"""What inputs are drawn from, and drawing them: functions of the sample's number and the seed."""

from .distributions import FORMS, draws_of
from .draws import Draw, looked_at, random_words, samples
from .grids import points
from .sobol import MOST_POINTS, Sobol, directions_of

__all__ = [
    "FORMS", "MOST_POINTS", "Draw", "Sobol", "directions_of", "draws_of", "looked_at", "points",
    "random_words", "samples",
]  # fmt: skip
