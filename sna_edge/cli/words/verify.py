"""Check a model as the device does: who signed it, every rule of the format, the checksums, and
the reference outputs (golden vectors) on every backend installed."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from ...backends import NAMES
from ...errors import BackendError
from ...files import from_bytes, load_trusted
from ...signing import configured_keys
from ..arguments import add_json
from ..beside import described, lines, signature_text
from ..console import emit
from ..trusted.options import add_trust, load_with_trust

HELP = "check a model's bytes and reproduce its reference outputs"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge verify`."""
    parser.add_argument(
        "model", metavar="MODEL", help="an .sna file, or the folder of a kit or a release"
    )
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Check a file on every backend there is, a kit or a release; returns the exit code. Raises
    TrustError, ArtifactError."""
    if os.path.isdir(args.model):
        from sna_export.release.manifest import is_release

        return _release(args) if is_release(Path(args.model)) else _kit(args)
    model, trust = load_with_trust(args, "numpy")
    assert model.artifact is not None
    backends = {name: _replayed(model.artifact, name) for name in NAMES}
    passed = [name for name, word in backends.items() if word == "passed"]
    answer = {
        "status": "ok",
        "file": args.model,
        "bytes": os.path.getsize(args.model),
        "golden": backends,
        "sha256": trust.sha256,
        "trust": trust.signature,
        **described(model, trust),
    }
    count = len(model.companions)
    of = f" of values and {count} companion{'s' if count > 1 else ''}" if count else ""
    head = f"{args.model}: OK: checksums match, reference outputs{of} reproduced"
    emit(
        args,
        answer,
        [f"{head} ({', '.join(passed)}); {signature_text(model, trust)}", *lines(model)],
    )
    return 0


def _kit(args: argparse.Namespace) -> int:
    """Check the files of a kit and who signed its manifest."""
    from sna_export.kit import check_kit

    found = check_kit(Path(args.model), configured_keys(args.keys))
    answer = {"status": "ok", "file": args.model, "target": found.target, "files": found.files,
              "trust": found.signature}  # fmt: skip
    said = f"{args.model}: OK: {found.files} files of a kit for {found.target}; {found.signature}"
    emit(args, answer, [said])
    return 0


def _release(args: argparse.Namespace) -> int:
    """Check the files of a release, who signed its manifest, and its model."""
    from sna_export.release import check_release

    keys = configured_keys(args.keys)
    found = check_release(Path(args.model), keys)
    _, trust = load_trusted(found.model, "numpy", keys, insecure=args.insecure)
    answer = {"status": "ok", "file": args.model, "name": found.name, "version": found.version,
              "files": found.files, "model": str(found.model), "sha256": trust.sha256,
              "trust": found.signature}  # fmt: skip
    said = (
        f"{args.model}: OK: {found.files} files of release {found.name}, version {found.version},"
        f" reference outputs of {found.model.name} reproduced; {found.signature}"
    )
    emit(args, answer, [said])
    return 0


def _replayed(data: bytes, backend: str) -> str:
    """'passed', or why this backend was not asked. A golden mismatch raises."""
    try:
        from_bytes(data, backend)
    except BackendError as error:
        return str(error)
    return "passed"
