"""Breaks that crowd around a point, for problem files; `crowded` is what files written earlier call
`sinh_breaks`."""

from .weak_form.meshes import sinh_breaks

crowded = sinh_breaks

__all__ = ["crowded", "sinh_breaks"]
