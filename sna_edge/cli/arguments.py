"""Options that several words share, and what their texts mean: NAME=VALUE, numbers, levels, files
to write."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Mapping, Sequence

from ..core.axis import Axis
from ..core.inputs import unknown_name
from ..core.missing import is_missing
from ..durable.whole import led_to, takes_bytes
from ..errors import InputError
from ..model import Model
from ..values.naming import NUMBER, QUANTITY
from .console import USAGE


class Parser(argparse.ArgumentParser):
    """Usage errors leave with one sentence that names the next step."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """One sentence, and the exit code of wrong usage."""
        self.exit(USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def add_model(parser: argparse.ArgumentParser, *, backend: str = "auto", or_else: str = "") -> None:
    """The arguments MODEL, which may be left out where `or_else` names what stands for it, and
    --backend."""
    if or_else:
        told = f"an .sna file, or {or_else}"
        parser.add_argument("model", nargs="?", metavar="MODEL", help=told)
    else:
        parser.add_argument("model", metavar="MODEL", help="an .sna file")
    add_backend(parser, backend)


def add_backend(parser: argparse.ArgumentParser, backend: str = "auto") -> None:
    """The option --backend, `backend` where it is not given."""
    parser.add_argument(
        "--backend",
        default=backend,
        metavar="NAME",
        help="auto, numpy, native, tflite, torch or cuda (default: %(default)s)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """The flag --json."""
    parser.add_argument(
        "--json", action="store_true", help="print a single JSON object on stdout and nothing else"
    )


def writable(path: str, *read: str | None) -> str:
    """`path`, where a file can be written there without losing one of those `read` or written by
    the same call; asked before long work. Raises InputError."""
    if takes_bytes(path):
        return path
    folder = os.path.dirname(os.path.abspath(led_to(path)))
    if any(source and os.path.realpath(source) == os.path.realpath(path) for source in read):
        raise InputError(
            f"cannot write {path}: this call also reads or writes a file of that name, which would"
            " be lost; choose another name"
        )
    if not os.path.isdir(folder):
        raise InputError(
            f"cannot write {path}: the folder {folder} does not exist; create it or choose another"
            " one"
        )
    if os.path.isdir(path) or not os.access(folder, os.W_OK):
        raise InputError(
            f"cannot write {path}: it is a folder, or its folder is read-only; choose another path"
        )
    return path


def split_names(texts: Sequence[str] | str | None) -> list[str]:
    """['A,B', 'C'] -> ['A', 'B', 'C'] without blanks."""
    joined = [texts] if isinstance(texts, str) else list(texts or [])
    return [name.strip() for text in joined for name in text.split(",") if name.strip()]


def assignment(text: str, known: Sequence[str] = ()) -> tuple[str, str]:
    """'power=180' -> ('power', '180'); a known name may itself contain '='."""
    for name in sorted(known, key=len, reverse=True):
        if text.startswith(f"{name}="):
            return name, text[len(name) + 1 :].strip()
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise InputError(
            f"{text!r} is not NAME=VALUE; write, for example, {known[0] if known else 'power'}=1.5"
        )
    return name.strip(), value.strip()


def assignments(texts: Sequence[str], known: Sequence[str] = ()) -> dict[str, str]:
    """Several NAME=VALUE; a name given twice is an error."""
    found: dict[str, str] = {}
    for text in texts:
        name, value = assignment(text, known)
        if name in found:
            raise InputError(f"{name!r} is given twice; give it once")
        found[name] = value
    return found


def checked_seed(seed: int) -> int:
    """The seed; InputError where it is below 0."""
    if seed < 0:
        raise InputError(f"--seed is {seed}; give a whole number, 0 or more")
    return seed


COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+(?:[eE][+-]?[0-9]+)?")
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")


def number(name: str, text: str) -> float:
    """`text` as a finite number, with a decimal point or comma. Raises InputError naming it, also
    where a comma may stand for thousands."""
    if THOUSANDS.fullmatch(text):
        head, tail = text.split(",")
        raise InputError(
            f"{name} = {text} may be {head}.{tail} or {head}{tail}; write it without the comma"
        )
    if COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        value = float(
            text if text.isascii() and "_" not in text else ""
        )  # float() also takes 0_1 and the digits of other scripts
    except ValueError:
        raise InputError(
            f"{name} = {text!r} is not a number; write, for example, {name}=1.5"
        ) from None
    if not math.isfinite(value):
        raise InputError(f"{name} = {text} is not a finite number; give a finite value")
    return value


def share_of(flag: str, text: str) -> float:
    """0.95 of '95%', '95 %' or '0.95'. Raises InputError for what is no share."""
    share = text.strip().removesuffix("%")
    try:
        found = float(share) / (100.0 if share != text.strip() else 1.0)
    except ValueError:
        found = math.nan
    if not 0.0 < found < 1.0:
        raise InputError(f"{flag} {text!r} is no share between 0 and 100 %; write 95% or 0.95")
    return found


def coordinate(axis: Axis, text: str) -> float:
    """The coordinate of one input: a finite number (with its own unit, where it has one), or what
    `Axis.coordinate` finds of a level."""
    if axis.kind == "categorical" or QUANTITY.fullmatch(text):
        return axis.coordinate(text)
    return number(axis.name, text)


def output_value(model: Model, name: str, text: str) -> float:
    """A value of the output `name`: a finite number, with its own unit where it has one. Raises
    InputError for no output."""
    if name not in model.output_names:
        raise InputError(
            f"{name!r} is not an output of this model; its outputs are"
            f" {', '.join(model.output_names)}"
        )
    if not QUANTITY.fullmatch(text) or NUMBER.fullmatch(text):
        return number(name, text)
    from ..values.units import quantity  # only targets with a unit need it

    found = quantity(text, model.outputs[model.output_names.index(name)].unit, name, kind="output")
    if not math.isfinite(found):
        raise InputError(f"{name} = {text} is not a finite number; give a finite value")
    return found


def input_values(
    model: Model, texts: Sequence[str], known: Mapping[str, Axis] | None = None
) -> dict[str, object]:
    """--at: numbers, and levels as they are written; a wrong name lists the right ones. `known`:
    what may be given, the inputs by default. A reading that may be missing is left out where its
    value is empty, `NA` or `-`."""
    known = known or {a.name: a for a in model.axes}
    values = assignments(texts, list(known))
    may_lack = frozenset() if model.gaps is None else model.gaps.may_lack
    for name in [n for n in values if n in may_lack]:
        levels = known[name].level_names
        if is_missing(values[name]) and values[name] not in levels:
            del values[name]
    for name in values:
        if name not in known:
            raise InputError(unknown_name(name, list(known)))
    axes = {name: known[name] for name in values}
    for name, text in values.items():
        if not text:
            raise InputError(
                f"{name}= has no value; give {axes[name].wanted} in {axes[name].describe()}"
            )
    return {
        name: text if axes[name].kind == "categorical" else coordinate(axes[name], text)
        for name, text in values.items()
    }
