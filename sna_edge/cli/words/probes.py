"""Keep a part at named places alone: levels in place of its nodes, in a small file for
microcontrollers and all that has no meshes. Without --at the places are the probes of the model."""

from __future__ import annotations

import argparse
import os

from ...errors import InputError
from ...values.naming import NUMBER
from ..arguments import add_json, assignments, writable
from ..console import emit
from ..options.stated import several, state, value
from ..trusted.options import add_trust, load_model

HELP = "keep a part at its probes, or at named places, alone"

OPTIONS = (
    value("model", "MODEL", "an .sna file of a part"),
    several("--at", "NAME=VALUE", "places: NAME=NODE, NAME=PROBE or NAME=X,Y[,Z] (default: the"
            " probes of MODEL)"),
    value("-o --output", "NEW", "the .sna file to write", required=True),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge probes`."""
    state(parser, OPTIONS)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file; returns the exit code."""
    output = writable(args.output, args.model)
    model = load_model(args, "numpy")
    if not any(a.mesh is not None for a in model.axes):
        raise InputError(f"{args.model} has no part; give a model that was solved on a mesh")
    places = {n: _place(t) for n, t in assignments(args.at).items()} if args.at else None
    small = model.at_probes(places)
    small.save(output)
    kept = {
        a.name: list(new.level_names)
        for a, new in zip(model.axes, small.axes, strict=True)
        if a.mesh is not None
    }
    size = os.path.getsize(output)
    lines = [f"{output}: {size} bytes", *(f"{n} is {', '.join(kept[n])}" for n in kept)]
    emit(args, {"status": "ok", "file": output, "bytes": size, "places": kept}, lines)
    return 0


def _place(text: str) -> object:
    """'0.4,0.7' is a point, another text a node or a probe."""
    parts = [part.strip() for part in text.split(",")]
    point = len(parts) > 1 and all(NUMBER.fullmatch(p) for p in parts)
    return tuple(map(float, parts)) if point else text
