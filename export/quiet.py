"""No warning of the numerics reaches the user of a fit: candidates that overflow lose by their
error, which is looked at."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def quiet() -> Iterator[None]:
    """Overflow, division and ill-conditioned systems make no noise here, nor in worker threads."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        yield
