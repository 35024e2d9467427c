"""The files of an archive: files, folders and patterns, each with the place of its output."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence

from sna_edge.errors import InputError

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv")
"""Of files that are taken out of a folder."""


def files_of(archive: Sequence[str], folder: str) -> dict[str, str]:
    """{path below the outputs: input}, sorted: of a folder all tables in it, of a pattern what it
    finds; nothing below `folder`, where outputs go. Raises InputError for what is not there and for
    two inputs with one place."""
    found: dict[str, str] = {}
    out = os.path.realpath(folder)
    for one in archive:
        root, paths = _below(one)
        for path in paths:
            if os.path.realpath(path).startswith(out + os.sep):
                continue
            place = os.path.relpath(path, root)
            if place in found and os.path.realpath(found[place]) != os.path.realpath(path):
                raise InputError(
                    f"{found[place]} and {path} would be written to one file, {place}; score them"
                    " with different folders behind -o"
                )
            found[place] = path
    if not found:
        raise InputError(
            f"no table in {', '.join(archive)}; give files that end in {', '.join(SUFFIXES)}, or"
            " their folder"
        )
    return dict(sorted(found.items()))


def _below(one: str) -> tuple[str, list[str]]:
    """The folder that places are told from, and the files."""
    if os.path.isdir(one):
        return one, [
            os.path.join(at, name)
            for at, _, names in os.walk(one)
            for name in names
            if name.lower().endswith(SUFFIXES) and name[0] not in "._"
        ]
    if os.path.isfile(one):
        return os.path.dirname(one) or ".", [one]
    root = one
    while glob.has_magic(root):
        root = os.path.dirname(root)
    paths = [path for path in glob.glob(one, recursive=True) if os.path.isfile(path)]
    if not paths:
        raise InputError(f"there is no file {one}; check the path, or quote the pattern")
    return root or ".", paths
