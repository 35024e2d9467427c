"""A model that has answered can be pickled and copied, whatever evaluates it."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import sna_edge

from .. import beside_models as made

POINT = {"power": 150.0, "angle": 30.0, "alloy": "A", "machine": "M1", "hatch": 20.0}


@pytest.mark.parametrize("backend", ["numpy", "native", "torch"])
@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_a_copy_answers_as_its_model(backend: str, copied) -> None:
    try:
        model = sna_edge.from_bytes(made.whole().to_bytes(), backend)
    except sna_edge.BackendError as error:
        pytest.skip(str(error))
    before = model.interval_at(POINT, 0.9), model.familiarity(POINT)
    again = copied(model)
    after = again.interval_at(POINT, 0.9), again.familiarity(POINT)
    assert again.backend.name == model.backend.name and again.artifact == model.artifact
    for one, other in zip(before, after, strict=True):
        for name in vars(one):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
