"""A project file read: the recipe of the fit, and the sections that say what is made of it."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InputError
from ..fitting import recipe
from ..fitting.products import parsed
from .keys import PATH, PATHS, SECTIONS, holds

NAME = re.compile(r"[\w][\w .+-]*")
UNUSED = ("output", "report", "recipe")
"""Options of a fit that a release sets itself."""


@dataclass(frozen=True)
class Project:
    """`fit`: arguments of the fit; the other sections as they stand, paths as seen from here, an
    empty one where it is left out; `asked`: names of the sections that are there."""

    path: str
    name: str
    version: int | None
    output: str | None
    fit: argparse.Namespace
    sections: Mapping[str, Mapping[str, Any]]
    asked: frozenset[str]

    @property
    def folder(self) -> str:
        """Where the project file is."""
        return os.path.dirname(self.path)


def read_project(path: str) -> Project:
    """The project in a file. Raises InputError, with section and key, for what is none."""
    found = recipe.read(path)
    sections = {name: _section(path, name, found.get(name, {})) for name in SECTIONS}
    own = sections["release"]
    name = own.get("name") or _stem(path)
    if not NAME.fullmatch(name):
        raise InputError(
            f"{path}: [release] name {name!r} is no name of a file; use letters, digits, - and _"
        )
    if "sign" in found and "key" not in sections["sign"]:
        raise InputError(f'{path}: [sign] names no key; add key = "NAME.key", or leave it out')
    if "kit" in found and not sections["kit"].get("targets"):
        raise InputError(f"{path}: [kit] names no targets; add targets = [..], or leave it out")
    return Project(
        path, name, own.get("version"), own.get("output"), _fit(path, found), sections,
        frozenset(n for n in SECTIONS if n in found),
    )  # fmt: skip


def card_section(path: str) -> dict[str, Any]:
    """[card] of a project. Raises InputError."""
    return _section(path, "card", recipe.read(path).get("card", {}))


def name_of(text: str) -> str:
    """`text` as a name of files, what cannot stand in one replaced."""
    return re.sub(r"[^\w.+-]+", "_", text).strip("_.+-") or "model"


def _stem(path: str) -> str:
    """'a/depth.release.toml' -> 'depth'."""
    stem = os.path.splitext(os.path.basename(path))[0]
    return name_of(stem.removesuffix(".release").removesuffix(".fit"))


def _section(path: str, name: str, body: Any) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise InputError(f"{path}: {name!r} is no section; write [{name}] above its keys")
    known = SECTIONS[name]
    for key, value in body.items():
        if key not in known:
            raise InputError(
                f"{path}: [{name}] has no key {key!r}; its keys are {', '.join(known)}"
            )
        if not holds(known[key].holds, value):
            raise InputError(f"{path}: [{name}] {key} is {value!r}; give {known[key].holds}")
    return {key: _moved(path, known[key].holds, value) for key, value in body.items()}


def _moved(path: str, kind: str, value: Any) -> Any:
    """Paths as seen from here."""
    folder = os.path.dirname(path)
    if kind == PATH:
        return os.path.join(folder, value)
    return [os.path.join(folder, v) for v in value] if kind == PATHS else value


def _fit(path: str, found: Mapping[str, Any]) -> argparse.Namespace:
    """The arguments of the one fit."""
    if found.get(recipe.PRODUCT):
        raise InputError(
            f"{path} has [[product]] sections, and a release is of one model; write a project for"
            " each of them"
        )
    (arguments,) = recipe.called(path, [])
    args = parsed([*arguments, "--config", path, "--recipe", "none"])
    if args.per:
        raise InputError(f"{path}: [fit] per makes several models; write a project for each level")
    for what, given in (("table", args.table), ("target", args.target)):
        if not given:
            raise InputError(f"{path}: [fit] names no {what}; add {what} = ..")
    args.report, args.json = None, True
    return args
