"""Show what a line has learned from measured parts beside its model: coverage, widths, the
correction in words, alarms, what changed when; write its record; or go back to the model alone."""

from __future__ import annotations

import argparse
from hashlib import sha256
from pathlib import Path

from ...errors import InputError
from ...files import from_bytes
from ...learning.report import record, report
from ...learning.state import State, read_state
from ...model import Model
from ...signing import configured_keys, examined
from ...store import Store
from ..arguments import add_json, writable
from ..console import emit
from ..learned.shown import lines
from ..options.stated import state, value
from ..releasing.make import write_json
from ..trusted.options import add_trust, load_with_trust, overruled

HELP = "what a line has learned from measured parts; its record; back to the model alone"
ALL = ""
"""Every output."""

OPTIONS = (
    value("file", "FILE", "what `watch --learned` keeps"),
    value("--model", "MODEL", "the .sna file it was learned beside"),
    value("--store", "DIR", "or a store, whose active model it is"),
    value("--export", "RECORD.json", "write the correction record: the bytes that verdicts name by"
          " their SHA-256, in words beside them"),
    value("--reset", "OUTPUT", "forget what was learned of one output, or of all: back to the model"
          " alone; stop watch first", nargs="?", const=ALL),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge learned`."""
    state(parser, OPTIONS)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show, export or reset; returns the exit code. Raises InputError."""
    if bool(args.model) == bool(args.store):
        raise InputError("missing or ambiguous model; give exactly one of --model and --store")
    model, digest = _model(args)
    known = read_state(args.file, model, digest)
    if args.export:
        writable(args.export, args.file, args.model)
        write_json(Path(args.export), record(known))
    if args.reset is not None:
        state = State(args.file, model, known)
        try:
            known.forget(args.reset)
            state.snapshot()
        except OSError as error:
            raise InputError(
                f"cannot write {args.file} ({error.strerror}); nothing was reset"
            ) from None
        finally:
            state.close()
    told = report(known)
    emit(args, {"status": "ok", "file": args.file, **told}, lines(args.file, told, args))
    return 0


def _model(args: argparse.Namespace) -> tuple[Model, str]:
    """The model and its SHA-256."""
    if args.model:
        model, trust = load_with_trust(args, "numpy")
        return model, trust.sha256
    active = Store(args.store).active()
    overruled(args, examined(active.data, configured_keys(args.keys), insecure=args.insecure))
    return from_bytes(active.data, "numpy", path=active.path), sha256(active.data).hexdigest()
