"""Damage artifacts at random: the Python reader and the C library must refuse with the same named
rule, and never do anything else.

    python tools/release/fuzz.py [--count N] [--seed N]

Most files get their checksums made again after the damage, so that the rules behind them are
reached. A crash ends the process; the last seed printed is then within a thousand files of it.
"""

from __future__ import annotations

import argparse
import struct
import sys
import time
import zlib
from collections import Counter
from hashlib import sha256

import numpy as np

import sna_edge
from sna_edge.artifact import checks, layout
from sna_edge.errors import ArtifactError
from sna_export.quantize import quantize

LATE = {"", "bad_metadata", "golden_mismatch"}
"""Behind the structure: C does not read text, and replays golden vectors with the tolerance of
float32."""
EXTREMES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    0x7F800000,
    0x7FC00000,
)
INTEGRITY = 11  # its place in the section table


def corpus() -> list[bytes]:
    """Small artifacts of all kinds and storage types."""
    rng = np.random.default_rng(0)
    axes = (
        sna_edge.spline_axis("a", "W", 0, 1, spans=3),
        sna_edge.spline_axis("b", "", -1, 1, spans=2, degree=1),
        sna_edge.level_axis("c", ("u", "v")),
    )
    full = tuple(rng.normal(size=(a.basis.n_rows, 3)) for a in axes)
    cp = sna_edge.CP(full, (np.arange(3),) * 3, rng.normal(size=(3, 2)))
    subsets = (np.array([0]), np.array([0, 1]), np.arange(3))
    sparse = sna_edge.CP(
        (full[0][:, :1], full[1][:, :2], full[2]), subsets, rng.normal(size=(3, 2))
    )
    ranks = (1, 2, 2, 2)
    cores = tuple(
        rng.normal(size=(a.basis.n_rows, ranks[d], ranks[d + 1])) for d, a in enumerate(axes)
    )
    tt = sna_edge.TT(cores, rng.normal(size=(2, 2)))
    outputs = [
        sna_edge.Output("y", "K", interval=sna_edge.Interval(0.9, 1, 2)),
        sna_edge.Output("z", link="exp"),
    ]
    models = [
        sna_edge.Model(axes, work, outputs, dtypes=["float32"] * 3) for work in (cp, sparse, tt)
    ]
    return [m.to_bytes() for m in models] + [
        quantize(m, to).replace(integer_path=True).to_bytes()
        for m in models
        for to in ("float16", "int16", "int8")
    ]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """One to four changes: bytes, words set to extremes, copied stretches, a cut or an added
    tail."""
    broken = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        kind, place = int(rng.integers(0, 5)), int(rng.integers(0, len(broken)))
        if kind == 0:
            broken[place] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            broken[place] = int(rng.integers(0, 256))
        elif kind == 2:
            word = struct.pack("<I", EXTREMES[int(rng.integers(0, len(EXTREMES)))])
            broken[place : place + 4] = word[: len(broken) - place]
        elif kind == 3:
            source, length = int(rng.integers(0, len(broken))), int(rng.integers(1, 64))
            stretch = broken[source : source + length]
            broken[place : place + len(stretch)] = stretch[: len(broken) - place]
        elif rng.random() < 0.1:
            broken = (
                broken[: max(place, 1)]
                if rng.random() < 0.7
                else broken + bytes(int(rng.integers(1, 99)))
            )
    return sealed(broken) if rng.random() < 0.85 else bytes(broken)


def sealed(data: bytearray) -> bytes:
    """Checksums made again where the section table still leads to them."""
    entry = 64 + 16 * INTEGRITY + 4
    if len(data) >= entry + 4:
        start = struct.unpack_from("<I", data, entry)[0]
        if start + 36 <= len(data):
            data[start : start + 32] = sha256(data[:start]).digest()
            struct.pack_into("<I", data, start + 32, zlib.crc32(data[:start]))
    return bytes(data)


def python_rule(data: bytes, whole: bool) -> str:
    """'' when the bytes are accepted; `whole` also builds the model and replays its golden
    vectors."""
    try:
        checks.validate(data)
        if whole:
            sna_edge.from_bytes(data, backend="numpy")
    except ArtifactError as error:
        return error.rule
    return ""


def c_rule(data: bytes) -> str | None:
    """The rule the C library names, '' when it accepts, None where the library is not installed."""
    try:
        import sna_edge_native
    except ImportError:
        return None
    found = sna_edge_native.Model(data)
    return "" if found.status == 0 else str(found.rule)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    assert layout.SECTIONS[INTEGRITY] == "integrity"
    np.seterr(all="ignore")  # damaged tables may hold NaN: golden vectors notice
    files, seen, different = corpus(), Counter[str](), 0
    start = time.perf_counter()
    for i in range(args.count):
        if i % 1000 == 0:
            print(
                f"\rfile {i} of {args.count}, seed {args.seed}", end="", file=sys.stderr, flush=True
            )
        rng = np.random.default_rng((args.seed, i))
        data = damaged(files[i % len(files)], rng)
        ours, theirs = python_rule(data, whole=i % 10 == 0), c_rule(data)
        seen[ours or "accepted"] += 1
        if theirs is not None and theirs != ours and not {ours, theirs} <= LATE:
            different += 1
            print(
                f"\nfile {i}: Python says {ours or 'accepted'}, C says {theirs or 'accepted'}",
                file=sys.stderr,
            )
    print(
        f"\n{args.count} files in {time.perf_counter() - start:.0f} s, {different} answered"
        " differently",
        file=sys.stderr,
    )
    print("\n".join(f"{n:8d}  {rule}" for rule, n in seen.most_common()))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
