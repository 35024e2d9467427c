"""Adopted surrogates against the libraries they come from, and compiled tables against their
certificates."""

from __future__ import annotations

import importlib.util
from itertools import pairwise

import numpy as np
import pytest

import sna_edge
from sna_edge import InputError, Output
from sna_export.adopt import (
    Adopted,
    Chebyshev,
    Domain,
    Fourier,
    Gaussians,
    Measured,
    Mixed,
    compress,
    from_chaos,
    from_gam,
    from_gaussian_process,
    from_numpoly,
    from_openturns,
    from_products,
    from_reduced_basis,
    from_state,
    from_tensor_spline,
    from_train,
    full,
    hermite_powers,
    legendre_powers,
    network,
)


def box(count: int, lower: float = -1.0, upper: float = 1.0) -> tuple[Domain, ...]:
    return tuple(Domain(f"x{d}", "", lower, upper) for d in range(count))


def on_box(atoms, count: int, seed: int = 0) -> Adopted:
    rng = np.random.default_rng(seed)
    return Adopted(
        box(count),
        tuple(atoms),
        full(atoms[0].count, count),
        rng.normal(size=(atoms[0].count, 1)),
        (Output("y"),),
        "test",
    )


def tanh_net(rng: np.random.Generator, modes: int = 16):
    sizes = [1, 32, 32, 32, modes]
    layers = [
        (rng.normal(size=(b, a)) / max(np.sqrt(a), 0.7), 0.3 * rng.normal(size=b))
        for a, b in pairwise(sizes)
    ]
    return network(layers)


def families():
    rng = np.random.default_rng(7)
    return {
        "fourier": (Fourier(np.arange(1.0, 6.0), rng.random(5)), "certified"),
        "gaussian": (Gaussians(np.linspace(-1, 1, 5), np.full(5, 0.4)), "certified"),
        "mixed": (
            Mixed(Gaussians(np.linspace(-1, 1, 9), np.full(9, 0.4)), rng.normal(size=(9, 5)), 0.5),
            "certified",
        ),
        "chebyshev 6": (Chebyshev(rng.normal(size=(7, 5)), -1.0, 1.0), "exact"),
        "chebyshev 10": (Chebyshev(rng.normal(size=(11, 5)) / 5, -1.0, 1.0), "certified"),
        "tanh": (tanh_net(rng, 5), "certified"),
        "measured": (Measured(lambda x: np.sin(3 * x[:, None] + np.arange(5)), 5), "measured"),
    }


@pytest.mark.parametrize("name", families())
@pytest.mark.parametrize("error", [1e-3, 1e-5])
def test_compiled_tables_keep_the_error_they_certify(name: str, error: float) -> None:
    atoms, kind = families()[name]
    original = on_box([atoms] * 2, 2)
    model = original.compile(error)
    x = original.points(20_000)
    found = np.abs(model.value(x) - original.value(x)).max() / original.span()[0]
    assert model.certificate["adoption"] == kind
    assert model.certificate["adoption_error"] <= error
    assert found <= max(model.certificate["adoption_error"], 1e-12)


@pytest.mark.parametrize("name", [n for n, (_, k) in families().items() if k == "certified"])
@pytest.mark.parametrize("order", [0, 1, 4])
def test_bounds_of_derivatives_hold(name: str, order: int) -> None:
    atoms, _ = families()[name]
    h, edges = 2e-3 if order == 4 else 1e-5, np.linspace(-1, 1, 41)
    bound = atoms.bound(order, edges[:-1], edges[1:])
    stencil = {0: [1.0], 1: [-0.5, 0.0, 0.5], 4: [1.0, -4.0, 6.0, -4.0, 1.0]}[order]
    middle = (edges[:-1] + edges[1:]) / 2
    shifts = np.arange(len(stencil)) - len(stencil) // 2
    slope = (
        sum(w * atoms.value(middle + s * h) for w, s in zip(stencil, shifts, strict=True))
        / h**order
    )
    assert np.all(np.abs(slope) <= bound * (1 + 1e-6) + 1e-2 * (order == 4) + 1e-6)
    assert np.all(bound <= 60 * np.abs(slope).max() + 1e-6)


