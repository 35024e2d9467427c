"""Cross-compilation with the clang that the package `ziglang` brings: nothing but pip is needed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from errno import ENOSPC
from importlib.util import find_spec
from pathlib import Path

from sna_edge.errors import BackendError

from .cores import Core

FLASH = 0x08000000  # where code starts on the emulated cores
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wdouble-promotion", "-Werror")


def library_folder() -> Path:
    """Where sna.h and sna.c are: beside this package when installed, in firmware_bindings/ in a
    checkout."""
    beside = Path(__file__).with_name("library")
    return (
        beside
        if (beside / "sna.c").exists()
        else Path(__file__).resolve().parents[2] / "firmware_bindings"
    )


@dataclass(frozen=True)
class Image:
    """A linked image: bytes of code and constants that land in flash, and addresses of
    functions."""

    path: Path
    flash: int
    symbols: dict[str, int]


def refusal(told: str) -> str:
    """What a compiler says first. Raises OSError where that is a full disk, with the file where it
    names one."""
    full = os.strerror(ENOSPC)
    if full in told:
        named = re.search(rf"(/\S+): {re.escape(full)}", told)
        raise OSError(ENOSPC, full, *([named[1]] if named else []))
    errors = (line.strip() for line in told.splitlines() if "error" in line)
    return next(errors, told.strip()[:200] or "without a word")


def zig() -> list[str]:
    """The compiler's command line. Raises BackendError without the package."""
    if find_spec("ziglang") is None:
        raise BackendError(
            "cross-compiling needs the package 'ziglang'; pip install 'sna-edge[firmware]'"
        )
    return [sys.executable, "-m", "ziglang", "cc"]


def compile_image(
    core: Core,
    entries: Iterable[str],
    folder: Path,
    *,
    defines: Iterable[str] = (),
    optimize: str = "-Os",
    sources: Iterable[Path] = (),
) -> Image:
    """An image of the library for `core` that holds the functions `entries` and what they need, and
    nothing else."""
    start = folder / "start.c"
    keep = " ".join(f"keep = (function){name};" for name in entries)
    own = "".join(f'#include "{source}"\n' for source in sources)
    start.write_text(
        f'#include "sna.h"\n{own}typedef void (*function)(void);\nvolatile function keep;\nvoid'
        f" start(void);\nvoid start(void) {{ {keep} for (;;) {{}} }}\n"
    )
    elf = folder / f"{core.name}{optimize}.elf"
    options = [f"-D{name}" for name in (*core.define, *defines)]
    command = [
        *zig(),
        "-target",
        core.target,
        f"-mcpu={core.cpu}",
        optimize,
        "-g",
        "-std=c99",
        *WARNINGS,
        *options,
        "-ffp-contract=off",
        "-ffunction-sections",
        "-fdata-sections",
        "-ffreestanding",
        "-fno-unwind-tables",
        "-fno-asynchronous-unwind-tables",
        "-Wl,--gc-sections",
        "-Wl,-e,start",
        f"-Wl,--image-base={FLASH:#x}",
        f"-I{library_folder()}",
        str(start),
        str(library_folder() / "sna.c"),
        "-o",
        str(elf),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackendError(
            f"the compiler refuses the library for {core.name}: {done.stderr.strip()[:400]}"
        )
    return read_image(elf)


def read_image(elf: Path) -> Image:
    """Sizes and symbols of a linked image."""
    from elftools.elf.elffile import ELFFile

    with elf.open("rb") as file:
        parsed = ELFFile(file)
        flash = sum(
            s["sh_size"]
            for s in parsed.iter_sections()
            if s.name.startswith((".text", ".rodata", ".data"))
        )
        table = parsed.get_section_by_name(".symtab")
        symbols = {
            s.name.removesuffix("_f32"): s["st_value"] for s in table.iter_symbols()
        }  # sna.h: single precision has its own names
    return Image(elf, flash, symbols)
