"""Put a model into the store of a device and make it the active one. It is checked first: by the
keys of this machine, by its version, by its reference outputs on the backend that will serve it,
and by measured rows of your own; where one check fails the model before stays active."""

from __future__ import annotations

import argparse

from ...artifact.disk import read_whole
from ...errors import InputError, SnaError
from ...files import from_bytes
from ...signing import configured_keys, examined
from ...store import Store
from ..arguments import add_json, add_model
from ..console import emit
from ..trusted.acceptance import accepted, add_acceptance
from ..trusted.options import add_trust, overruled

HELP = "put a model into the store of a device, as the active one"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge install`."""
    add_model(parser)
    parser.add_argument(
        "--store",
        required=True,
        metavar="DIR",
        help="folder of the store, made where there is none",
    )
    add_acceptance(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Install the model, or note why not; returns the exit code."""
    if args.tolerance and not args.accept_rows:
        raise InputError("--tolerance is of --accept-rows; give the rows too, or leave it out")
    store, data = Store(args.store), read_whole(args.model)
    trust = examined(data, configured_keys(args.keys), insecure=True)
    try:
        trust = examined(data, configured_keys(args.keys), insecure=args.insecure)
        overruled(args, trust)
        store.admit(trust)
        model = from_bytes(data, args.backend)
        rows = accepted(args, model) if args.accept_rows else 0
    except SnaError as error:
        store.refused(trust.sha256, " ".join(str(error).split()))
        raise
    event = store.install(data, trust)
    before = event.previous
    answer = {
        "status": "ok", "store": args.store, "active": trust.said, "accepted_rows": rows,
        "previous": before and {"sha256": before.sha256, "version": before.version},
        "counter": event.counter, "event": event.number,
    }  # fmt: skip
    checked = f"reference outputs reproduced ({model.backend.name})"
    checked += f", {rows} acceptance rows predicted" if rows else ""
    lines = [
        f"{args.store}: version {trust.version}, sha256 {trust.sha256[:16]}.. is active:"
        f" {trust.signature}, {checked}",
        f"before: version {before.version}, sha256 {before.sha256[:16]}.." if before else
        "before: none",
    ]  # fmt: skip
    emit(args, answer, lines)
    return 0
