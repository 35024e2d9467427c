"""One output of a model: name, unit, link and interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import copysign, inf, isfinite

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError

Floats = NDArray[np.float64]
LINKS = ("identity", "exp", "logistic")
LEAST, ULP = float(np.nextafter(0.0, 1.0)), 2.0**-53
"""The smallest float64, and the distance from 1 to the next below."""


def apply_link(link: str, f: Floats) -> Floats:
    """g(f): f, exp(f) or 1 / (1 + exp(-f))."""
    if link == "identity":
        return f
    with np.errstate(over="ignore"):
        return np.exp(f) if link == "exp" else np.asarray(1.0 / (1.0 + np.exp(-f)))


def link_slope(link: str, f: Floats) -> Floats:
    """g'(f)."""
    if link == "identity":
        return np.ones_like(f)
    g = apply_link(link, f)
    return g if link == "exp" else g * (1.0 - g)


def inverse_link(link: str, g: Floats) -> Floats:
    """f with g(f) = `g`; NaN outside the open range of the link."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if link == "identity":
            return g
        if link == "exp":
            return np.where(g > 0, np.log(g), np.nan)
        return np.where((g > 0) & (g < 1), np.log(g) - np.log1p(-g), np.nan)


@dataclass(frozen=True)
class Interval:
    """y - below .. y + above (space "output"), or g(f - below) .. g(f + above) (space "link"),
    coverage `level`.

    Cut to the range of the link: a share never leaves 0..1. It holds inside the domain only.
    Raises InputError for a level outside (0, 1) or a negative width.

    >>> import numpy as np
    >>> from sna_edge import Interval, Output
    >>> output = Output("strength", "MPa", interval=Interval(0.9, below=5.0, above=6.0))
    >>> [end.tolist() for end in output.bounds(np.array([40.0]))]
    [[35.0], [46.0]]
    """

    level: float
    below: float
    above: float
    space: str = "output"

    def __post_init__(self) -> None:
        if not (
            0 < self.level < 1
            and self.below >= 0
            and self.above >= 0
            and self.space in ("output", "link")
        ):
            raise InputError(
                "an interval needs 0 < level < 1, widths >= 0 and space 'output' or 'link'"
            )


@dataclass(frozen=True)
class Output:
    """y = g(bias + sum_r W[r,k] prod_d phi_{d,r}(x_d)) * scale + offset.

    `range` (low, high) in output units as sampled over the domain, None until then: a value between
    the samples may exceed it (`sna_edge.calculus.ranges` encloses). Raises InputError for an
    unknown link and numbers that are not finite.

    >>> import numpy as np
    >>> from sna_edge import Output
    >>> share = Output("yield", "%", link="logistic", scale=100.0)
    >>> float(share.value(np.array(0.0))), share.ends
    (50.0, (0.0, 100.0))
    """

    name: str
    unit: str = ""
    link: str = "identity"
    scale: float = 1.0
    offset: float = 0.0
    bias: float = 0.0
    interval: Interval | None = None
    range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.link not in LINKS:
            raise InputError(f"link {self.link!r} is unknown; use one of {', '.join(LINKS)}")
        if not (np.isfinite([self.scale, self.offset, self.bias]).all() and self.scale != 0):
            raise InputError(
                f"output {self.name!r}: scale, offset and bias must be finite and scale not 0"
            )

    def value(self, f: Floats) -> Floats:
        """y of the linear part f (bias included)."""
        return apply_link(self.link, f) * self.scale + self.offset

    def slope(self, f: Floats) -> Floats:
        """dy/df."""
        return link_slope(self.link, f) * self.scale

    def linear_of(self, y: Floats) -> Floats:
        """f with value(f) = y; NaN where y is outside the range of the link, infinite where no
        float holds it."""
        with np.errstate(over="ignore", invalid="ignore"):
            return inverse_link(self.link, (np.asarray(y, dtype=float) - self.offset) / self.scale)

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The closed range of the link in output units: no value, and no end of an interval, lies
        outside."""
        if self.link == "identity":
            return -np.inf, np.inf
        far = copysign(inf, self.scale) if self.link == "exp" else self.scale + self.offset
        return min(self.offset, far), max(self.offset, far)

    def bounds(self, y: Floats) -> tuple[Floats, Floats]:
        """Lower and upper end of the interval around y, inside the range of the link; NaN without
        one."""
        if self.interval is None:
            return np.full_like(y, np.nan), np.full_like(y, np.nan)
        below, above = self.interval.below, self.interval.above
        if self.interval.space == "output":
            low, high = y - below, y + above
            return (low, high) if self.link == "identity" else self.clipped(low, high)
        f = self.linear_of(y)
        rounded = not isfinite(f.sum())  # a value at an end of the link, or none
        f = self.linear_inside(y) if rounded else f
        low, high = self.value(f - below), self.value(f + above)
        low, high = np.minimum(low, high), np.maximum(low, high)
        return (
            self.clipped(np.minimum(low, y), np.maximum(high, y))
            if rounded and self.link != "identity"
            else (low, high)
        )

    def clipped(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """An interval cut to the range of the link."""
        least, most = self.ends
        return low if least == -inf else np.maximum(low, least), (
            high if most == inf else np.minimum(high, most)
        )

    def linear_inside(self, y: Floats) -> Floats:
        """`linear_of`, a value that has rounded to an end of the link taken as the nearest one
        inside."""
        g = (np.asarray(y, dtype=float) - self.offset) / self.scale
        if self.link != "identity":
            g = np.clip(g, LEAST, 1.0 - ULP if self.link == "logistic" else np.inf)
        return inverse_link(self.link, g)


def values(outputs: Sequence[Output], f: Floats) -> Floats:
    """y [.., K] of the linear parts f [.., K] of all outputs."""
    return np.stack([o.value(f[..., k]) for k, o in enumerate(outputs)], axis=-1)


def all_bounds(outputs: Sequence[Output], y: Floats) -> tuple[Floats, Floats]:
    """Lower and upper end [N, K] of the intervals of all outputs around y [N, K]."""
    lower, upper = np.empty_like(y), np.empty_like(y)
    for k, output in enumerate(outputs):
        lower[:, k], upper[:, k] = output.bounds(y[:, k])
    return lower, upper
