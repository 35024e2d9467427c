"""The model card of a file: domain, errors and coverage that its fit stored, where it is known to
fail, certificate, signature. `sna-edge release` writes a fuller one, which also knows table, splits
and commit."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError
from ..arguments import add_json, writable
from ..console import emit, json_value
from ..releasing.make import write_json
from ..releasing.project import card_section, name_of
from ..trusted.options import add_trust, load_model

HELP = "what people have to know of a model, as a page or as JSON"
ENDS = (".html", ".json")


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge card`."""
    parser.add_argument(
        "model", nargs="?", metavar="MODEL", help="an .sna file, or the folder of a release"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="the card, NAME.html or NAME.json (default: print it)",
    )
    parser.add_argument(
        "--project",
        metavar="FILE.toml",
        help="whose [card] says what the model is for and which failures are known",
    )
    parser.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of cards instead"
    )
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write or print the card; returns the exit code."""
    from sna_export.release import model_of
    from sna_export.release.card import card
    from sna_export.release.card_page import card_page
    from sna_export.release.card_schema import SCHEMA

    if args.schema:
        args.json = True
        emit(args, SCHEMA, [])
        return 0
    if not args.model:
        raise InputError("a card is of a model; name its .sna file, or ask for --schema")
    place, release = model_of(args.model)
    args.model = str(place)
    if args.output:
        writable(args.output, args.model, args.project)
        if not args.output.lower().endswith(ENDS):
            raise InputError(f"{args.output} ends neither with .html nor with .json; name it so")
    said = card_section(args.project) if args.project else {}
    model = load_model(args, "numpy")
    version = model.signature.model_version if model.signature else release
    name = name_of(os.path.splitext(os.path.basename(args.model))[0])
    told: dict[str, Any] = json_value(card(model, name=name, said=said, version=version))
    if args.output and args.output.lower().endswith(".json"):
        write_json(Path(args.output), told)
    elif args.output:
        card_page(told).write(args.output)
    emit(args, {"status": "ok", "output": args.output, "card": told}, _lines(args.output, told))
    return 0


def _lines(output: str | None, told: Mapping[str, Any]) -> list[str]:
    use = told["intended"]["use"] or "nobody has said (--project FILE.toml)"
    lines = [f"{output}: card of {told['name']}"] if output else [f"card of {told['name']}"]
    lines.append(f"for: {use}")
    for one in told["outputs"]:
        errors = one["errors"] or {}
        shown = ", ".join(f"{k.upper()} {v:.3g}" for k, v in errors.items())
        lines.append(f"{one['name']}: {shown or 'no errors are stored'}")
    failures = told["failures"]
    lines += [f"known: {said}" for said in failures["stated"]]
    return [*lines, *(f"known: {one['said']}" for one in failures["found"])]
