"""Options of the log that `watch` keeps, and the log that they ask for."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable

from ...durable.whole import takes_bytes
from ...errors import InputError
from ...logs import KeptLog
from ...logs.keep import KEEP, SIZE
from ..arguments import writable

BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
         "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}  # fmt: skip
LEAST = 10_000
"""Bytes of a file of a log."""
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)")


def add_log(parser: argparse.ArgumentParser) -> None:
    """The options --log, --log-size, --log-keep and --log-days."""
    parser.add_argument(
        "--log",
        metavar="FILE",
        help="also add all answers to this file, for sna-edge audit and refit; full ones become"
        " FILE.000001, FILE.000002, ..",
    )
    parser.add_argument(
        "--log-size",
        metavar="SIZE",
        help=f"bytes of one file of the log, such as 16MB (default: {SIZE // 10**6}MB)",
    )
    parser.add_argument(
        "--log-keep",
        metavar="SIZE",
        help="bytes of the whole log, above which its oldest files go"
        f" (default: {KEEP // 10**9}GB)",
    )
    parser.add_argument(
        "--log-days",
        type=float,
        metavar="N",
        help="days after which full files of the log go (default: they stay)",
    )


def log_of(args: argparse.Namespace, tell: Callable[[str], None]) -> KeptLog | None:
    """The log that is asked for, None where none is. Raises InputError."""
    if not args.log:
        for option in ("log_size", "log_keep", "log_days"):
            if getattr(args, option) is not None:
                raise InputError(
                    f"--{option.replace('_', '-')} is of a log; give --log FILE, too, or leave it"
                    " out"
                )
        return None
    if takes_bytes(args.log):
        raise InputError(f"--log {args.log} is no file that could be rotated; name a file")
    writable(args.log, args.model, args.limits, args.table, args.learned, args.state)
    size = _bytes("--log-size", args.log_size, SIZE)
    keep = _bytes("--log-keep", args.log_keep, max(KEEP, size))
    if not LEAST <= size <= keep:
        raise InputError(
            f"--log-size of {size} bytes is less than {LEAST} or more than --log-keep of {keep};"
            " give a size between them"
        )
    if args.log_days is not None and not 0.0 < args.log_days < math.inf:
        raise InputError(f"--log-days is {args.log_days:g}; give a positive number of days")
    return KeptLog(args.log, size=size, keep=keep, days=args.log_days, tell=tell)


def _bytes(option: str, text: str | None, usual: int) -> int:
    """'16MB' -> 16,000,000. Raises InputError."""
    if text is None:
        return usual
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2].upper() not in BYTES:
        raise InputError(f"{option} {text!r} is no size; write, for example, 16MB or 2GB")
    return int(float(found[1]) * BYTES[found[2].upper()])
