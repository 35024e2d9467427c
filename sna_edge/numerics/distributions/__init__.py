"""Probabilities and quantiles of the distributions that tests and bounds are made of, in plain
Python: chi-square, beta, F, noncentral t. Those of the normal one are in `statistics.NormalDist`.

>>> round(chi_square_quantile(0.95, 10.0), 4), round(f_quantile(0.95, 2.0, 20.0), 4)
(18.307, 3.4928)
"""

from .beta import beta_below, beta_quantile, f_above, f_quantile
from .gamma import chi_square_below, chi_square_quantile, gamma_below
from .noncentral import noncentral_t_below, noncentrality

__all__ = [
    "beta_below", "beta_quantile", "chi_square_below", "chi_square_quantile", "f_above",
    "f_quantile", "gamma_below", "noncentral_t_below", "noncentrality",
]  # fmt: skip
