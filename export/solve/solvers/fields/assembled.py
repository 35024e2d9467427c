"""Terms with fields as operators and loads in train form."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ...trains.cores import Cores, from_columns, rounded, summed
from ...weak_form.axes import ProblemAxis
from ...weak_form.errors import ProblemError
from ...weak_form.fields import Slope, Train
from ...weak_form.forms import Factor, FormAxis, Product
from .operators import Operator, load_core, operator_core
from .sampled import Ends, Sampler

Floats = NDArray[np.float64]


class FieldTerms:
    """Assembles the terms with fields of one problem; maps E [n_rows, n_d] as in the system."""

    def __init__(
        self, axes: Sequence[ProblemAxis], maps: Sequence[sparse.csr_array], tolerance: float
    ) -> None:
        self.axes, self.maps, self.tolerance = axes, maps, tolerance
        self.sampler = Sampler(axes, tolerance)
        self._designs: dict[tuple[object, ...], sparse.csr_array] = {}

    def operator(self, product: Product) -> Operator:
        """The term as a train of matrices."""
        factors = self._factors(product)
        cores = self.sampler.product(product.fields, _ends(factors))
        return tuple(
            operator_core(
                self._design(d, f.test, f.end),
                self._design(d, f.trial, f.end),
                self.axes[d].weighed(f) * (product.scale if d == 0 else 1.0),
                cores[d],
            )
            for d, f in enumerate(factors)
        )

    def load(self, product: Product) -> Cores:
        """The term as a train of vectors."""
        factors = self._factors(product)
        cores = self.sampler.product(product.fields, _ends(factors))
        return [
            load_core(
                self.axes[d].tested(f) @ self.maps[d],
                self.axes[d].weighed(f) * (product.scale if d == 0 else 1.0),
                cores[d],
            )
            for d, f in enumerate(factors)
        ]

    def lifted(self, product: Product, lift: Sequence[Floats]) -> Cores:
        """Minus the term of the operator applied to the lift's rows [n_rows, L] per axis."""
        factors = self._factors(product)
        train = Train(tuple(self.axes), tuple(from_columns(list(lift))), tuple(self.axes))
        slope = Slope(train, tuple(f.trial for f in factors))
        fields = (*product.fields, slope)
        return self.load(Product(-product.scale, _still(product), has_test=True, fields=fields))

    def summed(self, loads: Sequence[Cores]) -> Cores | None:
        """The sum of all, rounded; None of none."""
        if not loads:
            return None
        return rounded(reduce(summed, loads), 0.1 * self.tolerance)

    def _factors(self, product: Product) -> list[Factor]:
        factors = [product.factors.get(a, Factor()) for a in self.axes]
        pairs = zip(self.axes, factors, strict=True)
        if any(a.role == "component" and f.pick != (None, None) for a, f in pairs):
            raise ProblemError(
                "a term with a function of the unknown picks a component; write the non-linear"
                " term for a scalar unknown"
            )
        return factors

    def _design(self, d: int, nu: int, end: float | None) -> sparse.csr_array:
        key = (d, nu, end)
        if key not in self._designs:
            points = None if end is None else np.array([end])
            self._designs[key] = sparse.csr_array(
                self.axes[d].sparse_design(nu, points) @ self.maps[d]
            )
        return self._designs[key]


def _ends(factors: Sequence[Factor]) -> Ends:
    return tuple(f.place for f in factors)


def _still(product: Product) -> dict[FormAxis, Factor]:
    """The factors without the derivatives of the unknown."""
    return {a: Factor(0, f.test, f.coefficient, f.end, f.pick) for a, f in product.factors.items()}
