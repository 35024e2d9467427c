"""The C library through ctypes: every verb of sna.h on a shared library, with nothing to compile
against Python."""

from __future__ import annotations

import ctypes
from ctypes import (
    POINTER,
    Structure,
    byref,
    c_double,
    c_float,
    c_int,
    c_int32,
    c_size_t,
    c_uint,
    c_uint8,
    c_uint16,
    c_uint32,
    c_void_p,
)
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXTRAPOLATE = 1
EVAL, GRAD, ROOTS, FIXED, VERIFY, INTERVAL, FAMILIARITY = range(7)


class ModelRecord(Structure):
    """struct sna_model."""

    _fields_ = [
        ("bytes", c_void_p),
        ("size", c_uint32),
        ("section", c_uint32 * 14),
        ("n_modes", c_uint32),
        ("n_axes", c_uint16),
        ("n_outputs", c_uint16),
        ("n_groups", c_uint16),
        ("max_rank", c_uint16),
        ("max_degree", c_uint8),
        ("features", c_uint8),
        ("rule", c_uint8),
        ("embedded", c_uint8),
        ("n_values", c_uint16),
        ("plain", c_uint16),
        ("seal", c_size_t),
    ]


class CompanionUse(Structure):
    """struct sna_companion_use of a build in double; in single the weight is a float."""

    _fields_ = [
        ("role", c_uint8),
        ("output", c_uint8),
        ("reserved", c_uint16),
        ("weight", c_double),
    ]


class CompanionUse32(Structure):
    """The same in single precision."""

    _fields_ = [*CompanionUse._fields_[:3], ("weight", c_float)]


class Names:
    """The functions of a build: `sna_eval` of single precision is `sna_eval_f32` to the linker."""

    def __init__(self, library: ctypes.CDLL, suffix: str) -> None:
        self._library, self._suffix = library, suffix

    def __getattr__(self, name: str) -> Any:
        plain = name in ("sna_status_name", "sna_rule_name")
        found = getattr(self._library, name if plain else name + self._suffix)
        setattr(self, name, found)
        return found


class Library:
    """sna.c compiled to a shared library; `real` is float64, or float32 for a build with
    SNA_FLOAT."""

    def __init__(self, path: str, *, single: bool = False) -> None:
        self.real = np.float32 if single else np.float64
        self._real = c_float if single else c_double
        self._c = c = Names(ctypes.CDLL(path), "_f32" if single else "")
        model, real, size = POINTER(ModelRecord), self._real, c_size_t
        c.sna_open.argtypes = [c_void_p, size, model]
        c.sna_verify.argtypes = c.sna_fixed_verify.argtypes = [model, c_void_p, size]
        c.sna_workspace_size.argtypes = [model, c_int]
        c.sna_workspace_size.restype = size
        c.sna_eval_batch.argtypes = [
            model,
            c_uint,
            size,
            c_void_p,
            c_void_p,
            c_void_p,
            c_void_p,
            size,
        ]
        c.sna_eval_grad.argtypes = [model, c_uint, c_void_p, c_void_p, c_void_p, c_void_p, size]
        c.sna_roots.argtypes = [
            model,
            c_void_p,
            c_uint,
            c_uint,
            real,
            c_void_p,
            size,
            POINTER(size),
            POINTER(real),
            c_void_p,
            size,
        ]
        c.sna_interval.argtypes = [model, c_uint, c_int, real, POINTER(real), POINTER(real)]
        if hasattr(c, "sna_companion"):  # not in a build with SNA_NO_COMPANIONS
            declare_companions(c, model, real)
        c.sna_fixed_place.argtypes = [model, c_uint, c_int32, c_void_p]
        c.sna_fixed_eval.argtypes = [model, c_void_p, c_void_p, c_void_p, size]
        c.sna_fixed_exponent.argtypes = [model, c_uint]
        c.sna_fixed_answer.argtypes = [model, *[c_void_p] * 7, size]
        c.sna_fixed_end_exponent.argtypes = [model, c_void_p, c_uint]
        c.sna_status_name.argtypes = c.sna_rule_name.argtypes = [c_int]
        c.sna_status_name.restype = c.sna_rule_name.restype = ctypes.c_char_p

    def status_name(self, status: int) -> str:
        """Name of a status: -1 is 'out_of_domain'."""
        return str(self._c.sna_status_name(status).decode())

    def rule_name(self, rule: int) -> str:
        """Name of a rule of FORMAT.md section 12, '' for 0."""
        return str(self._c.sna_rule_name(rule).decode())

    def open(self, data: bytes) -> Opened:
        """The model of `data`; look at `.status` and `.rule` before using it."""
        return Opened(self, data)


