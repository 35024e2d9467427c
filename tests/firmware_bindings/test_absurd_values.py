"""NaN, infinities, subnormal and huge numbers handed to every function of the library: each call
ends, and says what it is."""

from __future__ import annotations

import math
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Status

from ..c_library import KEPT_1_1, SOURCE
from ..c_models import axes_of, cp_model

ROUNDS = os.environ.get("SNA_ROUNDS", "300")  # `make fuzz` asks more
INVERSE = [str(SOURCE / "host" / f"sna_host_{part}.c") for part in ("inverse", "roots", "descent")]
BUILDS = {
    "double": ["-O1"],
    "float": ["-O1", "-DSNA_FLOAT"],
    "without-companions": ["-O1", "-DSNA_NO_COMPANIONS"],
    "lean": ["-O1", "-DSNA_NO_TT", "-DSNA_NO_F16", "-DSNA_NO_INT", "-DSNA_NO_FIXED"],
    "host": ["-O0", "-DFUZZ_HOST", "-Wno-psabi", *INVERSE],
}
KINDS = (
    "uniform-3-float32",
    "graded-3-float16",
    "levels-0-int16",
    "sparse-float32",
    "tt-float32",
    "logistic",
    "exp",
    "periodic-3-float32",
)
HUGE = [
    1e306,
    -1e306,
    1.7e308,
    -1.7e308,
    1e160,
    5e-324,
    -5e-324,
    2.2e-308,
    math.inf,
    -math.inf,
    math.nan,
]


@pytest.mark.parametrize("build", BUILDS)
def test_every_call_ends_under_sanitizers(
    build: str, compiler: str, artifacts: dict[str, bytes], tmp_path: Path
) -> None:
    sanitizers = ["-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all"]
    command = [
        compiler,
        "-std=gnu11",
        *BUILDS[build],
        *sanitizers,
        str(SOURCE / "fuzz" / "fuzz_values.c"),
        "-lm",
        "-o",
        str(tmp_path / "fuzz"),
    ]
    if build == "host" and "SNA_ROUNDS" not in os.environ:
        pytest.skip("takes half a minute to compile: make fuzz")
    (tmp_path / "empty.c").write_text("int main(void) { return 0; }")
    if subprocess.run(
        [compiler, *sanitizers, str(tmp_path / "empty.c"), "-o", str(tmp_path / "empty")],
        check=False,
    ).returncode:
        pytest.skip("this compiler has no sanitizers")
    subprocess.run(command, check=True)
    for name in KINDS:
        (tmp_path / f"{name}.sna").write_bytes(artifacts[name])
    files = [str(tmp_path / f"{name}.sna") for name in KINDS]
    command = [str(tmp_path / "fuzz"), "1", ROUNDS, *files, *map(str, KEPT_1_1)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=600 + float(ROUNDS)
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.mark.parametrize("target", HUGE)
@pytest.mark.parametrize("link", ["identity", "exp", "logistic"])
@pytest.mark.parametrize("single", [False, True], ids=["double", "float"])
def test_an_absurd_target_is_unreachable(
    link: str, target: float, single: bool, c_double: Any, c_float: Any
) -> None:
    """`sna_roots` hung on an exp link with an absurd target, and an identity link answered the
    whole axis."""
    made = cp_model(axes_of("uniform", 3, 2), link=link)
    data = made.replace(
        outputs=[sna_edge.Output("y", link=link, scale=1e-3)]
    ).to_bytes()  # the quotient overflows
    opened = (c_float if single else c_double).open(data)
    assert opened.verify() == 0
    found, status, nearest = opened.roots(np.array([0.0, 1.0]), 0, target)
    with np.errstate(over="ignore"):
        held = float(np.float32(target)) if single else target
    assert status in (
        (Status.UNREACHABLE, Status.OK, Status.SEVERAL, Status.TANGENT)
        if math.isfinite(held)
        else (Status.BAD_INPUT,)
    )
    if abs(held) > 1e30:
        assert len(found) == 0
        assert math.isnan(nearest) or abs(nearest) < 1e9
    model = sna_edge.from_bytes(data, backend="numpy")
    if status >= 0:
        y = model.value(np.array([[found[0][0], 1.0]]))[0, 0]
        assert abs(y - target) < 1e-4


def test_a_closed_model_answers_nothing(c_double: Any) -> None:
    """A record that open has refused, and one that no verify has sealed, hand out no value."""
    data = cp_model(axes_of("uniform", 3, 2)).to_bytes()
    refused = c_double.open(data[:-1])
    assert (refused.status, refused.rule) == (Status.CORRUPT, "bad_size")
    assert refused.verify() == Status.CORRUPT and refused.fixed_verify() == Status.CORRUPT
    unread = c_double.open(data)
    for seal in (0, 1, 2, 3, 255, 0xFFFFFFFF, unread.record.bytes, unread.record.bytes + 2):
        unread.record.seal = seal
        assert unread.roots(np.zeros(2), 0, 0.0)[1] == Status.NOT_VERIFIED
    assert unread.verify() == 0
    assert unread.roots(np.zeros(2), 0, 0.0)[1] != Status.NOT_VERIFIED
