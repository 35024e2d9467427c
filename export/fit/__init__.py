"""Fit a separable model to scattered rows.

    table -> samples -> { teachers -> student, direct fits } -> out-of-fold errors -> the best one
    as a Model

`fit(table, ["strength"])` is the whole way; `fit_arrays(x, y)` starts from arrays; `als` re-solves
a given interaction with some axes frozen.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .around.whole import fit
    from .data.samples import AxisSpec
    from .engine.als import als
    from .pipeline.pipeline import fit_arrays, fit_table
    from .pipeline.result import FitResult

__all__ = ["AxisSpec", "FitResult", "als", "fit", "fit_arrays", "fit_table"]

_ROOMS = {
    "AxisSpec": "data.samples",
    "FitResult": "pipeline.result",
    "als": "engine.als",
    "fit": "around.whole",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are asked for: the pipeline stands above the teacher,
    which needs the engine below."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{_ROOMS.get(name, 'pipeline.pipeline')}", __name__)
    return getattr(module, name)
