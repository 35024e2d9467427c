"""Options of words that read a model: whose signature it needs, and whether another file is used
all the same."""

from __future__ import annotations

import argparse
import sys

from ...files import load_trusted
from ...model import Model
from ...signing import Trust, configured_keys
from ...signing.trust import INSECURE


def add_trust(parser: argparse.ArgumentParser) -> None:
    """The options --keys and --insecure."""
    parser.add_argument(
        "--keys",
        "--key",
        metavar="FILE",
        help="key ring that has to vouch for the model (default: SNA_EDGE_KEYS, else"
        " /etc/sna-edge/keys.txt where it exists, else none)",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="use a model that the keys refuse: unsigned, wrongly signed, older than they allow",
    )


def load_model(args: argparse.Namespace, backend: str) -> Model:
    """The model that `args` names. Raises TrustError where the keys do not vouch for it."""
    return load_with_trust(args, backend)[0]


def load_with_trust(args: argparse.Namespace, backend: str) -> tuple[Model, Trust]:
    """The same, and what the keys say of it; `overruled` where --insecure."""
    keys = configured_keys(args.keys)
    model, trust = load_trusted(args.model, backend, keys, insecure=args.insecure)
    overruled(args, trust)
    return model, trust


def overruled(args: argparse.Namespace, trust: Trust) -> None:
    """One line on stderr where --insecure takes a model that the keys refuse."""
    if trust.signature.startswith(INSECURE):
        said = trust.signature.removeprefix(f"{INSECURE}: ").replace("_", " ")
        print(
            f"sna-edge {args.word}: {args.model or 'the model'} is used because of --insecure:"
            f" {said}",
            file=sys.stderr,
        )
