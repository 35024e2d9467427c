"""A gauge measures numbers, no levels."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sna_edge import CP, Model, Output, level_axis
from sna_edge.errors import InputError
from sna_edge.station.operations.gage import studied


def test_a_reading_that_has_levels_has_no_gauge() -> None:
    """Before, a study gave it a tolerance of three deviations."""
    model = Model([level_axis("gas", ["Ar", "N2"])], CP.full([np.eye(2)], [[1.0], [1.0]]),
                  [Output("width")])  # fmt: skip
    rows = [[part, 0, 200.0 + part + repeat] for part in range(3) for repeat in range(2)]
    line: Any = SimpleNamespace(names=["gas"], model=model)
    asked: Any = SimpleNamespace(
        text=lambda key: "gas", said={"rows": rows}, served=SimpleNamespace(line=line)
    )
    with pytest.raises(InputError, match="'gas' has levels, which no gauge measures"):
        studied(asked)
