"""Sign a model: who released it, and as which version. Devices with the public key in their key
ring refuse a file of which a single bit was changed, and a version older than they allow."""

from __future__ import annotations

import argparse

from ...artifact.disk import read_whole, write_whole
from ...errors import InputError
from ...files import from_bytes, load
from ...signing import KeyRing, PublicKey, examined
from ...signing.keys import key_id
from ...signing.passphrase import passphrase
from ...signing.private_key import opened, read_private
from ...signing.signer import signed
from ..arguments import add_json, writable
from ..console import emit
from ..options.stated import state, value
from .keygen import add_passphrase

HELP = "sign a model with a private key, as a version"

OPTIONS = (
    value("model", "MODEL", "an .sna file"),
    value("--key", "NAME.key", "the private key, of sna-edge keygen", required=True),
    value("--model-version", "N", "version of this release, larger than of all before (default: of"
          " --after, plus 1)", type=int),
    value("--after", "OLD", "the .sna file of the release before, whose version counts"),
    value("-o --output", "NEW", "the .sna file to write (default: MODEL itself)"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge sign`."""
    state(parser, OPTIONS)
    add_passphrase(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Write the signed file; returns the exit code."""
    read = (args.model, args.after, args.key, args.passphrase_file)
    output = writable(args.output, *read) if args.output else args.model
    version, data = _version(args), read_whole(args.model)
    from_bytes(data, "numpy")  # what is wrong is not signed
    file = read_private(args.key)
    secret = passphrase(args.passphrase_file, f"passphrase of {args.key}")
    key = opened(file, secret, args.key)
    new = signed(data, key_id(key.public), version, key.sign)
    ring = KeyRing({key_id(key.public): PublicKey(key.public)}, args.key)
    trust = examined(new, ring)
    from_bytes(new, "numpy")
    write_whole(output, new)
    answer = {
        "status": "ok", "file": args.model, "output": output, "key": key_id(key.public).hex(),
        "version": version, "sha256": trust.sha256, "bytes_before": len(data), "bytes": len(new),
    }  # fmt: skip
    named = f"signed by key {answer['key']} as version {version}"
    emit(args, answer, [f"{output}: {named}, {len(new)} bytes", f"sha256 {trust.sha256}"])
    return 0


def _version(args: argparse.Namespace) -> int:
    """The version to sign as. Raises InputError where it does not grow."""
    old = _signed_before(args)
    if args.model_version is None and not args.after:
        raise InputError(
            "a signed model has a version; give --model-version N, larger than of all releases"
            " before, or --after OLD, the file of the release before"
        )
    version = old + 1 if args.model_version is None else int(args.model_version)
    if version <= old:
        raise InputError(
            f"version {version} is not larger than {old}, that of {args.after or args.model};"
            f" devices that have it would refuse the new one: give --model-version {old + 1}"
        )
    return version


def _signed_before(args: argparse.Namespace) -> int:
    """The version of the release before, 0 where there is none."""
    found = [load(path, "numpy", insecure=True) for path in (args.after, args.model) if path]
    if args.after and not found[0].signature:
        raise InputError(f"{args.after} is not signed and has no version; give --model-version N")
    return max((m.signature.model_version for m in found if m.signature), default=0)
