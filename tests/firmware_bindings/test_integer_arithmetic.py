"""What sna_open asks of floats without float arithmetic: the same answers as Python's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from sna_edge.core.float32 import carried

from ..c_library import SOURCE

PROGRAM = r"""
#include "sna.c"
#include <stdio.h>
int main(void) {
    double pair[2];
    while (fread(pair, sizeof(double), 2, stdin) == 2)
        printf("%d %ld\n", carried(&pair[0], &pair[1]), (long)whole(&pair[0]));
    return 0;
}
"""


def answers(compiler: str, folder: Path, pairs: np.ndarray) -> list[tuple[bool, int]]:
    """(carried(low, high), whole(low)) of every row, as the C library computes them."""
    (folder / "main.c").write_text(PROGRAM)
    options = ["-std=c99", "-DSNA_FLOAT", "-w", f"-I{SOURCE}"]
    subprocess.run([compiler, *options, "main.c", "-o", "main"], cwd=folder, check=True)
    done = subprocess.run([str(folder / "main")], input=pairs.tobytes(), capture_output=True)
    rows = [line.split() for line in done.stdout.decode().splitlines()]
    return [(row[0] == "1", int(row[1])) for row in rows]


def test_ranges_are_carried_where_python_says_so(compiler: str, tmp_path: Path) -> None:
    """Ranges around the limit, 2^-7 of the power of two at the larger end, at all magnitudes."""
    rng = np.random.default_rng(0)
    end = rng.choice([-1.0, 1.0], 4000) * 2.0 ** rng.uniform(-60, 60, 4000)
    width = np.abs(end) * 2.0 ** rng.uniform(-9, -5, 4000)
    exact = np.floor(np.log2(np.abs(end))) - 7
    width[::2] = 2.0 ** exact[::2] * (1 + rng.integers(-2, 3, 2000) * 2.0**-16)
    pairs = np.stack([end, end + width], axis=1)
    pairs = pairs.astype(np.float32).astype(float)
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    found = answers(compiler, tmp_path, pairs)
    wanted = [carried(*map(float, pair)) for pair in pairs]
    assert [f[0] for f in found] == wanted
    assert 200 < sum(wanted) < len(wanted) - 200


def test_whole_numbers_are_told_from_others(compiler: str, tmp_path: Path) -> None:
    numbers = [0.0, -0.0, 1.0, 2.0, 3.0, 65535.0, 2.0**24, 2.0**24 - 1, 8388607.0]
    others = [-1.0, 0.5, 1.5, 2.0**24 + 1, 2.0**25, 1e300, 5e-324, 1 + 2.0**-52, 65535.5]
    pairs = np.array([[x, 1.0] for x in [*numbers, *others]])
    found = [whole for _, whole in answers(compiler, tmp_path, pairs)]
    assert found == [*map(int, numbers), *[-1] * len(others)]
