"""How far the ends of an interval lie from the value, in real numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sna_edge.core.beside import Role
from sna_edge.model import Model
from sna_edge.uncertainty.interval import residuals

USUAL = 0.9


@dataclass(frozen=True)
class Width:
    """An interval from the value moved by `low` sigma - floor to `high` sigma + floor, in the space
    of the output or of its link; `scale` is the companion that tells sigma, None: 1."""

    low: float
    high: float
    floor: float
    space: str
    scale: int | None


def width_of(model: Model, k: int, level: float | None) -> Width:
    """The interval of output k at `level`, or (None) the one that it has in the file, or at 90 %.
    Raises InputError for a level that the rows do not support."""
    own = model.outputs[k].interval
    if level is None and own is not None:
        return Width(-own.below, own.above, 0.0, own.space, None)
    found, low, high = residuals(model, USUAL if level is None else level)
    scale = [i for i, c in enumerate(model.companions) if c.role == Role.SCALE and c.output == k]
    return Width(
        float(low[k]), float(high[k]), float(found.floor[k]), found.spaces[k],
        scale[0] if scale else None,
    )  # fmt: skip


def in_output_units(width: Width, scale: float) -> Width:
    """That of an identity, which only stretches its link."""
    if width.space == "output":
        return width
    low, high = sorted((width.low * scale, width.high * scale))
    return replace(width, low=low, high=high, floor=width.floor * abs(scale), space="output")
