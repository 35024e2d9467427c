"""Options as tables: a line is a flag, what its value is called, and what it does. `value`,
`choice`, `several`, `repeated` and `switch` are the kinds that words have; `state` hands them to
argparse in their order, which is that of --help."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ...errors import InputError


@dataclass(frozen=True)
class Option:
    """flags: '-o --output', or the name of an argument without a flag; told: what `add_argument`
    takes beside them; of: the questions that the option takes part in, none: all."""

    flags: str
    told: Mapping[str, Any]
    of: tuple[str, ...] = ()

    @property
    def flag(self) -> str:
        """As an error names it: -o, or --noise."""
        return self.flags.split()[0]

    @property
    def name(self) -> str:
        """The attribute of the parsed arguments: 'noise_only' of --noise-only."""
        return self.flags.split()[-1].lstrip("-").replace("-", "_")


def value(flags: str, metavar: str, text: str, of: tuple[str, ...] = (), **told: Any) -> Option:
    """One value, None where it is not given, unless `told` has a default, a type or choices."""
    return Option(flags, {"metavar": metavar, "help": text, **told}, of)


def choice(flags: str, choices: tuple[str, ...], text: str, **told: Any) -> Option:
    """One of a few words, None where it is not given, unless `told` has a default."""
    return Option(flags, {"choices": choices, "help": text, **told})


def several(flags: str, metavar: str, text: str, of: tuple[str, ...] = ()) -> Option:
    """Values behind one flag or behind many: `--at x=1 y=2 --at z=3` is a list of three."""
    listed = {"nargs": "+", "action": "extend", "default": []}
    return Option(flags, {**listed, "metavar": metavar, "help": text}, of)


def repeated(flags: str, metavar: str, text: str, **told: Any) -> Option:
    """A value behind each flag: `--where a --where b`; a list, None where it is not given."""
    return Option(flags, {"action": "append", "metavar": metavar, "help": text, **told})


def switch(flags: str, text: str, of: tuple[str, ...] = (), **told: Any) -> Option:
    """True where it is given."""
    return Option(flags, {"action": "store_true", "default": False, "help": text, **told}, of)


WORKERS = value("--workers", "N", "processes (default: one a core)", type=int)
"""Of words that share their work out."""


def state(parser: argparse.ArgumentParser, *tables: Iterable[Option]) -> None:
    """The options of `tables`, in this order; lists that are defaults are each parser's own."""
    for option in chain(*tables):
        parser.add_argument(*option.flags.split(), **deepcopy(dict(option.told)))


def foreign(args: argparse.Namespace, question: str, *tables: Iterable[Option]) -> Option | None:
    """The first option that was given, takes no part in `question`, and would be left out without
    a word; None where there is none."""
    for option in chain(*tables):
        given = getattr(args, option.name) != option.told.get("default")
        if given and option.of and question not in option.of:
            return option
    return None


def refuse_foreign(args: argparse.Namespace, flag: str, *tables: Iterable[Option]) -> None:
    """Raises InputError for an option that is nothing of what `flag` chooses."""
    question = getattr(args, flag)
    if (option := foreign(args, question, *tables)) is not None:
        raise InputError(
            f"{option.flag} is nothing of --{flag} {question}; it goes with"
            f" {' or '.join(option.of)}"
        )
