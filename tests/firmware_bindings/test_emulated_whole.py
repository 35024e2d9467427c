"""Answers in whole numbers on emulated cores: every bit of the rule at every kind of model, without
an instruction of floating point."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sna_edge import Status
from sna_export.integers import somewhere
from sna_export.integers.packed import packed
from sna_export.integers.rule import NOTHING

from ..export.integers.whole_kinds import WHOLE, everything, hostile, whole_of

for package in ("ziglang", "unicorn", "elftools"):
    pytest.importorskip(package, reason="no emulated cores: pip install 'sna-edge[firmware]'")

from sna_export.firmware import resources  # noqa: E402
from sna_export.firmware.cores import CORES  # noqa: E402
from sna_export.firmware.emulate import (  # noqa: E402
    BESIDE,
    MANY,
    MANY_BYTES,
    MANY_OUTPUTS,
    MODEL,
    WORK,
    WORK_SIZE,
    Firmware,
)
from sna_export.firmware.toolchain import compile_image  # noqa: E402

INTEGER = [c for c in CORES.values() if c.integer]
ENTRIES = ("sna_open", "sna_fixed_verify", "sna_fixed_answer", "sna_workspace_size")
LOOP = """
void answer_many(const sna_model *m, const void *beside, const int32_t *x, int32_t *y, uint32_t n,
                 void *work, size_t size);
void answer_many(const sna_model *m, const void *beside, const int32_t *x, int32_t *y, uint32_t n,
                 void *work, size_t size) {
    const unsigned k = m->n_outputs;
    for (; n--; x += m->n_axes, y += 3 * k + 2)
        y[3 * k + 1] = (int32_t)sna_fixed_answer(m, beside, x, y, y + k, y + 2 * k, y + 3 * k,
                                                 work, size);
}
"""
FLOATING = re.compile(r"^__(aeabi_[fd]|aeabi_\w*2[fd]|\w*[sdt]f[23]?$|float|fix)")
"""Helpers of compilers for numbers that a core without an FPU does not have."""


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = {}

    def image(core: Any) -> Any:
        if core.name not in made:
            place = tmp_path_factory.mktemp(core.name)
            (place / "loop.c").write_text(LOOP)
            made[core.name] = compile_image(
                core, [*ENTRIES, "answer_many"], place, sources=[place / "loop.c"]
            )
        return made[core.name]

    return image


def answers(firmware: Firmware, x: np.ndarray, width: int) -> np.ndarray:
    parts, chunk = [], MANY_BYTES // (4 * max(width, x.shape[1]))
    for start in range(0, len(x), chunk):
        part = np.ascontiguousarray(x[start : start + chunk], "<i4")
        firmware.machine.write(MANY, part.tobytes())
        firmware.machine.call(
            "answer_many", MODEL, BESIDE, MANY, MANY_OUTPUTS, len(part), WORK, WORK_SIZE
        )
        parts.append(firmware.machine.read(MANY_OUTPUTS, "<i4", len(part) * width))
    return np.concatenate(parts).reshape(-1, width)


@pytest.mark.parametrize("core", INTEGER, ids=lambda c: c.name)
@pytest.mark.parametrize("name", WHOLE)
def test_cores_find_every_bit(name: str, core: Any, images: Any) -> None:
    whole = whole_of(WHOLE[name]())
    firmware = Firmware(core, images(core), whole.plan.artifact)
    assert (firmware.opened, firmware.verified) == (0, 0)
    firmware.set_beside(packed(whole, whole.plan.artifact))
    x = np.concatenate([somewhere(whole, 2000), hostile(whole)])
    wanted = whole.laid_out(x)
    assert (answers(firmware, x, wanted.shape[1]) == wanted).all()


@pytest.mark.parametrize("core", INTEGER, ids=lambda c: c.name)
def test_nothing_of_it_is_floating_point(core: Any, images: Any) -> None:
    assert [s for s in images(core).symbols if FLOATING.match(s)] == []


def test_a_floating_point_helper_would_be_seen(tmp_path: Path) -> None:
    image = compile_image(CORES["cortex-m0plus"], ("sna_open", "sna_verify"), tmp_path)
    assert [s for s in image.symbols if FLOATING.match(s)]


def test_beyond_the_domain_a_core_tells_nothing(images: Any) -> None:
    core = CORES["cortex-m0plus"]
    whole = whole_of(everything())
    firmware = Firmware(core, images(core), whole.plan.artifact)
    firmware.set_beside(packed(whole, whole.plan.artifact))
    told, run = firmware.answer(np.array([65536, 0, 0, 0, 0]))
    assert run.value == Status.OUT_OF_DOMAIN and (told == NOTHING).all()
    told, run = firmware.answer(np.array([30000, 0, 0, 0, 0]), ends=False)
    assert run.value >= 0 and (told[-1] != NOTHING)


def test_the_report_says_what_answers_cost() -> None:
    whole = whole_of(everything())
    costs = resources.report(whole.plan.artifact, ("cortex-m0plus", "cortex-m4f"), whole)
    small, large = (c.beside for c in costs)
    assert small is not None and large is not None
    assert small.constants == len(packed(whole, whole.plan.artifact)) and large.constants == 0
    assert small.interval and small.familiarity and small.ram <= 1024
    assert f"| {small.constants:,} | {small.interval:,} |" in resources.markdown(costs)
    (alone,) = resources.report(whole.plan.artifact, ("cortex-m0plus",))
    assert alone.beside is None
