"""The little of an importer that asks a built FMU for values: instance, inputs, outputs."""

from __future__ import annotations

import _ctypes
import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_int, c_int64, c_size_t, c_uint, c_void_p
from pathlib import Path
from types import TracebackType
from typing import Any

from sna_edge.errors import BackendError

FAILED = 3


class Driver:
    """One instance of the library in co-simulation. Raises BackendError where it cannot be made:
    golden vectors are replayed then."""

    def __init__(self, path: Path, fmi: int, token: str) -> None:
        self.fmi, self.library = fmi, ctypes.CDLL(str(path))
        self.instance = c_void_p(self._made(token))
        if not self.instance:
            self._close()
            raise BackendError(
                "the built FMU does not accept its own model; nothing was written, report this with"
                " the model"
            )

    def _made(self, token: str) -> Any:
        name, key = c_char_p(b"check"), c_char_p(token.encode())
        if self.fmi == 2:
            make = self.library.fmi2Instantiate
            make.restype = c_void_p
            return make(name, c_int(1), key, c_char_p(b""), c_void_p(), c_int(0), c_int(0))
        make = self.library.fmi3InstantiateCoSimulation
        make.restype = c_void_p
        no, nothing = ctypes.c_bool(False), c_void_p()
        return make(
            name, key, c_char_p(b""), no, no, no, no, nothing, c_size_t(0), nothing, nothing,
            nothing,
        )  # fmt: skip

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        getattr(self.library, f"fmi{self.fmi}FreeInstance")(self.instance)
        self._close()

    def _close(self) -> None:
        if hasattr(_ctypes, "dlclose"):
            _ctypes.dlclose(self.library._handle)

    def set(self, reference: int, value: float, whole: bool) -> None:
        """One variable."""
        self._call("Set", reference, (self._whole(int(value)) if whole else c_double(value)), whole)

    def get(self, reference: int, whole: bool) -> tuple[float, int]:
        """One variable and the status of the call (0 ok, 1 warning, 2 discard)."""
        place = self._whole(0) if whole else c_double()
        status = self._call("Get", reference, place, whole)
        return place.value, status

    def _whole(self, value: int) -> Any:
        return c_int(value) if self.fmi == 2 else c_int64(value)

    def _call(self, verb: str, reference: int, place: Any, whole: bool) -> int:
        kind = {2: ("Real", "Integer"), 3: ("Float64", "Int64")}[self.fmi][whole]
        function = getattr(self.library, f"fmi{self.fmi}{verb}{kind}")
        function.argtypes = [c_void_p, POINTER(c_uint), c_size_t, POINTER(type(place))] + (
            [c_size_t] if self.fmi == 3 else []
        )
        count = [c_size_t(1)] if self.fmi == 3 else []
        status: int = function(
            self.instance, byref(c_uint(reference)), c_size_t(1), byref(place), *count
        )
        if status >= FAILED:
            raise BackendError(f"the built FMU refuses variable {reference}; report it")
        return status
