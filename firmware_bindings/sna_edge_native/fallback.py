"""`Model` as the compiled extension has it, on the plain shared library `libsna.so` through
ctypes."""

from __future__ import annotations

import ctypes
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_void_p
from pathlib import Path
from threading import local
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .library import EXTRAPOLATE, GRAD, VERIFY, ModelRecord

ALIGNMENT = 64


def _aligned(size: int) -> NDArray[np.uint8]:
    room = np.zeros(size + ALIGNMENT, np.uint8)
    start = -room.ctypes.data % ALIGNMENT
    return room[start : start + size]


def _load(path: Path) -> Any:
    try:
        c = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(
            f"sna_edge_native has neither its extension nor {path.name} ({error}); install"
            " sna-edge-native again"
        ) from None
    model, size, pointer = ctypes.POINTER(ModelRecord), c_size_t, c_void_p
    c.sna_open.argtypes = [pointer, size, model]
    c.sna_verify.argtypes = [model, pointer, size]
    c.sna_rule_name.argtypes, c.sna_rule_name.restype = [c_int], c_char_p
    c.sna_workspace_size.argtypes, c.sna_workspace_size.restype = [model, c_int], size
    c.sna_eval_batch.argtypes = [model, c_uint, size, pointer, pointer, pointer, pointer, size]
    c.sna_eval_grad.argtypes = [model, c_uint, pointer, pointer, pointer, pointer, size]
    c.sna_host_size.argtypes, c.sna_host_size.restype = [model], size
    c.sna_host_prepare.argtypes = [model, pointer, size, ctypes.POINTER(pointer)]
    c.sna_host_workspace_size.argtypes, c.sna_host_workspace_size.restype = [pointer], size
    c.sna_host_isa.argtypes, c.sna_host_isa.restype = [pointer], c_char_p
    c.sna_host_use.argtypes = [c_char_p]
    c.sna_host_eval.argtypes = c.sna_host_eval_f32.argtypes = [
        pointer,
        c_uint,
        size,
        pointer,
        pointer,
        pointer,
        pointer,
    ]
    c.sna_host_grad.argtypes = [pointer, c_uint, size, pointer, pointer, pointer, pointer, pointer]
    return c


LIBRARY = _load(Path(__file__).with_name("libsna.so"))


def use(isa: str) -> int:
    """Force an instruction set for models opened from now on; 0 when the machine does not have
    it."""
    return int(LIBRARY.sna_host_use(isa.encode()))


class Model:
    """One artifact; `status` 0 or the reason in `rule`. Safe to share between threads."""

    def __init__(self, data: bytes) -> None:
        self._bytes = _aligned(len(data))
        self._bytes[:] = np.frombuffer(data, np.uint8)
        self._record, self._host, self._local = ModelRecord(), c_void_p(), local()
        self.status = int(LIBRARY.sna_open(self._bytes.ctypes.data, len(data), byref(self._record)))
        self._size = 0
        if self.status == 0:
            self._prepare()
        self.n_axes, self.n_outputs = int(self._record.n_axes), int(self._record.n_outputs)

    def _prepare(self) -> None:
        self._size = max(
            int(LIBRARY.sna_workspace_size(byref(self._record), verb)) for verb in (GRAD, VERIFY)
        )
        self.status = int(LIBRARY.sna_verify(byref(self._record), self._work(), self._size))
        size = int(LIBRARY.sna_host_size(byref(self._record))) if self.status == 0 else 0
        if not size:
            return
        self._prepared = _aligned(size)
        self.status = int(
            LIBRARY.sna_host_prepare(
                byref(self._record), self._prepared.ctypes.data, size, byref(self._host)
            )
        )
        self._size = max(self._size, int(LIBRARY.sna_host_workspace_size(self._host)))
        self._local = local()

    def _work(self) -> int:
        if not hasattr(self._local, "work"):
            self._local.work = _aligned(self._size)
        return int(self._local.work.ctypes.data)

    @property
    def rule(self) -> str:
        """Name of the rule that the file breaks, '' for none."""
        return str(LIBRARY.sna_rule_name(self._record.rule).decode())

    @property
    def isa(self) -> str:
        """Instruction set that serves: baseline, avx2 or avx512."""
        return str(LIBRARY.sna_host_isa(self._host).decode()) if self._host else "double"

    def _check(
        self, x: NDArray[Any], y: NDArray[Any], status: NDArray[np.int8], dtype: type
    ) -> None:
        n = len(x)
        shapes = (
            x.shape == (n, self.n_axes) and y.shape == (n, self.n_outputs) and status.shape == (n,)
        )
        types = x.dtype == dtype and y.dtype == dtype and status.dtype == np.int8
        if (
            self.status
            or not shapes
            or not types
            or not all(a.flags.c_contiguous for a in (x, y, status))
        ):
            raise ValueError(
                "x (N, D), y (N, K) and status (N,) do not fit the model, or the artifact was"
                " refused"
            )

    def value(
        self, x: NDArray[Any], y: NDArray[Any], status: NDArray[np.int8], extrapolate: bool = False
    ) -> int:
        """Writes y [N, K] and status int8 [N] of x [N, D]; returns the worst status."""
        single = x.dtype == np.float32 and bool(self._host)
        self._check(x, y, status, np.float32 if single else np.float64)
        data = len(x), x.ctypes.data, y.ctypes.data, status.ctypes.data
        flags = EXTRAPOLATE if extrapolate else 0
        if not self._host:
            return int(
                LIBRARY.sna_eval_batch(byref(self._record), flags, *data, self._work(), self._size)
            )
        call = LIBRARY.sna_host_eval_f32 if single else LIBRARY.sna_host_eval
        return int(call(self._host, flags, *data, self._work()))

    def gradient(
        self,
        x: NDArray[Any],
        y: NDArray[Any],
        dy: NDArray[Any],
        status: NDArray[np.int8],
        extrapolate: bool = False,
    ) -> int:
        """As `value`, with dy [N, K, D]."""
        self._check(x, y, status, np.float64)
        if (
            dy.shape != (len(x), self.n_outputs, self.n_axes)
            or dy.dtype != np.float64
            or not dy.flags.c_contiguous
        ):
            raise ValueError("dy needs the shape (N, K, D)")
        flags = EXTRAPOLATE if extrapolate else 0
        if self._host:
            data = x.ctypes.data, y.ctypes.data, dy.ctypes.data, status.ctypes.data
            return int(LIBRARY.sna_host_grad(self._host, flags, len(x), *data, self._work()))
        for i in range(len(x)):
            row = x[i].ctypes.data, y[i].ctypes.data, dy[i].ctypes.data
            status[i] = LIBRARY.sna_eval_grad(
                byref(self._record), flags, *row, self._work(), self._size
            )
        return int(min(status, default=0))

    def point(self, x: NDArray[Any], y: NDArray[Any]) -> int:
        """One point into y [K]: the status."""
        status = np.empty(1, np.int8)
        self.value(np.ascontiguousarray(x, np.float64)[None], y[None], status)
        return int(status[0])

    def one(self, x: NDArray[Any]) -> float:
        """First output at one point; ValueError where there is no value."""
        y, status = np.empty((1, self.n_outputs)), np.empty(1, np.int8)
        self.value(np.ascontiguousarray(x, np.float64)[None], y, status)
        if status[0] < 0:
            raise ValueError(f"no value: status {status[0]}")
        return float(y[0, 0])
