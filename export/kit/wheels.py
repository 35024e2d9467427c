"""The wheels of a kit: ours from a folder, everything they need from the package index, for another
machine and another Python than this one."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from sna_edge.errors import InputError

from .target import Target

OURS, NATIVE, INSTALLER = "sna-edge", "sna-edge-native", "pip"
BUILD = "build them with `make wheels` in a checkout and give --wheels dist"
LICENCES = "License :: OSI Approved :: "


@dataclass(frozen=True)
class Wheel:
    """What the metadata of a wheel say."""

    path: Path
    name: str
    version: str
    licence: str

    @property
    def tags(self) -> tuple[str, str, str]:
        """Python, ABI and platform of the file name."""
        python, abi, platform = self.path.stem.split("-")[-3:]
        return python, abi, platform


def read_wheel(path: Path) -> Wheel:
    """Name, version and licence of a wheel. Raises InputError for what is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
            meta = HeaderParser().parsestr(archive.read(member).decode("utf-8"))
    except (OSError, zipfile.BadZipFile, StopIteration) as error:
        raise InputError(f"{path} is not a wheel ({error}); {BUILD}") from None
    classified = [c.removeprefix(LICENCES) for c in meta.get_all("Classifier", [])
                  if c.startswith(LICENCES)]  # fmt: skip
    licence = meta["License-Expression"] or ", ".join(classified) or meta["License"] or "unknown"
    return Wheel(path, meta["Name"], meta["Version"], licence.splitlines()[0][:80])


def collect(
    target: Target, extras: Sequence[str], source: Path | None, folder: Path
) -> list[Wheel]:
    """Fetch into `folder` what the device installs: sna-edge with its extras, the native package,
    numpy, pip. `source`: a folder with our own wheels. Raises InputError where one is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = ",".join(extras)
    ours, find = [f"{OURS}[{asked}]" if asked else OURS, NATIVE], list[str]()
    if source is not None:
        found = [_ours(source, name, target) for name in (OURS, NATIVE)]
        ours = [
            f"{wheel.name}{f'[{asked}]' if asked and wheel.name == OURS else ''}=={wheel.version}"
            for wheel in found
        ]
        find = ["--find-links", str(source)]
    alone = ["--no-deps"] if target.numpy_of_system else []
    if alone and extras:
        raise InputError(
            f"{target.name} takes numpy from the system and no extras; leave --extras out"
        )
    _download(target, [*find, *alone, *ours], folder)
    _download(target, [INSTALLER], folder)
    wheels = [read_wheel(path) for path in sorted(folder.glob("*.whl"))]
    return [wheel for wheel in wheels if wheel.path.exists()]


def need_ours(source: Path, target: Target) -> None:
    """Raises InputError where a folder lacks a wheel of ours for the target."""
    for name in (OURS, NATIVE):
        _ours(source, name, target)


def _ours(source: Path, name: str, target: Target) -> Wheel:
    """The newest wheel of a name in a folder that runs on the target."""
    stem = name.replace("-", "_")
    found = [read_wheel(path) for path in sorted(source.glob(f"{stem}-*.whl"))]
    fit = [w for w in found if runs_on(w, target)]
    if not fit:
        raise InputError(f"{source} holds no wheel of {name} for {target.name}; {BUILD}")
    return max(fit, key=lambda w: w.path.stat().st_mtime)


def runs_on(wheel: Wheel, target: Target) -> bool:
    """Whether the tags of a wheel allow the machine and the Python of the target."""
    python, abi, platform = wheel.tags
    major, minor = target.python
    pythons = {f"cp{major}{minor}", f"py{major}{minor}", f"py{major}", "py2.py3"}
    stable = abi == "abi3" and python.startswith(f"cp{major}") and int(python[3:] or 0) <= minor
    known = abi in ("none", f"cp{major}{minor}") and (python in pythons)
    machines = {"any", *target.platforms}
    return (stable or known) and any(p in machines for p in platform.split("."))


def _download(target: Target, words: Sequence[str], folder: Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet",
               "--only-binary=:all:", "--implementation", "cp", "--python-version",
               target.python_text, "--dest", str(folder)]  # fmt: skip
    command += [word for tag in target.platforms for word in ("--platform", tag)]
    done = subprocess.run([*command, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
        why = said[0].removeprefix("ERROR: ") if said else f"pip ended with {done.returncode}"
        raise InputError(f"the wheels for {target.name} cannot be fetched ({why}); {_next(words)}")


def _next(words: Sequence[str]) -> str:
    ours = any(word.startswith(OURS) for word in words) and "--find-links" not in words
    return BUILD if ours else "ask again where the package index can be reached"
