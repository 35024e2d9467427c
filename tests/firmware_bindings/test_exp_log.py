"""exp and log of the C library, which links no libm: ulps of the correctly rounded answer."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ..c_library import SOURCE

BOTH = """#include "{source}"
void of_many(int log, size_t n, const sna_real *x, sna_real *y);
void of_many(int log, size_t n, const sna_real *x, sna_real *y) {{
    while (n--) *y++ = log ? logarithm(*x++) : exponential(*x++);
}}
"""
LOG, EXP = 1, 0


@pytest.fixture(params=["double", "float"])
def answers(request: pytest.FixtureRequest, compiled: Any, tmp_path: Path) -> Any:
    """(type of the numbers, function of LOG or EXP and an array)."""
    real = np.float64 if request.param == "double" else np.float32
    source = tmp_path / "both.c"
    source.write_text(BOTH.format(source=SOURCE / "sna.c"))
    flags = ["-O2", f"-I{SOURCE}", *(["-DSNA_FLOAT"] if real is np.float32 else [])]
    library = ctypes.CDLL(str(compiled(f"exp_log_{request.param}", str(source), *flags)))

    def call(which: int, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        y = np.empty_like(x)
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, y)]
        library.of_many(which, ctypes.c_size_t(len(x)), *pointers)
        return y

    return real, call


def ulps(found: np.ndarray[Any, Any], exact: np.ndarray[Any, Any]) -> float:
    unit = np.spacing(np.abs(exact).astype(found.dtype)).astype(np.longdouble)
    return float(np.max(np.abs(found - exact) / unit))


def test_the_logarithm_of_every_size_of_number(answers: Any) -> None:
    real, call = answers
    kind, rng = np.finfo(real), np.random.default_rng(0)
    least = np.log2(float(kind.smallest_subnormal))
    near_one = 1 + rng.normal(size=20_000) * 10.0 ** rng.uniform(-kind.precision, -1, 20_000)
    ends = [kind.smallest_subnormal, kind.tiny, kind.max, 0.5, 2, np.sqrt(0.5), np.sqrt(2)]
    sizes = np.exp2(rng.uniform(least, kind.maxexp, 50_000))
    x = np.concatenate([sizes, near_one, ends]).astype(real)
    x = x[(x > 0) & (x != 1)]
    assert ulps(call(LOG, x), np.log(x.astype(np.longdouble))) < 1
    assert call(LOG, np.ones(1, real)) == 0


def test_the_exponential_of_every_normal_answer(answers: Any) -> None:
    real, call = answers
    kind = np.finfo(real)
    ends = np.log(float(kind.tiny)), np.log(float(kind.max))
    x = np.random.default_rng(1).uniform(0.9999 * ends[0], 0.9999 * ends[1], 50_000).astype(real)
    assert ulps(call(EXP, x), np.exp(x.astype(np.longdouble))) < 2
    assert call(EXP, np.array([0, -800, 800], real)).tolist() == [1, 0, np.inf]