def test_a_tanh_network_of_eight_inputs_fits_the_budget_and_is_served_by_every_backend(
    tmp_path,
) -> None:
    rng = np.random.default_rng(0)
    original = Adopted(
        box(8),
        tuple(tanh_net(rng) for _ in range(8)),
        full(16, 8),
        rng.normal(size=(16, 1)),
        (Output("y"),),
        "mlp",
    )
    model = original.compile(5e-5)
    x = original.points(5000)
    assert model.certificate["adoption"] == "certified"
    assert model.certificate["adoption_error"] <= 5e-5
    truth, span = original.value(x), original.span()[0]
    assert np.abs(model.value(x) - truth).max() <= 5e-5 * span
    assert len(model.to_bytes()) <= 200_000
    model.save(tmp_path / "m.sna")
    served = {
        "numpy": "numpy",
        "native": "sna_edge_native",
        "torch": "torch",
        "tflite": "ai_edge_litert",
    }
    there = [name for name, module in served.items() if importlib.util.find_spec(module)]
    if "tflite" in there:
        from sna_export.tflite import export

        export(sna_edge.load(tmp_path / "m.sna", backend="numpy"), tmp_path, stem="m")
    for name in there:
        twin = sna_edge.load(tmp_path / "m.sna", backend=name)
        assert twin.backend.name == name
        assert (
            np.abs(twin.backend.value(x) - truth).max()
            <= (5e-5 + 4e-6 * model.certificate.get("kappa", 1.0)) * span
        )


@pytest.mark.slow
def test_a_gaussian_process_of_a_thousand_rows_fits_in_six_kilobytes() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    rng = np.random.default_rng(0)
    law = lambda x: (  # noqa: E731
        np.sin(3 * x[:, 0]) * (1 + x[:, 1])
        + x[:, 2] * np.exp(-x[:, 3])
        + 0.5 * x[:, 4] ** 2
        + 0.1 * x[:, 5]
    )
    x, fresh = rng.random((1000, 6)), rng.random((4000, 6))
    y = law(x) + 0.03 * rng.normal(size=1000)
    kernel = ConstantKernel(10.0) * RBF([1.0, 2.0, 2.0, 2.0, 2.0, 8.0]) + WhiteKernel(1e-3)
    process = GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True).fit(x, y)
    fresh = np.clip(fresh, x.min(axis=0), x.max(axis=0))
    original = from_gaussian_process(process)
    assert np.abs(original.value(fresh)[:, 0] - process.predict(fresh)).max() <= 1e-6 * np.ptp(y)
    model = compress(original, 3e-3, rows=x).model
    own, ours = (
        np.sqrt(np.mean((p - law(fresh)) ** 2))
        for p in (process.predict(fresh), model.value(fresh)[:, 0])
    )
    assert len(model.to_bytes()) <= 6144
    assert ours <= 1.3 * own


def test_a_state_dict_becomes_atoms() -> None:
    rng = np.random.default_rng(1)
    state = {"a.0.weight": rng.normal(size=(4, 1)), "a.0.bias": rng.normal(size=4)}
    state |= {"a.2.weight": rng.normal(size=(2, 4)), "a.2.bias": np.ones(2)}
    atoms = from_state(state, "a.", shift=1.0, scale=2.0)
    x = np.array([0.3, 2.0])
    hidden = np.tanh(((x - 1) / 2)[:, None] @ state["a.0.weight"].T + state["a.0.bias"])
    np.testing.assert_allclose(atoms.value(x), hidden @ state["a.2.weight"].T + 1.0)
    with pytest.raises(InputError, match="weight"):
        from_state(state, "b.")


def same(original: Adopted, predict, tolerance: float = 1e-6) -> None:
    x = original.points(2000)
    truth = np.asarray(predict(x)).reshape(len(x), -1)
    assert np.abs(original.value(x) - truth).max() <= tolerance * np.ptp(truth)


@pytest.mark.parametrize("shape", ["rbf", "sum", "product"])
def test_gaussian_process(shape: str) -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    rng = np.random.default_rng(2)
    x = rng.random((120, 3))
    y = np.sin(3 * x[:, 0]) * x[:, 1] + x[:, 2] ** 2
    kernels = {
        "rbf": ConstantKernel(2.0) * RBF([0.5, 0.6, 0.7]) + WhiteKernel(1e-6),
        "sum": RBF([0.5, 0.6, 0.7]) + 0.5 * RBF(1.5) + ConstantKernel(0.3),
        "product": RBF([0.9, 1.6, 1.7]) * RBF(1.0) + WhiteKernel(1e-6),
    }
    process = GaussianProcessRegressor(
        kernels[shape], optimizer=None, alpha=1e-8, normalize_y=True
    ).fit(x, y)
    original = from_gaussian_process(process)
    same(original, process.predict)
    small = compress(original, 1e-3)
    assert small.rms <= 1e-3
    assert small.model.interaction.rank <= 24


