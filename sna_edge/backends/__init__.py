"""Backends: who computes value and gradient. `numpy` is always there and is the reference on the
device."""

from __future__ import annotations

from importlib import import_module

from ..core.evaluator import Evaluator
from ..core.record import ModelRecord
from ..errors import BackendError

Backend = Evaluator
NAMES = ("native", "tflite", "torch", "cuda", "numpy")
AUTO = ("native", "numpy")


def create(name: str, model: ModelRecord) -> Backend:
    """The backend `name` for `model`; "auto" takes native where it is installed, else numpy.

    Raises BackendError when the backend is unknown or not installed.
    """
    if name == "auto":
        for candidate in AUTO:
            try:
                return create(candidate, model)
            except BackendError:
                continue
    if name not in NAMES:
        raise BackendError(f"backend {name!r} is unknown; use auto or one of {', '.join(NAMES)}")
    try:
        backend: Backend = import_module(f"{__name__}.{name}").create(model)
    except ModuleNotFoundError as error:
        raise BackendError(
            f"backend {name!r} is not installed ({error.name} is missing); pip install"
            f" 'sna-edge[{name}]'"
        ) from None
    except ImportError as error:
        raise BackendError(
            f"backend {name!r} cannot be loaded here ({error}); reinstall sna-edge[{name}] on this"
            " machine"
        ) from None
    return backend
