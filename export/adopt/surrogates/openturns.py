"""Expansions fitted by OpenTURNS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge import Output
from sna_edge.errors import InputError
from sna_edge.values.reals import reals

from ..adopted import Adopted, Domain
from ..atoms import Atoms, Measured, polynomials
from .chaos import expansion

Floats = NDArray[np.float64]
LINEAR = 1e-12
"""Share of its range by which a line may miss a transformation of one input."""


def from_openturns(
    result: Any, domain: Sequence[Domain] | None = None, outputs: Sequence[Output] | None = None
) -> Adopted:
    """An OpenTURNS FunctionalChaosResult: f_k(x) = sum_j c[j, k] prod_d P_{d, n_jd}(T_d(x_d)).

    Where the transformation T_d to standard variables is a line, the polynomials are polynomials of
    x_d (exact to degree 7, certified beyond); elsewhere the atoms are measured. The domain is the
    range of the inputs where that is finite. Raises InputError for dependent inputs, an endless
    range without a `domain`, and names that do not fit.
    """
    if not hasattr(result, "getOrthogonalBasis"):
        raise InputError(
            f"a {type(result).__name__} is not a FunctionalChaosResult; give what getResult() of"
            " the algorithm gives"
        )
    law = result.getDistribution()
    if not law.hasIndependentCopula():
        raise InputError(
            "the inputs of this expansion are dependent: its polynomials are not products over"
            " inputs; fit independent ones"
        )
    basis = result.getOrthogonalBasis()
    index = np.array(
        [list(basis.getEnumerateFunction()(int(i))) for i in result.getIndices()], dtype=np.int64
    )
    c = reals(np.array(result.getCoefficients()), "coefficients", finite=True)
    box = tuple(domain or _ranges(law))
    names = list(result.getMetaModel().getOutputDescription())
    labels = tuple(outputs or (Output(str(n)) for n in names))
    if len(box) != index.shape[1] or len(labels) != c.shape[1]:
        raise InputError(
            f"the expansion has {index.shape[1]} inputs and {c.shape[1]} outputs; {len(box)} and"
            f" {len(labels)} are named"
        )
    families = basis.getImplementation().getPolynomialFamilyCollection()
    maps = [_Transformation(result.getTransformation(), box, d) for d in range(len(box))]

    def atoms(d: int, degrees: NDArray[np.int64]) -> Atoms:
        standard = [
            np.polynomial.Polynomial(np.array(families[d].build(int(n)).getCoefficients()))
            for n in degrees
        ]
        line = maps[d].line()
        if line is None or not len(degrees):
            return Measured(
                lambda x: np.stack([p(maps[d](x)) for p in standard], axis=1), len(degrees)
            )
        moved = [p(line).coef for p in standard]
        table = np.stack(
            [np.pad(m, (0, int(degrees.max()) + 1 - len(m))) for m in moved], axis=1
        ).astype(float)
        return polynomials(table, box[d].lower, box[d].upper)

    return expansion(c, index, atoms, np.ones(len(box)), box, labels)


def _ranges(law: Any) -> list[Domain]:
    """The closed ranges of the inputs. Raises InputError where one is endless."""
    found, ends = law.getRange(), []
    for d, name in enumerate(law.getDescription()):
        if not (found.getFiniteLowerBound()[d] and found.getFiniteUpperBound()[d]):
            raise InputError(
                f"input {name} of this expansion has an endless range; give the domain in which the"
                " model will be asked"
            )
        ends.append(
            Domain(str(name), "", float(found.getLowerBound()[d]), float(found.getUpperBound()[d]))
        )
    return ends


class _Transformation:
    """T_d as a function of x_d alone, and as a line where it is one."""

    def __init__(self, transformation: Any, box: Sequence[Domain], d: int) -> None:
        self.transformation, self.box, self.d = transformation, box, d

    def __call__(self, x: Floats) -> Floats:
        points = np.tile([(b.lower + b.upper) / 2 for b in self.box], (len(x), 1))
        points[:, self.d] = x
        return np.array(self.transformation(points))[:, self.d]

    def line(self) -> np.polynomial.Polynomial | None:
        x = np.linspace(self.box[self.d].lower, self.box[self.d].upper, 17)
        z = self(x)
        line = np.polynomial.Polynomial.fit(x, z, 1)
        return line.convert() if np.abs(line(x) - z).max() <= LINEAR * np.ptp(z) else None
