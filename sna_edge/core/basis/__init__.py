"""Local piecewise-polynomial bases of one axis, all in span form."""

from .bspline import bspline, periodic_bspline
from .nodal import bernstein, hat, lagrange, levels
from .span import SpanBasis, graded_breaks, uniform_breaks

__all__ = [
    "SpanBasis",
    "bernstein",
    "bspline",
    "graded_breaks",
    "hat",
    "lagrange",
    "levels",
    "periodic_bspline",
    "uniform_breaks",
]
