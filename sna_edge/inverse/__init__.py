"""Inverse queries: what gives this target, what caused this measurement, what should be turned.

>>> from sna_edge.inverse import roots
>>> roots(model, "power", 120.0, at={"speed": 0.8}).solutions        # doctest: +SKIP
[{'power': 143.1}, {'power': 201.7}]
"""

from .advise import Advice, Knob, advise
from .answer import LevelSet, Nearest, Roots
from .batch import Batch, invert_batch
from .estimate import Estimate, estimate
from .extremes import Extreme, argmax, argmin, interval_set
from .level_set import level_set
from .observe import StudentT
from .posterior import Posterior, posterior
from .predict import Prediction
from .roots import roots
from .unseen import Unseen

__all__ = [
    "Advice",
    "Batch",
    "Estimate",
    "Extreme",
    "Knob",
    "LevelSet",
    "Nearest",
    "Posterior",
    "Prediction",
    "Roots",
    "StudentT",
    "Unseen",
    "advise",
    "argmax",
    "argmin",
    "estimate",
    "interval_set",
    "invert_batch",
    "level_set",
    "posterior",
    "roots",
]
