"""The CUDA driver by ctypes: the one device, its memory, modules and launches."""

from __future__ import annotations

import ctypes
from typing import Any

from ...errors import BackendError

NAMES = ("libcuda.so.1", "libcuda.so", "nvcuda.dll")
MAJOR, MINOR, PROCESSORS, SHARED_OPTIN = 75, 76, 16, 97  # CUdevice_attribute
DYNAMIC_SHARED = 8  # CUfunction_attribute
MAPPED = 2  # CU_MEMHOSTALLOC_DEVICEMAP
Pointer = ctypes.c_uint64


class Device:
    """The first CUDA device through its primary context, which other libraries share. Raises
    BackendError where there is none."""

    def __init__(self) -> None:
        self._cuda = _library()
        count, device, self._context = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
        if self._cuda.cuInit(0) or self._cuda.cuDeviceGetCount(ctypes.byref(count)) or not count:
            raise _none()
        if not count.value:
            raise _none()
        self._do("cuDeviceGet", ctypes.byref(device), 0)
        self._device = device.value
        self._do("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), self._device)
        self.current()
        self.capability = 10 * self._attribute(MAJOR) + self._attribute(MINOR)
        self.processors = self._attribute(PROCESSORS)
        self.shared = self._attribute(SHARED_OPTIN)

    @property
    def name(self) -> str:
        """What the driver calls it."""
        text = ctypes.create_string_buffer(256)
        self._do("cuDeviceGetName", text, 256, self._device)
        return text.value.decode()

    def current(self) -> None:
        """Makes the context that of this thread."""
        self._do("cuCtxSetCurrent", self._context)

    def module(self, image: bytes) -> ctypes.c_void_p:
        """Loaded machine code."""
        found = ctypes.c_void_p()
        self._do("cuModuleLoadData", ctypes.byref(found), image)
        return found

    def function(self, module: ctypes.c_void_p, name: str, shared: int) -> ctypes.c_void_p:
        """A kernel that may use `shared` bytes of shared memory."""
        found = ctypes.c_void_p()
        self._do("cuModuleGetFunction", ctypes.byref(found), module, name.encode())
        if shared:
            self._do("cuFuncSetAttribute", found, DYNAMIC_SHARED, shared)
        return found

    def symbol(self, module: ctypes.c_void_p, name: str, data: bytes) -> None:
        """Fills a constant of a module."""
        at, size = Pointer(), ctypes.c_size_t()
        self._do(
            "cuModuleGetGlobal_v2", ctypes.byref(at), ctypes.byref(size), module, name.encode()
        )
        if size.value != len(data):
            raise BackendError(f"backend 'cuda': {name} has another size; report it")
        self._do("cuMemcpyHtoD_v2", at, data, ctypes.c_size_t(len(data)))

    def blocks(self, kernel: ctypes.c_void_p, threads: int, shared: int) -> int:
        """Blocks that one processor holds at a time."""
        found = ctypes.c_int()
        code = self._cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(
            ctypes.byref(found), kernel, threads, ctypes.c_size_t(shared)
        )
        return 0 if code else found.value

    def taken(self, size: int) -> Memory:
        """Memory of the device."""
        return Memory(self, size)

    def mapped(self, size: int) -> tuple[int, int]:
        """Memory of the host that the device writes to: its address here and there."""
        here, there = ctypes.c_void_p(), Pointer()
        self._do("cuMemHostAlloc", ctypes.byref(here), ctypes.c_size_t(size), MAPPED)
        self._do("cuMemHostGetDevicePointer_v2", ctypes.byref(there), here, 0)
        return int(here.value or 0), there.value

    def launch(
        self, kernel: ctypes.c_void_p, blocks: int, threads: int, shared: int, args: Any
    ) -> None:
        """Starts a kernel; `wait` for its end."""
        self._do("cuLaunchKernel", kernel, blocks, 1, 1, threads, 1, 1, shared, None, args, None)

    def wait(self) -> None:
        """Until all that was started has ended."""
        self._do("cuCtxSynchronize")

    def _attribute(self, which: int) -> int:
        found = ctypes.c_int()
        self._do("cuDeviceGetAttribute", ctypes.byref(found), which, self._device)
        return found.value

    def _do(self, name: str, *args: Any) -> None:
        if code := getattr(self._cuda, name)(*args):
            raise BackendError(
                f"backend 'cuda': {name} failed ({self._word(code)}); free memory of the device, or"
                " use backend 'native'"
            )

    def _word(self, code: int) -> str:
        text = ctypes.c_char_p()
        self._cuda.cuGetErrorName(code, ctypes.byref(text))
        return (text.value or str(code).encode()).decode()


class Memory:
    """Bytes on the device, freed with this object."""

    def __init__(self, device: Device, size: int) -> None:
        self._device, self.size, self._at = device, size, Pointer()
        device._do("cuMemAlloc_v2", ctypes.byref(self._at), ctypes.c_size_t(max(size, 16)))
        self.address = self._at.value

    def write(self, data: Any, size: int) -> None:
        """From a buffer of the host."""
        self._device._do("cuMemcpyHtoD_v2", self._at, data, ctypes.c_size_t(size))

    def read(self, data: Any, size: int) -> None:
        """Into a buffer of the host, after all that was started."""
        self._device._do("cuMemcpyDtoH_v2", data, self._at, ctypes.c_size_t(size))

    def __del__(self) -> None:
        if self._at.value:
            self._device._cuda.cuMemFree_v2(self._at)


def _library() -> ctypes.CDLL:
    for name in NAMES:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise _none()


def _none() -> BackendError:
    return BackendError(
        "backend 'cuda' finds no CUDA device or driver here; use backend 'native', or run this"
        " where nvidia-smi lists a device"
    )
