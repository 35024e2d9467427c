"""Makes export/wasm/sna.wasm of sna_wasm.c and sna.c, with the clang that ziglang brings.

    python firmware_bindings/wasm/build.py [--check]

The same sources and version of ziglang give the same bytes. Nothing of a C library is linked: the
module imports nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SHIPPED = FOLDER.parents[1] / "export" / "wasm" / "sna.wasm"
COMPILER = "0.17.1"
"""The version of ziglang whose bytes are kept."""
FLAGS = (
    *("-target", "wasm32-freestanding", "-std=gnu11", "-DSNA_SHA256", "-ffp-contract=off"),
    *("-O2", "-mllvm", "-inline-threshold=25", "-mllvm", "-unroll-threshold=50"),
    *("-Wall", "-Wextra", "-Werror", "-nostdlib", "-s"),
    *("-Wl,--no-entry", "-Wl,-z,stack-size=65536"),
)
"""-Os is 10 KB smaller and its queries take half as long again, -O2 alone has 10 KB more; vectors
(-msimd128) save a tenth with float32 tables, cost a tenth with int8 and need newer browsers."""


def compiler() -> str:
    """The version of ziglang here."""
    command = [sys.executable, "-m", "ziglang", "version"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def built(flags: tuple[str, ...] = FLAGS) -> bytes:
    """The module. Raises CalledProcessError where the compiler refuses."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "sna.wasm"
        command = [sys.executable, "-m", "ziglang", "cc", *flags]
        subprocess.run([*command, "sna_wasm.c", "-o", str(target)], cwd=FOLDER, check=True)
        return target.read_bytes()


def main() -> int:
    """Writes sna.wasm; with --check returns 1 where it is not what the sources make."""
    module = built()
    if "--check" not in sys.argv[1:]:
        SHIPPED.write_bytes(module)
        return 0
    if SHIPPED.read_bytes() == module:
        return 0
    print(f"{SHIPPED.name} is not what its sources make; run python {Path(__file__).name}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
