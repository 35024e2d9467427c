"""From arguments to one word's module; every failure becomes one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

from ..errors import ArtifactError, TrustError
from .arguments import Parser
from .console import print_json, printable
from .failures import explain

WORDS = (
    "design",
    "fit",
    "solve",
    "fields",
    "adopt",
    "quantize",
    "info",
    "card",
    "verify",
    "upgrade",
    "probes",
    "keygen",
    "sign",
    "query",
    "plot",
    "inverse",
    "sweep",
    "capability",
    "chart",
    "gage",
    "limits",
    "watch",
    "station",
    "replay",
    "learned",
    "audit",
    "score",
    "refit",
    "install",
    "store",
    "export",
    "release",
    "compare",
    "kit",
    "bench",
    "doctor",
)


def build(words: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The parser; only the modules of `words` are imported (all shipped words by default)."""
    parser = Parser(
        prog="sna-edge",
        allow_abbrev=False,
        description=(
            "Fit, certify and query separable models. `sna-edge WORD --help` explains one command."
        ),
        epilog=(
            "Exit codes: 0 answered; 3 no value (for a single query, or for every row of a table);"
            " 2 bad input or usage; 1 internal error; 4 a control chart has signals (`chart`);"
            " 130 stopped by Ctrl-C (`fit` has then written its best)."
        ),
    )
    from .. import __version__, supported_formats

    formats = ", ".join(f"{major}.{minor}" for major, minor in supported_formats())
    parser.add_argument(
        "--version",
        action="version",
        version=f"sna-edge {__version__}, formats of artifacts: {formats}",
    )
    sub = parser.add_subparsers(dest="word", metavar="WORD", required=True, parser_class=Parser)
    for word in shipped():
        if words is not None and word not in words:
            sub.add_parser(word, add_help=False)
            continue
        module = import_module(f"{__package__}.words.{word}")
        module.configure(
            sub.add_parser(word, help=module.HELP, description=module.__doc__, allow_abbrev=False)
        )
    return parser


def shipped() -> list[str]:
    """The words this installation has a module for."""
    return [word for word in WORDS if find_spec(f"{__package__}.words.{word}")]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = arguments[:1] if arguments and arguments[0] in shipped() else None
    try:
        args = build(chosen).parse_args(arguments)
        args.argv = arguments[arguments.index(args.word) + 1 :]
    except SystemExit as stop:
        return int(stop.code or 0)
    except KeyboardInterrupt:  # while the modules of the word are imported
        return _stopped()
    try:
        with _plain_warnings(args.word):
            return int(import_module(f"{__package__}.words.{args.word}").run(args))
    except KeyboardInterrupt:
        return _stopped()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get("SNA_EDGE_TRACEBACK"):
            raise
        return _failed(args, error)


def _stopped() -> int:
    """Say that Ctrl-C has ended it; returns the exit code."""
    print("sna-edge: stopped", file=sys.stderr)
    return 130


@contextmanager
def _plain_warnings(word: str) -> Iterator[None]:
    """Inside, a warning of the library is one sentence on stderr, without a line of code."""
    usual = warnings.formatwarning
    warnings.formatwarning = lambda message, *_, **__: f"sna-edge {word}: {message}\n"
    try:
        yield
    finally:
        warnings.formatwarning = usual


def _failed(args: argparse.Namespace, error: Exception) -> int:
    """Say what went wrong; returns the exit code."""
    sentence, status, code = explain(error)
    if getattr(args, "json", False):
        rule = {"rule": error.rule} if isinstance(error, (ArtifactError, TrustError)) else {}
        print_json({"status": status, **rule, "error": sentence})
    print(f"sna-edge {args.word}: {printable(' '.join(sentence.split()))}", file=sys.stderr)
    return code
