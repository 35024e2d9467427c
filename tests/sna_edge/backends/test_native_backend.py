"""The native backend in front of queries: all ways to ask give what numpy gives; a query costs less
than an empty graph elsewhere."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import DomainError, InputError, Model

from ...c_library import ROOT, load
from ...c_models import axes_of, cp_model, points_in, tt_model

pytest.importorskip("sna_edge_native", reason="no native library here: make native")


@pytest.fixture(scope="module")
def pair() -> tuple[Model, Model]:
    data = cp_model(axes_of("uniform", 3, 3), outputs=2).to_bytes()
    return sna_edge.from_bytes(data, "native"), sna_edge.from_bytes(data, "numpy")


ASKED: dict[str, Callable[[np.ndarray], Any]] = {
    "array": lambda x: x,
    "float32": lambda x: x.astype(np.float32),
    "strided": lambda x: np.repeat(x, 2)[::2],
    "list": lambda x: x.tolist(),
    "names": lambda x: {f"x{d}": v for d, v in enumerate(x)},
    "rows": lambda x: np.stack([x, x]),
    "integers": lambda x: np.rint(x).astype(int),
}


@pytest.mark.parametrize("way", ASKED)
def test_every_way_to_ask(way: str, pair: tuple[Model, Model]) -> None:
    native, plain = pair
    query = ASKED[way](np.array([0.3, 1.0, 2.1]))
    assert native.backend.name == "native"
    expected = plain.value(query)
    found = native.value(query)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=2e-5)
    again = native.value(query)
    assert again is not found and np.array_equal(again, found)


@pytest.mark.parametrize(
    "bad", [[0.3, 1.0], [0.3, 1.0, 99.0], [0.3, np.nan, 2.1], [[[0.3, 1.0, 2.1]]]]
)
def test_what_has_no_value_raises_as_with_numpy(bad: list[Any], pair: tuple[Model, Model]) -> None:
    said = []
    for model in pair:
        with pytest.raises((InputError, DomainError)) as caught:
            model.value(np.array(bad))
        said.append((caught.type, str(caught.value)))
    assert said[0] == said[1]


@pytest.mark.parametrize(
    "made",
    [
        lambda: cp_model(axes_of("graded", 3, 4), rank=33),
        lambda: tt_model(axes_of("uniform", 3, 5)),
    ],
)
def test_batches_and_single_points_agree(made: Callable[[], Model]) -> None:
    model = sna_edge.from_bytes(made().to_bytes(), "native")
    x = points_in(model, 100)
    np.testing.assert_allclose(
        np.stack([model.value(row) for row in x]), model.value(x), rtol=1e-4, atol=1e-6
    )


def test_threads_change_nothing_but_the_time() -> None:
    model = sna_edge.from_bytes(cp_model(axes_of("uniform", 3, 3), outputs=2).to_bytes(), "native")
    x = points_in(model, 100_000)
    assert model.backend.threads == 1
    alone = model.backend.value_and_gradient(x)
    model.backend.threads = 3
    together = model.backend.value_and_gradient(x)
    assert all(np.array_equal(a, b) for a, b in zip(alone, together, strict=True))
    np.testing.assert_array_equal(
        model.backend.value(x), sna_edge.from_bytes(model.artifact, "native").backend.value(x)
    )


def fastest(*calls: Callable[[], Any], count: int = 50, rounds: int = 300) -> list[float]:
    """Seconds of one call each: the best of many short bursts, taken in turn so that all see the
    same machine."""
    best = [np.inf] * len(calls)
    for _ in range(rounds):
        for i, call in enumerate(calls):
            start = time.perf_counter()
            for _ in range(count):
                call()
            best[i] = min(best[i], (time.perf_counter() - start) / count)
    return best


def test_one_query_costs_less_than_an_empty_graph() -> None:
    """7 inputs, cubic, 32 modes: below set, invoke and get of one ReLU in another runtime, and 20 x
    faster than numpy."""
    data = cp_model(axes_of("uniform", 3, 7), rank=32).to_bytes()
    native, plain = sna_edge.from_bytes(data, "native"), sna_edge.from_bytes(data, "numpy")
    x = points_in(native, 1)[0]
    predict, slow = fastest(lambda: native.backend.predict(x), lambda: plain.value(x), count=20)
    assert slow >= 20 * predict
    if importlib.util.find_spec("ai_edge_litert") and importlib.util.find_spec("flatbuffers"):
        peers = load(
            ROOT / "tools" / "speed" / "bench_peers.py", "bench_peers_under_test"
        ).empty_calls()
        graph = next(call for name, call in peers.items() if "set, invoke" in name)
        predict, ours, empty = fastest(
            lambda: native.backend.predict(x), lambda: native.value(x), graph
        )
        assert predict < empty and ours < empty, (predict, ours, empty)