def test_other_kernels_are_refused_by_name() -> None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, Matern

    x = np.random.default_rng(3).random((10, 2))
    process = GaussianProcessRegressor(RBF() + Matern(), optimizer=None).fit(x, x[:, 0])
    with pytest.raises(InputError, match="Matern"):
        from_gaussian_process(process)
    with pytest.raises(InputError, match="fit first"):
        from_gaussian_process(GaussianProcessRegressor())


def test_chaos_of_plain_arrays() -> None:
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


def same_model(model, original: Adopted, tolerance: float = 1e-10) -> None:
    x = original.points(2000)
    assert np.abs(model.value(x) - original.value(x)).max() <= tolerance * original.span()[0]


def test_chaospy() -> None:
    chaospy = pytest.importorskip("chaospy", reason="chaospy is not installed")
    law = chaospy.J(chaospy.Uniform(0, 2), chaospy.Normal(1, 0.3))
    x = law.sample(200, seed=1)
    poly = chaospy.fit_regression(chaospy.generate_expansion(4, law), x, np.exp(-x[0]) * x[1])
    original = from_numpoly(poly, (Domain("a", "", 0, 2), Domain("b", "", 0, 2)))
    same(original, lambda q: poly(*q.T), 1e-10)
    same_model(original.compile(), original)


@pytest.mark.parametrize("shape", ["lines", "curved", "dependent"])
def test_openturns(shape: str) -> None:
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


@pytest.mark.parametrize("kind", ["splines", "tensor", "logistic"])
def test_pygam(kind: str) -> None:
    pygam = pytest.importorskip("pygam", reason="pygam is not installed")
    rng = np.random.default_rng(5)
    x = rng.random((400, 3))
    y = np.sin(5 * x[:, 0]) + x[:, 1] * x[:, 2]
    terms = {
        "splines": pygam.s(0) + pygam.s(1, spline_order=2) + pygam.l(2),
        "tensor": pygam.s(0) + pygam.te(1, 2),
        "logistic": pygam.s(0) + pygam.s(1) + pygam.s(2),
    }
    gam = (
        pygam.LogisticGAM(terms[kind]).fit(x, y > 0.5)
        if kind == "logistic"
        else pygam.LinearGAM(terms[kind]).fit(x, y)
    )
    original = from_gam(
        gam,
        tuple(Domain(f"x{d}", "", *map(float, (x[:, d].min(), x[:, d].max()))) for d in range(3)),
    )
    same(original, gam.predict_proba if kind == "logistic" else gam.predict, 1e-9)
    model = original.compile()
    assert model.certificate["adoption"] == "exact"
    same_model(model, original, 1e-9)


def test_teneva() -> None:
    teneva = pytest.importorskip("teneva", reason="teneva is not installed")
    cores = teneva.rand([5, 6, 4], 3, seed=6)
    original = from_train(cores, box(3, 0.0, 1.0))
    grid = np.array([[0, 3, 2], [4, 5, 3], [1, 0, 0]])
    np.testing.assert_allclose(
        original.value(grid / [4, 5, 3])[:, 0], [teneva.get(cores, i) for i in grid], rtol=1e-12
    )
    assert original.compile().certificate["adoption"] == "exact"
    same_model(original.compile(), original)
    for n, kind in ((6, "exact"), (12, "certified")):
        points = teneva.ind_to_poi(np.arange(n), -1.0, 1.0, n, "cheb")
        values = [
            np.einsum("i,j->ij", np.exp(points), np.ones(1))[None],
            np.sin(points)[None, :, None],
        ]
        original = from_train(teneva.func_int(values), box(2), grid="chebyshev")
        same(
            original,
            lambda x, values=values: teneva.func_get(x, teneva.func_int(values), -1.0, 1.0),
            1e-10,
        )
        assert original.compile(1e-6).certificate["adoption"] == kind


def test_tensor_product_spline() -> None:
    from scipy.interpolate import NdBSpline, make_interp_spline

    rng = np.random.default_rng(8)
    splines = [
        make_interp_spline(np.linspace(0, 1 + d, 9 + d), rng.normal(size=9 + d), k)
        for d, k in enumerate((3, 2, 5))
    ]
    c = rng.normal(size=(9, 10, 11, 2))
    spline = NdBSpline(tuple(s.t for s in splines), c, (3, 2, 5))
    original = from_tensor_spline(spline)
    same(original, spline, 1e-12)
    model = original.compile()
    assert model.certificate["adoption"] == "exact"
    same_model(model, original)


