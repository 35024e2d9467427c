"""Alias of `sna_export.lpbf.sweep`."""

from ..lpbf.sweep import Robust, Uncertainty, relative_draws, robust_depth

__all__ = ["Robust", "Uncertainty", "relative_draws", "robust_depth"]
