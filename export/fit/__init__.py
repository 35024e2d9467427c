"""Fit a separable model to scattered rows.

    table -> axes (breaks by data) -> candidates (additive, pairwise, CP; link; teacher) -> validation -> one Model
"""

from .als import als

__all__ = ["als"]
