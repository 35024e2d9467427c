"""What is done with a configuration instead of running it: a check, a token, a unit of systemd."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ...errors import InputError
from ..arguments import writable
from ..console import ANSWERED, emit
from .action import Action


def configured(path: str) -> Any:
    """The configuration in a file. Raises InputError."""
    from ...station.config import read_configuration
    from ...station.doors import readers

    return read_configuration(path, readers())


def check(args: argparse.Namespace, path: str) -> int:
    """What the configuration says; everything that it names was read."""
    from ...station.checking import checked

    config = configured(path)
    found = checked(config)
    recipes = {name: {**one.trust.said, "acceptance_rows": one.rows, "said": one.said}
               for name, one in found.recipes.items()}  # fmt: skip
    lines = [f"{path}: {len(config.stations)} stations, records in {config.data}"]
    lines += [
        f"{name}: model {told['sha256'][:16]}.., {told['signature']}"
        + (f", {told['acceptance_rows']} acceptance rows predicted"
           if told["acceptance_rows"] else "")
        for name, told in recipes.items()
    ]  # fmt: skip
    lines += [f"remark: {sentence}" for told in recipes.values() for sentence in told["said"]]
    lines += [f"remark: {sentence}" for sentence in found.remarks]
    lines.append(f"doors: {', '.join(found.doors) or 'none; nothing can come in'}")
    told = {"status": "ok", "config": config.digest, "data": config.data, "recipes": recipes}
    emit(args, {**told, "doors": found.doors, "remarks": found.remarks}, lines)
    return ANSWERED


def token(args: argparse.Namespace, name: str) -> int:
    """A new token on stderr, and on stdout what goes into the file of tokens."""
    from ...station.config.table import plain_name
    from ...station.http.people import ROLES, new_token

    if args.role not in ROLES:
        raise InputError(f"--role is {args.role!r}; give one of {', '.join(ROLES)}")
    made, table = new_token(plain_name(name, repr(name)), args.role)
    print(f"sna-edge station: the token of {name}, shown once: {made}", file=sys.stderr)
    emit(args, {"status": "ok", "name": name, "token": made, "table": table}, [table.rstrip()])
    return ANSWERED


def token_options(parser: argparse.ArgumentParser) -> None:
    """The options of `station token`."""
    parser.add_argument(
        "--role",
        default="line",
        metavar="ROLE",
        help="what its owner may do: line, operator, engineer or admin (default line)",
    )


def unit(args: argparse.Namespace, path: str) -> int:
    """The unit, on stdout or in a file."""
    from ...station.unit import unit_of

    config, name = configured(path), os.path.splitext(os.path.basename(args.output or ""))[0]
    text = unit_of(config, args.name or name or "sna-station", args.user, args.allow, sys.argv[0])
    if args.output:
        with open(writable(args.output, path), "w", encoding="utf-8") as file:
            file.write(text)
        text = f"written: {args.output}; next: sudo systemctl enable --now {name}"
    emit(args, {"status": "ok", "unit": text}, text.splitlines())
    return ANSWERED


def unit_options(parser: argparse.ArgumentParser) -> None:
    """The options of `station unit`."""
    parser.add_argument("-o", "--output", metavar="FILE", help="file to write (default: stdout)")
    parser.add_argument("--name", metavar="NAME", help="of the unit (default: that of the file)")
    parser.add_argument(
        "--user",
        default="",
        metavar="USER",
        help="who runs it; by default a user that systemd makes, and the data folder is below"
        " /var/lib/NAME",
    )
    parser.add_argument(
        "--allow",
        nargs="+",
        default=[],
        metavar="NETWORK",
        help="addresses beside this machine that it may speak with, as 192.168.7.0/24",
    )


ACTIONS: dict[str, Action] = {
    "check": Action(
        ("CONFIG.toml",), "read a configuration and all that it names, and start nothing", check
    ),
    "token": Action(("NAME",), "make a token for somebody who may call it", token, token_options),
    "unit": Action(("CONFIG.toml",), "write the unit with which systemd runs it", unit,
                   unit_options),
}  # fmt: skip
