"""`sna-edge export MODEL --to page`."""

from __future__ import annotations

import argparse
from pathlib import Path

from sna_edge.artifact.disk import write_whole
from sna_edge.model import Model

from .content import about
from .measured import measured
from .shell import render


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that they can be used as they are."""
    rows = measured(args, model) if args.table else None
    data = model.artifact or model.to_bytes()
    content = about(model, args.stem, file=f"{args.stem}.sna", rows=rows)
    path = Path(args.output) / (args.file or f"{args.stem}.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, render(args.stem, lead(model), content, data).encode())
    return [path], "the page replays the reference outputs of the model whenever it opens", True


def lead(model: Model) -> str:
    """What the page is about, in a line."""
    count = len(model.axes)
    names = ", ".join(model.output_names)
    inputs = f"{count} inputs" if count > 1 else "one input"
    return f"{names} from {inputs}; this page works offline and sends nothing"
