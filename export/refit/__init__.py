"""A model fitted anew: measured parts of logs beside its training table, old against new."""

from .columns import Columns
from .join import Joined, Part, joined
from .judge import judged, on_the_line
from .merge import Merged, merged

__all__ = ["Columns", "Joined", "Merged", "Part", "joined", "judged", "merged", "on_the_line"]
