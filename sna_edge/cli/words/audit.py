"""Judge the readings of a log of verdicts again, by the very model and limits that the log names,
and say which verdicts are not found again."""

from __future__ import annotations

import argparse
import os
import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from hashlib import sha256

from ...errors import InputError
from ...files import from_bytes, load_trusted
from ...logs import files_of, line_blocks
from ...model import Model
from ...quality import Audit, Line, audit
from ...quality.audit import Made
from ...quality.limits import limits_in
from ...signing import configured_keys, examined
from ...store import Store
from ...values.documents import document_bytes
from ..arguments import add_backend, add_json
from ..console import ANSWERED, NO_VALUE, USAGE, emit
from ..trusted.options import add_trust, overruled

HELP = "judge a log of verdicts again and say which are not found again"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge audit`."""
    parser.add_argument(
        "log",
        metavar="LOG",
        nargs="+",
        help="verdicts of watch, a line each, with what was rotated away; - reads stdin",
    )
    parser.add_argument(
        "--model",
        nargs="+",
        action="extend",
        default=[],
        metavar="MODEL",
        help="the models that judged, .sna files: each verdict is judged by the one it names",
    )
    parser.add_argument(
        "--store", metavar="DIR", help="the models of a store: the active one and the one before"
    )
    parser.add_argument(
        "--limits",
        required=True,
        nargs="+",
        action="extend",
        metavar="FILE.toml",
        help="the limits files they judged by",
    )
    add_backend(parser)
    add_trust(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Judge the logs again; returns the exit code. Raises InputError where there is nothing to
    judge or to judge with, TrustError, ArtifactError."""
    judges, files = _Judges(args), _Files(args.log)
    found = audit(files.blocks(), judges.line_of)
    if not found.verdicts:
        raise InputError(f"{', '.join(args.log)} has no verdicts; give what watch has written")
    emit(args, _answer(found, files), _lines(found, files))
    if found.other:
        print(
            f"sna-edge audit: {found.other} of {found.verdicts} verdicts were made with another"
            " model or other limits; give these files, too",
            file=sys.stderr,
        )
        return USAGE
    return ANSWERED if found.holds else NO_VALUE


class _Files:
    """The files of logs, one behind the other, with what was rotated away from them."""

    def __init__(self, logs: Sequence[str]) -> None:
        self._logs, self._files = logs, files_of(logs)
        self._ends: list[int] = []

    def blocks(self) -> Iterator[list[bytes]]:
        """All lines, block by block."""
        count = 0
        for path in self._files:
            for block in line_blocks([path]):
                count += len(block)
                yield block
            self._ends.append(count)

    def place(self, number: int) -> tuple[str, int]:
        """The file, and its line, of line `number` of all, both from 1 on."""
        at = bisect_left(self._ends, number)
        return self._files[at], number - (self._ends[at - 1] if at else 0)

    @property
    def several(self) -> bool:
        """Whether a line needs the name of its file."""
        return len(self._files) > 1

    @property
    def named(self) -> str:
        """The logs, in words."""
        names = ", ".join("standard input" if p == "-" else os.fspath(p) for p in self._logs)
        older = len(self._files) - len(set(self._files) & set(self._logs))
        if not older:
            return names
        files = "1 file" if older == 1 else f"{older} files"
        return f"{names} and {files} rotated away from {'it' if len(self._logs) == 1 else 'them'}"


class _Judges:
    """The models and limits that were given, by their hashes."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._models = dict(_models(args))
        files = [(path, document_bytes(path)) for path in args.limits]
        self._limits = {sha256(data).hexdigest(): (path, data) for path, data in files}
        self._lines: dict[Made, Line | None] = {}

    def line_of(self, made: Made) -> Line | None:
        """What judges as the verdicts say that they were made; None where that was not given."""
        if made not in self._lines:
            if len(self._lines) > 1000:
                raise InputError(
                    "the log names more than 1000 pairs of a model and limits; give the log of one"
                    " line of parts"
                )
            self._lines[made] = self._made(made)
        return self._lines[made]

    def _made(self, made: Made) -> Line | None:
        model, limits = made
        if model not in self._models or limits not in self._limits:
            return None
        path, data = self._limits[limits]
        found = self._models[model]
        return Line(found, limits_in(data, path, found), advice_ms=0)


def _models(args: argparse.Namespace) -> Iterator[tuple[str, Model]]:
    """(SHA-256, model) of all that are given."""
    if not args.model and not args.store:
        raise InputError("no model to judge with; give --model MODEL or --store DIR")
    keys = configured_keys(args.keys)
    for path in args.model:
        model, trust = load_trusted(path, args.backend, keys, insecure=args.insecure)
        overruled(args, trust)
        yield trust.sha256, model
    if not args.store:
        return
    store = Store(args.store)
    state = store.state
    slots = (state.active, state.previous) if state else ()
    stored = [data for slot in slots if (data := store.sound(slot)) is not None]
    if not stored:
        raise InputError(f"{args.store} holds no model; give --model MODEL")
    for data in stored:
        trust = examined(data, keys, insecure=args.insecure)
        yield trust.sha256, from_bytes(data, args.backend)


def _answer(found: Audit, files: _Files) -> dict[str, object]:
    findings = [(*files.place(line), message) for line, message in found.findings]
    return {
        "status": "ok" if found.holds else "different",
        "verdicts": found.verdicts,
        "equal": found.equal,
        "exact": found.exact,
        "corrected": found.corrected,
        "refused": found.refused,
        "different": found.different,
        "other": found.other,
        "unreadable": found.unreadable,
        "findings": [
            {"file": file, "line": n, "message": message} for file, n, message in findings
        ],
    }


def _lines(found: Audit, files: _Files) -> Iterator[str]:
    head = f"{files.named}: {found.equal} of {found.verdicts} verdicts found again"
    yield f"{head}, {found.exact} of them to the last digit"
    kinds = (
        (
            found.corrected,
            "were corrected by measured values: the model's part found again, verdicts follow from"
            " their numbers; what was learned is not in the log",
        ),
        (found.refused, "had no reading that could be read, and got no verdict"),
        (found.different, "are different"),
        (found.other, "were made with a model or limits that are not given"),
        (found.unreadable, "cannot be judged again"),
    )
    yield from (f"{count} {what}" for count, what in kinds if count)
    for number, message in found.findings:
        file, line = files.place(number)
        yield f"{file}, line {line}: {message}" if files.several else f"line {line}: {message}"
    rest = found.different + found.other + found.unreadable - len(found.findings)
    if rest > 0:
        yield f"and {rest} more"
