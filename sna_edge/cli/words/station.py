"""Run the station beside a line: parts come in by the protocols that its configuration names, each
gets one verdict and one record. Beside running it (`station CONFIG.toml`), an action does one thing
and ends."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Mapping
from threading import Event

from ...errors import InputError
from ..console import ANSWERED, FAULT
from ..recorded.asked import ACTIONS as RECORDED
from ..stationing.action import Action
from ..stationing.asked import ACTIONS as ASKED
from ..stationing.asked import configured
from ..stationing.operations import ACTIONS as OPERATED

HELP = "run the station beside a line: verdicts and records, by HTTP, MQTT, OPC UA, files"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge station`."""
    named = "; ".join(
        f"`{' '.join((name, *action.what))}` {action.help}" for name, action in ACTIONS.items()
    )
    parser.add_argument(
        "what",
        nargs=argparse.REMAINDER,
        metavar="[ACTION] FILE ...",
        help=f"CONFIG.toml to run it until SIGTERM or Ctrl-C, or an action: {named}."
        " `station ACTION --help` explains one",
    )


def pages() -> Mapping[str, argparse.ArgumentParser]:
    """{action: its arguments}."""
    return {name: _parser(name) for name in ACTIONS}


def run(args: argparse.Namespace) -> int:
    """Run the station, or do what is asked; returns the exit code."""
    name, *rest = args.what or [""]
    action = ACTIONS.get(name)
    if action is None:
        action, rest = RUN, args.what
        if len(rest) > 1 and not os.path.exists(name) and not name.endswith(".toml"):
            raise InputError(f"station has no action {name!r}; actions are {', '.join(ACTIONS)}")
    try:
        found = _parser(name, action).parse_args(rest)
    except SystemExit as stop:
        return int(stop.code or 0)
    vars(args).update(vars(found))
    return action.done(args)


def _parser(name: str, action: Action | None = None) -> argparse.ArgumentParser:
    known = ACTIONS.get(name)
    return (known or action or RUN).parser(f"sna-edge station {name}" if known else USED)


def _run(args: argparse.Namespace, path: str) -> int:
    """Until SIGTERM or Ctrl-C."""
    from ...station.process import run as run_station

    config, end = configured(path), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    if run_station(config, end):
        return ANSWERED
    os._exit(FAULT)  # a thread hangs in a disk or a model: an interpreter cannot end around it


USED = "sna-edge station"
RUN = Action(("CONFIG.toml",), "run the station", _run)
ACTIONS: dict[str, Action] = {**ASKED, **RECORDED, **OPERATED}
"""What is done instead of running."""
