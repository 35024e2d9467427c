"""Where Monocypher's C source is: fetched once from the sources of the package pymonocypher.

python tools/release/monocypher.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

NAME = "pymonocypher"
PACKAGE = f"{NAME}==4.0.3.4"


def folder() -> Path | None:
    """The folder with monocypher.c and monocypher.h; None where they cannot be fetched."""
    target = Path(tempfile.gettempdir()) / "sna-monocypher"
    if not (target / "monocypher.c").exists():
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
            words = [
                "download",
                "--no-deps",
                "--no-binary",
                PACKAGE.partition("==")[0],
                "-q",
                "-d",
                scratch,
                PACKAGE,
            ]
            done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True)
            found = list(Path(scratch).glob("*.tar.gz"))
            if done.returncode or not found:
                return None
            target.mkdir(exist_ok=True)
            _unpack(found[0], Path(scratch), target)
    return target if (target / "monocypher.h").exists() else None


def _unpack(archive: Path, scratch: Path, target: Path) -> None:
    """Both files, each whole or not at all; the last one makes the folder whole."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            name = Path(member.name).name
            if name in ("monocypher.h", "monocypher.c"):
                source = packed.extractfile(member)
                assert source is not None
                (scratch / name).write_bytes(source.read())
                shutil.move(scratch / name, target / name)


if __name__ == "__main__":
    print(folder() or "Monocypher cannot be fetched here")
