"""A kit in a folder or an archive: put together beside its place, then renamed there whole."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.resources import files
from pathlib import Path

import sna_edge
from sna_edge.errors import InputError
from sna_edge.quality import read_limits
from sna_edge.signing.private_key import PrivateKey

from .device.install import MANIFEST, SIGNATURE
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
    say: Callable[[str], None] = lambda _: None,
) -> Kit:
    """A folder, or an archive where `output` ends with .tar.gz, that `sh install.sh` installs
    without a network: wheels of sna-edge for the target, its models [M] and limits, a self-test,
    service units, manifest.json with the SHA-256 of every file, sbom.json.

    `wheels`: a folder with our own wheels (`make wheels`); `extras` of sna-edge, like `tflite`;
    `key` signs the manifest. The same input and SOURCE_DATE_EPOCH give the same bytes. Raises
    InputError for a model, a limits file or a target that is none, for wheels that cannot be had
    and where `output` exists.
    """
    device, place = target_of(target), Path(output)
    _need_free(place)
    named = _models(models)
    rules = _limits(limits, named)
    with _staged(place) as folder:
        say(f"fetching wheels for {device.name}")
        found = collect(device, extras, Path(wheels) if wheels else None, folder / "wheels")
        _copy(named, folder / "models")
        _copy(rules, folder / "limits")
        _device_files(folder)
        digest = _describe(folder, device, found)
        if key is not None:
            sign_kit(folder, key.public, key.sign)
        kit = Kit(place, device, digests_of(folder), digest, _size(folder), found)
        if place.name.endswith(ARCHIVE):
            _archive(folder, place)
        else:
            os.rename(folder, place)
    return kit


def _need_free(place: Path) -> None:
    if place.exists():
        raise InputError(f"{place} exists; remove it or choose another name for the kit")
    if not place.parent.is_dir():
        raise InputError(f"the folder {place.parent} does not exist; create it or choose another")


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


@contextmanager
def _staged(place: Path) -> Iterator[Path]:
    """A folder beside the place that is gone afterwards unless it was renamed."""
    folder = Path(tempfile.mkdtemp(dir=place.parent, prefix=".kit-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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


def _describe(folder: Path, device: Target, wheels: list[Wheel]) -> str:
    """Write bill of materials and manifest; the SHA-256 of the manifest."""
    created = _created()
    text = bill(
        f"sna-edge kit {device.name}", sna_edge.__version__, wheels, digests_of(folder), created
    )
    (folder / SBOM).write_text(text, encoding="utf-8")
    manifest = {
        "format": FORMAT,
        "target": {"name": device.name, "machine": device.machine, "python": device.python_text,
                   "numpy_of_system": device.numpy_of_system},
        "sna_edge": sna_edge.__version__,
        "created": created,
        "files": digests_of(folder),
    }  # fmt: skip
    data = (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode()
    (folder / MANIFEST).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def _created() -> str:
    """Now, or what SOURCE_DATE_EPOCH says, in UTC."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.fromtimestamp(int(epoch), timezone.utc) if epoch else datetime.now(timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def digests_of(folder: Path) -> dict[str, str]:
    """{path below the folder: SHA-256 in hex} of every file but the manifest and its signature."""
    apart = (folder / MANIFEST, folder / SIGNATURE)
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p not in apart)
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths
    }


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
