"""Backends: who computes value and gradient. `numpy` is always there and is the reference on the
device."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import BackendError

if TYPE_CHECKING:
    from ..model import Model

Floats = NDArray[np.float64]


class Backend(Protocol):
    """Evaluates a fixed model on raw coordinates, which are finite; outside the domain they
    continue linearly.

    A backend may also have `single(query) -> y [K] | None`, a fast way for one float64 array (D,)
    inside the domain: None sends the query down the ordinary way, which finds out what is wrong
    with it.
    """

    name: str

    def value(self, x: Floats) -> Floats:
        """y [N, K] of x [N, D]."""
        ...

    def value_and_gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """y [N, K] and dy/dx [N, K, D] of x [N, D]."""
        ...


NAMES = ("native", "tflite", "torch", "numpy")
AUTO = ("native", "numpy")


def derived(name: str) -> str:
    """The backend of a model computed from one served by `name`: tflite has no file for it, numpy
    takes over."""
    return "numpy" if name == "tflite" else name


def create(name: str, model: Model) -> Backend:
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
            f"backend {name!r} cannot be loaded here ({error}); install sna-edge[{name}] again on"
            " this machine"
        ) from None
    return backend
