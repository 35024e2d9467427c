"""What people do to a running station, from the command line of its machine: the operations that it
offers over HTTP, each by its role and on the record as there."""

from __future__ import annotations

import argparse
import json
from typing import Any
from urllib.parse import quote

from ...errors import InputError
from ..charting.study import read_study
from ..console import ANSWERED, emit
from ..options.dialect import add_dialect
from .action import Action
from .client import Client, options

CONFIG, RECIPE = "CONFIG.toml", "STATION/RECIPE"


def limits(args: argparse.Namespace, path: str, recipe: str) -> int:
    """The limits that judge, or others from the next part on."""
    client = Client(args, path)
    address = client.placed(recipe, "limits")
    if args.put is None:
        told = client.asked("GET", address)
        return _said(args, told, told["text"].splitlines())
    told = client.changed(
        "PUT", address, {}, _bytes(args.put, "--put", "the limits"), "application/toml"
    )
    lines = [*told["changes"], f"they judge from the next part on; record {told['record']}"]
    return _said(args, told, lines)


def models(args: argparse.Namespace, path: str, recipe: str) -> int:
    """The models of a recipe, or another one of them."""
    client = Client(args, path)
    _one_of(args, "install", "switch", "rollback")
    if args.install is not None:
        kind = "application/octet-stream"
        data = _bytes(args.install, "--install", "the model")
        told = client.changed("PUT", client.placed(recipe, "model"), {}, data, kind)
    elif args.switch is not None:
        told = client.changed("PUT", client.placed(recipe, "model"), {"sha256": args.switch})
    elif args.rollback:
        told = client.changed("POST", client.placed(recipe, "rollback"), {})
    else:
        return _models(args, client.asked("GET", client.placed(recipe, "models")))
    said = f"{told['model']['sha256'][:16]}.. judges from the next part on; record"
    return _said(args, told, [f"{said} {told['record']}"])


def _models(args: argparse.Namespace, told: dict[str, Any]) -> int:
    now, lines = told["judging"], []
    lines.append(f"judging   {now['sha256'][:16]}..  version {now['version']}, {now['signature']}")
    for name, slot in told.get("slots", {}).items():
        sound = "" if slot["sound"] else ", damaged"
        lines.append(f"{name:9} {slot['sha256'][:16]}..  version {slot['version']}{sound}")
    return _said(args, told, lines)


def people(args: argparse.Namespace, path: str) -> int:
    """Who may call; somebody more, or one less."""
    client = Client(args, path)
    _one_of(args, "add", "revoke")
    if args.role and args.add is None:
        raise InputError("--role is for somebody new; give --add NAME with it")
    if args.add is not None:
        told = client.changed("POST", "/people", {"name": args.add, "role": args.role or "line"})
        lines = [f"the token of {told['name']} ({told['role']}), shown once: {told['token']}"]
    elif args.revoke is not None:
        told = client.changed("DELETE", f"/people/{quote(args.revoke, safe='')}", {})
        lines = [f"{told['name']} is let in no more"]
    else:
        told = client.asked("GET", "/people")
        lines = [f"{one['name']:20} {one['role']:9} {one['kind']}" for one in told["people"]]
    return _said(args, told, lines)


def gage(args: argparse.Namespace, path: str, recipe: str, table: str) -> int:
    """The study of a gauge of an input."""
    said = {"input": args.input, "rows": _rows(args, table), "apply": args.apply}
    client = Client(args, path)
    address = client.placed(recipe, "gage")
    if args.apply:
        told = client.changed("POST", address, said)
    else:  # nothing is changed, so that no reason is asked for
        told = client.asked("POST", address, json.dumps(said).encode(), "application/json")
    lines = [f"{args.input}: sigma {told['sigma']:.5g}, tolerance {told['tolerance']:.5g}"]
    if not told["tolerance"]:
        lines.append(told["says"])
    if args.apply:
        lines.append(f"the tolerance judges from the next part on; record {told['record']}")
    return _said(args, told, lines)


def correct(args: argparse.Namespace, path: str, station: str, record: str) -> int:
    """A measured value is wrong."""
    if not (record.isascii() and record.isdigit()):
        raise InputError(f"RECORD is {record!r}; give the number of the record of the value")
    address = f"/stations/{quote(station, safe='')}/corrections"
    told = Client(args, path).changed("POST", address, {"record": int(record)})
    return _said(args, told, [f"record {told['about']} is called wrong by record {told['record']}"])


def retention(args: argparse.Namespace, path: str, days: str) -> int:
    """Old records go now."""
    try:
        kept = float(days)
    except ValueError:
        kept = 0.0
    if not 1.0 <= kept <= 1e5:
        raise InputError(f"DAYS is {days!r}; give how many days are kept, 1 or more, as 400")
    told = Client(args, path).changed("POST", "/records/retention", {"keep_days": kept})
    return _said(args, told, [f"what is older than {kept:g} days goes; record {told['record']}"])


def _said(args: argparse.Namespace, told: dict[str, Any], lines: list[str]) -> int:
    emit(args, {"status": "ok", **told}, lines)
    return ANSWERED


def _one_of(args: argparse.Namespace, *names: str) -> None:
    given = [f"--{name}" for name in names if getattr(args, name)]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} are two changes; make one after the other")


def _bytes(path: str, option: str, what: str) -> bytes:
    """What a file holds. Raises InputError where that is nothing."""
    with open(path, "rb") as file:
        found = file.read()
    if not found.strip():
        raise InputError(f"{path} is empty; give {option} the file that holds {what}")
    return found


def _rows(args: argparse.Namespace, path: str) -> list[list[Any]]:
    """[part, operator, value] of the study in a table. Raises InputError."""
    found = read_study(args, path, "part", "value", None)
    return [[*row] for row in zip(found.parts, found.operators, found.values.tolist(), strict=True)]


def _limits_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--put", metavar="FILE", help="judge by the limits in this file instead")
    options(parser)


def _models_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--install", metavar="FILE.sna", help="judge with this model instead")
    parser.add_argument("--switch", metavar="SHA256", help="judge with the model of that slot")
    parser.add_argument("--rollback", action="store_true", help="judge with the model before")
    options(parser)


def _people_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--add", metavar="NAME", help="make a token for somebody; it is shown once")
    parser.add_argument(
        "--role", metavar="ROLE",
        help="what the new one may do: line, operator, engineer or admin (default line)",
    )  # fmt: skip
    parser.add_argument("--revoke", metavar="NAME", help="let somebody in no more")
    options(parser)


def _gage_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input", required=True, metavar="NAME", help="reading of the gauge")
    parser.add_argument(
        "--apply", action="store_true",
        help="three deviations of the gauge become the tolerance of the input in the limits",
    )  # fmt: skip
    add_dialect(parser)
    options(parser)


ACTIONS: dict[str, Action] = {
    "limits": Action((CONFIG, RECIPE), "show the limits that judge at a running station, or change"
                     " them", limits, _limits_options),
    "models": Action((CONFIG, RECIPE), "show the models of a running station, or switch to another"
                     " one", models, _models_options),
    "people": Action((CONFIG,), "show who may call a running station; add or revoke somebody",
                     people, _people_options),
    "gage": Action((CONFIG, RECIPE, "STUDY.csv"), "tell a running station the study of a gauge",
                   gage, _gage_options),
    "correct": Action((CONFIG, "STATION", "RECORD"), "say at a running station that a measured"
                      " value is wrong", correct, options),
    "retention": Action((CONFIG, "DAYS"), "let records of a running station that are older go now",
                        retention, options),
}  # fmt: skip
