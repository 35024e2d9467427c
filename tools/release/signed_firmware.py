"""What checking a signature costs on an emulated Cortex-M4F: `sna_signed` with Monocypher.

python tools/release/signed_firmware.py [--write]

A signed file and one with a changed bit are checked there; flash and stack are exact,
instructions are counted one by one (a minute). Writes docs/tables/signed_firmware.md. Needs
sna-edge[firmware,sign] and Monocypher (monocypher.py).
"""

from __future__ import annotations

import argparse
import runpy
import shutil
import sys
import tempfile
from pathlib import Path

import sna_edge
from sna_edge.signing.keys import key_id
from sna_edge.signing.private_key import PrivateKey, new_key
from sna_edge.signing.signer import signed
from sna_export.firmware.cores import CORES
from sna_export.firmware.emulate import ARTIFACT, RAM, STACK, Machine
from sna_export.firmware.toolchain import Image, compile_image

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "signed_firmware.md"
CORE = CORES["cortex-m4f"]
KEYS, KEY, VERSION = RAM, RAM + 0x100, RAM + 0x200
PAINTED = 0x4000
"""Bytes below the stack pointer that are filled first, to see which are written."""


def images(folder: Path) -> tuple[Image, Image]:
    """The hook alone, and with Monocypher and SHA-512 behind it."""
    source = runpy.run_path(str(Path(__file__).with_name("monocypher.py")))["folder"]()
    if source is None:
        sys.exit("Monocypher cannot be fetched here (pip download pymonocypher)")
    for file in (*source.iterdir(), *(ROOT / "examples" / "signed_model").glob("*.[ch]")):
        shutil.copy(file, folder / file.name)
    together = folder / "together.c"
    together.write_text(
        '#pragma clang diagnostic ignored "-Wconversion"\n'
        '#pragma clang diagnostic ignored "-Wunused-function"\n'
        '#include "monocypher.c"\n#include "monocypher_verify.c"\n'
    )
    (folder / "alone").mkdir()
    alone = compile_image(CORE, ["sna_signed"], folder / "alone")
    whole = compile_image(CORE, ["sna_signed", "monocypher_verify"], folder, sources=[together])
    return alone, whole


def artifact(size: int, key: PrivateKey) -> bytes:
    """A signed file of about so many bytes."""
    spans = size // 5
    axis = sna_edge.spline_axis("x", "m", 0, 1, spans=spans, degree=1)
    cp = sna_edge.CP.full([[[i / spans] for i in range(spans + 1)]])
    data = sna_edge.Model([axis], cp, [sna_edge.Output("y")]).to_bytes()
    return signed(data, key_id(key.public), 7, key.sign)


def checked(image: Image, data: bytes, public: bytes, count: bool = True) -> tuple[int, int, int]:
    """What `sna_signed` says of a file in flash, the bytes of stack that it wrote to, and the
    instructions it took (0: not counted)."""
    machine = Machine(CORE, image)
    machine.write(ARTIFACT, data)
    machine.write(KEY, key_id(public) + public)
    machine.write(KEYS, KEY.to_bytes(4, "little") + (1).to_bytes(4, "little"))
    machine.write(STACK - PAINTED, b"\xa5" * PAINTED)
    hook = image.symbols["monocypher_verify"] | 1
    done = machine.call("sna_signed", ARTIFACT, len(data), 0, 0, hook, KEYS, VERSION, count=count)
    painted = machine.read(STACK - PAINTED, "u1", PAINTED)
    return done.value, PAINTED - int((painted != 0xA5).argmax()), done.instructions


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    key = new_key()
    with tempfile.TemporaryDirectory() as scratch:
        alone, whole = images(Path(scratch))
        data = artifact(5_000, key)
        changed = bytearray(data)
        changed[-1] ^= 1
        answer, stack, steps = checked(whole, data, key.public)
        wrong, _, _ = checked(whole, bytes(changed), key.public, count=False)
    lines = [
        "| Cortex-M4F | bytes, instructions |",
        "| --- | --- |",
        f"| flash: `sna_signed` alone | {alone.flash:,} |",
        f"| flash: with Monocypher and SHA-512 | {whole.flash:,} |",
        f"| RAM: stack of a check, nothing else | {stack:,} |",
    ]
    lines += [
        f"| instructions, file of {len(data):,} bytes | {steps:,} |",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    good = (answer, wrong) == (0, 2)
    print("a signed file, a changed one:", answer, wrong)
    if args.write and good:
        TABLE.write_text(text, encoding="utf-8")
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
