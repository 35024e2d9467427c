"""The constants of `sna_fixed_answer` in the C library: one block of bytes, for one file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sna_edge.artifact import checks
from sna_edge.artifact.integer_path import FixedPath, parse

from .companion import Asked, Straight
from .ends import Ends
from .rule import Whole
from .share import LOGS, SHARES, Pair, Share

MAGIC = 0x57414E53
NO_COMPANION = 0xFFFF
LIMITS = np.iinfo(np.int64)
ASKED = [("coordinates", "<u4"), ("companion", "<u2"), ("n_coordinates", "<u2")]
HEAD = np.dtype([
    ("magic", "<u4"), ("size", "<u4"), ("digest", "<u8"), ("n_inputs", "<u2"),
    ("n_outputs", "<u2"), ("n_ends", "<u2"), ("n_densities", "<u2"), ("n_pairs", "<u2"),
    ("reserved", "<u2"), ("least", "<i4"), ("limit", "<i4"), ("ends", "<u4"),
    ("densities", "<u4"), ("pairs", "<u4"), ("scores", "<u4"), ("logarithms", "<u4"),
    ("shares", "<u4"), ("places", "<u4"),
])  # fmt: skip
COORDINATE = np.dtype([
    ("start", "<i8"), ("low", "<i4"), ("high", "<i4"), ("terms", "<u4"), ("n_terms", "<u2"),
    ("input", "<u2"), ("bits", "u1"), ("reserved", "u1", 7),
])  # fmt: skip
TERM = np.dtype([
    ("factors", "<u4"), ("n_factors", "<u4"), ("lower", "<i4"), ("index", "<u2"),
    ("of_output", "<u2"),
])  # fmt: skip
ENDS = np.dtype([
    ("factor", "<i8", 2), ("more", "<i8", 2), ("place_low", "<i8"), ("place_high", "<i8"),
    ("first", "<i8"), ("error", "<i8"), ("cut", "<i8", 2), ("scale", ASKED), ("table", "<u4"),
    ("n_entries", "<u4"), ("output", "<u2"), ("bits", "u1", 2), ("drop", "u1"), ("step", "u1"),
    ("bend", "u1"), ("falling", "u1"), ("holds", "u1"), ("exponent", "i1"), ("reserved", "u1", 6),
])  # fmt: skip
DENSITY = np.dtype([
    ("asked", ASKED), ("factor", "<i4"), ("bits", "u1"), ("exponent", "i1"), ("reserved", "<u2"),
])  # fmt: skip
PAIR = np.dtype([
    ("seen", "<u4"), ("a", "<u2"), ("b", "<u2"), ("rows", "<u2"), ("columns", "<u2"),
    ("reserved", "<u4"),
])  # fmt: skip


@dataclass
class _Block:
    """Parts one behind the other, each from a multiple of 8 on."""

    data: bytearray = field(default_factory=lambda: bytearray(HEAD.itemsize))

    def add(self, part: NDArray[Any]) -> int:
        """Where it begins."""
        at = len(self.data)
        self.data += part.tobytes()
        self.data += bytes(-len(self.data) % 8)
        return at


def packed(whole: Whole, artifact: bytes) -> bytes:
    """What stands beside the values, empty where there is nothing; records as in C
    (firmware_bindings/src/queries/whole.c)."""
    if not whole.ends and whole.share is None:
        return b""
    block, head = _Block(), np.zeros(1, HEAD)
    digest = checks.validate(artifact).sections["integrity"][:8]
    head["magic"], head["digest"] = MAGIC, int.from_bytes(digest, "little")
    head["n_inputs"], head["n_outputs"] = len(whole.path.axes), len(whole.path.outputs)
    head["places"] = max(len(f.axes) for f in (whole.path, *(a.path for a in _companions(whole))))
    ends = np.array([_ends(block, k, e) for k, e in whole.ends.items()], ENDS)
    head["n_ends"], head["ends"] = len(ends), block.add(ends)
    if whole.share is not None:
        _share(block, head, whole.share)
    head["size"] = len(block.data)
    block.data[: HEAD.itemsize] = head.tobytes()
    return bytes(block.data)


def _companions(whole: Whole) -> list[Asked]:
    terms = () if whole.share is None else whole.share.terms
    scales = [e.scale for e in whole.ends.values() if e.scale is not None]
    return [*scales, *(t.density for t in terms)]


def keep_those_of(whole: Whole, artifact: bytes) -> None:
    """Leaves out what asks a companion whose integer path is not in the file, and says so."""
    inside = [parse(c.file)[0] if c.file.has_integer_path else None
              for c in checks.validate(artifact).companions]  # fmt: skip

    def lacks(asked: Asked) -> bool:
        return not _same(inside[asked.index], asked.path)

    for k, ends in list(whole.ends.items()):
        if ends.scale is not None and lacks(ends.scale):
            del whole.ends[k]
            whole.lacking.append(f"the interval of {whole.plan.outputs[k]}: {ABSENT}")
    if whole.share is not None and any(lacks(t.density) for t in whole.share.terms):
        whole.share = None
        whole.lacking.append(f"familiarity: {ABSENT}")


ABSENT = (
    "the file holds no integer path of its companion; quantize the model again with --integer-path,"
    " then sign it"
)


def _same(found: FixedPath | None, wanted: FixedPath) -> bool:
    """Do both take the same counts?"""
    return found is not None and all(
        (a.count_lower, a.count_upper) == (b.count_lower, b.count_upper)
        for a, b in zip(found.axes, wanted.axes, strict=True)
    )


def _ends(block: _Block, k: int, ends: Ends) -> Any:
    record = np.zeros((), ENDS)
    moves = (ends.lower, ends.upper)
    record["factor"], record["bits"] = [m.factor for m in moves], [m.bits for m in moves]
    record["more"], record["error"] = [m.more for m in moves], ends.error
    least, most = ends.cut
    record["cut"] = [LIMITS.min if least is None else least, LIMITS.max if most is None else most]
    record["output"], record["drop"] = k, ends.drop
    record["holds"], record["exponent"] = ends.holds, ends.exponent
    record["scale"]["companion"] = NO_COMPANION
    if ends.scale is not None:
        record["scale"] = _asked(block, ends.scale)
    if ends.back is not None:
        back = ends.back
        record["place_low"], record["place_high"] = back.low, back.high
        record["first"], record["step"], record["bend"] = back.first, back.step, back.bend
        record["falling"], record["n_entries"] = back.falling, len(back.table)
        record["table"] = block.add(back.table.astype("<i4"))
    return record


def _asked(block: _Block, asked: Asked) -> tuple[int, int, int]:
    records = np.zeros(len(asked.coordinates), COORDINATE)
    for record, c in zip(records, asked.coordinates, strict=True):
        if isinstance(c, Straight):
            record["start"], record["bits"] = c.start, c.bits
            record["low"], record["high"] = c.ends
            terms = _terms(block, c)
            record["n_terms"], record["terms"] = len(terms), block.add(terms)
        else:
            record["input"] = c
    return block.add(records), asked.index, len(records)


def _terms(block: _Block, straight: Straight) -> NDArray[Any]:
    of_inputs = [(block.add(f.astype("<i8")), len(f), lower, d, 0)
                 for d, lower, f in straight.inputs]  # fmt: skip
    of_outputs = [(block.add(np.array([g], "<i8")), 1, 0, k, 1) for k, g in straight.outputs]
    return np.array([*of_inputs, *of_outputs], TERM)


def _share(block: _Block, head: NDArray[Any], share: Share) -> None:
    densities = np.array(
        [(_asked(block, t.density), t.factor, t.bits, t.density.output.exponent, 0)
         for t in share.terms], DENSITY
    )  # fmt: skip
    head["n_densities"], head["densities"] = len(densities), block.add(densities)
    head["least"], head["limit"] = share.least, share.limit
    if share.terms:
        head["scores"] = block.add(share.scores.astype("<i8"))
        head["logarithms"] = block.add(LOGS.astype("<i4"))
        head["shares"] = block.add(SHARES.astype("<i4"))
    pairs = np.array([_pair(block, p) for p in share.pairs], PAIR)
    head["n_pairs"], head["pairs"] = len(pairs), block.add(pairs)


def _pair(block: _Block, pair: Pair) -> tuple[int, int, int, int, int, int]:
    seen = block.add(pair.seen.astype("u1"))
    return (seen, pair.a, pair.b, *pair.seen.shape, 0)
