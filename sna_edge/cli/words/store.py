"""Look at the store of a device: which model is active, what happened before; or make the model
before the active one again."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import Any

from ...errors import InputError
from ...store import Event, Slot, Store
from ..arguments import add_json
from ..console import emit, table

HELP = "which model a device uses; the one before again; what happened"
SHOWN = 20  # events that `history` prints


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge store`."""
    parser.add_argument(
        "action", choices=("status", "rollback", "history"), metavar="ACTION",
        help="status, rollback or history",
    )  # fmt: skip
    parser.add_argument("store", metavar="DIR", help="folder of the store")
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="why you roll back, for the history"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Show or roll back; returns the exit code."""
    if args.reason and args.action != "rollback":
        raise InputError(f"--reason is of rollback, not of {args.action}; leave it out")
    store = Store(args.store)
    if store.state is None or (store.state.active is None and args.action != "history"):
        store.active()  # says what to do
    if args.action == "rollback":
        store.rollback(" ".join(args.reason.split()))
    if args.action == "history":
        emit(args, {"status": "ok", "events": list(map(asdict, store.history))}, _history(store))
    else:
        answer, lines = _status(store)
        emit(args, answer, lines)
    return 0


def _status(store: Store) -> tuple[dict[str, Any], list[str]]:
    state = store.state
    assert state is not None
    slots = {"active": state.active, "previous": state.previous}
    sound = {name: store.sound(slot) is not None for name, slot in slots.items()}
    answer = {
        "status": "ok", "store": store.folder, "counter": state.counter, "events": state.number,
        "last": {"event": state.event, "time": state.time, "reason": state.reason},
        **{name: slot and {**asdict(slot), "sound": sound[name]} for name, slot in slots.items()},
    }  # fmt: skip
    rows = [
        [name, str(s.version or "-"), s.sha256[:16], s.signature, "sound" if sound[name] else "bad"]
        for name, s in slots.items()
        if s
    ]
    lines = table(["", "version", "sha256", "signature", "file"], rows, right=False)
    lines += ["", f"no version before {state.counter} is installed" if state.counter else
              "no signed model was installed yet"]  # fmt: skip
    return answer, [*lines, f"last: {_line(state)}"]


def _history(store: Store) -> list[str]:
    return [f"{e.number:4d}  {_line(e)}" for e in store.history[-SHOWN:]]


def _line(event: Event) -> str:
    """'2026-01-31T06:00:00Z installed version 8 (a1b2c3d4..): why'."""
    of = f" {event.sha256[:8]}.." if event.sha256 else f" {_named(event.active)}"
    reason = f": {event.reason}" if event.reason else ""
    return f"{event.time} {event.event}{of}{reason}"


def _named(slot: Slot | None) -> str:
    return f"version {slot.version or '-'} ({slot.sha256[:8]}..)" if slot else "none"
