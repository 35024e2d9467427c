"""Sizes and bounds that the generated header states: enough for every verb, and a buffer one byte
smaller is refused, not written."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Status
from sna_export.firmware import workspace

from ...c_library import SOURCE
from ...c_models import axes_of, cp_model, points_in, zoo

NAMES = sorted(zoo())


@pytest.mark.parametrize("single", [False, True], ids=["double", "float"])
def test_work_sizes_are_enough_and_not_absurd(
    single: bool, artifacts: dict[str, bytes], c_double: Any, c_float: Any
) -> None:
    for name in NAMES:
        model = sna_edge.from_bytes(artifacts[name], backend="numpy")
        opened = (c_float if single else c_double).open(artifacts[name])
        stated = (
            workspace.work_bytes(model),
            workspace.gradient_bytes(model),
            workspace.roots_bytes(model),
            workspace.work_bytes(model),
        )
        for verb, size in enumerate(stated):
            if verb < 3 or model.integer_path:
                assert opened.workspace(verb) <= size <= 3 * opened.workspace(verb) + 200, (
                    name,
                    verb,
                )


@pytest.mark.parametrize(
    "name",
    [
        "uniform-3-float32",
        "tt-int8",
        "sparse-int16",
        "logistic",
        "deep-float32",
        "levels-0-int8",
        "half",
        "graded-3-float16",
    ],
)
def test_a_smaller_buffer_is_refused_and_not_touched(
    name: str, artifacts: dict[str, bytes], c_double: Any
) -> None:
    data = artifacts.get(name) or cp_model(axes_of("uniform", 2, 2), dtype="float16").to_bytes()
    opened = c_double.open(data)
    assert opened.verify() == 0
    record, model = ctypes.byref(opened.record), sna_edge.from_bytes(data, backend="numpy")
    x, y, dy = points_in(model, 1)[0], np.zeros(64), np.zeros(64 * 64)
    calls = {
        0: lambda work, size: opened._c.sna_verify(record, work, ctypes.c_size_t(size)),
        1: lambda work, size: opened._c.sna_eval_grad(
            record,
            0,
            x.ctypes.data,
            y.ctypes.data,
            dy.ctypes.data,
            ctypes.c_void_p(work),
            ctypes.c_size_t(size),
        ),
    }
    for verb in (1, 0):
        need = opened.workspace(verb)
        memory = np.full(need + 64, 0x5A, np.uint8)
        base = memory.ctypes.data + (-memory.ctypes.data) % 8
        for size, shift, wanted in (
            (need - 1, 0, Status.NO_SPACE),
            (0, 0, Status.NO_SPACE),
            (need, 1, Status.BAD_INPUT),
            (need, 4, Status.BAD_INPUT),
        ):
            assert calls[verb](base + shift, size) == wanted
            assert (memory == 0x5A).all()
        assert calls[verb](base, need) >= 0


COUNTED_KINDS = (
    "uniform-0-float32", "uniform-1-float32", "uniform-3-float32", "uniform-7-float32",
    "graded-6-float32", "lagrange-3-float32",
    "bernstein-7-float32", "periodic-3-float32", "levels-0-float32", "hat-1-float32", "exp",
)  # fmt: skip
COUNTED = r"""
static unsigned long steps;
#include "counted.c"
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    static SNA_WORD bytes[1 << 15], work[1 << 15];
    FILE *f = fopen(argv[1], "rb");
    size_t size = fread(bytes, 1, sizeof bytes, f), found;
    sna_model m; sna_root roots[64]; sna_real x[64], nearest; unsigned long most = 0;
    if (sna_open(bytes, size, &m) || sna_verify(&m, work, sizeof work)) return 1;
    for (int i = 0; i < 400; i++) {
        for (unsigned d = 0; d < m.n_axes; d++) {
            const axis_record *a = axis_at(&m, d);
            x[d] = (a->upper - a->lower) * (rand() % 1000) / 1000;
            x[d] = a->kind == CATEGORICAL ? 0 : a->lower + x[d];
        }
        steps = 0;
        if (sna_roots(&m, x, (unsigned)i % m.n_axes, 0, (i % 7 - 3) * 0.1, roots, 64, &found,
                      &nearest, work, sizeof work) == SNA_BAD_INPUT)
            return 2;
        if (steps > most) most = steps;
    }
    printf("%lu", most);
    return argc > 9;
}
""".replace("SNA_WORD", "uint64_t")


def test_roots_take_no_more_steps_than_stated(
    compiler: str, artifacts: dict[str, bytes], tmp_path: Path
) -> None:
    """Evaluations of polynomials, counted."""
    text = (SOURCE / "sna.c").read_text()
    assert text.count("    real value = c[n - 1];\n") == 1
    (tmp_path / "counted.c").write_text(
        text.replace("    real value = c[n - 1];\n", "    real value = c[n - 1];\n    steps++;\n")
    )
    (tmp_path / "main.c").write_text(COUNTED)
    subprocess.run(
        [compiler, "-O1", f"-I{SOURCE}", str(tmp_path / "main.c"), "-o", str(tmp_path / "p")],
        check=True,
    )
    for name in COUNTED_KINDS:
        (tmp_path / "m.sna").write_bytes(artifacts[name])
        done = subprocess.run(
            [str(tmp_path / "p"), str(tmp_path / "m.sna")],
            capture_output=True,
            text=True,
            check=True,
        )
        assert (
            0
            < int(done.stdout)
            <= workspace.roots_steps(sna_edge.from_bytes(artifacts[name], backend="numpy"))
        )
    header = (SOURCE / "sna.h").read_text()
    macro = re.search(r"SNA_ROOTS_STEPS\(spans, degree\) (?:\\\n)?(.*)", header)
    assert macro and "67u" in macro[1]
