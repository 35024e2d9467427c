"""Run an image on an emulated core (unicorn): call its functions as firmware would, count
instructions, watch the stack."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .cores import Core
from .toolchain import FLASH, Image

ARTIFACT = 0x08100000  # the artifact's bytes, in flash
BESIDE = 0x08200000  # constants beside it
FLASH_SIZE = 0x00400000
RAM, RAM_SIZE = 0x20000000, 0x00080000
STACK = RAM + RAM_SIZE - 0x100
RETURN = FLASH + FLASH_SIZE - 0x1000


@dataclass(frozen=True)
class Run:
    """Result of one call: return value, instructions executed (0: not counted), bytes of stack
    used."""

    value: int
    instructions: int
    stack: int


class Machine:
    """One emulated core with flash at 0x08000000 and RAM at 0x20000000."""

    def __init__(self, core: Core, image: Image) -> None:
        import unicorn

        self._unicorn, self.core, self.image = unicorn, core, image
        if core.is_arm:
            from unicorn import arm_const as constants

            self._uc = unicorn.Uc(
                unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS
            )
            self._uc.ctl_set_cpu_model(getattr(constants, f"UC_CPU_ARM_{core.emulated}"))
            self._arguments = [getattr(constants, f"UC_ARM_REG_R{i}") for i in range(4)]
            self._stack, self._link, self._result = (
                constants.UC_ARM_REG_SP,
                constants.UC_ARM_REG_LR,
                constants.UC_ARM_REG_R0,
            )
            self._thumb = 1
            self._first_single = constants.UC_ARM_REG_S0
        else:
            from unicorn import riscv_const as constants

            self._uc = unicorn.Uc(unicorn.UC_ARCH_RISCV, unicorn.UC_MODE_RISCV32)
            self._arguments = [getattr(constants, f"UC_RISCV_REG_A{i}") for i in range(8)]
            self._stack, self._link, self._result = (
                constants.UC_RISCV_REG_SP,
                constants.UC_RISCV_REG_RA,
                constants.UC_RISCV_REG_A0,
            )
            self._thumb = 0
        self._uc.mem_map(FLASH, FLASH_SIZE)
        self._uc.mem_map(RAM, RAM_SIZE)
        self._load(image.path)
        if core.is_arm and not core.integer:
            self._uc.reg_write(constants.UC_ARM_REG_FPEXC, 0x40000000)

    def _load(self, elf: Path) -> None:
        from elftools.elf.elffile import ELFFile

        with elf.open("rb") as file:
            for segment in ELFFile(file).iter_segments():
                inside = FLASH <= segment["p_vaddr"] < FLASH + FLASH_SIZE
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"] and inside:
                    self._uc.mem_write(segment["p_vaddr"], segment.data())

    def write(self, address: int, data: bytes) -> None:
        """Copies bytes to memory."""
        self._uc.mem_write(address, bytes(data))

    def read(self, address: int, dtype: str, count: int) -> np.ndarray[Any, Any]:
        """`count` numbers of memory, of a numpy type."""
        size = np.dtype(dtype).itemsize * count
        return np.frombuffer(bytes(self._uc.mem_read(address, size)), dtype)

    def call(
        self, function: str, *arguments: int, count: bool = False, single: float | None = None
    ) -> Run:
        """Call by the core's standard calling convention; all arguments are words but `single`, a
        float32 that cores with an FPU take in its first register."""
        uc = self._uc
        if single is not None:
            bits = int.from_bytes(struct.pack("<f", single), "little")
            uc.reg_write(self._first_single, bits)
        in_registers = len(self._arguments)
        for register, value in zip(self._arguments, arguments, strict=False):
            uc.reg_write(register, value & 0xFFFFFFFF)
        for i, value in enumerate(arguments[in_registers:]):
            uc.mem_write(STACK + 4 * i, struct.pack("<I", value & 0xFFFFFFFF))
        uc.reg_write(self._stack, STACK)
        uc.reg_write(self._link, RETURN | self._thumb)
        executed, lowest, hook = [0], [STACK], None
        if count:
            uc.ctl_flush_tb()  # blocks translated without the hook would go uncounted

            def step(machine: Any, address: int, size: int, data: Any) -> None:
                executed[0] += 1
                lowest[0] = min(lowest[0], machine.reg_read(self._stack))

            hook = uc.hook_add(self._unicorn.UC_HOOK_CODE, step)
        uc.emu_start(self.image.symbols[function] | self._thumb, RETURN)
        if hook is not None:
            uc.hook_del(hook)
            uc.ctl_flush_tb()
        value = int(uc.reg_read(self._result)) & 0xFFFFFFFF
        return Run(value - (1 << 32) if value >> 31 else value, executed[0], STACK - lowest[0])


MODEL, WORK, WORK_SIZE = RAM, RAM + 0x1000, 0x10000
INPUTS, OUTPUTS, SLOPES = RAM + 0x20000, RAM + 0x28000, RAM + 0x30000
MANY, MANY_OUTPUTS, MANY_BYTES = RAM + 0x38000, RAM + 0x60000, 0x18000

# : C source for `compile_image(sources=..)`: many integer queries in one call, without leaving the
# emulated core
LOOP = """
sna_status sna_fixed_many(const sna_model *m, const sna_place *p, int32_t *y, uint32_t n,
                          void *work, size_t size);
