"""Run the station beside a line: parts come in by the protocols that its configuration names, each
gets one verdict and one record. `station check CONFIG.toml` reads the configuration and all that it
names, and starts nothing; `station token NAME` makes a token for somebody who may call it.
`station verify DATA` goes through the records of a data folder, `station backup DATA COPY` copies
them while the station runs, `station restore COPY DATA` makes a data folder of a copy, and
`station export DATA` writes the verdicts as CSV."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from threading import Event
from typing import Any

from ...errors import InputError
from ..console import ANSWERED, FAULT, emit
from ..recorded.asked import ACTIONS as recorded
from ..recorded.asked import configure as records_options

HELP = "run the station beside a line: verdicts and records, by HTTP, MQTT, OPC UA, files"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge station`."""
    parser.add_argument(
        "what",
        nargs="+",
        metavar="[ACTION] FILE",
        help=f"CONFIG.toml to run it; or one of {', '.join([*ACTIONS, *recorded])} and what it is"
        " done with",
    )
    parser.add_argument(
        "--role",
        default="line",
        metavar="ROLE",
        help="what the owner of a token may do: line, operator, engineer or admin (default line)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    records_options(parser)


def run(args: argparse.Namespace) -> int:
    """Run the station, or do what is asked; returns the exit code."""
    action, *rest = args.what
    if action in recorded and rest:
        count, act = recorded[action]
        return act(args, *rest) if len(rest) == count else _other(action, count)
    if action in ACTIONS and rest:
        return ACTIONS[action](args, *rest[:1]) if len(rest) == 1 else _too_many(rest)
    return _run(args.what[0]) if not rest else _too_many(rest)


def _other(action: str, count: int) -> int:
    folders = "a data folder" if count == 1 else "two folders"
    raise InputError(f"station {action} is done with {folders}; see sna-edge station --help")


def _too_many(rest: list[str]) -> int:
    raise InputError(f"too much was given: {rest[-1]!r}; see sna-edge station --help")


def _configured(path: str) -> Any:
    from ...station.config import read_configuration
    from ...station.doors import readers

    return read_configuration(path, readers())


def _run(path: str) -> int:
    """Until SIGTERM or Ctrl-C."""
    from ...station.process import run as run_station

    config, end = _configured(path), Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    return ANSWERED if run_station(config, end) else FAULT


def _check(args: argparse.Namespace, path: str) -> int:
    """What the configuration says; everything that it names was read."""
    from ...station.doors import full_name
    from ...station.process import loaded

    config = _configured(path)
    cells = loaded(config)
    doors = [full_name(door) for door in config.doors]
    recipes = {"/".join(cell): {**one.trust.said, "acceptance_rows": one.rows, "said": one.said}
               for cell, one in cells.items()}  # fmt: skip
    lines = [f"{path}: {len(config.stations)} stations, records in {config.data}"]
    lines += [
        f"{name}: model {told['sha256'][:16]}.., {told['signature']}"
        + (f", {told['acceptance_rows']} acceptance rows predicted"
           if told["acceptance_rows"] else "")
        for name, told in recipes.items()
    ]  # fmt: skip
    lines += [f"remark: {sentence}" for told in recipes.values() for sentence in told["said"]]
    lines.append(f"doors: {', '.join(doors) or 'none; nothing can come in'}")
    told = {"status": "ok", "config": config.digest, "data": config.data, "recipes": recipes}
    emit(args, {**told, "doors": doors}, lines)
    return ANSWERED


def _token(args: argparse.Namespace, name: str) -> int:
    """A new token on stderr, and on stdout what goes into the file of tokens."""
    from ...station.config.table import plain_name
    from ...station.http.people import ROLES, new_token

    if args.role not in ROLES:
        raise InputError(f"--role is {args.role!r}; give one of {', '.join(ROLES)}")
    token, table = new_token(plain_name(name, name), args.role)
    print(f"sna-edge station: the token of {name}, shown once: {token}", file=sys.stderr)
    emit(args, {"status": "ok", "name": name, "token": token, "table": table}, [table.rstrip()])
    return ANSWERED


ACTIONS: dict[str, Callable[..., int]] = {"check": _check, "token": _token}
"""What is done instead of running, with the one thing that it is done with."""
