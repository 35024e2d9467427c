"""What inputs are drawn from, and drawing them: functions of the sample's number and the seed."""

from .distributions import FORMS, draws_of
from .draws import Draw, samples
from .grids import points

__all__ = ["FORMS", "Draw", "draws_of", "points", "samples"]
