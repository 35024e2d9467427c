"""Convert a surrogate trained elsewhere into a model: an .npz file of plain arrays (polynomial
chaos, tensor train, spline, tanh networks, Fourier or radial atoms). Other surrogates
(scikit-learn, pyGAM, torch) take one Python call: sna_export.adopt.
"""

from __future__ import annotations

import argparse
import os

from ..arguments import add_json
from ..console import emit

HELP = "convert a surrogate trained elsewhere (.npz) into a model"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge adopt`."""
    parser.add_argument("file", metavar="FILE", help="an .npz file with the array 'kind'")
    parser.add_argument(
        "-o", "--output", required=True, metavar="MODEL", help="the .sna file to write"
    )
    parser.add_argument(
        "--error",
        type=float,
        default=1e-6,
        metavar="E",
        help="largest error allowed, as a fraction of the output range (default: 1e-6)",
    )
    parser.add_argument(
        "--compress",
        type=float,
        metavar="E",
        help="compress to fewer modes, within this RMS error as a fraction of the output range",
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Convert the file and write the model; returns the exit code."""
    from sna_export.adopt.distillation import compress
    from sna_export.adopt.file import read

    from ...errors import InputError

    for error in (args.error, args.compress):
        if error is not None and not 0 < error < 1:
            raise InputError(
                f"an error of {error} is not a fraction of the output range; give one between 0 and"
                " 1, like 1e-6"
            )
    original = read(args.file)
    model = (
        original.compile(args.error)
        if args.compress is None
        else compress(original, args.compress).model
    )
    model.save(args.output)
    known = model.certificate
    answer = {
        "status": "ok",
        "file": args.output,
        "bytes": os.path.getsize(args.output),
        "modes": model.interaction.rank,
        **known,
    }
    reached = known.get("adoption_error", known.get("adoption_rms"))
    what = "RMS error" if args.compress else "error"
    size = f"{model.interaction.rank} modes, {answer['bytes']} bytes"
    emit(
        args,
        answer,
        [
            f"{args.output}: {original.source} in {size}, {known['adoption']} {what} {reached:g} of"
            " the output range"
        ],
    )
    return 0
