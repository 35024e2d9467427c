"""Signed files: every changed bit refused, and the time of a check; writes docs/tables/trust.md.

python tools/release/signatures.py [--write] [--bits 10000]

Bits are drawn over the whole file, and all of the section of the signature and of the last 64
bytes are among them. Needs `cryptography`.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import sna_edge
from sna_edge.errors import TrustError
from sna_edge.signing import KeyRing, PublicKey, ed25519, examined
from sna_edge.signing.keys import key_id
from sna_edge.signing.message import block, parts
from sna_edge.signing.private_key import PrivateKey, new_key
from sna_edge.signing.signer import signed
from sna_edge.signing.trust import valid

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "tables" / "trust.md"
MEGABYTE = 1 << 20


def model(spans: int) -> sna_edge.Model:
    """One input, one mode."""
    axis = sna_edge.spline_axis("x", "m", 0, 1, spans=spans, degree=1)
    rows = [[i / spans] for i in range(spans + 1)]
    return sna_edge.Model([axis], sna_edge.CP.full([rows]), [sna_edge.Output("y")])


def refusals(data: bytes, keys: KeyRing, bits: int) -> Counter[str]:
    """The rule that refuses a file with one bit changed, "accepted" for none."""
    start, draw = block(data).offset, random.Random(1)  # type: ignore[union-attr]
    places = {*range(8 * start, 8 * (start + 128)), *range(8 * len(data) - 512, 8 * len(data))}
    others = [p for p in range(8 * len(data)) if p not in places]
    chosen = [*places, *draw.sample(others, bits - len(places))]
    found: Counter[str] = Counter()
    for place in chosen:
        changed = bytearray(data)
        changed[place >> 3] ^= 1 << (place & 7)
        try:
            examined(bytes(changed), keys)
            found["accepted"] += 1
        except TrustError as error:
            found[error.rule] += 1
    return found


def milliseconds(call: Callable[[], object], rounds: int = 15) -> float:
    """Median time of the processor."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        times.append(1e3 * (time.process_time() - start))
    return statistics.median(times)


def checks(key: PrivateKey, size: int) -> list[float]:
    """Milliseconds to check a signature over `size` bytes: `cryptography`, plain Python."""
    data = bytes(128) + random.Random(2).randbytes(size - 128)
    signature = key.sign(b"".join(parts(data, 0)))
    return [
        milliseconds(lambda: valid(key.public, signature, data, 0)),
        milliseconds(lambda: ed25519.verified(key.public, signature, parts(data, 0))),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bits", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    key = new_key()
    keys = KeyRing({key_id(key.public): PublicKey(key.public)}, "keys.txt")
    data = signed(model(200).to_bytes(), key_id(key.public), 1, key.sign)
    found = refusals(data, keys, args.bits)
    refused = sum(found.values()) - found["accepted"]
    lines = ["| | `cryptography` | plain Python |", "| --- | --- | --- |"]
    for name, size in (("10 KB", 10_000), ("1 MB", MEGABYTE)):
        first, second = checks(key, size)
        lines.append(f"| check of a file of {name} | {first:.1f} ms | {second:.1f} ms |")
    count = f"{refused:,} of {sum(found.values()):,}"
    lines.append(f"| files with one bit changed, refused | {count} | (tests: some hundred) |")
    text = "\n".join(lines) + "\n"
    print(text)
    print(dict(found))
    if args.write:
        TABLE.write_text(text, encoding="utf-8")
    return int(bool(found["accepted"]))


if __name__ == "__main__":
    sys.exit(main())
