"""sna-edge, the device room: load an artifact, answer forward and inverse queries, say when not to
be trusted.

>>> import sna_edge
>>> model = sna_edge.load("model.sna")                       # doctest: +SKIP
>>> model(power=180.0, speed=0.8)                            # doctest: +SKIP

Imports numpy and the standard library only.
"""

from typing import TYPE_CHECKING

from . import artifact, files
from .core.axis import Axis, level_axis, spline_axis
from .core.interaction import CP, TT
from .core.output import Interval, Output
from .errors import (
    ArtifactError,
    BackendError,
    DomainError,
    InputError,
    NotClosed,
    SnaError,
    TrustError,
)
from .files import from_bytes, load, supported_formats
from .model import Evaluation, Model
from .status import MEANING, Status

if TYPE_CHECKING:
    from .calculus.distribution import Levels, LogNormal, Normal, Uniform

_DISTRIBUTIONS = ("Levels", "LogNormal", "Normal", "Uniform")
_INVERSE = (
    "advise",
    "argmax",
    "argmin",
    "estimate",
    "interval_set",
    "level_set",
    "posterior",
    "roots",
)  # both imported at first use

__version__ = "0.1.0"

__all__ = [
    "CP",
    "MEANING",
    "TT",
    "ArtifactError",
    "Axis",
    "BackendError",
    "DomainError",
    "Evaluation",
    "InputError",
    "Interval",
    "Levels",
    "LogNormal",
    "Model",
    "Normal",
    "NotClosed",
    "Output",
    "SnaError",
    "Status",
    "TrustError",
    "Uniform",
    "from_bytes",
    "level_axis",
    "load",
    "spline_axis",
    "supported_formats",
]


artifact.read, artifact.from_bytes = load, from_bytes
artifact.save, artifact.write = files.save, files.write


def __getattr__(name: str) -> object:
    if name in _INVERSE:
        from . import inverse

        return getattr(inverse, name)
    if name in _DISTRIBUTIONS:
        from .calculus import distribution

        return getattr(distribution, name)
    raise AttributeError(f"module 'sna_edge' has no attribute {name!r}")
