"""Networks of tanh layers, from weights and from a state dict."""

from __future__ import annotations

import importlib.util
from itertools import pairwise

import numpy as np
import pytest

import sna_edge
from sna_edge import InputError, Output
from sna_export.adopt import (
    Adopted,
    from_state,
    full,
    network,
)


def tanh_net(rng: np.random.Generator, modes: int = 16):
    sizes = [1, 32, 32, 32, modes]
    layers = [
        (rng.normal(size=(b, a)) / max(np.sqrt(a), 0.7), 0.3 * rng.normal(size=b))
        for a, b in pairwise(sizes)
    ]
    return network(layers)


def test_a_tanh_network_of_eight_inputs_fits_the_budget_and_is_served_by_every_backend(
    tmp_path, box
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
