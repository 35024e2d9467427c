"""Fit a separable model to scattered rows.

    table -> samples -> { teachers -> pupil, direct fits } -> out-of-fold errors -> the best one as a Model

`fit(table, ["strength"])` is the whole way; `fit_arrays(x, y)` starts from arrays; `als` re-solves a given
interaction with some axes frozen.
"""

from .als import als
from .pipeline import FitResult, fit_arrays, fit_table
from .samples import AxisSpec

fit = fit_table

__all__ = ["AxisSpec", "FitResult", "als", "fit", "fit_arrays", "fit_table"]
