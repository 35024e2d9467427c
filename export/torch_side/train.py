"""Training: minibatches with Adam, then L-BFGS, early stopping on kept-back rows, resumable from a
plain file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike

from sna_edge.numerics.time_budget import now

from ..progress import Progress, Reporter
from .module import SeparableModule
from .run import TrainingRun
from .training import Trained, Training

Tensor = torch.Tensor


def train(
    module: SeparableModule,
    x: ArrayLike,
    y: ArrayLike,
    how: Training | None = None,
    *,
    weight: ArrayLike | None = None,
    extra: Callable[[SeparableModule], Tensor] | None = None,
    device: str | None = None,
    checkpoint: str | Path | None = None,
    watch: Callable[[int, float], None] | None = None,
    progress: Progress | bool | None = None,
) -> Trained:
    """Fit `module` to rows x [N, D], y [N, K] (in output units), in place.

    `extra(module)` is added to the loss: equations, known values, monotony. `device`: CUDA where
    there is one unless named; afterwards the module is back where it was. `checkpoint`: a file
    written after every epoch of Adam; training goes on from it when it exists. The numbers with the
    smallest error on the kept-back rows win; those of the start stay where the gain is within its
    standard error. `progress`: True for a bar with the time left, or a function of (message,
    seconds, seconds left). Raises InputError for rows that do not fit.
    """
    how, home = how or Training(), module.weights.device
    run = TrainingRun(
        module,
        np.asarray(x, dtype=float),
        np.asarray(y, dtype=float),
        how,
        weight=weight,
        extra=extra,
        device=device,
        checkpoint=checkpoint,
        watch=watch,
    )
    try:
        with Reporter(progress, now() + how.time_limit) as reporter:
            return run.run(reporter)
    finally:
        module.to(home)
