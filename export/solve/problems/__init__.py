"""The shipped problems, by name."""

from __future__ import annotations

from collections.abc import Callable

from ..weak_form.problem import Problem
from .advection_diffusion import advection_diffusion, plume
from .beam import beam
from .burgers import burgers, inviscid_burgers
from .heat import heat
from .lpbf import lpbf
from .poisson import coupled_poisson, poisson

SHIPPED: dict[str, Callable[[], Problem]] = {
    "poisson": poisson,
    "coupled-poisson": coupled_poisson,
    "heat": heat,
    "burgers": burgers,
    "inviscid-burgers": inviscid_burgers,
    "advection-diffusion": advection_diffusion,
    "beam": beam,
    "lpbf": lpbf,
}

__all__ = [
    "SHIPPED",
    "advection_diffusion",
    "beam",
    "burgers",
    "coupled_poisson",
    "heat",
    "inviscid_burgers",
    "lpbf",
    "plume",
    "poisson",
]