def declare_companions(c: Names, model: Any, real: Any) -> None:
    """The types of what serves format 1.1."""
    rows, work = c_void_p, [c_void_p, c_size_t]
    c.sna_companions.argtypes = c.sna_readings.argtypes = [model]
    c.sna_companion.argtypes = [model, c_uint, model, c_void_p]
    c.sna_companion_place.argtypes = [model, c_uint, rows, rows, rows]
    c.sna_interval_at.argtypes = [model, c_uint, rows, real, c_int, rows]
    c.sna_interval_at.argtypes += [POINTER(real), POINTER(real), *work]
    c.sna_familiarity.argtypes = [model, rows, c_int, rows, POINTER(real), *work]
    c.sna_derive.argtypes = [model, rows, rows]


class Opened:
    """One artifact opened by the C library, with its own workspace: use it from one thread at a
    time."""

    def __init__(self, library: Library, data: bytes) -> None:
        self.library, self._c = library, library._c
        self._bytes = np.zeros(len(data) // 8 + 1, np.uint64)  # numpy aligns to 16
        self._bytes.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
        self.record = ModelRecord()
        self.status = self._c.sna_open(self._bytes.ctypes.data, len(data), byref(self.record))
        self._work = np.zeros(1, np.uint64)
        if self.status == 0:
            self._work = np.zeros(
                max(self.workspace(verb) for verb in range(8)) // 8 + 1, np.uint64
            )

    @property
    def rule(self) -> str:
        """Name of the rule that the file breaks, '' for none."""
        return self.library.rule_name(self.record.rule)

    def workspace(self, verb: int) -> int:
        """Bytes of workspace that a verb needs."""
        return int(self._c.sna_workspace_size(byref(self.record), verb))

    def _scratch(self) -> tuple[int, int]:
        return self._work.ctypes.data, self._work.nbytes

    def verify(self) -> int:
        """Replays the golden vectors; returns the status."""
        return int(self._c.sna_verify(byref(self.record), *self._scratch()))

    def value(self, x: NDArray[Any], flags: int = 0) -> tuple[NDArray[Any], NDArray[np.int8]]:
        """y [N, K] (NaN where refused) and status [N] of x [N, D]."""
        x = np.ascontiguousarray(x, self.library.real)
        y, status = (
            np.empty((len(x), self.record.n_outputs), self.library.real),
            np.empty(len(x), np.int8),
        )
        self._c.sna_eval_batch(
            byref(self.record),
            flags,
            len(x),
            x.ctypes.data,
            y.ctypes.data,
            status.ctypes.data,
            *self._scratch(),
        )
        return y, status

    def value_and_gradient(
        self, x: NDArray[Any], flags: int = 0
    ) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.int8]]:
        """y [N, K], dy/dx [N, K, D] and status [N] of x [N, D]."""
        x = np.ascontiguousarray(x, self.library.real)
        k, d = self.record.n_outputs, self.record.n_axes
        y, g = np.empty((len(x), k), x.dtype), np.empty((len(x), k, d), x.dtype)
        status = np.empty(len(x), np.int8)
        for i in range(len(x)):
            row = x[i].ctypes.data, y[i].ctypes.data, g[i].ctypes.data
            status[i] = self._c.sna_eval_grad(byref(self.record), flags, *row, *self._scratch())
        return y, g, status

    def roots(
        self, x: NDArray[Any], axis: int, target: float, output: int = 0, room: int = 64
    ) -> tuple[NDArray[Any], int, float]:
        """Roots [n, 2] (low, high), status and nearest reachable value."""
        x = np.ascontiguousarray(x, self.library.real)
        found, count, nearest = np.zeros((room, 2), x.dtype), c_size_t(), self.library._real()
        status = self._c.sna_roots(
            byref(self.record),
            x.ctypes.data,
            axis,
            output,
            target,
            found.ctypes.data,
            room,
            byref(count),
            byref(nearest),
            *self._scratch(),
        )
        return found[: count.value], int(status), float(nearest.value)

    def interval(self, k: int, y: float, status: int = 0) -> tuple[float, float, int]:
        """(status, low, high) around output k at y."""
        low, high = self.library._real(), self.library._real()
        status = self._c.sna_interval(byref(self.record), k, status, y, byref(low), byref(high))
        return float(low.value), float(high.value), int(status)

    def interval_at(
        self, k: int, x: NDArray[Any], level: float, status: int, y: NDArray[Any]
    ) -> tuple[float, float, int]:
        """(low, high, status) of output k at x [D], where the value query gave y [K] and a
        status."""
        x, y = (np.ascontiguousarray(a, self.library.real) for a in (x, y))
        low, high = self.library._real(), self.library._real()
        status = self._c.sna_interval_at(
            byref(self.record),
            k,
            x.ctypes.data,
            level,
            status,
            y.ctypes.data,
            byref(low),
            byref(high),
            *self._scratch(),
        )
        return float(low.value), float(high.value), int(status)

    def familiarity(self, x: NDArray[Any], status: int, y: NDArray[Any]) -> tuple[float, int]:
        """(p, status) at x [D], where the value query gave y [K] and a status."""
        x, y = (np.ascontiguousarray(a, self.library.real) for a in (x, y))
        p = self.library._real()
        status = self._c.sna_familiarity(
            byref(self.record), x.ctypes.data, status, y.ctypes.data, byref(p), *self._scratch()
        )
        return float(p.value), int(status)

    def derive(self, readings: NDArray[Any]) -> tuple[NDArray[Any], int]:
        """(x [D], status) of readings [D + raw]."""
        readings = np.ascontiguousarray(readings, self.library.real)
        assert len(readings) == self._c.sna_readings(byref(self.record))
        x = np.empty(self.record.n_axes, readings.dtype)
        status = self._c.sna_derive(byref(self.record), readings.ctypes.data, x.ctypes.data)
        return x, int(status)

    def companions(self) -> int:
        """How many companions the model has."""
        return int(self._c.sna_companions(byref(self.record)))

    def companion(self, i: int) -> Companion:
        """Companion i."""
        return Companion(self, i)

    def fixed_verify(self) -> int:
        """Replays the golden vectors of the integer path; returns the status."""
        return int(self._c.sna_fixed_verify(byref(self.record), *self._scratch()))

    def fixed_place(self, counts: NDArray[Any]) -> tuple[NDArray[np.uint16], NDArray[np.int8]]:
        """Places [N, D, 2] and status [N, D] of raw counts [N, D]."""
        places, status = np.zeros((*counts.shape, 2), np.uint16), np.zeros(counts.shape, np.int8)
        for i, d in np.ndindex(counts.shape):
            status[i, d] = self._c.sna_fixed_place(
                byref(self.record), d, int(counts[i, d]), places[i, d].ctypes.data
            )
        return places, status

    def fixed_value(self, places: NDArray[np.uint16]) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
        """y int32 [N, K] and status [N] of places [N, D, 2]."""
        places = np.ascontiguousarray(places, np.uint16)
        y, status = (
            np.zeros((len(places), self.record.n_outputs), np.int32),
            np.zeros(len(places), np.int8),
        )
        for i in range(len(places)):
            status[i] = self._c.sna_fixed_eval(
                byref(self.record), places[i].ctypes.data, y[i].ctypes.data, *self._scratch()
            )
        return y, status

    def fixed_answer(self, beside: NDArray[Any], counts: NDArray[Any]) -> NDArray[np.int32]:
        """int32 [N, 3 K + 2] at counts [N, D]: values, lower ends, upper ends, familiarity, status;
        `beside` are the constants of an export."""
        k, counts = 4 * self.record.n_outputs, np.ascontiguousarray(counts, np.int32)
        told = np.zeros((len(counts), 3 * self.record.n_outputs + 2), np.int32)
        for row, x in zip(told, counts, strict=True):
            at = row.ctypes.data
            row[-1] = self._c.sna_fixed_answer(
                byref(self.record), beside.ctypes.data, x.ctypes.data,
                *(at + part * k for part in range(4)), *self._scratch(),
            )  # fmt: skip
        return told

    def fixed_end_exponent(self, beside: NDArray[Any], output: int) -> int:
        """Fraction bits of the ends of an output."""
        return int(self._c.sna_fixed_end_exponent(byref(self.record), beside.ctypes.data, output))


class Companion(Opened):
    """Companion i of an open artifact; it keeps that alive."""

    def __init__(self, outer: Opened, i: int) -> None:
        self.outer, self.library, self._c, self.index = outer, outer.library, outer._c, i
        self.record = ModelRecord()
        self.use = (CompanionUse if self.library.real is np.float64 else CompanionUse32)()
        self.status = self._c.sna_companion(
            byref(outer.record), i, byref(self.record), byref(self.use)
        )
        self._work = np.zeros(
            max(self.workspace(verb) for verb in range(4)) // 8 + 1 if self.status == 0 else 1,
            np.uint64,
        )

    def place(self, x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], int]:
        """(z, status): coordinates of the companion at x [D], where the model has y [K]."""
        x, y = (np.ascontiguousarray(a, self.library.real) for a in (x, y))
        z = np.empty(self.record.n_axes, x.dtype)
        status = self._c.sna_companion_place(
            byref(self.outer.record), self.index, x.ctypes.data, y.ctypes.data, z.ctypes.data
        )
        return z, int(status)
