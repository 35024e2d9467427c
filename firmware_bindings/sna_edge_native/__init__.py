"""The C library of sna-edge for Python: `Model(bytes)` with `value`, `gradient` and `one`; `Sweep`
draws and counts samples; the rest serves inverse queries.

The compiled extension is used where it was built; else the shared library `libsna.so` beside this
file, through ctypes.
"""

try:
    from ._native import Forms, Misfit, Model, Sought, Sweep, mixture, thin, use, zeros
except ImportError:
    from .fallback import Model, use
    from .inverse import Forms, Misfit, Sought, mixture, thin, zeros
    from .sweep import Sweep

__all__ = ["Forms", "Misfit", "Model", "Sought", "Sweep", "mixture", "thin", "use", "zeros"]
