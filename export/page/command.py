"""`sna-edge export MODEL --to page`."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from sna_edge.artifact.disk import write_whole
from sna_edge.model import Model

from .content import about, asked
from .evidence import judged_by, quality
from .measured import measured
from .shell import render

OWN = (
    "Rows of the given table, predicted by the model itself: where it was fitted to them, new ones"
    " will be off by more."
)
CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that they can be used as they are."""
    model = model.at_probes()
    rows = measured(args, model) if args.table else None
    data = model.artifact or model.to_bytes()
    file = Path(model.path).name if model.path else f"{args.stem}.sna"
    file = file.encode(errors="replace").decode()  # names that are no UTF-8
    title = Path(file).stem
    content = about(model, title, file=file, rows=rows)
    if rows is not None:
        found = judged_by(model, rows.inputs, rows.outputs, asked(model))
        content["quality"] = quality(found, OWN, held=False)
    path = Path(args.output) / (args.file or f"{args.stem}.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, render(title, lead(model), content, data).encode())
    return [path], "the page replays the reference outputs of the model whenever it opens", True


def lead(model: Model) -> str:
    """What the page is about, in a line; without marks that turn the direction of writing."""
    count = len(model.axes)
    names = ", ".join(CONTROLS.sub("", name) for name in model.output_names)
    inputs = f"{count} inputs" if count > 1 else "one input"
    return f"{names} from {inputs}; this page works offline and sends nothing"
