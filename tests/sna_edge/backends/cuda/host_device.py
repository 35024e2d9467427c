"""A CUDA driver and an NVRTC for machines without a device: memory is that of the host, machine
code what g++ makes of the kernels, launches are loops."""

from __future__ import annotations

import ctypes
import hashlib
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from sna_edge.backends.cuda import driver

from ....c_library import missing, of_all_processes

HERE = Path(__file__).parent
SHARED, PROCESSORS, CAPABILITY = 227 * 1024, 2, 90
KERNELS = {
    "value64": ("value64", "value32", "nothing"),
    "gradient64": ("gradient64", "gradient32"),
    "ends_around": ("places32", "places64", "ends32", "ends64"),
    "sampled": ("sampled",),
    "plain": ("plain",),
}
"""Kernels of a text that names one; `one` is a kernel of one warp."""


class HostDriver:
    """What `driver.Device` calls, in a loop over blocks; `memory` and `modules` hold what was not
    given back. Machine code is loaded from copies in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.memory: dict[int, Any] = {}
        self.modules: dict[int, ctypes.CDLL] = {}
        self.kernels: list[tuple[ctypes.CDLL, bytes]] = []
        self.loaded, self.thread = 0, threading.local()

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("cu"):
            raise AttributeError(name)
        return lambda *given: 0  # cuInit, cuCtxSetCurrent, ..

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = 1
        return 0

    def cuDeviceGetAttribute(self, found: Any, which: int, device: int) -> int:
        known = {
            driver.MAJOR: CAPABILITY // 10, driver.MINOR: CAPABILITY % 10,
            driver.PROCESSORS: PROCESSORS, driver.SHARED_OPTIN: SHARED,
        }  # fmt: skip
        found._obj.value = known[which]
        return 0

    def cuDeviceGetName(self, text: Any, size: int, device: int) -> int:
        text.value = b"a host"
        return 0

    def cuGetErrorName(self, code: int, text: Any) -> int:
        text._obj.value = b"CUDA_ERROR_OF_A_HOST"
        return 0

    def cuCtxSetCurrent(self, context: Any) -> int:
        self.thread.ready = True
        return 0

    def lost(self) -> int:
        """201 (invalid context) in a thread that has not made the context its own."""
        return 0 if getattr(self.thread, "ready", False) else 201

    def cuMemAlloc_v2(self, at: Any, size: Any) -> int:
        if self.lost():
            return self.lost()
        made = ctypes.create_string_buffer(size.value + 256)
        at._obj.value = -(-ctypes.addressof(made) // 256) * 256
        self.memory[at._obj.value] = made
        return 0

    def cuMemHostAlloc(self, at: Any, size: Any, flags: int) -> int:
        return self.cuMemAlloc_v2(at, size)

    def cuMemHostGetDevicePointer_v2(self, there: Any, here: Any, flags: int) -> int:
        there._obj.value = here.value
        return 0

    def cuMemFree_v2(self, at: Any) -> int:
        del self.memory[at.value]
        return 0

    cuMemFreeHost = cuMemFree_v2

    def cuMemcpyHtoD_v2(self, to: Any, data: Any, size: Any) -> int:
        ctypes.memmove(to.value, data, size.value)
        return 0

    def cuMemcpyDtoH_v2(self, to: Any, data: Any, size: Any) -> int:
        ctypes.memmove(to, data.value, size.value)
        return 0

    def cuModuleLoadData(self, at: Any, image: bytes) -> int:
        if self.lost():
            return self.lost()
        self.loaded += 1
        own = self.folder / f"{self.loaded}.so"  # a library of one name is loaded once
        shutil.copy(image.decode(), own)
        at._obj.value, self.modules[self.loaded] = self.loaded, ctypes.CDLL(str(own))
        return 0

    def cuModuleUnload(self, module: Any) -> int:
        del self.modules[module.value]
        return 0

    def cuModuleGetGlobal_v2(self, at: Any, size: Any, module: Any, name: bytes) -> int:
        library, found = self.modules[module.value], ctypes.c_ulong()
        library.constant.restype = ctypes.c_void_p
        at._obj.value, size._obj.value = library.constant(ctypes.byref(found)), found.value
        return 0

    def cuModuleGetFunction(self, found: Any, module: Any, name: bytes) -> int:
        self.kernels.append((self.modules[module.value], name))
        found._obj.value = len(self.kernels)
        return 0

    def cuOccupancyMaxActiveBlocksPerMultiprocessor(
        self, found: Any, kernel: Any, threads: int, shared: Any
    ) -> int:
        found._obj.value = min(SHARED // max(shared.value, 1), 2048 // threads)
        return 0

    def cuLaunchKernel(self, kernel: Any, blocks: int, *given: Any) -> int:
        library, name = self.kernels[kernel.value - 1]
        return self.lost() or library.launch(name, given[7], blocks, given[5])


def compiled(folder: Path) -> Any:
    """NVRTC's part: a text and a capability to the path of a library in `folder`, compiled once."""

    def by_host(text: str, capability: int) -> bytes:
        library = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.so"
        with missing(library) as to_make:
            if to_make:
                _by_gpp(text, library)
        return str(library).encode()

    return by_host


def _by_gpp(text: str, library: Path) -> None:
    names = next(names for sign, names in KERNELS.items() if f" {sign}(" in text)
    launches = " ".join(f"TRY({name}, THREADS)" for name in names)
    launches += " TRY(one, WARP)" if "nothing" in names else ""
    words = f"#define LAUNCHES {launches}\n"
    words += "#define CONSTANT numbers\n" if "Numbers numbers;" in text else ""
    parts = [(HERE / "host.h").read_text(), text, words, (HERE / "launch.h").read_text()]
    library.with_suffix(".cpp").write_text("\n".join(parts))
    command = ["g++", "-std=c++17", "-O1", "-w", "-shared", "-fPIC", "-pthread"]
    subprocess.run([*command, library.with_suffix(".cpp"), "-o", library], check=True)


@pytest.fixture(name="host")
def host(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> HostDriver:
    """A driver and compiler of the host in place of NVIDIA's."""
    made = HostDriver(tmp_path)
    code = compiled(of_all_processes(tmp_path_factory, request, "cuda"))
    monkeypatch.setattr(driver, "_library", lambda: made)
    for module in ("cuda", "cuda.kernels"):
        monkeypatch.setattr(f"sna_edge.backends.{module}.compiled", code)
    return made
