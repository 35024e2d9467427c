"""`sna-edge export MODEL --to tflite`."""

from __future__ import annotations

import argparse
from pathlib import Path

from sna_edge.model import Model
from sna_export.graph.golden import sentence

from .export import export


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str]:
    """Files written and one sentence about the check."""
    done = export(model, args.output, stem=args.stem, batch=args.batch, converter=args.converter or "direct")
    return [done.path], sentence(done.agreement, "a TFLite runtime", "tflite")
