"""Inverse queries: what gives this target, what caused this measurement, which inputs to adjust.

>>> from sna_edge import CP, Model, Output, spline_axis
>>> axes = [spline_axis(name, "m", 0, 2, spans=1, degree=1) for name in "xy"]
>>> area = Model(axes, CP.full([[[0], [2]]] * 2), [Output("area", "m2")])
>>> roots(area, "x", 1.0, at={"y": 0.8}).solutions
[{'x': 1.25}]
"""

from .bayes.density.observations import StudentT
from .bayes.estimate import Estimate, estimate
from .bayes.identifiability import Unseen
from .bayes.posterior import Posterior, posterior
from .bayes.predict import Prediction
from .one_unknown.extremes import Extreme, argmax, argmin, interval_set
from .one_unknown.roots import roots
from .query.answer import LevelSet, Nearest, Roots
from .query.solution_worth import SolutionWorth
from .targets.advise import Advice, advise
from .targets.batch import Batch, invert_batch
from .targets.in_spec import InSpec, in_spec
from .targets.knob import Knob
from .targets.level_set import level_set

__all__ = [
    "Advice",
    "Batch",
    "Estimate",
    "Extreme",
    "InSpec",
    "Knob",
    "LevelSet",
    "Nearest",
    "Posterior",
    "Prediction",
    "Roots",
    "SolutionWorth",
    "StudentT",
    "Unseen",
    "advise",
    "argmax",
    "argmin",
    "estimate",
    "in_spec",
    "interval_set",
    "invert_batch",
    "level_set",
    "posterior",
    "roots",
]
