"""The functions of the example, each as a file of format 1.0: what the page says and what the
readers answer are the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from sna_edge import from_bytes
from sna_edge.artifact.integer_section import of_artifact

from . import example, integers, packed
from .plain import Function

FUNCTIONS = [(example.values(), False)] + [(c.function, c.integers) for c in example.companions()]


@pytest.mark.parametrize("function, ints", FUNCTIONS)
def test_a_file_built_by_hand_answers_what_the_page_says(function: Function, ints: bool) -> None:
    model = from_bytes(packed.alone(function, ints), backend="numpy")
    points = packed.golden_points(function)
    wanted = np.array([function.value(x) for x in points])
    found = model.value(np.array(points), level_index=True)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-14)


def test_the_integer_path_built_by_hand_is_that_of_the_page_to_the_bit() -> None:
    (function,) = (f for f, ints in FUNCTIONS if ints)
    path = of_artifact(packed.alone(function, True))
    places = [
        [((5 * g + d) % line.spans, 0 if line.kind == 2 else (7919 * g + 13 * d) % 32769)
         for d, line in enumerate(function.lines)]
        for g in range(200)
    ]  # fmt: skip
    wanted = [integers.evaluated(function, p) for p in places]
    np.testing.assert_array_equal(path.evaluate(np.array(places, np.uint16)), wanted)
