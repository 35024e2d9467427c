"""Recipes: the options of a fit as TOML, written beside its model and read by --config.

A recipe's keys are the options of the command line, so nothing has to be said twice: the parser is
read for their names and kinds. Paths in a recipe are relative to its folder.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...errors import InputError
from ...values.documents import read_document
from .options import configure

NEVER = ("help", "config", "recipe", "json")
"""Options that say how this call is made, not what the fit is."""
PATHS = ("table", "output", "report", "base")
FIT, PRODUCT, COLUMNS, MADE, REFIT = "fit", "product", "columns", "made", "refit"
SECTIONS = (FIT, PRODUCT, COLUMNS, MADE, REFIT)
PROJECT = ("release", "card", "sign", "kit", "firmware", "compare")
"""Sections of a project, which is a recipe that `sna-edge release` reads; a fit passes them by."""


def actions() -> dict[str, argparse.Action]:
    """{key of a recipe: option of the command line}."""
    parser = argparse.ArgumentParser(add_help=False)
    configure(parser)
    return {a.dest: a for a in parser._actions if a.dest not in NEVER}


def read(path: str) -> Mapping[str, Any]:
    """The sections of a recipe. Raises InputError for what is none, with the word that is wrong."""
    found = read_document(path)
    for name in found:
        if name not in (*SECTIONS, *PROJECT):
            raise InputError(
                f"{path}: {name!r} is no section of a recipe; these are [fit], [[product]],"
                f" [columns], [made] and [refit], and those of a release: [{'], ['.join(PROJECT)}]"
            )
    products = found.get(PRODUCT, [])
    if not isinstance(products, list) or not all(isinstance(p, dict) for p in products):
        raise InputError(f"{path}: write every product as [[product]] with options of its own")
    for options in (found.get(FIT, {}), *products):
        _need_known(path, options)
    return found


def _need_known(path: str, options: Any) -> None:
    known = actions()
    for key in options:
        if _dest(key) not in known:
            raise InputError(
                f"{path}: {key!r} is no option of a fit; these are"
                f" {', '.join(sorted(n.replace('_', '-') for n in known))}"
            )


def _dest(key: str) -> str:
    return key.replace("-", "_")


def called(path: str, argv: Sequence[str]) -> list[list[str]]:
    """Arguments of `fit`, one list for each product of the recipe `path` (one where it names none):
    its options, but those that `argv`, the arguments of this call, gives itself."""
    recipe = read(path)
    own = _given(argv)
    common = recipe.get(FIT, {})
    products = recipe.get(PRODUCT) or [{}]
    return [[*_arguments(path, {**common, **p}, own), *argv] for p in products]


def _given(argv: Sequence[str]) -> set[str]:
    """Options that arguments give."""
    parser = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    configure(parser)
    for action in parser._actions:
        action.default, action.required = argparse.SUPPRESS, False
    known, _ = parser.parse_known_args(list(argv))
    return set(vars(known))


def _arguments(path: str, options: Mapping[str, Any], own: set[str]) -> list[str]:
    known, found = actions(), list[str]()
    for key, value in options.items():
        action = known[_dest(key)]
        if action.dest in own:
            continue
        values = _listed(path, key, action, value)
        if action.nargs == 0:
            found += [_flag(action)] * len(values)
            continue
        texts = [_text(path, key, action.dest, v) for v in values]
        found += [f"{_flag(action)}={t}" for t in texts] if action.option_strings else texts
    return found


def _listed(path: str, key: str, action: argparse.Action, value: Any) -> list[Any]:
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise InputError(f"{path}: {key} is {value!r}; write true or false")
        return [value] if value else []
    several = action.nargs == "+" or isinstance(action, argparse._AppendAction)
    if isinstance(value, list) and not several:
        raise InputError(f"{path}: {key} takes one value, not a list")
    return value if isinstance(value, list) else [value]


def _text(path: str, key: str, dest: str, value: Any) -> str:
    """A value as it stands on the command line; paths as seen from here."""
    if isinstance(value, (dict, list, bool)):
        raise InputError(f"{path}: {key} holds {value!r}; write it as on the command line")
    text = repr(value) if isinstance(value, float) else str(value)
    return _moved(dest, text, lambda p: os.path.join(os.path.dirname(path), p))


def _moved(dest: str, text: str, move: Any) -> str:
    """The path in the value of an option, moved."""
    if dest in PATHS:
        return str(move(text))
    if dest == "gage":
        name, equals, file = text.rpartition("=")
        return name + equals + str(move(file))
    return text


def _flag(action: argparse.Action) -> str:
    return max(action.option_strings, key=len)


def options_of(args: argparse.Namespace, folder: str) -> dict[str, Any]:
    """What a recipe in `folder` says of these arguments: all that is not as it is by default."""
    found: dict[str, Any] = {}
    for dest, action in actions().items():
        value = getattr(args, dest, action.default)
        if value is None or value == action.default or value == []:
            continue
        one = [_moved(dest, v, lambda p: os.path.relpath(p, folder or ".")) if isinstance(v, str)
               else v for v in (value if isinstance(value, list) else [value])]  # fmt: skip
        found[dest.replace("_", "-")] = one if isinstance(value, list) else one[0]
    found["seed"] = args.seed
    return found


def toml(sections: Mapping[str, Mapping[str, Any]]) -> str:
    """Sections of plain values, lists and one level of tables."""
    return "\n".join(line for name, body in sections.items() for line in _section(name, body))


def _section(name: str, body: Mapping[str, Any]) -> Iterator[str]:
    plain = {k: v for k, v in body.items() if not isinstance(v, Mapping)}
    if plain or not body:
        yield f"[{name}]"
        yield from (f"{_key(k)} = {as_toml(v)}" for k, v in plain.items())
        yield ""
    for k, inner in body.items():
        if isinstance(inner, Mapping):
            yield f"[{name}.{_key(k)}]"
            yield from (f"{_key(i)} = {as_toml(v)}" for i, v in inner.items())
            yield ""


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
    return name if plain and name else as_toml(name)


def as_toml(value: Any) -> str:
    """A text, number, truth or list of these as TOML writes it."""
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")
