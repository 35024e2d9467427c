"""NVRTC, NVIDIA's compiler as a library, by ctypes: CUDA C++ text to machine code."""

from __future__ import annotations

import ctypes
import sys
from functools import lru_cache
from glob import glob
from pathlib import Path

from ...errors import BackendError

NAMES = (
    "libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "nvrtc64_120_0.dll",
    "/usr/local/cuda/lib64/libnvrtc.so",
)  # fmt: skip
FOLDERS = (
    "nvidia/cuda_nvrtc/lib",
    "nvidia/cu13/lib",
    "torch/lib",
)
"""Where packages keep it, below a folder of packages."""


@lru_cache(maxsize=1)
def library() -> ctypes.CDLL:
    """Raises BackendError where there is none."""
    for name in [*_installed(), *NAMES]:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise BackendError(
        "backend 'cuda' finds no NVRTC, the compiler of kernels; pip install 'sna-edge[cuda]', or"
        " install the CUDA toolkit"
    )


def _installed() -> list[str]:
    folders = [Path(p) / f for p in sys.path if p for f in FOLDERS]
    return [hit for f in folders for hit in sorted(glob(str(f / "libnvrtc*.so*")), key=_by_name)]


def _by_name(path: str) -> tuple[bool, str]:
    return "builtins" in path or ".alt." in path, path


@lru_cache(maxsize=64)
def compiled(text: str, capability: int) -> bytes:
    """Machine code for compute capability 10 major + minor; the text that a driver translates where
    NVRTC is older than the device. Raises BackendError with the first line of the compiler's log.
    """
    known = architectures()
    if capability in known:
        return _compiled(text, f"--gpu-architecture=sm_{capability}", "CUBIN")
    older = [a for a in known if a < capability]
    if not older:
        raise BackendError(
            f"backend 'cuda': this NVRTC compiles for no device of capability {capability};"
            " install the NVRTC that belongs to the device, or use backend 'torch'"
        )
    return _compiled(text, f"--gpu-architecture=compute_{max(older)}", "PTX")


def architectures() -> list[int]:
    """Compute capabilities that this NVRTC knows."""
    count = ctypes.c_int()
    _check(library().nvrtcGetNumSupportedArchs(ctypes.byref(count)))
    found = (ctypes.c_int * count.value)()
    _check(library().nvrtcGetSupportedArchs(found))
    return list(found)


def _compiled(text: str, architecture: str, kind: str) -> bytes:
    nvrtc, handle = library(), ctypes.c_void_p()
    _check(
        nvrtc.nvrtcCreateProgram(ctypes.byref(handle), text.encode(), b"sna_edge.cu", 0, None, None)
    )
    try:
        options = [architecture.encode(), b"--std=c++17"]
        given = (ctypes.c_char_p * len(options))(*options)
        if nvrtc.nvrtcCompileProgram(handle, len(options), given):
            log = _taken(handle, "ProgramLog").decode(errors="replace").strip("\0\n ")
            raise BackendError(
                f"backend 'cuda': NVRTC refuses the kernel ({log.splitlines()[0] if log else '?'});"
                " use backend 'torch' and report it"
            )
        return _taken(handle, kind)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(handle))


def _taken(handle: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _check(getattr(library(), f"nvrtcGet{what}Size")(handle, ctypes.byref(size)))
    text = ctypes.create_string_buffer(size.value)
    _check(getattr(library(), f"nvrtcGet{what}")(handle, text))
    return text.raw


def _check(code: int) -> None:
    if code:
        raise BackendError(f"backend 'cuda': NVRTC failed (error {code}); reinstall it")
