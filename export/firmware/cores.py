"""Core types firmware is built for and run on: compiler target, options of sna.c, emulated CPU."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Core:
    """`integer`: no FPU, the integer path serves; `define`: options of sna.c on this core."""

    name: str
    target: str
    cpu: str
    emulated: str  # suffix of the unicorn constant
    integer: bool = False
    define: tuple[str, ...] = ("SNA_FLOAT",)

    @property
    def is_arm(self) -> bool:
        """Does the core run Thumb code?"""
        return self.target.startswith("thumb")


CORES: dict[str, Core] = {
    core.name: core
    for core in (
        Core(
            "cortex-m0plus", "thumb-freestanding-eabi", "cortex_m0plus", "CORTEX_M0", integer=True
        ),
        Core("cortex-m4f", "thumb-freestanding-eabihf", "cortex_m4+vfp4d16sp", "CORTEX_M4"),
        Core(
            "cortex-m7",
            "thumb-freestanding-eabihf",
            "cortex_m7+fp_armv8d16sp",
            "CORTEX_M7",
            define=("SNA_FLOAT", "SNA_FUSE"),
        ),
        Core(
            "cortex-m33",
            "thumb-freestanding-eabihf",
            "cortex_m33+fp_armv8d16sp",
            "CORTEX_M33",
            define=("SNA_FLOAT", "SNA_FUSE"),
        ),
        Core("riscv32", "riscv32-freestanding-none", "generic_rv32+m+c", "RV32", integer=True),
    )
}
