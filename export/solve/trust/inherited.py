"""What the error of a model that is a coefficient (`field_of`) does to the solution.

Of u = A^-1 (l + L f) the part A^-1 L f errs by the share that f errs by: the error is taken to be
of the shape of f. (The largest singular value of A^-1 L, which bounds every shape, is 2 to 16 times
what a bracket in uneven heat shows.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isnan

import numpy as np
from numpy.typing import NDArray

from ..weak_form.fields import Known, Slope
from ..weak_form.forms import Expression, Product
from ..weak_form.problem import Problem

Floats = NDArray[np.float64]


def known_of(problem: Problem) -> list[Known]:
    """The models that are coefficients of the load."""
    return list(dict.fromkeys(k for p in problem.load.products for k in _models(p)))


def passed_on(problem: Problem, solved: Callable[[Problem], Floats | None], size: Floats) -> float:
    """The relative error that models in the load pass on, of the worst component; `solved` gives
    the norms by component of the solution of a problem, `size` are those of this one."""
    return sum(k.error * _share(problem, k, solved, size) for k in known_of(problem) if _told(k))


def untold(problem: Problem) -> list[str]:
    """The doubt of a model in the load whose error nobody knows."""
    return [
        f"how large the error of the model {k.name!r} is, which {problem.name!r} takes as a"
        " coefficient, is not known; solve that with an estimate"
        for k in known_of(problem)
        if not _told(k)
    ]


def _share(
    problem: Problem, known: Known, solved: Callable[[Problem], Floats | None], size: Floats
) -> float:
    """||A^-1 L f|| / ||u||, the largest of the components."""
    own = [p for p in problem.load.products if known in _models(p)]
    if len(own) == len(problem.load.products) and problem.lift is None:
        return 1.0
    alone = solved(replace(problem, load=Expression(tuple(own)), lift=None))
    seen = size > 0
    return 1.0 if alone is None or not seen.any() else float((alone[seen] / size[seen]).max())


def _told(known: Known) -> bool:
    return not isnan(known.error)


def _models(product: Product) -> list[Known]:
    return [f.train.known for f in product.fields if isinstance(f, Slope) and f.train.known]
