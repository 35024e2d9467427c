"""Wheels of sna-edge-native for Linux on x86-64, aarch64 and armv7, cross-built with zig: the
shared library and its ctypes face.

python tools/release/wheels.py [--out dist]

`make wheels` installs what it needs, builds the pure wheel too and tries all of them.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "firmware_bindings"
VERSION = subprocess.run(
    [sys.executable, str(ROOT / "tools" / "release" / "version.py")],
    capture_output=True,
    text=True,
    check=True,
).stdout.strip()
FLAGS = [
    "-O3",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-Wno-psabi",
    "-DSNA_SHA256",
    "-shared",
    "-fPIC",
    "-s",
]
MODULES = ("__init__.py", "fallback.py", "inverse.py", "library.py", "sweep.py")


@dataclass(frozen=True)
class Target:
    """A platform tag, what zig calls it, and the oldest CPU it must run on."""

    platform: str
    zig: str
    cpu: str


TARGETS = {
    "x86_64": Target("manylinux2014_x86_64", "x86_64-linux-gnu.2.17", "x86_64"),
    "aarch64": Target("manylinux2014_aarch64", "aarch64-linux-gnu.2.17", "generic"),
    "armv7": Target("manylinux2014_armv7l", "arm-linux-gnueabihf.2.17", "generic+v7a+vfp3d16"),
}


def library(target: Target, folder: Path) -> Path:
    """libsna.so for the target."""
    made = folder / "libsna.so"
    command = [
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        "-target",
        target.zig,
        f"-mcpu={target.cpu}",
        "-std=gnu11",
        *FLAGS,
    ]
    sources = sorted(map(str, (SOURCE / "host").rglob("*.c")))
    subprocess.run([*command, *sources, "-lm", "-o", str(made)], check=True)
    return made


def wheel(name: str, out: Path) -> Path:
    """The wheel of one target in the folder `out`."""
    target = TARGETS[name]
    tag = f"py3-none-{target.platform}"
    info = f"sna_edge_native-{VERSION}.dist-info"
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"sna_edge_native-{VERSION}-{tag}.whl"
    with tempfile.TemporaryDirectory() as folder:
        files = {
            f"sna_edge_native/{m}": (SOURCE / "sna_edge_native" / m).read_bytes() for m in MODULES
        }
        files["sna_edge_native/libsna.so"] = library(target, Path(folder)).read_bytes()
    meta = (
        f"Metadata-Version: 2.1\nName: sna-edge-native\nVersion: {VERSION}\nLicense: Apache-2.0\n"
    )
    meta += "Requires-Python: >=3.10\nRequires-Dist: numpy>=1.26\n"
    files[f"{info}/METADATA"] = meta.encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: sna-edge\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    )
    files[f"{info}/RECORD"] = _record(files, info).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            archive.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), data)
    return path


def _record(files: dict[str, bytes], info: str) -> str:
    lines = []
    for member, data in files.items():
        digest = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{member},sha256={digest},{len(data)}")
    return "\n".join([*lines, f"{info}/RECORD,,", ""])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    args = parser.parse_args()
    if find_spec("ziglang") is None:
        sys.exit(
            "cross-building needs the package ziglang; run `make wheels`, or pip install"
            " 'sna-edge[wheels]'"
        )
    for name in TARGETS:
        made = wheel(name, args.out)
        print(f"{made}: {made.stat().st_size} bytes")


if __name__ == "__main__":
    main()
