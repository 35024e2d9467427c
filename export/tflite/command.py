"""`sna-edge export MODEL --to tflite`."""

from __future__ import annotations

import argparse
from pathlib import Path

from sna_edge.model import Model

from ..graph.agreement import sentence
from ..graph.beside_agreement import sentence as beside_sentence
from ..graph.extras import Extras, asked_for
from ..graph.left_out import values_only
from ..graph.metadata import offsets
from .export import export


def write(model: Model, args: argparse.Namespace) -> tuple[list[Path], str, bool]:
    """Files written, one sentence about the check, and that they can be used as they are."""
    extras = asked_for(model, args)
    done = export(
        model,
        args.output,
        stem=args.stem,
        batch=args.batch,
        converter=args.converter or "direct",
        extras=extras,
    )
    check = sentence(done.agreement, "a TFLite runtime", "tflite") + beside_sentence(done.beside)
    return [done.path], check + values_only(model, extras) + _offsets(model, extras), True


def _offsets(model: Model, extras: Extras) -> str:
    """What the caller of the file must take off and add, in words."""
    found = offsets(model, extras)
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
