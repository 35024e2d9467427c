"""How an adopted surrogate and its model are compared with the original."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sna_edge import Model
from sna_export.adopt import Adopted, Domain


@pytest.fixture
def box() -> Callable[..., tuple[Domain, ...]]:
    """Inputs x0, x1, .. of one interval."""

    def inputs(count: int, lower: float = -1.0, upper: float = 1.0) -> tuple[Domain, ...]:
        return tuple(Domain(f"x{d}", "", lower, upper) for d in range(count))

    return inputs


@pytest.fixture
def same() -> Callable[..., None]:
    """The surrogate gives what its library predicts."""

    def check(original: Adopted, predict, tolerance: float = 1e-6) -> None:
        x = original.points(2000)
        truth = np.asarray(predict(x)).reshape(len(x), -1)
        assert np.abs(original.value(x) - truth).max() <= tolerance * np.ptp(truth)

    return check


@pytest.fixture
def same_model() -> Callable[..., None]:
    """The model gives what the surrogate gives."""

    def check(model: Model, original: Adopted, tolerance: float = 1e-10) -> None:
        x = original.points(2000)
        assert np.abs(model.value(x) - original.value(x)).max() <= tolerance * original.span()[0]

    return check
