"""What people do to a running station, from the command line of its machine: the operations that it
offers over HTTP, each by its role and on the record as there."""

from __future__ import annotations

import argparse
import csv
from typing import Any
from urllib.parse import quote

from ...errors import InputError
from ..console import ANSWERED, emit
from .action import Action
from .client import Client, options, placed

CONFIG, RECIPE = "CONFIG.toml", "STATION/RECIPE"


def limits(args: argparse.Namespace, path: str, recipe: str) -> int:
    """The limits that judge, or others from the next part on."""
    client, address = Client(args, path), placed(recipe, "limits")
    if args.put is None:
        told = client.asked("GET", address)
        return _said(args, told, told["text"].splitlines())
    told = client.changed("PUT", address, {}, _bytes(args.put), "application/toml")
    lines = [*told["changes"], f"they judge from the next part on; record {told['record']}"]
    return _said(args, told, lines)


def models(args: argparse.Namespace, path: str, recipe: str) -> int:
    """The models of a recipe, or another one of them."""
    client = Client(args, path)
    _one_of(args, "install", "switch", "rollback")
    if args.install is not None:
        kind, data = "application/octet-stream", _bytes(args.install)
        told = client.changed("PUT", placed(recipe, "model"), {}, data, kind)
    elif args.switch is not None:
        told = client.changed("PUT", placed(recipe, "model"), {"sha256": args.switch})
    elif args.rollback:
        told = client.changed("POST", placed(recipe, "rollback"), {})
    else:
        return _models(args, client.asked("GET", placed(recipe, "models")))
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
    if args.add is not None:
        told = client.changed("POST", "/people", {"name": args.add, "role": args.role})
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
    rows = _study(table)
    said = {"input": args.input, "rows": rows, "apply": args.apply}
    told = Client(args, path).changed("POST", placed(recipe, "gage"), said)
    lines = [f"{args.input}: sigma {told['sigma']:.5g}, tolerance {told['tolerance']:.5g}"]
    if args.apply:
        lines.append(f"the tolerance judges from the next part on; record {told['record']}")
    return _said(args, told, lines)


def correct(args: argparse.Namespace, path: str, station: str, record: str) -> int:
    """A measured value is wrong."""
    if not record.isdigit():
        raise InputError(f"RECORD is {record!r}; give the number of the record of the value")
    address = f"/stations/{quote(station, safe='')}/corrections"
    told = Client(args, path).changed("POST", address, {"record": int(record)})
    return _said(args, told, [f"record {told['about']} is called wrong by record {told['record']}"])


def retention(args: argparse.Namespace, path: str, days: str) -> int:
    """Old records go now."""
    try:
        kept = float(days)
    except ValueError:
        raise InputError(f"DAYS is {days!r}; give how many days are kept, as 400") from None
    told = Client(args, path).changed("POST", "/records/retention", {"keep_days": kept})
    return _said(args, told, [f"what is older than {kept:g} days goes; record {told['record']}"])


def _said(args: argparse.Namespace, told: dict[str, Any], lines: list[str]) -> int:
    emit(args, {"status": "ok", **told}, lines)
    return ANSWERED


def _one_of(args: argparse.Namespace, *names: str) -> None:
    given = [f"--{name}" for name in names if getattr(args, name)]
    if len(given) > 1:
        raise InputError(f"{' and '.join(given)} are two changes; make one after the other")


def _bytes(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _study(path: str) -> list[list[Any]]:
    """[part, operator, value] of a table with these three columns. Raises InputError."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if names != ["part", "operator", "value"]:
        raise InputError(f"{path} has no columns part,operator,value; write them as its first line")
    found = list[list[Any]]()
    for i, row in enumerate(rows[1:], 2):
        try:
            part, operator, value = row
            found.append([part, operator, float(value)])
        except ValueError:
            raise InputError(f"{path}, line {i}: no part, operator, number; correct it") from None
    return found


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
        "--role", default="line", metavar="ROLE",
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
