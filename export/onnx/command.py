"""`sna-edge export MODEL --to onnx`."""

from __future__ import annotations

import argparse
from pathlib import Path

from sna_edge.model import Model

from ..graph.agreement import sentence
from ..graph.left_out import values_only
from .export import OPSET, export


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that they can be used as they are."""
    done = export(
        model,
        args.output,
        stem=args.stem,
        opset=OPSET if args.opset is None else args.opset,
        batch=args.batch,
        file=args.file,
    )
    check = sentence(done.agreement, "onnxruntime", "onnx") + values_only(model)
    return list(done.paths), check, True
