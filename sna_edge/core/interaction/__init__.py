"""How modes combine the axes: sparse CP and tensor train."""

from .cp import CP
from .tt import TT

Interaction = CP | TT

__all__ = ["CP", "TT", "Interaction"]
