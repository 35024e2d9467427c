"""`sna-edge export MODEL --to onnx`."""

from __future__ import annotations

import argparse
from pathlib import Path

from sna_edge.model import Model

from ..graph.agreement import sentence
from ..graph.beside_agreement import sentence as beside_sentence
from ..graph.extras import asked_for
from ..graph.left_out import values_only
from .export import OPSET, export


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that they can be used as they are."""
    extras = asked_for(model, args)
    done = export(
        model,
        args.output,
        stem=args.stem,
        opset=OPSET if args.opset is None else args.opset,
        batch=args.batch,
        file=args.file,
        extras=extras,
    )
    check = sentence(done.agreement, "onnxruntime", "onnx")
    check += beside_sentence(done.beside) + values_only(model, extras)
    return list(done.paths), check, True
