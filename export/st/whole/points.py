"""Sensor counts at which a block in whole numbers is asked."""

from __future__ import annotations

import numpy as np

from ...integers import Whole, somewhere
from ..testing import Points


def counted(whole: Whole, count: int) -> Points:
    """Sensor counts, and what the rule answers there."""
    x = somewhere(whole, count)
    y, status = whole.answer(x)
    return Points(x.astype(float), y.astype(float), status, np.zeros(y.shape))
