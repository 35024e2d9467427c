"""The search of quick fits: the link by polynomials, products where these leave something, and rows
held out in every table; families are begun once a table and link."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sna_export.fit import fit_arrays
from sna_export.fit.candidates.families import FAMILIES, Task
from sna_export.fit.pipeline import search


def rows(count: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.random((count, 3))
    y = np.exp(x[:, 0] * x[:, 1]) + np.sin(3 * x[:, 2])
    return x, y + noise * y.std() * rng.standard_normal(count)


def test_the_link_is_the_one_that_makes_a_product_a_sum() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((300, 4))
    y = np.exp(4.0 * np.sin(2 * x[:, 0]) * x[:, 1] + 3.0 * x[:, 2] ** 3 - x[:, 3])
    found = fit_arrays(x, y, effort="quick", plain=True)
    assert found.report["link"] == "exp"
    assert found.report["confirmed"]["by"].endswith("rows kept out of every choice")


def test_products_are_grown_where_polynomials_fail() -> None:
    rng = np.random.default_rng(0)
    x = rng.random((400, 3))
    y = np.sin(12 * x[:, 0]) * (1 + x[:, 1]) * np.exp(x[:, 2])
    found = fit_arrays(x, y, effort="quick", plain=True)
    assert found.report["chosen"].startswith("CP rank")
    assert found.report["outputs"]["y"]["r2"] > 1 - 1e-6


def test_noise_is_left_to_the_families() -> None:
    x, y = rows(200, 0.2)
    tried = fit_arrays(x, y, effort="quick", plain=True).report["candidates"]
    assert {c["kind"] for c in tried} <= {"baseline", "polynomial chaos", "splines"}


def test_families_are_begun_once_for_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A noisy table's search over the rows of the simple function began them again."""
    begun: Counter[tuple[Any, ...]] = Counter()

    def counted(name: str, begin: Any) -> Any:
        def begin_counted(task: Task) -> Any:
            begun[name, task.link, task.samples.digest()] += 1
            return begin(task)

        return begin_counted

    monkeypatch.setattr(
        search, "FAMILIES", tuple(replace(f, begin=counted(f.name, f.begin)) for f in FAMILIES)
    )
    x, y = rows(100, 0.3)
    fit_arrays(x, y, plain=True)
    assert set(begun.values()) == {1}


LIGHT = """
import sys
import numpy as np
from sna_export.fit import fit_arrays
x = np.random.default_rng(0).random((100, 2))
fit_arrays(x, x[:, 0] * x[:, 1], effort="quick")
print("scipy.stats" in sys.modules)
"""


def test_a_quick_fit_does_without_what_is_slow_to_import() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
