"""Put everything a device without a network needs into one folder or archive: wheels for its
machine and Python, models, limits, an installer with self-test, service units, a bill of materials.
On the device: sh KIT/install.sh
"""

from __future__ import annotations

import argparse
import sys

from ...signing.keys import key_id
from ...signing.passphrase import passphrase
from ...signing.private_key import PrivateKey, opened, read_private
from ..arguments import add_json
from ..console import emit
from ..options.stated import repeated, state, value
from .keygen import add_passphrase

HELP = "pack models and packages for a device without a network"

OPTIONS = (
    value("models", "MODEL", ".sna files", nargs="+"),
    value("--target", "NAME", "the device as BOARD-MACHINE-pyXY: pi-aarch64-py311,"
          " jetson-aarch64-py310, pi-armv7-py313, linux-x86_64-py312, ..", required=True),
    value("-o --output", "KIT", "a folder that does not exist yet, or a file that ends with"
          " .tar.gz", required=True),
    repeated("--limits", "FILE.toml", "a limits file for `watch`; may be given several times",
             default=[]),
    value("--extras", "A,B", "further extras of sna-edge that the device gets, like tflite"
          " (default: none)", default=""),
    value("--wheels", "DIR", "folder with wheels of sna-edge and sna-edge-native, as `make wheels`"
          " builds them (default: the package index)"),
    value("--key", "NAME.key", "sign the manifest with this private key (keygen)"),
)  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """The arguments of `sna-edge kit`."""
    state(parser, OPTIONS)
    add_passphrase(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Make the kit; returns the exit code."""
    from sna_export.kit import make_kit

    extras = [word.strip() for word in args.extras.split(",") if word.strip()]
    key = private(args.key, args.passphrase_file) if args.key else None
    kit = make_kit(
        args.models,
        args.target,
        args.output,
        limits=args.limits,
        extras=extras,
        wheels=args.wheels,
        key=key,
        say=lambda text: print(text, file=sys.stderr),
    )
    names = [f"{w.name} {w.version}" for w in kit.wheels]
    answer = {
        "status": "ok", "output": str(kit.path), "target": kit.target.name, "bytes": kit.bytes,
        "files": kit.digests, "manifest": kit.digest, "packages": names,
        "key": key_id(key.public).hex() if key else None,
    }  # fmt: skip
    lines = [
        f"{kit.path}: {len(kit.digests)} files, {kit.bytes / 1e6:.1f} MB for {kit.target.name}",
        f"  packages: {', '.join(names)}",
        f"  manifest: {kit.digest}",
        "on the device: sh install.sh --check, then sh install.sh (as root into /opt/sna-edge)",
    ]
    if kit.target.numpy_of_system:
        lines.insert(2, "  numpy:    of the device's system (sudo apt install python3-numpy)")
    if key:
        lines.insert(-1, f"  signed:   by key {key_id(key.public).hex()}")
    emit(args, answer, lines)
    return 0


def private(path: str, passphrase_file: str | None) -> PrivateKey:
    """The private key in a file. Raises InputError, TrustError."""
    data = read_private(path)
    return opened(data, passphrase(passphrase_file, f"passphrase of {path}"), path)
