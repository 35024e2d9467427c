"""Models for JavaScript: the C library as WebAssembly, its face, the folder of `--to wasm`."""

from .command import export

__all__ = ["export"]
