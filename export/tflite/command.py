"""`sna-edge export MODEL --to tflite`."""

from __future__ import annotations

import argparse
from pathlib import Path

from sna_edge.model import Model

from ..graph.agreement import sentence
from ..graph.left_out import values_only
from ..graph.metadata import offsets
from .export import export


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that they can be used as they are."""
    done = export(
        model, args.output, stem=args.stem, batch=args.batch, converter=args.converter or "direct"
    )
    return (
        [done.path],
        sentence(done.agreement, "a TFLite runtime", "tflite")
        + values_only(model)
        + _offsets(model),
        True,
    )


def _offsets(model: Model) -> str:
    """What the caller of the file must take off and add, in words."""
    found = offsets(model)
    words = [
        f"take {o!r} off {name!r} in float64" for name, o in found.get("input_offset", {}).items()
    ]
    words += [
        f"add {o!r} to {name!r} in float64" for name, o in found.get("output_offset", {}).items()
    ]
    return (
        f"; float32 does not carry all numbers: {', '.join(words)} (in the file's metadata; the"
        " tflite backend does it)"
        if words
        else ""
    )
