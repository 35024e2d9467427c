"""A file with an integer path: each path answers only after its own replay, and a damaged one is
refused by C and Python alike."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from ctypes import byref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sna_edge
from sna_edge import Model
from sna_edge.artifact import integer_section
from sna_export.firmware import source

from ..c_library import SOURCE
from ..c_models import axes_of, cp_model, mixed, python_rule, repaired

NOT_VERIFIED, UNSUPPORTED = -6, -8
MODELS: dict[str, Callable[[], Model]] = {
    "int16 uniform": lambda: cp_model(axes_of("uniform", 1, 1), rank=1, dtype="int16"),
    "int8 uniform": lambda: cp_model(axes_of("uniform", 1, 1), rank=1, dtype="int8"),
    "int16 graded": lambda: cp_model(axes_of("graded", 1, 1), rank=1, dtype="int16"),
    "int8 levels": lambda: cp_model(axes_of("levels", 0, 2), rank=2, dtype="int8"),
    "int16 periodic": lambda: cp_model(axes_of("periodic", 2, 1), rank=1, dtype="int16"),
    "int8 hat": lambda: cp_model(axes_of("hat", 1, 1), rank=2, dtype="int8"),
    "int16 two outputs": lambda: cp_model(
        axes_of("uniform", 1, 1), rank=1, outputs=2, dtype="int16"
    ),
    "int8 sparse": lambda: cp_model(axes_of("uniform", 1, 2), rank=3, dtype="int8", sparse=True),
}


def section(data: bytes) -> tuple[int, int]:
    """Offset and size of section 8."""
    record = data[64 + 7 * 16 : 64 + 8 * 16]
    return int.from_bytes(record[4:8], "little"), int.from_bytes(record[8:12], "little")


@pytest.mark.parametrize("name", MODELS)
def test_every_byte_of_the_integer_path(name: str, c_double: Any) -> None:
    data = MODELS[name]().to_bytes()
    start, size = section(data)
    rng, seen = np.random.default_rng(1), set()
    place = np.zeros((1, data[22], 2), np.uint16)
    for i in range(start, start + size):
        bad = repaired(data[:i] + bytes([data[i] ^ int(rng.integers(1, 256))]) + data[i + 1 :])
        opened = c_double.open(bad)
        if opened.status == 0:
            opened.verify()  # the float path is whole: that must not open the other one
            assert opened.fixed_value(place)[1][0] == NOT_VERIFIED
            if opened.fixed_verify():
                assert opened.fixed_value(place)[1][0] == NOT_VERIFIED
        assert opened.rule == python_rule(bad), i - start
        seen.add(opened.rule)
    assert {"bad_fixed", "golden_mismatch"} <= seen


@pytest.mark.parametrize("name", [*MODELS, "int8 mixed", "int16 logistic"])
def test_each_path_answers_after_its_own_replay(name: str, c_double: Any) -> None:
    more = {"int8 mixed": lambda: cp_model(mixed(), rank=3, dtype="int8", sparse=True),
            "int16 logistic": lambda: cp_model(axes_of("uniform", 3, 2), dtype="int16",
                link="logistic")}  # fmt: skip
    model = {**MODELS, **more}[name]()
    data = model.to_bytes()
    x = np.array([[a.lower for a in model.axes]])
    place = np.zeros((1, len(model.axes), 2), np.uint16)
    for replays in (
        (),
        ("verify",),
        ("fixed_verify",),
        ("verify", "fixed_verify"),
        ("fixed_verify", "verify"),
    ):
        opened = c_double.open(data)
        assert [getattr(opened, word)() for word in replays] == [0] * len(replays)
        assert (float_status(opened, x) == NOT_VERIFIED) == ("verify" not in replays)
        assert (opened.fixed_value(place)[1][0] == NOT_VERIFIED) == ("fixed_verify" not in replays)


def float_status(opened: Any, x: np.ndarray) -> int:
    y = np.empty((1, opened.record.n_outputs))
    return int(
        opened._c.sna_eval_batch(
            byref(opened.record), 0, 1, x.ctypes.data, y.ctypes.data, None, *opened._scratch()
        )
    )


def test_a_model_without_an_integer_path_has_no_answer_there(c_double: Any) -> None:
    opened = c_double.open(cp_model(axes_of("uniform", 1, 1), rank=1).to_bytes())
    assert opened.verify() == 0
    assert opened.fixed_verify() == UNSUPPORTED
    assert opened.fixed_value(np.zeros((1, 1, 2), np.uint16))[1][0] == UNSUPPORTED


@pytest.mark.parametrize("part", ["weight", "coefficient", "bias"])
def test_the_generated_self_test_sees_a_damaged_integer_path(
    part: str, compiler: str, tmp_path: Path
) -> None:
    data = MODELS["int8 uniform"]().to_bytes()
    at = section(data)[0] + {"bias": 32 + 4, "weight": 64 + 3, "coefficient": 64 + 4 * 4 + 3}[part]
    bad = repaired(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    model = sna_edge.from_bytes(data, backend="numpy")
    assert integer_section.of_artifact(data) is not None and python_rule(bad) == "golden_mismatch"
    for name, artifact, want in (("whole", data, 0), ("broken", bad, -7)):
        made = source.generate(data, model, name)
        text = made.source.replace(listing(data), listing(artifact))
        (tmp_path / f"{name}.h").write_text(made.header)
        (tmp_path / f"{name}.c").write_text(text)
        (tmp_path / "main.c").write_text(
            f'#include "{name}.h"\nstatic double work[512];\nint main(void) {{ sna_model m; return'
            f" -(int){name}_self_test(&m, work, sizeof work); }}\n"
        )
        files = [str(tmp_path / f"{name}.c"), str(tmp_path / "main.c"), str(SOURCE / "sna.c")]
        subprocess.run([compiler, f"-I{SOURCE}", *files, "-o", str(tmp_path / name)], check=True)
        assert subprocess.run([str(tmp_path / name)], check=False).returncode == -want


def listing(data: bytes) -> str:
    rows = [data[i : i + source.PER_LINE] for i in range(0, len(data), source.PER_LINE)]
    return "\n".join("    " + "".join(f"{b}," for b in row) for row in rows)
