"""The C library of sna-edge for Python: `Model(bytes)` with `value`, `gradient` and `one`.

The compiled extension is used where it was built; else the shared library `libsna.so` beside this file, through ctypes.
"""

try:
    from ._native import Model, use
except ImportError:
    from .fallback import Model, use

__all__ = ["Model", "use"]
