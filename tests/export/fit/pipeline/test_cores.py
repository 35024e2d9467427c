"""The bytes of a fit do not depend on the number of cores: work is parted by rows alone."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import pytest

FIT = """
import hashlib, os, sys
if sys.argv[1] == "one":
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
import numpy as np
from sna_export.fit import fit_arrays
rng = np.random.default_rng(0)
rows = int(sys.argv[3])
x = rng.random((rows, 2))
y = np.sin(4 * x[:, 0]) * x[:, 1] + 0.1 * rng.standard_normal(rows)
found = fit_arrays(x, y, effort=sys.argv[2])
print(hashlib.sha256(found.model.to_bytes()).hexdigest())
"""


def digest(cores: str, effort: str, rows: int) -> str:
    free = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FIT, cores, effort, str(rows)],
        env=free, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs two cores, and a system that can keep a process to one",
)
@pytest.mark.parametrize(("effort", "rows"), [("quick", 3200), ("normal", 260)])
def test_one_core_and_all_give_the_same_bytes(effort: str, rows: int) -> None:
    """3,200 rows are summed in halves; without `one_thread` the library would part sums itself.
    Families, folds, searches of hyper-parameters and views of familiarity have threads."""
    one = digest("one", effort, rows)
    assert len(one) == len(hashlib.sha256().hexdigest())
    assert digest("all", effort, rows) == one
