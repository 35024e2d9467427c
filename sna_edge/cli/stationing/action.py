"""An action of a word of the command line: `sna-edge station check CONFIG.toml`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from ..arguments import Parser


def nothing(parser: argparse.ArgumentParser) -> None:
    """No option of its own."""


@dataclass(frozen=True)
class Action:
    """`what`: the things that it is done with, as the help names them; `run(args, *things)` returns
    the exit code; `options` adds what only this action has."""

    what: tuple[str, ...]
    help: str
    run: Callable[..., int]
    options: Callable[[argparse.ArgumentParser], None] = nothing

    def parser(self, prog: str) -> argparse.ArgumentParser:
        """Of the arguments behind the name of the action."""
        sentence = f"{self.help[0].upper()}{self.help[1:]}."
        parser = Parser(prog=prog, description=sentence, allow_abbrev=False)
        for name in self.what:
            parser.add_argument(name.lower(), metavar=name)
        self.options(parser)
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        return parser

    def done(self, args: argparse.Namespace) -> int:
        """Run it on parsed arguments."""
        return self.run(args, *(getattr(args, name.lower()) for name in self.what))
