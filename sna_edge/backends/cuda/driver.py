"""The CUDA driver by ctypes: the one device, its memory, modules and launches."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from typing import Any

from numpy.typing import NDArray

from ...errors import BackendError

NAMES = ("libcuda.so.1", "libcuda.so", "nvcuda.dll")
MAJOR, MINOR, PROCESSORS, SHARED_OPTIN = 75, 76, 16, 97  # CUdevice_attribute
DYNAMIC_SHARED = 8  # CUfunction_attribute
MAPPED = 2  # CU_MEMHOSTALLOC_DEVICEMAP
OUT_OF_MEMORY = 2  # CUresult
FULL = "end what else uses the memory of the device"
BROKEN = "look at nvidia-smi, start the program anew"
Pointer = ctypes.c_uint64
Kernel = ctypes.c_void_p


class Arguments:
    """Arguments of a kernel as a launch takes them: the address of each value."""

    def __init__(self, *values: Any) -> None:
        at = [ctypes.cast(ctypes.pointer(v), ctypes.c_void_p) for v in values]
        self.values, self.addresses = values, (ctypes.c_void_p * len(at))(*at)


class Device:
    """The first CUDA device through its primary context, which other libraries share. Raises
    BackendError where there is none."""

    def __init__(self) -> None:
        self._cuda = _library()
        count, device, self._context = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
        if self._cuda.cuInit(0) or self._cuda.cuDeviceGetCount(ctypes.byref(count)):
            raise _none()
        if not count.value:
            raise _none()
        self.do("cuDeviceGet", ctypes.byref(device), 0)
        self._device = device.value
        self.do("cuDevicePrimaryCtxRetain", ctypes.byref(self._context), self._device)
        self.current()
        self.capability = 10 * self._attribute(MAJOR) + self._attribute(MINOR)
        self.processors = self._attribute(PROCESSORS)
        self.shared = self._attribute(SHARED_OPTIN)

    @property
    def name(self) -> str:
        """What the driver calls it."""
        text = ctypes.create_string_buffer(256)
        self.do("cuDeviceGetName", text, 256, self._device)
        return text.value.decode()

    def current(self) -> None:
        """Makes the context that of this thread."""
        self.do("cuCtxSetCurrent", self._context)

    def blocks(self, kernel: Kernel, threads: int, shared: int) -> int:
        """Blocks that one processor holds at a time; 0 where not even one fits."""
        found = ctypes.c_int()
        code = self._cuda.cuOccupancyMaxActiveBlocksPerMultiprocessor(
            ctypes.byref(found), kernel, threads, ctypes.c_size_t(shared)
        )
        return 0 if code else found.value

    def launch(
        self, kernel: Kernel, blocks: int, threads: int, shared: int, given: Arguments
    ) -> None:
        """Starts a kernel; `wait` for its end."""
        size = (blocks, 1, 1, threads, 1, 1)
        self.do("cuLaunchKernel", kernel, *size, shared, None, given.addresses, None)

    def wait(self) -> None:
        """Until all that was started has ended."""
        self.do("cuCtxSynchronize")

    def _attribute(self, which: int) -> int:
        found = ctypes.c_int()
        self.do("cuDeviceGetAttribute", ctypes.byref(found), which, self._device)
        return found.value

    def do(self, name: str, *args: Any) -> None:
        """Calls a function of the driver. Raises BackendError where it fails."""
        if code := getattr(self._cuda, name)(*args):
            raise BackendError(
                f"backend 'cuda': {name} failed ({self._word(code)});"
                f" {FULL if code == OUT_OF_MEMORY else BROKEN}, or use backend 'native'"
            )

    def undo(self, name: str, *args: Any) -> None:
        """The same where nobody can be told: at the end of an object, maybe in another thread or
        after the driver has shut down."""
        with suppress(Exception):
            self._cuda.cuCtxSetCurrent(self._context)
            getattr(self._cuda, name)(*args)

    def _word(self, code: int) -> str:
        text = ctypes.c_char_p()
        self._cuda.cuGetErrorName(code, ctypes.byref(text))
        return (text.value or str(code).encode()).decode()


class Module:
    """Loaded machine code."""

    def __init__(self, device: Device, image: bytes) -> None:
        self._device, self._at = device, ctypes.c_void_p()
        device.current()
        device.do("cuModuleLoadData", ctypes.byref(self._at), image)

    def kernel(self, name: str, shared: int = 0) -> Kernel:
        """A kernel that may use `shared` bytes of shared memory."""
        found = Kernel()
        self._device.do("cuModuleGetFunction", ctypes.byref(found), self._at, name.encode())
        if shared:
            self._device.do("cuFuncSetAttribute", found, DYNAMIC_SHARED, shared)
        return found

    def fill(self, name: str, data: bytes) -> None:
        """Sets a constant of the module. Raises BackendError where it has another size."""
        at, size = Pointer(), ctypes.c_size_t()
        places = (ctypes.byref(at), ctypes.byref(size))
        self._device.do("cuModuleGetGlobal_v2", *places, self._at, name.encode())
        if size.value != len(data):
            raise BackendError(
                f"backend 'cuda': constant {name} has {size.value} bytes, not {len(data)}; use"
                " backend 'torch' and report it"
            )
        self._device.do("cuMemcpyHtoD_v2", at, data, ctypes.c_size_t(len(data)))

    def __del__(self) -> None:
        if self._at.value:
            self._device.undo("cuModuleUnload", self._at)


class Memory:
    """Bytes on the device, freed with this object."""

    def __init__(self, device: Device, size: int) -> None:
        self._device, self.size, self._at = device, size, Pointer()
        device.do("cuMemAlloc_v2", ctypes.byref(self._at), ctypes.c_size_t(max(size, 16)))
        self.address = self._at.value

    def write(self, data: Any, size: int) -> None:
        """From a buffer of the host."""
        self._device.do("cuMemcpyHtoD_v2", self._at, data, ctypes.c_size_t(size))

    def read(self, data: Any, size: int) -> None:
        """Into a buffer of the host, after all that was started."""
        self._device.do("cuMemcpyDtoH_v2", data, self._at, ctypes.c_size_t(size))

    def __del__(self) -> None:
        if self._at.value:
            self._device.undo("cuMemFree_v2", self._at)


class Mapped:
    """Memory of the host that the device writes to: its address here and there; freed with this
    object."""

    def __init__(self, device: Device, size: int) -> None:
        self._device, self._at, there = device, ctypes.c_void_p(), Pointer()
        device.do("cuMemHostAlloc", ctypes.byref(self._at), ctypes.c_size_t(size), MAPPED)
        device.do("cuMemHostGetDevicePointer_v2", ctypes.byref(there), self._at, 0)
        self.here, self.there = int(self._at.value or 0), there.value

    def __del__(self) -> None:
        if self._at.value:
            self._device.undo("cuMemFreeHost", self._at)


def at(array: NDArray[Any]) -> ctypes.c_void_p:
    """The address of an array of the host."""
    return ctypes.c_void_p(array.ctypes.data)


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
