"""Write a model anew with today's writer. A file that today's writer would write alike keeps every
byte: what needs nothing of format 1.1 stays 1.0."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ...artifact.disk import write_whole
from ...artifact.golden import Golden
from ...artifact.raw_views import Raw, RawCalibration
from ...artifact.reader import from_bytes as opened
from ...artifact.reader import golden_vectors
from ...artifact.rewriting import rewritten
from ...errors import ArtifactError, InputError
from ...files import format_of, from_bytes
from ...model import Model
from ..arguments import add_json, writable
from ..beside import signed_by
from ..console import emit
from ..trusted.options import add_trust, load_model

TEXTS = ("certificate", "metadata", "readings")
"""Sections that stay as they are."""
HELP = "write a model anew in the format of today, values unchanged"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge upgrade`."""
    parser.add_argument("model", metavar="MODEL", help="an .sna file of any format known here")
    parser.add_argument(
        "-o", "--output", metavar="NEW", help="the .sna file to write (default: MODEL itself)"
    )
    parser.add_argument(
        "--drop-signature",
        action="store_true",
        help="write a signed model anew without its signature",
    )
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the file, or leave it where nothing changes; returns the exit code."""
    output = writable(args.output, args.model) if args.output else args.model
    model = load_model(args, "numpy")
    assert model.artifact is not None
    if model.signature and not args.drop_signature:
        raise InputError(
            f"{args.model} is {signed_by(model.signature)}; a file written anew has no signature:"
            " give --drop-signature, then sign the new one"
        )
    raw = opened(model.artifact, Model)[1]
    new = rewritten(raw, model.artifact, model)
    points = _checked(raw, model, new)
    changed = new != model.artifact
    if changed or args.output:
        write_whole(output, new)
    answer = {
        "status": "ok", "file": args.model, "output": output,
        "format_before": format_of(model.artifact), "format": format_of(new), "changed": changed,
        "bytes_before": len(model.artifact), "bytes": len(new), "points": points,
        "signature_dropped": model.signature is not None,
    }  # fmt: skip
    emit(args, answer, [_sentence(answer)])
    return 0


def _sentence(answer: dict[str, Any]) -> str:
    head = f"{answer['output']}: was format {answer['format_before']}, is {answer['format']}"
    if not answer["changed"]:
        return f"{head}, {answer['bytes']} bytes, the same byte for byte"
    dropped = ", signature dropped" if answer["signature_dropped"] else ""
    return (
        f"{head}, {answer['bytes_before']} -> {answer['bytes']} bytes, bytes changed{dropped},"
        f" values at {answer['points']} reference points the same"
    )


def _checked(raw: Raw, model: Model, new: bytes) -> int:
    """How many reference points of values and companions the new file agrees at. Raises
    ArtifactError where it does not hold the same."""
    again, other = from_bytes(new, "numpy"), opened(new, Model)[1]
    files = [raw, *(c.file for c in raw.companions)]
    pairs = [(model, again)]
    pairs += [(c.model, d.model) for c, d in zip(model.companions, again.companions, strict=True)]
    golden = [golden_vectors(file) for file in files]
    good = all(_agree(g, *pair) for g, pair in zip(golden, pairs, strict=True))
    good &= raw.has_integer_path == other.has_integer_path
    good &= all(raw.sections.get(n, b"") == other.sections.get(n, b"") for n in TEXTS)
    if not (good and _same_calibration(raw.calibration, other.calibration)):
        raise ArtifactError(
            "golden_mismatch", "written anew the model gives other values; keep the old file"
        )
    return sum(len(g.inputs) for g in golden)


def _agree(golden: Golden, old: Model, new: Model) -> bool:
    """Values within what the old file allows to rounding, intervals no narrower."""
    a, b = (m.evaluate(golden.inputs, level_index=True) for m in (old, new))
    near = golden.tolerance64
    told = np.isnan(a.lower) == np.isnan(b.lower)
    wide = (a.lower - b.lower > -near) & (b.upper - a.upper > -near) | np.isnan(a.lower)
    return bool((np.abs(a.value - b.value) <= near).all() and told.all() and wide.all())


def _same_calibration(a: RawCalibration | None, b: RawCalibration | None) -> bool:
    """The same rows, quantiles and pairs; floors may have grown by what storing adds."""
    if a is None or b is None:
        return a is b
    pairs = zip(a.pairs, b.pairs, strict=True)
    return (
        a.head == b.head
        and all(
            np.array_equal(getattr(a, part), getattr(b, part))
            for part in ("quantiles", "correlation", "scores")
        )
        and bool((b.floor >= a.floor).all())
        and all(p[:2] == q[:2] and np.array_equal(p[2], q[2]) for p, q in pairs)
    )
