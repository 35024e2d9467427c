"""Monte Carlo over a model: inputs drawn from distributions, outputs as distributions.

    found = sweep(model, {"power": "normal(200, 5)", "speed": "uniform"}, 10**9, workers=2)
    found.outputs[0].mean, found.outputs[0].sd

Samples are functions of their number and the seed (Philox), each is counted where it is drawn and
then forgotten: memory does not grow with their number, and any number of partitions, processes or
machines gives the same digits. Inputs on grids take every point of their product; Sobol' points may
take the place of random words.
"""

from .drawing import FORMS, draws_of
from .found import Distribution, Probability, Quantile, Spec, Sweep
from .run import sweep

__all__ = [
    "FORMS", "Distribution", "Probability", "Quantile", "Spec", "Sweep", "draws_of", "sweep",
]  # fmt: skip
