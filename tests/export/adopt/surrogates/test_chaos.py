"""Polynomial chaos: plain arrays, chaospy, OpenTURNS."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import InputError, Output
from sna_export.adopt import (
    Domain,
    from_chaos,
    from_numpoly,
    from_openturns,
    hermite_powers,
    legendre_powers,
)

BOX = [Domain("a", "", 0.0, 1.0), Domain("b", "", 0.0, 1.0)]


def test_chaos_of_plain_arrays(same, same_model) -> None:
    from numpy.polynomial import hermite_e, legendre

    rng = np.random.default_rng(4)
    indices = np.array([[0, 0], [1, 0], [0, 2], [3, 1], [5, 4]])
    c = rng.normal(size=5)
    powers = [legendre_powers(5, 1.0, 3.0), hermite_powers(4, 0.2, 0.5)]
    original = from_chaos(c, indices, powers, (Domain("a", "", 1, 3), Domain("b", "", -1, 1)))

    def predict(x):
        a = np.stack(
            [legendre.legval(x[:, 0] - 2, np.eye(6)[n]) * np.sqrt(2 * n + 1) for n in range(6)]
        )
        b = np.stack(
            [
                hermite_e.hermeval((x[:, 1] - 0.2) / 0.5, np.eye(5)[n])
                / np.sqrt(float(np.prod(range(1, n + 1))))
                for n in range(5)
            ]
        )
        return sum(w * a[i] * b[j] for w, (i, j) in zip(c, indices, strict=True))

    same(original, predict, 1e-12)
    model = original.compile()
    assert model.certificate["adoption"] == "exact"
    same_model(model, original)


def test_chaospy(same, same_model) -> None:
    chaospy = pytest.importorskip("chaospy", reason="chaospy is not installed")
    law = chaospy.J(chaospy.Uniform(0, 2), chaospy.Normal(1, 0.3))
    x = law.sample(200, seed=1)
    poly = chaospy.fit_regression(chaospy.generate_expansion(4, law), x, np.exp(-x[0]) * x[1])
    original = from_numpoly(poly, (Domain("a", "", 0, 2), Domain("b", "", 0, 2)))
    same(original, lambda q: poly(*q.T), 1e-10)
    same_model(original.compile(), original)


@pytest.mark.parametrize("shape", ["lines", "curved", "dependent"])
def test_openturns(shape: str, same, same_model) -> None:
    ot = pytest.importorskip("openturns", reason="openturns is not installed")
    parts = [
        ot.Uniform(0, 2),
        ot.Normal(1, 0.3),
        ot.LogNormal(0.1, 0.2) if shape == "curved" else ot.Beta(2, 3, 0.5, 2),
    ]
    tied = ot.NormalCopula(ot.CorrelationMatrix([[1, 0.5, 0], [0.5, 1, 0], [0, 0, 1]]))
    law = ot.JointDistribution(parts, tied if shape == "dependent" else ot.IndependentCopula(3))
    ot.RandomGenerator.SetSeed(1)
    x = law.getSample(200)
    y = ot.Sample([[np.exp(-a) * b + c, a * b * c] for a, b, c in np.array(x)])
    basis = ot.OrthogonalProductPolynomialFactory(
        [ot.StandardDistributionPolynomialFactory(p) for p in parts]
    )
    algorithm = ot.FunctionalChaosAlgorithm(x, y, law, ot.FixedStrategy(basis, 40))
    algorithm.run()
    result = algorithm.getResult()
    inputs = (Domain("a", "", 0, 2), Domain("b", "", 0, 2), Domain("c", "", 0.5, 2))
    if shape == "dependent":
        with pytest.raises(InputError, match="dependent"):
            from_openturns(result, inputs)
        return
    with pytest.raises(InputError, match="endless"):
        from_openturns(result)
    original = from_openturns(result, inputs)
    same(original, lambda q: np.array(result.getMetaModel()(q)), 1e-10)
    model = original.compile(1e-6)
    assert (
        model.certificate["adoption"] == "exact"
    )  # OpenTURNS makes polynomials for the law itself where it knows no family
    same_model(model, original, 1e-6)


def test_expansions_with_several_outputs() -> None:
    found = from_chaos([[1.0, 2.0], [3.0, 4.0]], [[0, 0], [1, 0]], [np.eye(2)] * 2, BOX)
    assert [o.name for o in found.outputs] == ["y0", "y1"] and found.value(
        np.array([[0.5, 0.0]])
    ).tolist() == [[2.5, 4.0]]

    class Poly:
        names, exponents, coefficients = (
            ["q0"],
            np.array([[0], [1]]),
            [np.array([1.0, 2.0]), np.array([3.0, 4.0])],
        )

    assert from_numpoly(Poly(), BOX).value(np.array([[0.5, 0.0]])).tolist() == [[2.5, 4.0]]
    with pytest.raises(InputError, match="2 outputs"):
        from_numpoly(Poly(), BOX, Output("y"))
