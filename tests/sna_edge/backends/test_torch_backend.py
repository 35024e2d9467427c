"""The torch backend on every model kind: values, gradients, autograd, extrapolation."""

from __future__ import annotations

import numpy as np
import pytest

import sna_edge
from sna_edge.numerics.domain_points import domain_points

from ...model_kinds import KINDS, mixed, spline_model

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'sna-edge[torch]'")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_agrees(kind: str) -> None:
    model = KINDS[kind]().with_backend("numpy")
    twin = model.with_backend("torch")
    twin.backend.to("cpu", torch.float64)
    x = domain_points(model.axes, 3000)
    width = np.maximum(np.ptp(model.value(x, level_index=True), axis=0), 1e-9)
    np.testing.assert_allclose(
        twin.value(x, level_index=True) / width,
        model.value(x, level_index=True) / width,
        atol=1e-10,
    )
    scale = np.array([a.width or 1.0 for a in model.axes]) / width[:, None]
    np.testing.assert_allclose(
        twin.gradient(x, level_index=True) * scale,
        model.gradient(x, level_index=True) * scale,
        atol=1e-8,
    )


@pytest.mark.parametrize("rows", [np.zeros((0, 4)), np.full((2, 4), np.nan), np.full((1, 4), 1e9)])
def test_rows_without_an_answer_are_no_error(rows: np.ndarray) -> None:
    model = mixed()
    answer = model.with_backend("torch").evaluate(rows)
    assert answer.value.shape == (len(rows), 2) and np.isnan(answer.value).all()
    assert np.array_equal(answer.status, model.evaluate(rows).status)
    assert model.with_backend("torch").gradient(np.zeros((0, 4))).shape == (0, 2, 4)


def test_outside_the_domain_it_continues_as_numpy_does() -> None:
    model = mixed()
    twin = model.with_backend("torch")
    twin.backend.to("cpu", torch.float64)
    x = np.array([[50.0, 400.0, 6.0, 1.0], [500.0, -30.0, -1.0, 0.0], [np.nan, 10.0, 1.0, 0.0]])
    np.testing.assert_allclose(twin.backend.value(x[:2]), model.backend.value(x[:2]), rtol=1e-9)
    assert np.isnan(twin.backend.value(x)[2]).all()
    y, g = twin.backend.value_and_gradient(x[:2])
    z, h = model.backend.value_and_gradient(x[:2])
    np.testing.assert_allclose(g[:, :, :3], h[:, :, :3], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(y, z, rtol=1e-9)


def test_a_model_sits_inside_a_loss() -> None:
    model = spline_model(3, 12, 4, seed=1)
    backend = model.with_backend("torch").backend.to("cpu", torch.float64)
    truth = torch.tensor([[0.4, 0.8, 1.2]], dtype=torch.float64)
    target = backend.tensor(truth).detach()
    x = torch.tensor([[0.5, 0.7, 1.1]], dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS([x], max_iter=100, tolerance_grad=1e-12, tolerance_change=1e-15)

    def closure():
        solver.zero_grad()
        loss = ((backend.tensor(x) - target) ** 2).sum() + 1e-12 * (x**2).sum()
        loss.backward()
        return loss

    solver.step(closure)
    assert abs(float(backend.tensor(x) - target)) < 1e-5
    assert torch.autograd.gradcheck(backend.tensor, (truth.clone().requires_grad_(True),))
    assert torch.autograd.gradgradcheck(
        backend.tensor, (truth.clone().requires_grad_(True),)
    )  # equations may stand in a loss


def test_it_serves_a_file(tmp_path) -> None:
    spline_model(2, 12, 4).save(tmp_path / "m.sna")
    model = sna_edge.load(tmp_path / "m.sna", backend="torch")
    assert model.backend.name == "torch"
    assert model.at(x0=0.5).backend.name == "torch"


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_gives_the_same_to_float32() -> None:
    model = spline_model(7, 64, 32)
    x = domain_points(model.axes, 100_000).astype(np.float32).astype(float)
    twin = model.with_backend("torch")
    assert twin.backend.device.type == "cuda"
    width = np.ptp(model.value(x))
    assert np.abs(twin.value(x) - model.value(x)).max() <= 4e-5 * width
