"""The recipe of a fit: written beside its model, and what --config says of a new table."""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Mapping
from typing import Any

from ...artifact.disk import write_whole
from ...durable.whole import takes_bytes
from ...values.fit_told import REFIT_SHAPE
from .recipe import COLUMNS, MADE, REFIT, options_of, read, toml
from .schema import differences, schema

HEAD = "# Recipe of sna-edge; `sna-edge fit --config {}` repeats the fit\n"
SEAL = "# sha256 of the lines above: "
NONE = "none"


def path_of(args: argparse.Namespace) -> str | None:
    """Where the recipe goes: --recipe, or MODEL.fit.toml beside MODEL.sna; None for --recipe none,
    for the models of --per and for a model that no file keeps (-o /dev/null)."""
    kept = not takes_bytes(args.output)
    if args.recipe == NONE or getattr(args, "level", None) is not None or not kept:
        return None
    return args.recipe or f"{os.path.splitext(args.output)[0]}.fit.toml"


def write_recipe(
    args: argparse.Namespace, table: Any, rows: int, refit: Mapping[str, Any] | None = None
) -> tuple[str | None, str]:
    """Writes the recipe: its path and what is to be said of it. One that was written by somebody
    else, or changed since, stays as it is unless --recipe names it. `refit`: what was fitted anew,
    and the digest of the model before it was signed."""
    path = path_of(args)
    if path is None:
        return None, ""
    if args.config and os.path.realpath(args.config) == os.path.realpath(path):
        return None, ""
    if not args.recipe and os.path.exists(path) and not _ours(path):
        return None, f"{path} is not as a fit wrote it and was left as it is (--recipe FILE)"
    made = {
        "rows": rows,
        "table-sha256": _digest(args.table),
        "model-sha256": _digest(args.output),
    }
    told = dict(refit or {})
    if "model-sha256" in told:
        made["model-sha256"] = told.pop("model-sha256")
    body = {"fit": options_of(args, os.path.dirname(path)), MADE: made}
    body |= {REFIT: told} if told else {}
    body[COLUMNS] = schema(table)
    text = HEAD.format(os.path.basename(path)) + toml(body)
    seal = hashlib.sha256(text.encode()).hexdigest()
    write_whole(path, f"{text}{SEAL}{seal}\n".encode())
    return path, ""


def _ours(path: str) -> bool:
    """Whether a file is a recipe as it was written."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text, _, seal = file.read().rpartition(SEAL)
    return hashlib.sha256(text.encode()).hexdigest() == seal.strip()


def _digest(path: str) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def compared(args: argparse.Namespace, table: Any, needed: list[str]) -> list[str]:
    """How the table differs from that of the recipe of --config."""
    if not args.config:
        return []
    known = read(args.config).get(COLUMNS)
    return differences(known, table, needed, not args.inputs) if known else []


def story_of(args: argparse.Namespace) -> dict[str, Any]:
    """What a model tells of being fitted anew: that of this call, or of the recipe whose fit of its
    own table is repeated; empty for a first fit."""
    told = getattr(args, "refitted", None)
    if told is None and args.config:
        recipe = read(args.config)
        if recipe.get(MADE, {}).get("table-sha256") == _digest(args.table):
            told = recipe.get(REFIT)
    return {k: v for k, v in (told or {}).items() if k in REFIT_SHAPE}


def repeated(args: argparse.Namespace) -> str:
    """Whether a fit of the recipe's own table gave its very model; '' for another table."""
    made = read(args.config).get(MADE, {}) if args.config else {}
    if not made or made.get("table-sha256") != _digest(args.table):
        return ""
    if made.get("model-sha256") == _digest(args.output):
        return "the table and the model are those of the recipe, byte for byte"
    return (
        "the table is that of the recipe, the model is not: options, versions or processors differ,"
        " or a time limit cut other steps"
    )
