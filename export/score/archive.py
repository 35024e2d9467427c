"""The files of an archive: files, folders and patterns, each with the place of its output."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from functools import lru_cache

from sna_edge.errors import InputError

from .beside import note_in

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv")
"""Of files that are taken out of a folder."""
HIDDEN = "._"
"""How names of files and folders begin that are no tables of an archive."""


def files_of(archive: Sequence[str]) -> dict[str, str]:
    """{path below the outputs: input}, sorted: of a folder all tables in it, of a pattern what it
    finds; no outputs of a score, though they lie in it. Raises InputError for what is not there and
    for two inputs with one place."""
    found: dict[str, str] = {}
    left_out = ""
    outputs = lru_cache(maxsize=None)(_of_outputs)
    for one in archive:
        root, paths = _below(one)
        for path in paths:
            if outputs(os.path.dirname(os.path.realpath(path))):
                left_out = path
                continue
            place = os.path.relpath(path, root)
            if place in found and os.path.realpath(found[place]) != os.path.realpath(path):
                raise InputError(
                    f"{found[place]} and {path} would be written to one file, {place}; score them"
                    " with different folders behind -o"
                )
            found[place] = path
    if left_out and not found:
        raise InputError(f"{left_out} is an output of score; give tables of parts")
    if not found:
        raise InputError(
            f"no table in {', '.join(archive)}; give files that end in {', '.join(SUFFIXES)}, or"
            " their folder"
        )
    return dict(sorted(found.items()))


def _of_outputs(folder: str) -> bool:
    """Whether it is a folder of a model's outputs, or below one: its note tells the model whose
    digest ends its name."""
    digest = note_in(folder).get("sha256")
    if isinstance(digest, str) and digest and folder.endswith(f"-{digest[:12]}"):
        return True
    above = os.path.dirname(folder)
    return above != folder and _of_outputs(above)


def _in_folder(folder: str) -> list[str]:
    """All tables in it; what is hidden is none: the copies of an editor (.ipynb_checkpoints), what
    a job has not finished (_temporary)."""
    found = list[str]()
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name[0] not in HIDDEN]
        found += [
            os.path.join(at, name)
            for name in names
            if name.lower().endswith(SUFFIXES) and name[0] not in HIDDEN
        ]
    return found


def _below(one: str) -> tuple[str, list[str]]:
    """The folder that places are told from, and the files."""
    if os.path.isdir(one):
        return one, _in_folder(one)
    if os.path.isfile(one):
        return os.path.dirname(one) or ".", [one]
    root = one
    while glob.has_magic(root):
        root = os.path.dirname(root)
    paths = [path for path in glob.glob(one, recursive=True) if os.path.isfile(path)]
    if not paths:
        raise InputError(f"there is no file {one}; check the path, or quote the pattern")
    return root or ".", paths
