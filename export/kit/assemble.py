"""A kit in a folder or an archive: put together beside its place, then renamed there whole."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import sna_edge
from sna_edge.errors import InputError
from sna_edge.quality import read_limits
from sna_edge.signing.private_key import PrivateKey

from ..sealed.folder import created, digests_of, need_free, staged, write_manifest
from .sbom import bill
from .signature import sign_kit
from .target import Target, target_of
from .wheels import Wheel, collect

ARCHIVE = ".tar.gz"
SBOM = "sbom.json"
EXECUTABLE = ("install.sh",)
FORMAT = 1
"""Of the manifest."""


@dataclass(frozen=True)
class Kit:
    """What was made: its place, the device, {path: SHA-256}, and the digest of the manifest, by
    which people compare two kits."""

    path: Path
    target: Target
    digests: dict[str, str]
    digest: str
    bytes: int
    wheels: list[Wheel]


def make_kit(
    models: Sequence[str | Path],
    target: str,
    output: str | Path,
    *,
    limits: Sequence[str | Path] = (),
    extras: Sequence[str] = (),
    wheels: str | Path | None = None,
    key: PrivateKey | None = None,
    when: str | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Kit:
    """A folder, or an archive where `output` ends with .tar.gz, that `sh install.sh` installs
    without a network: wheels of sna-edge for the target, its models [M] and limits, a self-test,
    service units, manifest.json with the SHA-256 of every file, sbom.json.

    `wheels`: a folder with our own wheels (`make wheels`); `extras` of sna-edge, like `tflite`;
    `key` signs the manifest; `when` it says it was made (SOURCE_DATE_EPOCH, else now). The same
    input at the same time gives the same bytes. Raises InputError for a model, a limits file or a
    target that is none, for wheels that cannot be had and where `output` exists.
    """
    device, place = target_of(target), Path(output)
    need_free(place, "kit")
    named = _models(models)
    rules = _limits(limits, named)
    with staged(place, "kit") as folder:
        say(f"fetching wheels for {device.name}")
        found = collect(device, extras, Path(wheels) if wheels else None, folder / "wheels")
        _copy(named, folder / "models")
        _copy(rules, folder / "limits")
        _device_files(folder)
        digest = _describe(folder, device, found, when or created())
        if key is not None:
            sign_kit(folder, key.public, key.sign)
        kit = Kit(place, device, digests_of(folder), digest, _size(folder), found)
        if place.name.endswith(ARCHIVE):
            _archive(folder, place)
        else:
            os.rename(folder, place)
    return kit


def _models(paths: Sequence[str | Path]) -> dict[str, Path]:
    """{name in the kit: file}, each loaded once, so that its reference values were replayed."""
    if not paths:
        raise InputError("a kit carries at least one model; name its .sna file")
    found = _by_name(paths, "models")
    for path in found.values():
        sna_edge.load(path, backend="numpy")
    return found


def _limits(paths: Sequence[str | Path], models: dict[str, Path]) -> dict[str, Path]:
    """{name in the kit: file}, each fitting one of the models at least."""
    found = _by_name(paths, "limits files")
    for path in found.values():
        errors = []
        for model in models.values():
            try:
                read_limits(path, sna_edge.load(model, backend="numpy"))
                break
            except InputError as error:
                errors.append(str(error))
        else:
            raise InputError(f"{path} fits no model of the kit: {errors[0]}")
    return found


def _by_name(paths: Sequence[str | Path], what: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in map(Path, paths):
        if found.setdefault(path.name, path) != path:
            raise InputError(f"two {what} are named {path.name}; rename one of them")
    return found


def _copy(named: dict[str, Path], folder: Path) -> None:
    folder.mkdir()
    for name, path in named.items():
        shutil.copyfile(path, folder / name)


def _device_files(folder: Path) -> None:
    """Installer, self-test and units, as they stand in this package."""
    for entry in files(f"{__package__}.device").iterdir():
        if entry.is_file() and entry.name != "__init__.py":
            (folder / entry.name).write_bytes(entry.read_bytes())
    for name in EXECUTABLE:
        (folder / name).chmod(0o755)


def _describe(folder: Path, device: Target, wheels: list[Wheel], when: str) -> str:
    """Write bill of materials and manifest; the SHA-256 of the manifest."""
    text = bill(
        f"sna-edge kit {device.name}", sna_edge.__version__, wheels, digests_of(folder), when
    )
    (folder / SBOM).write_text(text, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "target": {"name": device.name, "machine": device.machine, "python": device.python_text,
                   "numpy_of_system": device.numpy_of_system},
        "sna_edge": sna_edge.__version__,
        "created": when,
    }  # fmt: skip
    return write_manifest(folder, manifest)


def _size(folder: Path) -> int:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def _archive(folder: Path, place: Path) -> None:
    """One top folder of the archive's own name; no times, no owners."""
    top, held = place.name.removesuffix(ARCHIVE), io.BytesIO()
    with (
        gzip.GzipFile(fileobj=held, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            data, name = path.read_bytes(), path.relative_to(folder).as_posix()
            info = tarfile.TarInfo(f"{top}/{name}")
            info.size, info.mode = len(data), 0o755 if name in EXECUTABLE else 0o644
            archive.addfile(info, io.BytesIO(data))
    from sna_edge.artifact.disk import write_whole

    write_whole(place, held.getvalue())
