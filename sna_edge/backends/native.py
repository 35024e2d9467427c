"""The native backend: the C library through the package `sna_edge_native`; float32 sums,
spans located in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.record import ModelRecord
from ..errors import BackendError
from ..status import Status

Floats = NDArray[np.float64]
PIECE = 16384  # rows of a batch that a thread takes at a time
_array, _empty = np.ndarray, np.empty  # looked up once: a query takes less than a microsecond


def create(model: ModelRecord) -> NativeBackend:
    """Opens the model's artifact, written first for a model that was not loaded from one.

    "auto" leaves models without an artifact (sub-models, sums) to numpy: writing one costs more
    than it gains. Raises BackendError when the library refuses the artifact.
    """
    if model.artifact is None and model.backend_name == "auto":
        raise BackendError(
            "backend 'native' serves loaded artifacts only; save the model and load it"
        )
    if model.artifact is None:
        from ..artifact.writer import write  # a loaded model needs none

        return NativeBackend(write(model), len(model.outputs))
    return NativeBackend(model.artifact, len(model.outputs))


class NativeBackend:
    """Value and gradient by the C library; `predict(x)` is the shortest way to one number.

    `threads`: how many share a large batch, 1 unless you set it (`model.backend.threads = 2`).
    Every thread takes pieces of PIECE rows, so the answers do not depend on their number.
    """

    name = "native"

    def __init__(self, artifact: bytes, n_outputs: int) -> None:
        import sna_edge_native

        self._model: Any = sna_edge_native.Model(artifact)
        self._n_outputs = n_outputs
        if self._model.status != Status.OK:
            reason = self._model.rule or Status(self._model.status).label
            raise BackendError(
                f"backend 'native' refuses the artifact ({reason}); use backend 'numpy' and export"
                " the model again"
            )
        self.isa: str = self._model.isa
        # : x float64 or float32 [D] -> first output as a float, checked against the domain in C
        # (ValueError outside)
        self.predict = self._model.one
        # : x float64 (D,), y float64 (K,) to be filled -> status; TypeError or ValueError for other
        # arrays
        self.point = self._model.point
        # : x (D,), out (3, K): values and ends at a level of the outputs in a bit mask -> status;
        # None where the library has no such function
        self.answer = getattr(self._model, "answer", None)
        if self.answer is not None:
            self.intervals, self.familiarity = self._intervals, self._familiarity
        self.threads = 1

    def single(self, query: object) -> Floats | None:
        """y [K] of one contiguous float64 array (D,) inside the domain, else None. The extension
        checks what it is given."""
        if type(query) is not _array:
            return None
        y = _empty(self._n_outputs)
        try:
            return y if self.point(query, y) >= 0 else None
        except (
            TypeError,
            ValueError,
        ):  # another type or shape: the ordinary way converts it, or says what is wrong
            return None

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        x = np.ascontiguousarray(x, dtype=np.float64)
        y, status = np.empty((len(x), self._n_outputs)), np.empty(len(x), np.int8)
        self._share(len(x), lambda s: self._model.value(x[s], y[s], status[s], True))
        return y

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        x = np.ascontiguousarray(x, dtype=np.float64)
        y, g = np.empty((len(x), self._n_outputs)), np.empty((len(x), self._n_outputs, x.shape[1]))
        status = np.empty(len(x), np.int8)
        self._share(len(x), lambda s: self._model.gradient(x[s], y[s], g[s], status[s], True))
        return y, g

    def _intervals(self, x: Floats, y: Floats, level: float) -> tuple[Floats, Floats]:
        """Lower and upper end [N, K] at a level that the rows support, of x [N, D] inside the
        domain with values y [N, K]; NaN where there are none."""
        x, y = (np.ascontiguousarray(a, dtype=np.float64) for a in (x, y))
        lower, upper, every = np.empty_like(y), np.empty_like(y), (1 << self._n_outputs) - 1
        self._share(
            len(x),
            lambda s: self._model.intervals(x[s], y[s], lower[s], upper[s], level, every),
        )
        return lower, upper

    def _familiarity(self, x: Floats, y: Floats) -> Floats:
        """p [N] of x [N, D] inside the domain with values y [N, K]; NaN where there is none."""
        x, y = (np.ascontiguousarray(a, dtype=np.float64) for a in (x, y))
        p = np.empty(len(x))
        self._share(len(x), lambda s: self._model.familiarity(x[s], y[s], p[s]))
        return p

    def _share(self, n: int, call: Callable[[slice], object]) -> None:
        """`call` on all rows at once, or on pieces of them by several threads; the library releases
        the lock."""
        if self.threads < 2 or n < 2 * PIECE:
            call(slice(0, n))
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.threads) as pool:  # 0.1 ms to start; a piece takes about 1 ms
            list(pool.map(call, [slice(i, min(i + PIECE, n)) for i in range(0, n, PIECE)]))
