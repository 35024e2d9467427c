"""Shapes of a beam: what share of its power falls where, 1/m2; the integral over the plane is 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import erfc

from ..weak_form.errors import ProblemError

Floats = NDArray[np.float64]
FAR = 8.0  # radii within which the power of a round shape is counted


@dataclass(frozen=True)
class Shape:
    """density(x, y) around the middle of the beam, m to 1/m2; `detail`: the smallest length that a
    mesh must resolve, m; `parts`: f and g where density is f(x) g(y)."""

    density: Callable[[Floats, Floats], Floats]
    detail: float
    parts: tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]] | None = None


def gaussian(radius: float) -> Shape:
    """2 / (pi R^2) exp(-2 r^2 / R^2), `radius` R where it fell to 1/e^2, m."""
    _need_length(radius, "radius")

    def along(x: Floats) -> Floats:
        return sqrt(2 / pi) / radius * np.exp(-2 * (x / radius) ** 2)

    return product_shape(along, along, radius)


def product_shape(
    f: Callable[[Floats], Floats], g: Callable[[Floats], Floats], detail: float
) -> Shape:
    """f(x) g(y), with integrals of 1."""
    _need_length(detail, "detail")
    return Shape(lambda x, y: f(x) * g(y), detail, (f, g))


def ring(radius: float, width: float) -> Shape:
    """exp(-2 (r - R)^2 / w^2) over its integral: a ring of `radius` R and half its `width` w, m."""
    _need_length(radius, "radius")
    _need_length(width, "width")
    return _round(lambda r: np.exp(-2 * ((r - radius) / width) ** 2), radius + width, width)


def top_hat(radius: float, edge: float) -> Shape:
    """Even up to `radius` R, with an `edge` of e to either side: erfc((r - R) / e) over its
    integral."""
    _need_length(radius, "radius")
    _need_length(edge, "edge")
    return _round(lambda r: erfc((r - radius) / edge), radius + edge, edge)


def _round(profile: Callable[[Floats], Floats], size: float, detail: float) -> Shape:
    """A function of the distance from the middle."""
    power = quad(lambda s: 2 * pi * size**2 * s * float(profile(np.array(size * s))), 0, FAR,
                 limit=200)[0]  # fmt: skip
    return Shape(lambda x, y: profile(np.hypot(x, y)) / power, detail)


def _need_length(value: float, name: str) -> None:
    if not (value > 0.0 and np.isfinite(value)):
        raise ProblemError(f"the {name} of a beam is {value:g}; give a length above 0, in m")