def field(s: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
    return np.exp(-s * p) * (1 + 0.3 * q) + s * q**2


def reduced(count: int = 6):
    """POD of the field on a grid of position and two parameters: modes [n, J], mean, coefficients
    on the parameter grid."""
    s, p, q = np.linspace(0, 1, 40), np.linspace(1, 3, 15), np.linspace(-1, 1, 9)
    snapshots = field(s[:, None, None], p[:, None], q)
    mean = snapshots.mean(axis=(1, 2))
    u, sv, v = np.linalg.svd(
        (snapshots - mean[:, None, None]).reshape(len(s), -1), full_matrices=False
    )
    return (
        s,
        p,
        q,
        u[:, :count],
        mean,
        (sv[:count, None] * v[:count]).reshape(count, len(p), len(q)),
    )


PARAMETERS = (Domain("p", "", 1, 3), Domain("q", "", -1, 1))


def coefficients(kind: str):
    """The coefficient functions of two parameters as separable models of several kinds."""
    from scipy.interpolate import CubicSpline, NdBSpline, make_interp_spline

    s, p, q, modes, mean, table = reduced()
    if kind == "spline":
        rows = make_interp_spline(p, table.transpose(1, 2, 0), 3)
        both = make_interp_spline(q, rows.c.transpose(1, 0, 2), 3)
        return from_tensor_spline(
            NdBSpline((rows.t, both.t), both.c.transpose(1, 0, 2), (3, 3)), PARAMETERS
        )
    if kind == "model":
        return coefficients("spline").compile()
    if kind == "list":
        return [
            from_products(
                [[CubicSpline(p, v), CubicSpline(q, w)] for v, w in separated(t)], PARAMETERS
            )
            for t in table
        ]
    terms = [(j, v, w) for j, t in enumerate(table) for v, w in separated(t)]
    weights = np.zeros((len(terms), len(table)))
    weights[np.arange(len(terms)), [j for j, *_ in terms]] = 1.0
    return from_products(
        [[CubicSpline(p, v), CubicSpline(q, w)] for _, v, w in terms], PARAMETERS, weights
    )


def separated(table: np.ndarray):
    u, sv, v = np.linalg.svd(table)
    return [(u[:, i] * sv[i], v[i]) for i in range(5)]


@pytest.mark.parametrize("kind", ["spline", "model", "list", "products"])
@pytest.mark.parametrize("with_mean", [True, False])
def test_a_reduced_basis_of_several_parameters(kind: str, with_mean: bool) -> None:
    s, p, q, modes, mean, table = reduced()
    last = kind in (
        "spline",
        "model",
    )  # a train of coefficients has the position behind the parameters
    domain = (
        (*PARAMETERS, Domain("s", "m", 0, 1)) if last else (Domain("s", "m", 0, 1), *PARAMETERS)
    )
    original = from_reduced_basis(
        modes, s, coefficients(kind), domain, mean=mean if with_mean else None
    )
    grid = [g.reshape(-1) for g in np.meshgrid(s, p, q, indexing="ij")]
    truth = field(*grid) - (0.0 if with_mean else np.repeat(mean, len(p) * len(q)))
    named = dict(zip("spq", grid, strict=True))
    x = np.stack([named[d.name] for d in domain], axis=1)
    assert np.abs(original.value(x)[:, 0] - truth).max() <= 1e-6 * np.ptp(truth)
    model = original.compile(1e-5)
    assert model.certificate["adoption"] == ("exact" if last else "measured")
    same_model(model, original, 1e-5)


def test_a_reduced_basis_that_does_not_fit_is_refused() -> None:
    s, p, q, modes, mean, table = reduced()
    with pytest.raises(InputError, match="parameters"):
        from_reduced_basis(modes, s, coefficients("products"), PARAMETERS)
    with pytest.raises(InputError, match="coefficient"):
        from_reduced_basis(
            modes[:, :4], s, coefficients("products"), (Domain("s", "m", 0, 1), *PARAMETERS)
        )


def test_reduced_basis() -> None:
    s, p = np.linspace(0, 1, 40), np.linspace(1, 3, 30)
    field = np.exp(-np.outer(s, p)) + s[:, None]
    u, sv, v = np.linalg.svd(field - field.mean(axis=1, keepdims=True), full_matrices=False)
    from scipy.interpolate import CubicSpline

    functions = CubicSpline(p, (sv[:6, None] * v[:6]).T)
    original = from_reduced_basis(
        u[:, :6],
        s,
        functions,
        (Domain("s", "m", 0, 1), Domain("p", "", 1, 3)),
        mean=field.mean(axis=1),
    )
    grid = np.stack(np.meshgrid(s, p, indexing="ij"), axis=-1).reshape(-1, 2)
    assert np.abs(original.value(grid)[:, 0] - field.reshape(-1)).max() <= 1e-6
    model = original.compile(1e-6)
    assert model.certificate["adoption"] == "measured"
    same_model(model, original, 1e-6)
