"""The shipped problem `lpbf`, which lives with the laser: `sna_export.lpbf.moving_beam`."""

from ...lpbf.moving_beam import MODES, ORDER, STEEL, Material, lpbf, semi_analytic

__all__ = ["MODES", "ORDER", "STEEL", "Material", "lpbf", "semi_analytic"]
