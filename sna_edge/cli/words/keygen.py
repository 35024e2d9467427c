"""Make a key to sign models with: NAME.key, the private key, encrypted under a passphrase, and
NAME.pub, one line for the key rings of devices."""

from __future__ import annotations

import argparse
import os

from ...artifact.disk import write_whole
from ...errors import InputError
from ...signing import PublicKey
from ...signing.keys import LARGEST_NAME
from ...signing.passphrase import passphrase
from ...signing.private_key import new_key, sealed, write_private
from ..arguments import add_json, writable
from ..console import emit

HELP = "make a key to sign models with"


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge keygen`."""
    parser.add_argument(
        "-o", "--output", required=True, metavar="NAME", help="writes NAME.key and NAME.pub"
    )
    parser.add_argument(
        "--comment", default="", metavar="TEXT", help="whose key it is, for people who read a ring"
    )
    parser.add_argument(
        "--corrections",
        action="store_true",
        help="devices may apply corrections they have learned to models that this key signs",
    )
    add_passphrase(parser)
    add_json(parser)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """The option --passphrase-file."""
    parser.add_argument(
        "--passphrase-file",
        metavar="FILE",
        help="a file, mode 0600, whose first line is the passphrase (default: SNA_EDGE_PASSPHRASE,"
        " else asked for on the terminal)",
    )


def run(args: argparse.Namespace) -> int:
    """Write both files; returns the exit code."""
    private, public = (writable(args.output + end) for end in (".key", ".pub"))
    comment = " ".join(args.comment.split())
    if "#" in comment or not comment.isprintable() or len(comment) > LARGEST_NAME:
        raise InputError(
            f"--comment is one line without # of at most {LARGEST_NAME} characters; give another"
        )
    if os.path.exists(public):
        raise InputError(f"{public} is there already, and a key is not overwritten; choose another")
    made = new_key()
    secret = passphrase(args.passphrase_file, f"passphrase for {private}", twice=True)
    key = PublicKey(made.public, corrections=args.corrections, name=comment)
    write_private(private, sealed(made, secret))
    write_whole(public, (key.line + "\n").encode())
    answer = {
        "status": "ok", "private": private, "public": public, "key": key.key_id.hex(),
        "corrections": args.corrections,
    }  # fmt: skip
    lines = [
        f"{private}: the private key, mode 0600; keep it and its passphrase off devices",
        f"{public}: the public key {key.key_id.hex()}; put its line into the key ring of devices",
    ]
    emit(args, answer, lines)
    return 0
