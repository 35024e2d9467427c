"""The native backend: the C library through the package `sna_edge_native`; float32 sums, coordinates placed in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BackendError
from ..status import Status

if TYPE_CHECKING:
    from ..model import Model

Floats = NDArray[np.float64]
_array, _empty = np.ndarray, np.empty  # looked up once: a query takes less than a microsecond


def create(model: Model) -> NativeBackend:
    """Opens the model's artifact, written first for a model that was not loaded from one.

    "auto" leaves models without an artifact (sub-models, sums) to numpy: writing one costs more than it gains.
    Raises BackendError when the library refuses the artifact.
    """
    if model.artifact is None and model._backend_name == "auto":
        raise BackendError("backend 'native' serves loaded artifacts; save and load the model, or ask for it by name")
    return NativeBackend(model.artifact or model.to_bytes(), len(model.outputs))


class NativeBackend:
    """Value and gradient by the C library; `predict(x)` is the shortest way to one number."""

    name = "native"

    def __init__(self, artifact: bytes, n_outputs: int) -> None:
        import sna_edge_native

        self._model: Any = sna_edge_native.Model(artifact)
        self._n_outputs = n_outputs
        if self._model.status != Status.OK:
            reason = self._model.rule or Status(self._model.status).label
            raise BackendError(f"backend 'native' refuses the artifact ({reason}); use backend 'numpy' and export the model again")
        self.isa: str = self._model.isa
        #: x float64 or float32 [D] -> first output as a float, checked against the domain in C (ValueError outside)
        self.predict = self._model.one
        self._point = self._model.point

    def single(self, query: object) -> Floats | None:
        """y [K] of one contiguous float64 array (D,) inside the domain, else None. The extension checks what it is given."""
        if type(query) is not _array:
            return None
        y = _empty(self._n_outputs)
        try:
            return y if self._point(query, y) >= 0 else None
        except (TypeError, ValueError):  # another type or shape: the ordinary way converts it, or says what is wrong
            return None

    def value(self, x: Floats) -> Floats:
        x = np.ascontiguousarray(x, dtype=np.float64)
        y = np.empty((len(x), self._n_outputs))
        self._model.value(x, y, np.empty(len(x), np.int8), True)
        return y

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        x = np.ascontiguousarray(x, dtype=np.float64)
        y, g = np.empty((len(x), self._n_outputs)), np.empty((len(x), self._n_outputs, x.shape[1]))
        self._model.gradient(x, y, g, np.empty(len(x), np.int8), True)
        return y, g
