"""`Sweep` as the compiled extension has it, on the shared library through ctypes."""

from __future__ import annotations

from ctypes import POINTER, Structure, c_double, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .fallback import LIBRARY, Model, _aligned


class Draw(Structure):
    """struct sna_draw."""

    _fields_ = [
        ("kind", c_int),
        ("word", c_uint32),
        ("numbers", c_double * 5),
        ("cuts", c_void_p),
        ("values", c_void_p),
        ("n_cuts", c_uint32),
        ("n_values", c_uint32),
    ]


class Scale(Structure):
    """struct sna_scale."""

    _fields_ = [(name, c_double) for name in ("centre", "rate", "low", "bins")]


class Spec(Structure):
    """struct sna_spec."""

    _fields_ = [("output", c_int), ("lower", c_double), ("upper", c_double)]


class Job(Structure):
    """struct sna_sweep."""

    _fields_ = [
        ("draws", POINTER(Draw)),
        ("scales", POINTER(Scale)),
        ("specs", POINTER(Spec)),
        ("n_axes", c_int),
        ("n_outputs", c_int),
        ("n_specs", c_int),
        ("seed", c_uint64),
        ("directions", c_void_p),
        ("points", c_uint64),
    ]


class Tally(Structure):
    """struct sna_tally."""

    _fields_ = [
        (name, c_void_p) for name in ("counts", "statuses", "beyond", "inside", "extremes", "at")
    ]


def _declared() -> Any:
    library, job = LIBRARY, POINTER(Job)
    library.sna_sweep_work.argtypes = [c_void_p, job]
    library.sna_sweep_work.restype = c_size_t
    library.sna_sweep_draw.argtypes = [job, c_uint64, c_size_t, c_void_p]
    library.sna_sweep_draw.restype = None
    library.sna_sweep_count.argtypes = [c_void_p, job, c_uint64, c_size_t, POINTER(Tally)]
    library.sna_sweep_count.argtypes += [c_void_p, c_void_p]
    library.sna_sweep_count.restype = None
    return library


class Sweep:
    """Samples of a model, drawn and counted in C: sna_host_sweep.h.

        kinds i32 [D], words u32 [D], numbers f64 [D, 5];
    cuts u32 and values f32 of all inputs, those of input d from ends[d] to ends[d + 1];
    scales f64[K, 4]; specs f64 [S, 3]: output, lower,
        upper; directions u32 [D, 32] of Sobol' points, [0, 32] of random words; points: of a
        replicate.
    """

    def __init__(
        self, model: Model, kinds: NDArray[np.int32], words: NDArray[np.uint32],
        numbers: NDArray[np.float64], cuts: NDArray[np.uint32], cut_ends: NDArray[np.int64],
        values: NDArray[np.float32], value_ends: NDArray[np.int64], scales: NDArray[np.float64],
        specs: NDArray[np.float64], seed: int, directions: NDArray[np.uint32], points: int,
    ) -> None:  # fmt: skip
        self._model, self._library = model, _declared()
        need(model, kinds, words, numbers, cuts, cut_ends, values, value_ends, scales, specs)
        need_directions(directions, points, model.n_axes)
        draws = [
            Draw(
                int(kinds[d]), int(words[d]), tuple(numbers[d]),
                cuts.ctypes.data + 4 * int(cut_ends[d]),
                values.ctypes.data + 4 * int(value_ends[d]),
                int(cut_ends[d + 1] - cut_ends[d]), int(value_ends[d + 1] - value_ends[d]),
            )
            for d in range(model.n_axes)
        ]  # fmt: skip
        self._job = Job(
            (Draw * len(draws))(*draws), (Scale * len(scales))(*(Scale(*s) for s in scales)),
            (Spec * max(len(specs), 1))(*(Spec(int(k), low, high) for k, low, high in specs)),
            model.n_axes, model.n_outputs, len(specs), seed,
            directions.ctypes.data if len(directions) else None, points,
        )  # fmt: skip
        self._kept, self._specs = (cuts, values, directions), len(specs)
        size = self._library.sna_sweep_work(model._host, self._job)
        self._work = _aligned(int(size))

    def draw(self, first: int, x: NDArray[np.float32]) -> None:
        """Samples first .. into x [N, D]."""
        if x.dtype != np.float32 or x.shape[1:] != (self._model.n_axes,):
            raise ValueError("x needs float32 (N, D)")
        self._library.sna_sweep_draw(self._job, first, len(x), x.ctypes.data)

    def count(
        self, first: int, n: int, counts: NDArray[np.int64], statuses: NDArray[np.int64],
        beyond: NDArray[np.int64], inside: NDArray[np.int64], extremes: NDArray[np.float64],
        at: NDArray[np.int64], sums: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """Count samples first .. first + n - 1 into the arrays of a tally; sums [K, 4]."""
        outputs, arrays = self._model.n_outputs, (counts, statuses, beyond, inside, extremes, at)
        shapes = (outputs, 8194), (32,), (self._specs, 2), (1,), (outputs, 2, 5), (outputs, 2, 5)
        if [a.shape for a in (*arrays, sums)] != [*shapes, (outputs, 4)]:
            raise ValueError("the arrays of a tally do not fit the sweep")
        if not all(a.flags.c_contiguous and a.itemsize == 8 for a in (*arrays, sums)):
            raise ValueError("the arrays of a tally need 64-bit numbers in C order")
        tally = Tally(*(a.ctypes.data for a in arrays))
        work = self._work.ctypes.data
        self._library.sna_sweep_count(
            self._model._host, self._job, first, n, tally, sums.ctypes.data, work
        )


def need_directions(directions: NDArray[np.uint32], points: int, axes: int) -> None:
    """Raises ValueError where they are no direction numbers of so many inputs and points."""
    fits = directions.shape[1:] == (32,) and len(directions) in (0, axes)
    if not (fits and 0 < points <= 2**32 and directions.flags.c_contiguous):
        raise ValueError("the direction numbers of a sweep do not fit the model")


def need(model: Model, *arrays: Any) -> None:
    """Raises ValueError where the arrays of a sweep do not fit the model."""
    kinds, words, numbers, cuts, cut_ends, values, value_ends, scales, specs = arrays
    axes, outputs = model.n_axes, model.n_outputs
    fits = (
        bool(model._host) and kinds.shape == words.shape == (axes,) and numbers.shape == (axes, 5)
        and cut_ends.shape == value_ends.shape == (axes + 1,) and scales.shape == (outputs, 4)
        and specs.shape[1:] == (3,) and cut_ends[-1] == len(cuts) and value_ends[-1] == len(values)
        and (np.diff(cut_ends) >= 0).all() and (np.diff(value_ends) >= 0).all()
        and cut_ends[0] == value_ends[0] == 0
        and ((specs[:, 0] >= 0) & (specs[:, 0] < outputs)).all()
        and ((kinds >= 0) & (kinds <= 6)).all()
        and ((kinds != 6) | ((numbers[:, 0] >= 1) & (numbers[:, 0] <= 2.0**53))).all()
        and ((kinds < 4) | (np.diff(value_ends) > 0)).all()
        and ((kinds != 5) | (np.diff(value_ends) == np.diff(cut_ends) + 1)).all()
    )  # fmt: skip
    if not fits:
        raise ValueError("the arrays of a sweep do not fit the model")
