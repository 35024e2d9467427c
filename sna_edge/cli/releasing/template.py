"""`sna-edge release --init TABLE`: a project file with a comment at every key."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from ...artifact.disk import write_whole
from ...errors import InputError
from ..arguments import writable
from ..fitting.recipe import as_toml
from .keys import ABOUT, SECTIONS, Key
from .project import name_of

HEAD = """\
# Project of a release: `sna-edge release {path}` makes it, `--check` looks first.
# Lines that begin with # are off; paths are relative to the folder of this file.

# The fit: every option of `sna-edge fit --help`, without the dashes.
[fit]
table = {table}
target = {target}
"""
WIDTH = 88


def write_project(path: str, table: str, targets: list[str]) -> list[str]:
    """Write a project for a table; the targets it names. Raises InputError where the file is there
    already, or for a table that cannot be read."""
    from sna_export.table import read

    if os.path.exists(path):
        raise InputError(f"{path} is there already; choose another name, or remove it")
    writable(path, table)
    data = read(table)
    numeric = [n for n in data.names if not data.has_text(n) and np.ptp(data.column(n)) > 0]
    for name in targets:
        data.index(name)
    if not (targets or numeric):
        raise InputError(f"{table} has no column of numbers that vary; name a target with --target")
    targets = targets or numeric[-1:]
    text = [n for n in data.names if data.has_text(n) and n not in targets]
    lines = [HEAD.format(
        path=os.path.basename(path),
        table=as_toml(os.path.relpath(table, os.path.dirname(path) or ".")),
        target=as_toml(targets),
    ).rstrip()]  # fmt: skip
    on = "" if text else "# "
    lines += [
        f"{on}categorical = {as_toml(text or ['machine'])}  # text columns that are inputs",
        '# inputs = ["power", "speed"]  # columns to predict from (default: all others)',
        '# units = ["power=W", "speed=m/s"]  # where the header names none',
        "seed = 0",
    ]
    own = name_of(os.path.splitext(os.path.basename(table))[0])
    for name, keys in SECTIONS.items():
        lines += _section(name, keys, {"release": {"name": own}}.get(name, {}))
    write_whole(path, ("\n".join(lines) + "\n").encode())
    return targets


def _section(name: str, keys: dict[str, Key], given: dict[str, str]) -> Iterator[str]:
    """Off, but [release] and [card], which ask for nothing that has to be there, and what is
    given."""
    on = name in ("release", "card")
    yield ""
    yield f"# {ABOUT[name]}"
    yield f"{'' if on else '# '}[{name}]"
    for key, told in keys.items():
        off = f"# {key} = {told.example}"
        line = f"{key} = {as_toml(given[key])}" if key in given else off
        about = f"  # {told.about}"
        if len(line) + len(about) <= WIDTH:
            yield line + about
        else:
            yield from (f"#   {part}" for part in _wrapped(told.about))
            yield line


def _wrapped(text: str) -> list[str]:
    from textwrap import wrap

    return wrap(text, WIDTH - 4)
