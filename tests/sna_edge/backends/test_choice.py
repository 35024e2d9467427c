"""Who evaluates a model: by name, "auto", or an evaluator of the caller's own."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import BackendError, Model, from_bytes


@pytest.fixture(scope="module")
def model(build) -> Model:
    return build.cp(build.smooth_axes(), seed=1)


def test_an_unknown_name_lists_the_right_ones(model: Model) -> None:
    with pytest.raises(BackendError, match="'nativ' is unknown; use auto or one of native, tflite"):
        model.with_backend("nativ")(np.zeros(3))


def test_auto_leaves_computed_models_to_numpy(model: Model) -> None:
    """Writing an artifact for them costs more than it gains."""
    assert model.with_backend("auto").backend.name == "numpy"
    loaded = from_bytes(model.replace(dtypes=["float32"] * 3).to_bytes())
    assert loaded.backend.name in ("native", "numpy")
    fixed = loaded.at({loaded.input_names[0]: float(loaded.axes[0].lower)})
    assert fixed.backend.name == "numpy" and fixed.backend_name == "auto"


def test_tflite_serves_a_file_beside_the_artifact_only(model: Model) -> None:
    with pytest.raises(BackendError, match=r"needs a loaded MODEL.sna with MODEL.tflite beside it"):
        model.with_backend("tflite")(np.zeros(3))
    derived = model.with_backend("tflite").derivative(model.input_names[0])
    assert derived.backend.name == "numpy"


def test_an_evaluator_of_the_callers_own_serves_a_copy(model: Model, build) -> None:
    class Twice:
        name = "twice"

        def value(self, x: np.ndarray) -> np.ndarray:
            return 2.0 * model.backend.value(x)

        def value_and_gradient(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            y, g = model.backend.value_and_gradient(x)
            return 2.0 * y, 2.0 * g

    x = build.points(model, 20)
    twin = model.served_by(Twice())
    assert np.allclose(twin(x), 2.0 * model(x), rtol=1e-14)
    assert np.allclose(twin(x[0]), 2.0 * model(x[0]), rtol=1e-14)
    assert np.allclose(twin.gradient(x), 2.0 * model.gradient(x), rtol=1e-14)
    assert twin.backend.name == "twice" and model.backend.name == "numpy"