sna_status sna_fixed_many(const sna_model *m, const sna_place *p, int32_t *y, uint32_t n,
                          void *work, size_t size) {
    sna_status status = SNA_OK;
    for (; n-- && status >= 0; p += m->n_axes, y += m->n_outputs)
        status = sna_fixed_eval(m, p, y, work, size);
    return status < 0 ? status : SNA_OK;
}
"""


class Firmware:
    """The library on an emulated core with one artifact in flash, opened and verified in place."""

    def __init__(self, core: Core, image: Image, artifact: bytes) -> None:
        self.machine = Machine(core, image)
        self.machine.write(ARTIFACT, artifact)
        self.opened = self.machine.call("sna_open", ARTIFACT, len(artifact), MODEL).value
        verify = "sna_fixed_verify" if core.integer else "sna_verify"
        self.verified = (
            self.machine.call(verify, MODEL, WORK, WORK_SIZE).value
            if self.opened == 0
            else self.opened
        )
        self.n_outputs = int.from_bytes(artifact[24:26], "little")

    def value(
        self, x: np.ndarray[Any, Any], count: bool = False, flags: int = 0
    ) -> tuple[np.ndarray[Any, Any], Run]:
        """y float32 [K] of x [D] (float32)."""
        self.machine.write(INPUTS, np.asarray(x, "<f4").tobytes())
        run = self.machine.call(
            "sna_eval", MODEL, flags, INPUTS, OUTPUTS, WORK, WORK_SIZE, count=count
        )
        return self.machine.read(OUTPUTS, "<f4", self.n_outputs), run

    def gradient(
        self, x: np.ndarray[Any, Any], count: bool = False
    ) -> tuple[np.ndarray[Any, Any], Run]:
        """dy/dx float32 [K, D]."""
        self.machine.write(INPUTS, np.asarray(x, "<f4").tobytes())
        run = self.machine.call(
            "sna_eval_grad", MODEL, 0, INPUTS, OUTPUTS, SLOPES, WORK, WORK_SIZE, count=count
        )
        return (
            self.machine.read(SLOPES, "<f4", self.n_outputs * len(x)).reshape(self.n_outputs, -1),
            run,
        )

    def interval_at(
        self,
        x: np.ndarray[Any, Any],
        y: np.ndarray[Any, Any],
        level: float = 0.9,
        count: bool = False,
    ) -> tuple[np.ndarray[Any, Any], Run]:
        """Ends float32 [2] of output 0 at x [D], where a query gave y [K]."""
        self.machine.write(INPUTS, np.asarray(x, "<f4").tobytes())
        self.machine.write(OUTPUTS, np.asarray(y, "<f4").tobytes())
        rest = 0, OUTPUTS, SLOPES, SLOPES + 4, WORK, WORK_SIZE
        run = self.machine.call(
            "sna_interval_at", MODEL, 0, INPUTS, *rest, count=count, single=level
        )
        return self.machine.read(SLOPES, "<f4", 2), run

    def familiarity(
        self, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], count: bool = False
    ) -> tuple[float, Run]:
        """p at x [D], where a query gave y [K]."""
        self.machine.write(INPUTS, np.asarray(x, "<f4").tobytes())
        self.machine.write(OUTPUTS, np.asarray(y, "<f4").tobytes())
        rest = 0, OUTPUTS, SLOPES, WORK, WORK_SIZE
        run = self.machine.call("sna_familiarity", MODEL, INPUTS, *rest, count=count)
        return float(self.machine.read(SLOPES, "<f4", 1)[0]), run

    def integers(
        self, places: np.ndarray[Any, Any], count: bool = False
    ) -> tuple[np.ndarray[Any, Any], Run]:
        """y int32 [K] of places [D, 2]."""
        self.machine.write(INPUTS, np.asarray(places, "<u2").tobytes())
        run = self.machine.call(
            "sna_fixed_eval", MODEL, INPUTS, OUTPUTS, WORK, WORK_SIZE, count=count
        )
        return self.machine.read(OUTPUTS, "<i4", self.n_outputs), run

    def set_beside(self, beside: bytes) -> None:
        """Constants for sna_fixed_answer, in flash behind the artifact."""
        self.machine.write(BESIDE, beside)

    def answer(
        self, counts: np.ndarray[Any, Any], *, ends: bool = True, count: bool = False
    ) -> tuple[np.ndarray[Any, Any], Run]:
        """int32 [3 K + 1] at counts [D]: values, lower ends, upper ends, familiarity."""
        k = 4 * self.n_outputs
        self.machine.write(INPUTS, np.asarray(counts, "<i4").tobytes())
        both = (OUTPUTS + k, OUTPUTS + 2 * k) if ends else (0, 0)
        rest = OUTPUTS, *both, OUTPUTS + 3 * k, WORK, WORK_SIZE
        run = self.machine.call("sna_fixed_answer", MODEL, BESIDE, INPUTS, *rest, count=count)
        return self.machine.read(OUTPUTS, "<i4", 3 * self.n_outputs + 1), run

    def many_integers(self, places: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """y int32 [N, K] of places [N, D, 2], in an image with LOOP; raises RuntimeError when a
        query has no value."""
        flat = np.ascontiguousarray(places, "<u2")
        chunk = min(MANY_BYTES // (4 * flat.shape[1]), MANY_BYTES // (4 * self.n_outputs))
        parts = []
        for start in range(0, len(flat), chunk):
            part = flat[start : start + chunk]
            self.machine.write(MANY, part.tobytes())
            run = self.machine.call(
                "sna_fixed_many", MODEL, MANY, MANY_OUTPUTS, len(part), WORK, WORK_SIZE
            )
            if run.value:
                raise RuntimeError(f"status {run.value} on the emulated core")
            parts.append(
                self.machine.read(MANY_OUTPUTS, "<i4", len(part) * self.n_outputs).reshape(
                    -1, self.n_outputs
                )
            )
        return np.concatenate(parts)
