"""Intervals and familiarity over tensors: those of numpy, on the graph of the inputs."""

from __future__ import annotations

import numpy as np
import pytest

import sna_edge
from sna_edge import Model
from sna_edge.errors import InputError

from ...c_library import KEPT_1_1
from ...c_models import points_in
from ...sna_edge.beside_models import companions, scored, whole, with_interval

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'sna-edge[torch]'")
from sna_export.torch_side import Beside  # noqa: E402

KEPT = {path.stem: path for path in KEPT_1_1}
MODELS = {
    "kept everything": lambda: sna_edge.load(KEPT["everything"], backend="numpy"),
    "kept train": lambda: sna_edge.load(KEPT["train"], backend="numpy"),
    "one of every source": lambda: scored(whole(readings=None)),
    "an interval of its own": lambda: with_interval(
        scored(whole(companions=companions()[1:3], readings=None))
    ),
}


def twin_of(model: Model) -> Model:
    found = model.with_backend("torch")
    found.backend.to("cpu", torch.float64)
    return found


def beside_of(model: Model) -> Beside:
    return Beside(model, "cpu", torch.float64)


def query(model: Model, x: np.ndarray) -> dict[str, np.ndarray]:
    return {axis.name: x[:, d] for d, axis in enumerate(model.axes)}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("level", [None, 0.5, 0.9])
def test_both_are_those_of_numpy(name: str, level: float | None) -> None:
    """From tensors, and from `evaluate` and `familiarity` of a model with this backend."""
    model = MODELS[name]().replace(readings=None)
    twin, x = twin_of(model), points_in(model, 300)
    told = model.evaluate(query(model, x), level_index=True, level=level)
    p = model.familiarity(query(model, x), level_index=True).p
    inside, beside = torch.tensor(x), beside_of(model)
    low, high = beside.interval(inside, level)
    share = beside.familiarity(inside)
    again = twin.evaluate(query(model, x), level_index=True, level=level)
    other = twin.familiarity(query(model, x), level_index=True)
    for found in (low.numpy(), again.lower):
        np.testing.assert_allclose(found, told.lower, rtol=1e-12, atol=1e-12)
    for found in (high.numpy(), again.upper):
        np.testing.assert_allclose(found, told.upper, rtol=1e-12, atol=1e-12)
    for found in (share.numpy(), other.p):
        np.testing.assert_allclose(found, p, rtol=1e-9, atol=1e-12)
    assert len(np.unique(p.round(6))) > 2


@pytest.mark.parametrize("name", MODELS)
def test_they_are_on_the_graph_of_the_inputs(name: str) -> None:
    """Slopes along the first input are those of differences, where none lies at a break."""
    model = MODELS[name]().replace(readings=None)
    beside, x = beside_of(model), points_in(model, 40)
    step = 1e-6 * model.axes[0].width

    def told(column: torch.Tensor) -> torch.Tensor:
        z = torch.cat([column[:, None], torch.tensor(x[:, 1:])], dim=1)
        return torch.stack([*beside.interval(z), beside.familiarity(z)[:, None]
                            .expand(-1, len(model.outputs))])  # fmt: skip

    first = torch.tensor(x[:, 0], requires_grad=True)
    for part in range(3):
        (slope,) = torch.autograd.grad(told(first)[part, :, 0].sum(), first)
        with torch.no_grad():
            moved = [told(torch.tensor(x[:, 0]) + s * step)[part, :, 0] for s in (-1, 1)]
        wanted = (moved[1] - moved[0]) / (2 * step)
        good = torch.isfinite(wanted)
        off = (slope - wanted).abs()[good] / (wanted.abs()[good].max() + 1e-9)
        assert good.sum() >= 30 and off.median() < 1e-5


def test_outside_there_is_neither() -> None:
    model = whole().replace(readings=None)
    beside = beside_of(model)
    x = np.tile([150.0, 90.0, 1.0, 0.0, 50.0], (5, 1))
    x[1, 0], x[2, 1], x[3, 2], x[4, 4] = 99.0, np.nan, 3.0, 101.0
    low, high = beside.interval(torch.tensor(x))
    p = beside.familiarity(torch.tensor(x))
    for found in (low[:, 0], high[:, 1], p):
        assert torch.isfinite(found).tolist() == [True, False, False, False, False]


def test_what_a_model_does_not_tell_is_said() -> None:
    plain = whole(companions=[], calibration=None, readings=None)
    beside, x = beside_of(plain), torch.tensor([[150.0, 90.0, 1.0, 0.0, 50.0]])
    with pytest.raises(InputError, match="no quantiles of residuals"):
        beside.interval(x.double())
    with pytest.raises(InputError, match="does not say how familiar"):
        beside.familiarity(x.double())
