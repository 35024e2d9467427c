"""How to train a module, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

from sna_edge.errors import InputError

Tensor = torch.Tensor
LOSSES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "mse": lambda r: (r**2).mean(),
    "mae": lambda r: r.abs().mean(),
    "huber": lambda r: torch.where(r.abs() < 1, 0.5 * r**2, r.abs() - 0.5).mean(),
}


@dataclass(frozen=True)
class Training:
    """How to train. Errors are in units of the spread of each output.

    `losses`: shares of mse, mae, huber. `smooth`: penalty on second differences of tables, with a
    thousandth of it on their sizes. An untrained module starts from `starts` seeds; the best
    on the kept-back rows goes on. First `newton` steps of Levenberg and Marquardt, on
    20,000 rows, then ten times as many .. all, with a weaker penalty again as long as the kept-back
    rows gain by it, then more of them to convergence (all this left out with other losses than mse,
    an `extra` loss or more than 3,000 numbers); then `epochs` of Adam at `rate` falling to a
    hundredth; then up to `polish` steps of L-BFGS over all rows. `batch`: rows per step of Adam,
    None for a 128th of the table within 256 .. 2048. `patience`: epochs without gain before Adam
    stops. `share`: rows kept back for stopping. `time_limit` in seconds; half of it at most goes to
    the first stage, and a quarter is left to the last.
    """

    losses: Mapping[str, float] = field(default_factory=lambda: {"mse": 1.0})
    smooth: float = 1e-6
    starts: int = 8
    newton: int = 40
    epochs: int = 60
    rate: float = 1e-2
    batch: int | None = None
    polish: int = 200
    patience: int = 15
    share: float = 0.1
    time_limit: float = np.inf
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.losses or not set(self.losses) <= set(LOSSES):
            raise InputError(
                f"losses {', '.join(self.losses) or 'none'} are unknown; use shares of"
                f" {', '.join(LOSSES)}"
            )


@dataclass(frozen=True)
class Trained:
    """Root mean square error on the kept-back rows in units of the spread, at the start and in the
    end; epochs and seconds."""

    before: float
    after: float
    epochs: int
    seconds: float


def split_rows(count: int, how: Training) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the rows to train on and of those kept back to say when to stop."""
    order = np.random.default_rng(how.seed).permutation(count)
    kept = order[: max(1, round(how.share * count))] if how.share else order[:0]
    return (np.setdiff1d(order, kept) if len(kept) else order), kept
