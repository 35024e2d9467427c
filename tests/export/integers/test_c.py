"""Answers of the C library in whole numbers against the rule: every bit at every kind of model,
and what has no answer."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import Status
from sna_edge.artifact import checks
from sna_edge.artifact.writer import _sealed
from sna_export.integers import Whole, somewhere
from sna_export.integers.packed import HEAD, keep_those_of, packed
from sna_export.integers.rule import NOTHING

from ...c_library import SOURCE
from .whole_kinds import WHOLE, everything, hostile, whole_of


def opened(library: Any, whole: Whole) -> tuple[Any, np.ndarray]:
    """The file, its integer path verified, and the constants beside it."""
    file = library.open(whole.plan.artifact)
    assert (file.status, file.rule, file.fixed_verify()) == (0, "", 0)
    return file, constants(whole)


def constants(whole: Whole) -> np.ndarray:
    data = packed(whole, whole.plan.artifact)
    return np.frombuffer(data, np.uint64).copy()


@pytest.mark.parametrize("name", WHOLE)
def test_c_finds_every_bit(name: str, c_double: Any, c_float: Any) -> None:
    whole = whole_of(WHOLE[name]())
    keep_those_of(whole, whole.plan.artifact)
    assert whole.lacking == []
    x = np.concatenate([somewhere(whole, 2000), hostile(whole)])
    wanted = whole.laid_out(x)
    for library in (c_double, c_float):
        file, beside = opened(library, whole)
        assert (file.fixed_answer(beside, x) == wanted).all()
        for k, ends in whole.ends.items():
            assert file.fixed_end_exponent(beside, k) == ends.exponent


def test_counts_beyond_the_domain_have_no_answer(c_double: Any) -> None:
    whole = whole_of(WHOLE["sensors of other counts"]())
    file, beside = opened(c_double, whole)
    inside = somewhere(whole, 8)[5]
    for d, axis in enumerate(whole.path.axes):
        for count in (axis.count_lower - 1, axis.count_upper + 1, -(2**31), 2**31 - 1):
            x = inside.copy()
            x[d] = count
            (told,) = file.fixed_answer(beside, x[None])
            assert told[-1] == Status.OUT_OF_DOMAIN and (told[:-1] == NOTHING).all()
    assert file.fixed_answer(beside, inside[None])[0, -1] >= 0


def test_constants_of_another_file_are_refused(c_double: Any) -> None:
    whole = whole_of(everything())
    file, beside = opened(c_double, whole)
    x = somewhere(whole, 4)
    other = whole_of(everything(metadata={"serial": "2"}))
    stranger, _ = opened(c_double, other)
    told = stranger.fixed_answer(beside, x)
    assert (told[:, -1] == Status.BAD_INPUT).all() and (told[:, :-1] == NOTHING).all()
    assert stranger.fixed_end_exponent(beside, 0) == 0
    for part in ("magic", "n_inputs", "n_outputs", "places"):
        bad = beside.copy()
        head = bad[:8].view(HEAD)
        head[part] = 0 if part == "places" else head[part] + 1
        assert (file.fixed_answer(bad, x)[:, -1] == Status.BAD_INPUT).all()
    assert (file.fixed_answer(beside, x)[:, -1] >= 0).all()


def test_companions_are_verified_with_the_values(c_double: Any) -> None:
    """Before that there is no answer; a companion that misses its golden vectors on the integer
    path closes it."""
    whole = whole_of(everything())
    file = c_double.open(whole.plan.artifact)
    beside, x = constants(whole), somewhere(whole, 2)
    assert (file.fixed_answer(beside, x)[:, -1] == Status.NOT_VERIFIED).all()
    assert file.fixed_verify() == 0
    inner = checks.validate(whole.plan.artifact).companions[0].file.sections["fixed"]
    bad = bytearray(whole.plan.artifact)
    bad[bad.index(inner) + len(inner) - 4] ^= 1  # the last golden answer
    damaged = c_double.open(_sealed(bad))
    assert (damaged.status, damaged.fixed_verify()) == (0, Status.CORRUPT)
    assert damaged.rule == "golden_mismatch"
    assert (damaged.fixed_answer(beside, x)[:, -1] == Status.NOT_VERIFIED).all()
    plain = c_double.open(everything().replace(integer_path=False).to_bytes())
    assert (plain.fixed_answer(beside, x)[:, -1] == Status.UNSUPPORTED).all()


def test_room_is_asked_for(c_double: Any) -> None:
    whole = whole_of(everything())
    file, beside = opened(c_double, whole)
    x, need = somewhere(whole, 2), file.workspace(7)
    assert need > file.workspace(3)
    for size, status in ((need - 8, Status.NO_SPACE), (8, Status.NO_SPACE)):
        file._work = np.zeros(size // 8, np.uint64)
        told = file.fixed_answer(beside, x)
        assert (told[:, -1] == status).all() and (told[:, :-1] == NOTHING).all()
    file._work = np.zeros(need // 8, np.uint64)
    assert (file.fixed_answer(beside, x)[:, -1] >= 0).all()


def test_what_the_file_lacks_is_left_out_and_said() -> None:
    """A file whose companions hold no integer path: C asks that of the file."""
    whole = whole_of(everything())
    bare = everything().to_bytes()
    keep_those_of(whole, bare)
    assert list(whole.ends) == [0] and whole.share is None
    assert [what.partition(":")[0] for what in whole.lacking] == [
        "the interval of x_share",
        "familiarity",
    ]


def test_a_loaded_model_with_counts_gives_the_same_bytes() -> None:
    """Axes of companions that are inputs have the counts of these, in the writer's hands."""
    import sna_edge

    whole = whole_of(WHOLE["sensors of other counts"]())
    again = sna_edge.from_bytes(whole.plan.artifact, backend="numpy")
    assert again.replace(metadata=again.metadata).to_bytes() == whole.plan.artifact


def test_every_part_of_the_constants_is_read(c_double: Any) -> None:
    """A quantile, a floor or a limit that is another gives other answers."""
    whole = whole_of(everything())
    file, beside = opened(c_double, whole)
    x = somewhere(whole, 200)
    right = file.fixed_answer(beside, x)
    assert whole.share is not None
    for k in whole.ends:
        wrong = whole_of(everything())
        wrong.ends[k] = replace(wrong.ends[k], error=wrong.ends[k].error + 1)
        assert (file.fixed_answer(constants(wrong), x) != right).any()
    wrong = whole_of(everything())
    wrong.share = replace(whole.share, limit=1 << 30)
    assert (file.fixed_answer(constants(wrong), x)[:, -1] == Status.UNFAMILIAR).all()


@pytest.mark.parametrize("name", ["everything, int16", "wide, behind exp"])
def test_damaged_files_keep_to_their_memory(name: str, compiler: str, tmp_path: Path) -> None:
    """Under constants of the sound file and sanitizers: answers hold for hostile numbers too."""
    whole = whole_of(WHOLE[name]())
    program, file, beside = (tmp_path / n for n in ("fuzz", "m.sna", "beside"))
    file.write_bytes(whole.plan.artifact)
    beside.write_bytes(packed(whole, whole.plan.artifact))
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    source = SOURCE / "fuzz" / "fuzz_answers.c"
    done = subprocess.run(
        [compiler, "-std=gnu11", "-O1", *sanitizers, str(source), "-o", str(program)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode and "sanitize" in done.stderr:
        pytest.skip("no sanitizers here")
    words = [str(program), "1", os.environ.get("SNA_ROUNDS", "1000"), str(file), str(beside)]
    told = subprocess.run(words, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert int(told.stdout.split()[1]) > 100
