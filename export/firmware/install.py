"""Files made in a folder of their own and moved to their place together: all of them, or none."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sna_edge.errors import InputError

HEAD = 600  # bytes in which a file of ours says so


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """A folder on the same disk as `folder`; gone afterwards. Raises OSError that names the folder
    in which nothing may be written; errors of the disk inside name the file as it was to be."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; name a folder with -o")
    near = folder
    while not near.is_dir():
        near = near.parent
    try:
        scratch = Path(tempfile.mkdtemp(prefix=".sna-export-", dir=near))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(near)) from None
    try:
        yield scratch
    except OSError as error:
        raise _meant(error, scratch, folder) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _meant(error: OSError, scratch: Path, folder: Path) -> OSError:
    """The error with the place in `folder` of what lies in `scratch`; with the folder alone where
    no file is named, as on a full disk."""
    if error.errno is None:
        return error
    named = [Path(os.fsdecode(n)) for n in (error.filename2, error.filename) if n is not None]
    inside = [folder / n.relative_to(scratch) for n in named if n.is_relative_to(scratch)]
    return OSError(error.errno, error.strerror, str([*inside, *named, folder][0]))


def ours(path: Path) -> bool:
    """Was the file written by an export? Reference results are what the FMU beside them is."""
    beside = path.with_name(re.sub(r"_(in|ref)\.csv$", ".fmu", path.name))
    if beside != path:
        return beside.is_file() and ours(beside)
    head = path.read_bytes()[:HEAD]
    return path.name.endswith(("_resources.json", "sna.wasm")) or bool(
        re.search(rb"sna-edge|sna\.[hc]|\bsna\.hpp|self-test of|sna\w*\.js|\A\x89SNA", head)
    )


def install(scratch: Path, folder: Path, files: list[Path], stale: list[Path]) -> list[Path]:
    """Moves `files` (relative) from scratch to folder and removes `stale` there. On any failure the
    folder is as it was before.

    Raises InputError where a file of another hand stands in the way.
    """
    for name in files:
        if (folder / name).is_dir():
            raise InputError(
                f"{folder / name} is a folder where a file must be written; choose another folder"
                " with -o"
            )
        if (folder / name).exists() and not ours(folder / name):
            raise InputError(
                f"{folder / name} was not written by sna-edge and would be overwritten; choose"
                " another folder with -o"
            )
    aside, moved, made = scratch / ".before", [], []
    try:
        for name in [*(s for s in stale if (folder / s).is_file()), *files]:
            target = folder / name
            made += _folders(target.parent)
            if target.exists():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(target, aside / name)
            moved.append(name)
            if name in files:
                os.replace(scratch / name, target)
    except OSError:
        _undo(folder, aside, moved, made)
        raise
    return [folder / name for name in files]


def _folders(folder: Path) -> list[Path]:
    """Makes the folder; returns what had to be made, outermost first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()][::-1]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _undo(folder: Path, aside: Path, moved: list[Path], made: list[Path]) -> None:
    for name in moved:
        (folder / name).unlink(missing_ok=True)
        if (aside / name).exists():
            os.replace(aside / name, folder / name)
    for path in reversed(made):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
